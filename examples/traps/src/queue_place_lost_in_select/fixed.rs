//! The `acquire` is made once, pinned outside of the loop, and keeps its place whatever ticks.
// ANCHOR: program
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{interval, sleep};

use crate::lanes::InLane as _;

const TICKS: u32 = 200;

/// Somebody who prints one page after the other, and queues for each like everybody else.
async fn colleague(printer: Arc<Semaphore>, pages: Arc<AtomicU32>) {
    loop {
        let _turn = printer.acquire().await.expect("the printer stays");
        sleep(Duration::from_millis(20)).await;
        pages.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let printer = Arc::new(Semaphore::new(1));
    let pages = Arc::new(AtomicU32::new(0));
    for _ in 0..2 {
        tokio::spawn(colleague(Arc::clone(&printer), Arc::clone(&pages)));
    }
    sleep(Duration::from_millis(5)).await; // they are there first
    let mut progress = interval(Duration::from_millis(10));
    let mut turn = pin!(printer.acquire().in_lane("turn"));
    for _ in 0..TICKS {
        tokio::select! {
            _turn = &mut turn => {
                println!("fine: printed after {} pages of others", pages.load(Ordering::Relaxed));
                return;
            }
            _ = progress.tick() => {} // "waiting…"
        }
    }
    println!("symptom: no turn in {TICKS} ticks");
}
