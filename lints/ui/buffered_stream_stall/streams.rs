//! Loops over streams of futures that await something else.
#![allow(dead_code)]
#![warn(buffered_stream_stall)]

use futures::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, FuturesOrdered, FuturesUnordered},
};
use tokio::sync::mpsc;

async fn download(page: u32) -> u32 {
    tokio::task::yield_now().await;
    page
}

async fn try_download(page: u32) -> Result<u32, String> {
    Ok(download(page).await)
}

async fn store(_page: u32) {
    tokio::task::yield_now().await;
}

fn print(_page: u32) {}

async fn buffered() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    while let Some(page) = pages.next().await {
        store(page).await;
    }
}

async fn unordered_and_pinned() {
    let pages = stream::iter(0..12).map(|page| async move { download(page).await });
    let mut pages = std::pin::pin!(pages.buffer_unordered(4).filter(|_| async { true }));
    loop {
        let Some(page) = pages.next().await else { break };
        store(page).await;
    }
}

async fn matched() {
    let mut pages: FuturesUnordered<_> = (0..12).map(download).collect();
    loop {
        match pages.next().await {
            Some(page) => store(page).await,
            None => break,
        }
    }
}

async fn ordered() {
    let mut pages: FuturesOrdered<_> = (0..12).map(download).collect();
    while let Some(page) = pages.next().await {
        if page > 3 {
            store(page).await;
        }
    }
}

async fn fallible() -> Result<(), String> {
    let mut pages = stream::iter(0..12).map(Ok).map_ok(try_download).try_buffered(4);
    while let Some(page) = pages.try_next().await? {
        store(page).await;
    }
    Ok(())
}

async fn for_each() {
    stream::iter(0..12)
        .map(download)
        .buffered(4)
        .for_each(|page| async move { store(page).await })
        .await;
}

async fn for_each_by_name() {
    stream::iter(0..12).map(download).buffered(4).for_each(store).await;
}

async fn fold() -> u32 {
    stream::iter(0..12)
        .map(download)
        .buffer_unordered(4)
        .fold(0, |sum, page| async move {
            store(page).await;
            sum + page
        })
        .await
}

async fn then() -> Vec<()> {
    stream::iter(0..12).map(download).buffered(4).then(|page| store(page)).collect().await
}

async fn in_select(mut more: mpsc::Receiver<u32>) {
    let mut pages = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(page) = pages.next() => store(page).await,
            Some(page) = more.recv() => pages.push(download(page)),
        }
    }
}

fn stream_of_pages() -> impl futures::Stream<Item = u32> + Unpin {
    stream::iter(0..12).map(|page| Box::pin(download(page))).buffered(4)
}

async fn behind_impl_trait() {
    let mut pages = stream_of_pages();
    while let Some(page) = pages.next().await {
        store(page).await;
    }
}

async fn silent_without_await() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    while let Some(page) = pages.next().await {
        print(page);
    }
}

async fn silent_concurrent() {
    stream::iter(0..12)
        .for_each_concurrent(4, |page| async move { store(download(page).await).await })
        .await;
}

async fn silent_concurrent_after_buffered() {
    stream::iter(0..12).map(download).buffered(4).for_each_concurrent(4, store).await;
}

async fn silent_spawned() {
    let mut pages = stream::iter(0..12).map(|page| tokio::spawn(download(page))).buffered(4);
    while let Some(page) = pages.next().await {
        store(page.unwrap_or(0)).await;
    }
}

async fn silent_spawned_in_a_block() {
    let mut pages = stream::iter(0..12)
        .map(|page| async move { tokio::spawn(download(page)).await.unwrap_or(0) })
        .buffer_unordered(4)
        .boxed_local();
    while let Some(page) = pages.next().await {
        store(page).await;
    }
}

async fn silent_handles() {
    let mut pages: FuturesUnordered<_> = (0..12).map(|page| tokio::spawn(download(page))).collect();
    while let Some(page) = pages.next().await {
        store(page.unwrap_or(0)).await;
    }
}

async fn silent_plain_stream() {
    let mut pages = stream::iter(0..12);
    while let Some(page) = pages.next().await {
        store(page).await;
    }
}

async fn silent_then_before_the_buffer() {
    let mut pages = stream::iter(0..12).then(download).map(|page| page + 1).boxed_local();
    while let Some(page) = pages.next().await {
        store(page).await;
    }
}

async fn silent_ready() {
    stream::iter(0..12)
        .map(download)
        .buffered(4)
        .for_each(|page| {
            print(page);
            std::future::ready(())
        })
        .await;
}

async fn silent_leaves_after_the_await() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    while let Some(page) = pages.next().await {
        if page > 3 {
            store(page).await;
            return;
        }
        print(page);
    }
}

async fn silent_once() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    if let Some(page) = pages.next().await {
        store(page).await;
    }
}

async fn silent_after_the_loop() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    let mut sum = 0;
    while let Some(page) = pages.next().await {
        sum += page;
    }
    store(sum).await;
}

async fn silent_spawns_in_the_body() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    while let Some(page) = pages.next().await {
        tokio::spawn(async move { store(page).await });
    }
}

async fn silent_select_without_await(mut more: mpsc::Receiver<u32>) {
    let mut pages = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(page) = pages.next() => print(page),
            Some(page) = more.recv() => pages.push(download(page)),
        }
    }
}

#[allow(buffered_stream_stall)]
async fn allowed() {
    let mut pages = stream::iter(0..12).map(download).buffered(4);
    while let Some(page) = pages.next().await {
        store(page).await;
    }
}

fn main() {}
