//! The checkout keeps its tasks in a `JoinSet` and waits for them; a panic in one would come back
//! as an error here.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::lanes::InLane as _;

const RECEIPTS: u32 = 10;

async fn mail_receipt(mailed: Arc<AtomicU32>) {
    sleep(Duration::from_secs(1)).await;
    mailed.fetch_add(1, Ordering::Relaxed);
}

async fn checkout(mailed: &Arc<AtomicU32>) {
    let mut receipts = JoinSet::new();
    for _ in 0..RECEIPTS {
        receipts.spawn(mail_receipt(Arc::clone(mailed)).in_lane("receipt"));
    }
    sleep(Duration::from_millis(100)).await; // the payment
    while let Some(receipt) = receipts.join_next().await {
        receipt.expect("no receipt panics");
    }
}

pub fn main() {
    let mailed = Arc::new(AtomicU32::new(0));
    let runtime = Runtime::new().expect("a runtime starts");
    runtime.block_on(checkout(&mailed));
    drop(runtime);
    match mailed.load(Ordering::Relaxed) {
        RECEIPTS => println!("fine: all {RECEIPTS} receipts mailed"),
        mailed => println!("symptom: lost {} of {RECEIPTS} receipts", RECEIPTS - mailed),
    }
}
