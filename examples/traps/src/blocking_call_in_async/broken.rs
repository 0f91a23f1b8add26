//! A chat server writes each message to disk and sends a heartbeat every 10 ms.
//!
//! The disk is waited for with the thread, not with the task: while it is busy nothing else on this
//! worker runs, and the other side takes the silence for a broken connection.
// ANCHOR: program
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use crate::lanes::InLane as _;

const HEARTBEAT: Duration = Duration::from_millis(10);

/// `std::fs::write` followed by `sync_all`, on a disk that has a bad day.
fn store(_message: &str) {
    thread::sleep(Duration::from_millis(1_500));
}

async fn chat() {
    store("hello");
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
    println!("symptom: no heartbeat for {} ms", silence.as_millis());
}
