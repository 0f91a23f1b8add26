//! A backup packs folders on the blocking pool and is stopped by `abort_all`.
//!
//! `abort` marks a task that has not started; one that runs on a blocking thread goes on. The set is
//! empty, the handles say "cancelled" to nobody, and the threads work on.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const FOLDERS: u32 = 4;

/// Packs one folder in 150 steps of 10 ms.
fn pack(at_work: &AtomicU32) {
    at_work.fetch_add(1, Ordering::SeqCst);
    for _ in 0..150 {
        thread::sleep(Duration::from_millis(10));
    }
    at_work.fetch_sub(1, Ordering::SeqCst);
}

async fn back_up(at_work: &Arc<AtomicU32>) {
    let mut folders = JoinSet::new();
    for _ in 0..FOLDERS {
        let at_work = Arc::clone(at_work);
        folders.spawn_blocking(move || pack(&at_work));
    }
    while at_work.load(Ordering::SeqCst) < FOLDERS {
        sleep(Duration::from_millis(1)).await;
    }
    folders.abort_all();
    // They do not end by being aborted, so this runs into its limit.
    let _ = timeout(Duration::from_millis(50), folders.shutdown()).await;
}

pub fn main() {
    let at_work = Arc::new(AtomicU32::new(0));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(back_up(&at_work));
    println!(
        "symptom: {} threads still work after the abort",
        at_work.load(Ordering::SeqCst)
    );
}
