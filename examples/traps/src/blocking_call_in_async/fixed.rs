//! The chat server hands the disk to the blocking pool. The worker goes on with the heartbeat.
// ANCHOR: program
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::lanes::InLane as _;

const HEARTBEAT: Duration = Duration::from_millis(10);

/// `std::fs::write` followed by `sync_all`, on a disk that has a bad day.
fn store(_message: &str) {
    thread::sleep(Duration::from_millis(1_500));
}

async fn chat() {
    spawn_blocking(|| store("hello"))
        .await
        .expect("the disk does not panic");
}

/// The longest silence between two heartbeats.
async fn heartbeat() -> Duration {
    let mut ticks = interval(HEARTBEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut longest = Duration::ZERO;
    let mut last = Instant::now();
    for _ in 0..10 {
        ticks.tick().await;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    longest
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let (silence, ()) = tokio::join!(heartbeat().in_lane("heartbeat"), chat().in_lane("chat"));
    // Far above 10 ms, so that a busy machine does not matter; far below the 1 500 of the disk.
    if silence < Duration::from_secs(1) {
        println!("fine: the heartbeat went on while the disk was busy");
    } else {
        println!("symptom: no heartbeat for {} ms", silence.as_millis());
    }
}
