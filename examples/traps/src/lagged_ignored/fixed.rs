//! An audit log may not lose an order, so it gets a channel that makes the shop wait: `mpsc`.
//!
//! Where a loss is bearable, stay with `broadcast` and match `Lagged` by name;
//! `async_patterns::broadcast::LagAware` makes it an event that cannot be overlooked.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::lanes::InLane as _;

const ORDERS: u32 = 20;

async fn write_log(mut orders: mpsc::Receiver<u32>) -> u32 {
    let mut written = 0;
    while let Some(_order) = orders.recv().await {
        sleep(Duration::from_millis(5)).await; // the disk
        written += 1;
    }
    written
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (announce, orders) = mpsc::channel(8);
    let log = tokio::spawn(write_log(orders).in_lane("log"));
    for order in 0..ORDERS {
        announce
            .send(order)
            .await
            .expect("the log runs until the shop closes");
        sleep(Duration::from_millis(1)).await;
    }
    drop(announce);
    let written = log.await.expect("the log does not panic");
    if written == ORDERS {
        println!("fine: all {ORDERS} orders are in the log");
    } else {
        println!("symptom: lost {} of {ORDERS} orders", ORDERS - written);
    }
}
