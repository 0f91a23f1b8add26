//! A checkout starts one task a receipt and forgets the handles. When `main` returns, the runtime
//! drops whatever is still running: the receipts are lost, and so would be any panic in them.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::lanes::InLane as _;

const RECEIPTS: u32 = 10;

async fn mail_receipt(mailed: Arc<AtomicU32>) {
    sleep(Duration::from_secs(1)).await;
    mailed.fetch_add(1, Ordering::Relaxed);
}

async fn checkout(mailed: &Arc<AtomicU32>) {
    for _ in 0..RECEIPTS {
        tokio::spawn(mail_receipt(Arc::clone(mailed)).in_lane("receipt"));
    }
    sleep(Duration::from_millis(100)).await; // the payment
}

pub fn main() {
    let mailed = Arc::new(AtomicU32::new(0));
    let runtime = Runtime::new().expect("a runtime starts");
    runtime.block_on(checkout(&mailed));
    drop(runtime);
    println!(
        "symptom: lost {} of {RECEIPTS} receipts",
        RECEIPTS - mailed.load(Ordering::Relaxed)
    );
}
