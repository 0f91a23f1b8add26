use std::time::Duration;

use async_patterns::stream::SpawnBufferedExt as _;
use futures::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};

const PAGES: u32 = 8;

async fn download(page: u32) -> u32 {
    sleep(Duration::from_millis(100)).await;
    sleep(Duration::from_millis(100)).await;
    page
}

async fn store(_page: u32) {
    sleep(Duration::from_millis(100)).await;
}

fn milliseconds(since: Instant) -> u128 {
    since.elapsed().as_millis()
}

// ANCHOR: buffered
#[tokio::test(start_paused = true)]
async fn buffered_stands_still_while_its_consumer_works() {
    let started = Instant::now();
    let mut pages = stream::iter(0..PAGES).map(download).buffered(4);
    while let Some(page) = pages.next().await {
        store(page).await; // nobody polls the downloads
    }
    assert_eq!(milliseconds(started), 1200);
}
// ANCHOR_END: buffered

// ANCHOR: spawn_buffered
#[tokio::test(start_paused = true)]
async fn spawned_they_go_on() {
    let started = Instant::now();
    let mut pages = stream::iter(0..PAGES).map(download).spawn_buffered(4);
    while let Some(page) = pages.next().await {
        store(page).await; // the downloads are tasks
    }
    assert_eq!(milliseconds(started), 1000);
}
// ANCHOR_END: spawn_buffered

// ANCHOR: for_each_concurrent
#[tokio::test(start_paused = true)]
async fn both_steps_in_one_future_go_on_too() {
    let started = Instant::now();
    stream::iter(0..PAGES)
        .for_each_concurrent(4, |page| async move { store(download(page).await).await })
        .await;
    assert_eq!(milliseconds(started), 600);
}
// ANCHOR_END: for_each_concurrent
