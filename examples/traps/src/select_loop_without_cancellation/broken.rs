//! A cache refreshes itself from a feed. It is given the service's `CancellationToken`, and its
//! loop never looks at it: shutdown waits until its patience is over.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::lanes::InLane as _;

const PATIENCE: Duration = Duration::from_secs(5);

async fn keep_fresh(mut feed: mpsc::Receiver<u32>, stop: CancellationToken) -> usize {
    let mut refresh = interval(Duration::from_millis(100));
    let mut entries = Vec::new();
    if stop.is_cancelled() {
        return 0;
    }
    loop {
        tokio::select! {
            entry = feed.recv() => match entry {
                Some(entry) => entries.push(entry),
                None => return entries.len(),
            },
            _ = refresh.tick() => entries.sort_unstable(),
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (feed, entries) = mpsc::channel(8);
    let stop = CancellationToken::new();
    let cache = tokio::spawn(keep_fresh(entries, stop.clone()).in_lane("cache"));
    feed.send(7).await.expect("the cache listens");
    sleep(Duration::from_secs(1)).await; // the service at work

    stop.cancel();
    match timeout(PATIENCE, cache).in_lane("shutdown").await {
        Ok(_) => println!("fine: stopped"),
        Err(_) => println!("symptom: still running {PATIENCE:?} after it was told to stop"),
    }
}
