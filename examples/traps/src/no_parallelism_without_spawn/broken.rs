//! A photo service makes eight thumbnails with `buffer_unordered(8)` on a runtime of four workers.
//! The eight futures are parts of one task, and a task runs on one thread at a time.
// ANCHOR: program
use std::collections::HashSet;
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::{StreamExt as _, stream};

use crate::lanes::InLane as _;

/// Tells which thread made the thumbnail.
async fn thumbnail(_photo: u32) -> ThreadId {
    thread::sleep(Duration::from_millis(20)); // stands for the computing
    thread::current().id()
}

#[tokio::main(worker_threads = 4)]
pub async fn main() {
    let threads: HashSet<ThreadId> = stream::iter(0..8)
        .map(|photo| thumbnail(photo).in_lane(format!("photo {photo}")))
        .buffer_unordered(8)
        .collect()
        .await;
    println!(
        "symptom: {} thread made all thumbnails, 4 workers were there",
        threads.len()
    );
}
