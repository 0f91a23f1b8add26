//! A search starts one query per key stroke and drops the handle of the one before, to cancel it.
//! Dropping a `JoinHandle` detaches its task: every query runs to its end.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::lanes::InLane as _;

async fn query(answered: Arc<AtomicU32>) {
    sleep(Duration::from_millis(100)).await; // the database
    answered.fetch_add(1, Ordering::Relaxed);
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let answered = Arc::new(AtomicU32::new(0));
    let mut running: Option<JoinHandle<()>> = None;
    for key in "async".chars() {
        drop(running.take()); // meant to cancel it
        running = Some(tokio::spawn(
            query(Arc::clone(&answered)).in_lane(format!("query {key}")),
        ));
        sleep(Duration::from_millis(30)).await;
    }
    sleep(Duration::from_secs(1)).await;
    drop(running);
    let answered = answered.load(Ordering::Relaxed);
    println!("symptom: the database answered {answered} queries for 1 result");
}
