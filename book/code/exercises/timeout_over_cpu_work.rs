use std::time::{Duration, Instant};

use tokio::task::yield_now;
use tokio::time::timeout;

/// One step of the work, which takes about a millisecond.
fn step() {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(1) {
        std::hint::spin_loop();
    }
}

// ANCHOR: solution
/// Gives its thread back after each step, and with it the timeout around it a chance to fire.
async fn work(steps: u32) {
    for _ in 0..steps {
        step();
        yield_now().await;
    }
}
// ANCHOR_END: solution

#[tokio::test]
async fn the_limit_is_kept() {
    // A minute of work, if nothing stops it.
    let done = timeout(Duration::from_millis(20), work(60_000)).await;
    assert!(done.is_err());
}
