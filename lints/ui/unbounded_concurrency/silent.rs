//! Few futures, or a limit.
#![allow(dead_code, unused)]

use std::sync::Arc;

use futures::{
    StreamExt,
    future::{join_all, try_join_all},
    stream::{self, FuturesUnordered},
};
use tokio::{net::TcpListener, sync::{Semaphore, mpsc}, task::JoinSet};

async fn fetch(link: String) -> usize {
    link.len()
}

async fn small_constants() {
    join_all([fetch(String::new()), fetch(String::new())]).await;
    join_all((0..10).map(|number| async move { number })).await;
    join_all(vec![fetch(String::new())]).await;
    for number in 0..4 {
        tokio::spawn(async move { number });
    }
    for name in ["a", "b"] {
        tokio::spawn(fetch(name.to_owned()));
    }
}

async fn pushed_by_hand(more: bool) {
    let mut futures = Vec::new();
    futures.push(fetch(String::new()));
    if more {
        futures.push(fetch(String::new()));
    }
    join_all(futures).await;
}

async fn the_first_few(links: Vec<String>) {
    join_all(links.into_iter().take(16).map(fetch)).await;
}

async fn in_pieces(links: Vec<String>) {
    for links in links.chunks(16) {
        join_all(links.iter().cloned().map(fetch)).await;
    }
}

async fn streams(links: Vec<String>, limit: usize) {
    stream::iter(links.clone()).map(fetch).buffer_unordered(64).for_each(|_| async {}).await;
    stream::iter(links.clone()).map(fetch).buffered(limit).for_each(|_| async {}).await;
    stream::iter(links).for_each_concurrent(32, |_| async {}).await;
}

async fn a_semaphore(links: Vec<String>, permits: Arc<Semaphore>) {
    for link in links {
        let permit = permits.clone().acquire_owned().await.unwrap();
        tokio::spawn(async move {
            fetch(link).await;
            drop(permit);
        });
    }
}

async fn a_semaphore_in_the_task(links: Vec<String>, permits: Arc<Semaphore>) {
    join_all(links.into_iter().map(|link| async {
        let _permit = permits.acquire().await;
        fetch(link).await
    }))
    .await;
}

async fn a_bounded_set(links: Vec<String>) {
    let mut set = JoinSet::new();
    for link in links.clone() {
        while set.len() >= 8 {
            set.join_next().await;
        }
        set.spawn(fetch(link));
    }
    let mut set = FuturesUnordered::new();
    for link in links {
        if set.len() == 8 {
            set.next().await;
        }
        set.push(fetch(link));
    }
}

async fn one_after_the_other(links: Vec<String>) {
    for link in links.clone() {
        tokio::spawn(fetch(link)).await.unwrap();
    }
    for link in links {
        let task = tokio::spawn(fetch(link));
        task.await.unwrap();
    }
}

async fn workers(count: usize) {
    for _ in 0..count {
        tokio::spawn(fetch(String::new()));
    }
}

async fn handles(handles: Vec<tokio::task::JoinHandle<usize>>) {
    join_all(handles).await;
}

async fn a_server_with_a_limit(listener: TcpListener, permits: Arc<Semaphore>) {
    loop {
        let permit = permits.clone().acquire_owned().await.unwrap();
        let (peer, _) = listener.accept().await.unwrap();
        tokio::spawn(async move { drop((peer, permit)) });
    }
}

async fn a_task_that_is_restarted() {
    loop {
        let task = tokio::spawn(fetch(String::new()));
        if task.await.is_ok() {
            break;
        }
    }
}

fn bounded_channels() {
    let (sender, receiver) = mpsc::channel::<u32>(16);
    let (sender, receiver) = futures::channel::mpsc::channel::<u32>(16);
    let (sender, receiver) = std::sync::mpsc::channel::<u32>();
}

#[allow(unbounded_concurrency)]
async fn allowed(links: Vec<String>) {
    join_all(links.into_iter().map(fetch)).await;
}

fn main() {}
