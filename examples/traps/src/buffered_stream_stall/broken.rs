//! An indexer downloads four pages at a time and stores each in a slow database.
//!
//! `buffered` polls its downloads only while somebody polls the stream. During `store` nobody does,
//! so the servers wait for their reader, and give up.
// ANCHOR: program
use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};

use crate::lanes::InLane as _;

/// How long a server waits for its reader before it closes the connection.
const SERVER_PATIENCE: Duration = Duration::from_millis(100);

/// A page comes in two halves. Between them the reader has to be there.
async fn download(_page: u32) -> Result<(), &'static str> {
    sleep(Duration::from_millis(10)).await;
    let half = Instant::now();
    sleep(Duration::from_millis(10)).await;
    if half.elapsed() > SERVER_PATIENCE {
        Err("the server gave up")
    } else {
        Ok(())
    }
}

async fn store(_page: &Result<(), &str>) {
    sleep(Duration::from_millis(500)).await;
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let mut pages = stream::iter(0..12)
        .map(|page| download(page).in_lane(format!("page {page}")))
        .buffered(4);
    let mut failed = 0;
    while let Some(page) = pages.next().await {
        store(&page).in_lane("store").await;
        failed += u32::from(page.is_err());
    }
    println!("symptom: lost {failed} of 12 pages to servers that gave up");
}
