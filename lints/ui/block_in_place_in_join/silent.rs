//! Branches that are tasks of their own, that block nowhere, or that stand alone.
#![allow(dead_code, unused)]

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{task, time::{Duration, sleep}};

async fn chart() -> u32 {
    task::block_in_place(|| 1)
}

async fn greeting() -> u32 {
    sleep(Duration::from_millis(1)).await;
    2
}

async fn on_the_pool() -> u32 {
    task::spawn_blocking(|| 1).await.unwrap()
}

async fn alone() {
    chart().await;
    greeting().await;
    task::block_in_place(|| ());
}

async fn one_after_the_other() {
    chart().await;
    tokio::join!(greeting(), on_the_pool());
}

async fn spawned() {
    let _ = tokio::join!(tokio::spawn(chart()), greeting());
    let _ = tokio::try_join!(tokio::spawn(chart()), tokio::spawn(greeting()));
}

async fn spawns_inside() {
    tokio::join!(
        async {
            tokio::spawn(chart());
        },
        greeting()
    );
}

async fn a_branch_alone() {
    tokio::join!(chart());
}

async fn in_a_handler() {
    tokio::select! {
        _ = greeting() => task::block_in_place(|| ()),
        _ = on_the_pool() => {
            chart().await;
        }
    }
}

async fn on_another_thread() {
    tokio::join!(
        async {
            std::thread::spawn(|| task::block_in_place(|| ()));
        },
        async { task::spawn_blocking(|| task::block_in_place(|| ())).await }
    );
}

async fn before_the_futures_are_joined() {
    let text = task::block_in_place(|| 1);
    tokio::join!(greeting(), async move { text });
}

async fn a_set_of_tasks() {
    let mut set = FuturesUnordered::new();
    set.push(tokio::spawn(chart()));
    set.push(tokio::spawn(chart()));
    while set.next().await.is_some() {}
    let mut set = task::JoinSet::new();
    set.spawn(chart());
    set.spawn(chart());
    while set.join_next().await.is_some() {}
    futures::future::join_all((0..3).map(|_| tokio::spawn(chart()))).await;
}

async fn a_set_without_it() {
    futures::future::join_all((0..3).map(|_| on_the_pool())).await;
}

fn only_made() {
    let _ = async {
        let future = chart();
        tokio::join!(greeting(), greeting());
        future.await
    };
}

#[allow(block_in_place_in_join)]
async fn allowed() {
    tokio::join!(chart(), greeting());
}

fn main() {}
