//! Where async code is written: functions, methods, blocks, closures, traits, macros, `poll`.
#![allow(dead_code, unused)]

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    thread::sleep as nap,
    time::Duration,
};

const LONG: Duration = Duration::from_secs(1);

async fn renamed() {
    nap(LONG);
}

mod nested {
    pub mod inner {
        pub(crate) async fn function() {
            std::thread::sleep(super::super::LONG);
        }
    }
}

fn a_block() -> impl Future<Output = ()> {
    async { nap(LONG) }
}

fn a_boxed_block() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        nap(LONG);
    })
}

fn a_closure() -> impl AsyncFn() {
    async || nap(LONG)
}

fn a_closure_that_makes_a_block() {
    let make = |limit: Duration| async move {
        nap(limit);
    };
    drop(make(LONG));
}

fn a_task() {
    tokio::spawn(async {
        tokio::task::yield_now().await;
        nap(LONG);
    });
}

struct Store;

impl Store {
    async fn method(&self) {
        nap(LONG);
    }

    async fn generic<T: Clone>(&self, value: &T) -> T {
        nap(LONG);
        value.clone()
    }
}

trait Service {
    async fn call(&self);
    async fn with_default(&self) {
        nap(LONG);
    }
}

impl Service for Store {
    async fn call(&self) {
        nap(LONG);
    }
}

#[async_trait::async_trait]
trait Boxed {
    async fn call(&self);
}

#[async_trait::async_trait]
impl Boxed for Store {
    async fn call(&self) {
        nap(LONG);
    }
}

macro_rules! wait {
    ($limit:expr) => {
        std::thread::sleep($limit)
    };
}

macro_rules! handler {
    ($name:ident) => {
        async fn $name() {
            std::thread::sleep(LONG);
        }
    };
}

async fn a_macro_of_this_crate() {
    wait!(LONG);
}

handler!(made_by_a_macro);

async fn branches_of_select(mut values: tokio::sync::mpsc::Receiver<u32>) {
    tokio::select! {
        _ = values.recv() => nap(LONG),
        _ = async { nap(LONG) } => {}
    }
    futures::select! {
        _ = Box::pin(futures::FutureExt::fuse(a_block())) => nap(LONG),
    }
    tokio::join!(async { nap(LONG) }, values.recv());
}

async fn a_macro_of_another_crate() {
    ui_deps::run_block!({
        nap(LONG);
    });
    println!("{:?}", std::fs::read("input"));
}

struct Delay;

impl Future for Delay {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        nap(LONG);
        Poll::Ready(())
    }
}

impl futures::Stream for Delay {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        nap(LONG);
        Poll::Ready(None)
    }
}

async fn a_poll_function() {
    std::future::poll_fn(|_: &mut Context<'_>| {
        nap(LONG);
        Poll::Ready(())
    })
    .await;
}

async fn a_closure_that_is_called_in_place(limits: Vec<Duration>) {
    limits.iter().for_each(|limit| nap(*limit));
    let wait = || nap(LONG);
    wait();
    Some(LONG).map(nap);
}

async fn a_closure_that_an_adapter_calls() {
    use futures::FutureExt;
    a_block().map(|()| nap(LONG)).await;
}

fn main() {}
