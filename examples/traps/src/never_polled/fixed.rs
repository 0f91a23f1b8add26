//! The shop awaits the receipt. (`async_patterns::cancel::CancelDebug` would have said "never
//! polled" about the other one.)
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
    send_receipt(sent).in_lane("receipt").await;
    sleep(Duration::from_millis(20)).await; // the payment
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let sent = AtomicU32::new(0);
    check_out(&sent).in_lane("check_out").await;
    match sent.into_inner() {
        1 => println!("fine: 1 receipt sent for 1 order"),
        sent => println!("symptom: {sent} receipts sent for 1 order"),
    }
}
