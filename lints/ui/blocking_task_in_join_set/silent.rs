//! Blocking tasks that are waited for, or that can be told to stop.
#![allow(dead_code, unused)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{JoinSet, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

fn pack(folder: &str) {
    std::thread::sleep(Duration::from_secs(1));
}

async fn waited_for() {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    while let Some(result) = set.join_next().await {
        result.unwrap();
    }
}

async fn waited_for_at_once() {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    set.join_all().await;
}

async fn in_a_loop() {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    loop {
        tokio::select! {
            Some(_) = set.join_next() => {}
            else => break,
        }
    }
}

async fn a_token(token: CancellationToken) {
    let mut set = JoinSet::new();
    let seen = token.clone();
    set.spawn_blocking(move || {
        while !seen.is_cancelled() {
            pack("a");
        }
    });
    token.cancel();
    set.shutdown().await;
}

async fn a_flag(stop: Arc<AtomicBool>) {
    let mut set = JoinSet::new();
    set.spawn_blocking(move || {
        while !stop.load(Ordering::Relaxed) {
            pack("a");
        }
    });
    set.abort_all();
}

async fn a_watch(stop: watch::Receiver<bool>) {
    let mut set = JoinSet::new();
    set.spawn_blocking(move || {
        while !*stop.borrow() {
            pack("a");
        }
    });
    set.abort_all();
}

#[derive(Clone)]
struct Shared(Arc<State>);

struct State {
    stop: AtomicBool,
}

async fn a_flag_inside(shared: Shared) {
    let mut set = JoinSet::new();
    set.spawn_blocking(move || {
        while !shared.0.stop.load(Ordering::Relaxed) {
            pack("a");
        }
    });
    set.abort_all();
}

async fn a_callback(stopped: Arc<dyn Fn() -> bool + Send + Sync>) {
    let mut set = JoinSet::new();
    set.spawn_blocking(move || {
        while !stopped() {
            pack("a");
        }
    });
    set.abort_all();
}

async fn only_async_tasks() {
    let mut set = JoinSet::new();
    set.spawn(async { tokio::task::yield_now().await });
    set.abort_all();
}

async fn no_set() {
    spawn_blocking(|| pack("a")).await.unwrap();
}

fn handed_on() -> JoinSet<()> {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    set
}

fn fill(set: &mut JoinSet<()>) {
    set.spawn_blocking(|| pack("a"));
    finish(set);
}

fn finish(set: &mut JoinSet<()>) {}

struct Backup {
    jobs: JoinSet<()>,
}

impl Backup {
    fn start(&mut self) {
        self.jobs.spawn_blocking(|| pack("a"));
    }

    async fn finish(mut self) {
        while self.jobs.join_next().await.is_some() {}
    }
}

#[allow(blocking_task_in_join_set)]
async fn allowed() {
    let mut set = JoinSet::new();
    set.spawn_blocking(|| pack("a"));
    set.abort_all();
}

fn main() {}
