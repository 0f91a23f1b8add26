//! A shop calls `send_receipt` and binds what comes back, so that the compiler does not complain.
//! A future is only data: nothing in it runs until it is polled.
// ANCHOR: program
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use crate::lanes::InLane as _;

async fn send_receipt(sent: &AtomicU32) {
    tokio::task::yield_now().await;
    sent.fetch_add(1, Ordering::Relaxed);
}

async fn check_out(sent: &AtomicU32) {
    let _receipt = send_receipt(sent).in_lane("receipt");
    sleep(Duration::from_millis(20)).await; // the payment
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let sent = AtomicU32::new(0);
    check_out(&sent).in_lane("check_out").await;
    println!("symptom: {} receipts sent for 1 order", sent.into_inner());
}
