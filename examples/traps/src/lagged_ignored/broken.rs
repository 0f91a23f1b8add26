//! An audit log writes down every order that a shop announces.
//!
//! The writer is slower than the shop for a moment, so the channel overwrites what was not read yet
//! and says so with `Lagged`. `while let Ok` takes that for the end: the log stops, and says nothing.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::sleep;

use crate::lanes::InLane as _;

const ORDERS: u32 = 20;

async fn write_log(mut orders: broadcast::Receiver<u32>) -> Vec<u32> {
    let mut log = Vec::new();
    while let Ok(order) = orders.recv().await {
        sleep(Duration::from_millis(5)).await; // the disk
        log.push(order);
    }
    log
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (announce, orders) = broadcast::channel(8);
    let log = tokio::spawn(write_log(orders).in_lane("log"));
    for order in 0..ORDERS {
        // An error means that nobody listens any more; the shop goes on selling.
        let _ = announce.send(order);
        sleep(Duration::from_millis(1)).await;
    }
    drop(announce);
    let written = log.await.expect("the log does not panic").len();
    println!(
        "symptom: lost {} of {ORDERS} orders",
        ORDERS as usize - written
    );
}
