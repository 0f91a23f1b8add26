//! The chart is drawn on the blocking pool, so the task goes on with the greeting.
// ANCHOR: program
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::lanes::InLane as _;

async fn chart() {
    let drawn = spawn_blocking(|| thread::sleep(Duration::from_millis(1_500)));
    drawn.await.expect("the chart does not panic");
}

async fn greeting(asked: Instant) -> Duration {
    sleep(Duration::from_millis(10)).await;
    asked.elapsed()
}

#[tokio::main(worker_threads = 2)]
pub async fn main() {
    let page = tokio::spawn(async {
        let (waited, ()) = tokio::join!(
            greeting(Instant::now()).in_lane("greeting"),
            chart().in_lane("chart")
        );
        waited
    });
    let waited = page.await.expect("the page does not panic");
    // Far above 10 ms, so that a busy machine does not matter; far below the chart's 1 500.
    if waited < Duration::from_secs(1) {
        println!("fine: the greeting did not wait for the chart");
    } else {
        println!(
            "symptom: the greeting took {} ms instead of 10",
            waited.as_millis()
        );
    }
}
