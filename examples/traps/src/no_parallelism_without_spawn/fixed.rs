//! Each thumbnail is computed on the blocking pool, with a bound. `buffer_unordered` then waits for
//! handles, which costs its one thread nothing.
// ANCHOR: program
use std::collections::HashSet;
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::task::spawn_blocking;

use crate::lanes::blocking;

/// Tells which thread made the thumbnail.
fn thumbnail(_photo: u32) -> ThreadId {
    thread::sleep(Duration::from_millis(20)); // stands for the computing
    thread::current().id()
}

#[tokio::main(worker_threads = 4)]
pub async fn main() {
    let threads: HashSet<ThreadId> = stream::iter(0..8)
        .map(|photo| spawn_blocking(blocking(format!("photo {photo}"), move || thumbnail(photo))))
        .buffer_unordered(4)
        .map(|made| made.expect("no thumbnail panics"))
        .collect()
        .await;
    match threads.len() {
        1 => println!("symptom: 1 thread made all thumbnails"),
        _ => println!("fine: several threads made the thumbnails"),
    }
}
