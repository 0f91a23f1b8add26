//! Tasks whose handle is dropped on the spot.
#![allow(dead_code, unused)]

use tokio::{
    runtime::{Handle, Runtime},
    spawn as start,
    task::{self, JoinHandle, spawn_blocking},
};

async fn work() {}

async fn statements(handle: Handle, runtime: &Runtime) {
    tokio::spawn(work());
    start(async { work().await });
    let _ = task::spawn(work());
    _ = tokio::spawn(work());
    drop(tokio::spawn(work()));
    handle.spawn(work());
    runtime.spawn(work());
    spawn_blocking(|| ());
    task::spawn_local(work());
}

async fn in_loops(items: Vec<u32>) {
    for item in items {
        tokio::spawn(async move { drop(item) });
    }
}

async fn in_branches(first: bool) {
    if first {
        tokio::spawn(work());
    } else {
        let _ = tokio::spawn(work());
    }
    match first {
        true => tokio::spawn(work()),
        false => tokio::spawn(async {}),
    };
}

struct Server;

impl Server {
    fn background(&self) -> JoinHandle<()> {
        tokio::spawn(work())
    }

    fn start(&self) {
        self.background();
        let _ = self.background();
    }
}

async fn in_a_handler() {
    tokio::select! {
        () = work() => {
            tokio::spawn(work());
        }
    }
}

macro_rules! go {
    ($future:expr) => {
        tokio::spawn($future);
    };
}

fn a_macro() {
    go!(work());
}

fn in_a_closure(items: Vec<u32>) {
    items.into_iter().for_each(|_| {
        tokio::spawn(work());
    });
}

fn main() {}
