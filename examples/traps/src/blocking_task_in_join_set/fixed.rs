//! Each job looks at a token between its steps, so that a stop is something it does, not something
//! that is done to it.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const FOLDERS: u32 = 4;

/// Packs one folder in 150 steps of 10 ms, unless it is told to stop.
fn pack(at_work: &AtomicU32, stop: &CancellationToken) {
    at_work.fetch_add(1, Ordering::SeqCst);
    for _ in 0..150 {
        if stop.is_cancelled() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    at_work.fetch_sub(1, Ordering::SeqCst);
}

async fn back_up(at_work: &Arc<AtomicU32>) {
    let stop = CancellationToken::new();
    let mut folders = JoinSet::new();
    for _ in 0..FOLDERS {
        let (at_work, stop) = (Arc::clone(at_work), stop.clone());
        folders.spawn_blocking(move || pack(&at_work, &stop));
    }
    while at_work.load(Ordering::SeqCst) < FOLDERS {
        sleep(Duration::from_millis(1)).await;
    }
    stop.cancel();
    while let Some(folder) = folders.join_next().await {
        folder.expect("packing does not panic");
    }
}

pub fn main() {
    let at_work = Arc::new(AtomicU32::new(0));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(back_up(&at_work));
    match at_work.load(Ordering::SeqCst) {
        0 => println!("fine: no thread works any more"),
        left => println!("symptom: {left} threads still work after the stop"),
    }
}
