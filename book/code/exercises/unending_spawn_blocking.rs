use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use async_patterns::task::{DedicatedThread, spawn_dedicated};

// ANCHOR: solution
/// Counts the changes that a synchronous library reports through a channel of `std`.
fn count_changes(changes: Receiver<()>) -> io::Result<DedicatedThread<u32>> {
    spawn_dedicated("changes", move |stop| {
        let mut seen = 0;
        while !stop.is_cancelled() {
            // A plain `recv` could wait for ever and never look at the token.
            match changes.recv_timeout(Duration::from_millis(100)) {
                Ok(()) => seen += 1,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        seen
    })
}
// ANCHOR_END: solution

#[tokio::test]
async fn it_ends_although_its_source_does_not() {
    let (change, changes) = std::sync::mpsc::channel();
    let counter = count_changes(changes).unwrap();
    counter.cancel();
    assert_eq!(counter.await.unwrap(), 0);
    drop(change);
}

#[tokio::test]
async fn it_ends_with_its_source() {
    let (change, changes) = std::sync::mpsc::channel();
    let counter = count_changes(changes).unwrap();
    change.send(()).unwrap();
    drop(change);
    assert_eq!(counter.await.unwrap(), 1);
}
