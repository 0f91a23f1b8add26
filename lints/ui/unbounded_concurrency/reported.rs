//! As many futures, tasks or messages as there is input.
#![allow(dead_code, unused)]

use futures::{
    StreamExt, TryStreamExt,
    future::{join_all, try_join_all},
    stream::{self, FuturesUnordered},
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

async fn fetch(link: &str) -> usize {
    link.len()
}

async fn try_fetch(link: String) -> Result<usize, ()> {
    Ok(link.len())
}

async fn joins(links: &[String], owned: Vec<String>) {
    join_all(links.iter().map(|link| fetch(link))).await;
    let _ = try_join_all(owned.into_iter().map(try_fetch)).await;
    join_all((0..5_000).map(|number| async move { number })).await;
}

async fn a_vector_filled_in_a_loop(links: &[String]) {
    let mut futures = Vec::new();
    for link in links {
        futures.push(fetch(link));
    }
    join_all(futures).await;
}

async fn sets(links: &[String]) {
    let mut set: FuturesUnordered<_> = links.iter().map(|link| fetch(link)).collect();
    while set.next().await.is_some() {}
    let mut set = FuturesUnordered::new();
    for link in links {
        set.push(fetch(link));
    }
    while set.next().await.is_some() {}
}

async fn spawns(links: Vec<String>) {
    for link in links.clone() {
        tokio::spawn(try_fetch(link));
    }
    let mut set = JoinSet::new();
    for link in links {
        set.spawn(try_fetch(link));
    }
    set.join_all().await;
}

async fn by_index(links: Vec<String>) {
    for index in 0..links.len() {
        tokio::spawn(try_fetch(links[index].clone()));
    }
}

async fn a_server(listener: TcpListener) {
    loop {
        let (peer, _) = listener.accept().await.unwrap();
        tokio::spawn(async move { drop(peer) });
    }
}

async fn a_channel_of_jobs(mut jobs: mpsc::Receiver<String>) {
    while let Some(job) = jobs.recv().await {
        tokio::spawn(try_fetch(job));
    }
}

async fn absurd_bounds(links: Vec<String>) {
    let futures = stream::iter(links.clone()).map(try_fetch);
    futures.buffer_unordered(usize::MAX).for_each(|_| async {}).await;
    let futures = stream::iter(links.clone()).map(try_fetch);
    futures.buffered(65_535).for_each(|_| async {}).await;
    stream::iter(links.clone()).for_each_concurrent(None, |_| async {}).await;
    stream::iter(links).for_each_concurrent(100_000, |_| async {}).await;
}

fn channels() {
    let (sender, receiver) = mpsc::unbounded_channel::<u32>();
    let (sender, receiver) = futures::channel::mpsc::unbounded::<u32>();
}

fn main() {}
