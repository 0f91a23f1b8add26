//! Chapter "Testing": time that does not pass, and a cancel at every await.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

// ANCHOR: under_test
/// Collects what comes until nothing comes for a minute.
pub async fn collect(mut readings: mpsc::Receiver<u32>) -> Vec<u32> {
    let mut collected = Vec::new();
    while let Ok(Some(reading)) = timeout(Duration::from_secs(60), readings.recv()).await {
        collected.push(reading);
    }
    collected
}
// ANCHOR_END: under_test

// ANCHOR: forward
/// Moves what is in `inbox` to `outbox`, one by one.
pub async fn forward(inbox: &mut mpsc::Receiver<u32>, outbox: &mpsc::Sender<u32>) {
    // The room first, then the message, and no await between taking and giving.
    while let Ok(room) = outbox.reserve().await {
        match inbox.recv().await {
            Some(message) => room.send(message),
            None => return,
        }
    }
}
// ANCHOR_END: forward

/// Sleeps, for a test that measures paused time.
pub async fn nap(duration: Duration) {
    sleep(duration).await;
}

#[cfg(test)]
mod tests;
