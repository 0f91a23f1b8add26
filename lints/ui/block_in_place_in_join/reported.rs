//! `block_in_place` in futures that one task polls side by side.
#![allow(dead_code, unused)]

use std::{future::Future, pin::pin};

use futures::{FutureExt, StreamExt, stream::{self, FuturesUnordered}};
use tokio::{join, task, time::{Duration, sleep, timeout}};

async fn chart() -> u32 {
    task::block_in_place(|| 1)
}

fn draw() -> u32 {
    task::block_in_place(|| 1)
}

async fn page() -> u32 {
    sleep(Duration::from_millis(1)).await;
    draw() + chart().await
}

async fn greeting() -> u32 {
    sleep(Duration::from_millis(1)).await;
    2
}

async fn fallible() -> Result<u32, ()> {
    Ok(draw())
}

async fn of_tokio() {
    tokio::join!(chart(), greeting());
    join!(greeting(), page());
    tokio::join!(async { task::block_in_place(|| ()) }, greeting());
    let _ = tokio::try_join!(fallible(), async { Ok(greeting().await) });
}

async fn of_futures() {
    futures::join!(greeting(), chart());
    let _ = futures::try_join!(fallible(), async { Ok(greeting().await) });
    futures::select! {
        _ = pin!(greeting().fuse()) => {}
        _ = pin!(page().fuse()) => {}
    }
}

async fn select() {
    tokio::select! {
        _ = greeting() => {}
        value = page() => drop(value),
    }
}

async fn in_a_loop() {
    let mut chart = pin!(chart());
    loop {
        tokio::select! {
            _ = &mut chart => break,
            _ = greeting() => {}
        }
    }
}

async fn wrapped() {
    tokio::join!(timeout(Duration::from_secs(1), chart()), greeting());
    tokio::join!(Box::pin(chart()), greeting());
}

struct Server;

impl Server {
    async fn serve(&self) {
        tokio::join!(self.draw(), greeting());
    }

    async fn draw(&self) -> u32 {
        draw()
    }
}

trait Service {
    async fn call(&self) -> u32;
}

impl Service for Server {
    async fn call(&self) -> u32 {
        draw()
    }
}

async fn a_trait_method() {
    tokio::join!(Server.call(), greeting());
}

fn a_task() {
    tokio::spawn(async {
        tokio::join!(chart(), greeting());
    });
}

async fn sets() {
    let mut set = FuturesUnordered::new();
    set.push(chart());
    set.push(chart());
    while set.next().await.is_some() {}
    let set: FuturesUnordered<_> = (0..3).map(|_| page()).collect();
    let set = FuturesUnordered::from_iter((0..3).map(|_| page()));
    futures::future::join_all((0..3).map(|_| chart())).await;
    futures::future::join(chart(), greeting()).await;
}

async fn buffers() {
    let charts = stream::iter(0..3).map(|_| chart());
    charts.buffer_unordered(2).for_each(|_| async {}).await;
    stream::iter(0..3).for_each_concurrent(2, |_| async { draw(); }).await;
}

fn main() {}
