//! Blocking tasks in sets that are stopped by abort or drop.
#![allow(dead_code, unused)]

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use tokio::task::JoinSet;
use tokio_util::task::JoinMap;

fn pack(folder: &str) {
    std::thread::sleep(Duration::from_secs(1));
}

async fn aborted(folder: String) {
    let mut set = JoinSet::new();
    set.spawn_blocking(move || pack(&folder));
    set.abort_all();
    while set.join_next().await.is_some() {}
}

async fn shut_down() {
    let mut set = JoinSet::new();
    for number in 0..3 {
        set.spawn_blocking(move || pack(&number.to_string()));
    }
    set.shutdown().await;
}

async fn dropped() {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    tokio::time::sleep(Duration::from_secs(1)).await;
}

async fn dropped_after_the_first() {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    set.spawn_blocking(|| pack("b"));
    set.join_next().await;
}

async fn a_counter_is_no_signal(counter: Arc<AtomicU32>) {
    let mut set = JoinSet::new();
    set.spawn_blocking(move || {
        pack("a");
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    set.abort_all();
}

async fn a_function() {
    fn work() {}
    let mut set = JoinSet::new();
    set.spawn_blocking(work);
    set.abort_all();
}

struct Backup {
    jobs: JoinSet<()>,
}

impl Backup {
    fn start(&mut self, folder: String) {
        self.jobs.spawn_blocking(move || pack(&folder));
    }

    async fn stop(&mut self) {
        self.jobs.shutdown().await;
    }
}

async fn a_map() {
    let mut map = JoinMap::new();
    map.spawn_blocking("a", || pack("a"));
    map.abort_all();
}

fn main() {}
