//! `AbortOnDropHandle` makes the drop mean what it was meant to.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use crate::lanes::InLane as _;

async fn query(answered: Arc<AtomicU32>) {
    sleep(Duration::from_millis(100)).await; // the database
    answered.fetch_add(1, Ordering::Relaxed);
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let answered = Arc::new(AtomicU32::new(0));
    let mut running: Option<AbortOnDropHandle<()>> = None;
    for key in "async".chars() {
        drop(running.take());
        running = Some(AbortOnDropHandle::new(tokio::spawn(
            query(Arc::clone(&answered)).in_lane(format!("query {key}")),
        )));
        sleep(Duration::from_millis(30)).await;
    }
    sleep(Duration::from_secs(1)).await;
    drop(running);
    match answered.load(Ordering::Relaxed) {
        1 => println!("fine: the database answered 1 query for 1 result"),
        answered => println!("symptom: the database answered {answered} queries for 1 result"),
    }
}
