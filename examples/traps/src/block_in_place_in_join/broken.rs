//! A page is made of a rendered chart and a quick greeting, joined. `block_in_place` moves the
//! *other tasks* to another worker; the branches of a `join!` are one task, so the greeting waits.
// ANCHOR: program
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::lanes::InLane as _;

async fn chart() {
    block_in_place(|| thread::sleep(Duration::from_millis(1_500)));
}

async fn greeting(asked: Instant) -> Duration {
    sleep(Duration::from_millis(10)).await;
    asked.elapsed()
}

#[tokio::main(worker_threads = 2)]
pub async fn main() {
    // In a task, because `block_on` itself is no worker and would hide half of it.
    let page = tokio::spawn(async {
        let (waited, ()) = tokio::join!(
            greeting(Instant::now()).in_lane("greeting"),
            chart().in_lane("chart")
        );
        waited
    });
    let waited = page.await.expect("the page does not panic");
    println!(
        "symptom: the greeting took {} ms instead of 10",
        waited.as_millis()
    );
}
