//! Executors that are started on the thread of another one.
#![allow(dead_code, unused)]

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::LocalSet,
};

async fn fetch() -> u32 {
    tokio::task::yield_now().await;
    1
}

async fn a_runtime(runtime: &Runtime) -> u32 {
    runtime.block_on(fetch())
}

async fn the_current_handle() -> u32 {
    Handle::current().block_on(fetch())
}

async fn of_futures() -> u32 {
    futures::executor::block_on(fetch())
}

async fn a_local_pool() -> u32 {
    futures::executor::LocalPool::new().run_until(fetch())
}

async fn a_local_set(runtime: &Runtime) -> u32 {
    LocalSet::new().block_on(runtime, fetch())
}

async fn made_for_it() -> u32 {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(fetch())
}

fn price() -> u32 {
    Runtime::new().unwrap().block_on(fetch())
}

fn total() -> u32 {
    price() * 2
}

async fn checkout() -> u32 {
    total() + price()
}

struct Client {
    runtime: Runtime,
}

impl Client {
    fn get(&self) -> u32 {
        self.runtime.block_on(fetch())
    }

    async fn get_twice(&self) -> u32 {
        self.get() + self.get()
    }
}

trait Store {
    fn load(&self) -> u32;
}

impl Store for Client {
    fn load(&self) -> u32 {
        Handle::current().block_on(fetch())
    }
}

async fn generic<S: Store>(store: S) -> u32 {
    store.load()
}

async fn through_a_trait(client: &'static Client) -> u32 {
    Store::load(client)
}

#[async_trait::async_trait]
trait Service {
    async fn call(&self) -> u32;
}

#[async_trait::async_trait]
impl Service for Client {
    async fn call(&self) -> u32 {
        self.runtime.block_on(fetch())
    }
}

fn a_task(handle: Handle) {
    tokio::spawn(async move {
        handle.block_on(fetch());
    });
}

fn a_closure() -> impl AsyncFn() -> u32 {
    async || futures::executor::block_on(fetch())
}

struct Ready;

impl Future for Ready {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready(futures::executor::block_on(fetch()))
    }
}

async fn in_a_closure(values: Vec<u32>) -> Vec<u32> {
    values.into_iter().map(|_| futures::executor::block_on(fetch())).collect()
}

async fn made_and_dropped() {
    let runtime = Runtime::new().unwrap();
    runtime.spawn(fetch());
    fetch().await;
}

async fn made_and_thrown_away() {
    let _ = Runtime::new().unwrap();
}

async fn given_and_dropped(runtime: Runtime) {
    drop(runtime);
}

async fn given_and_forgotten(runtime: Runtime) {
    fetch().await;
}

fn stop(client: Client) {
    drop(client);
}

async fn dropped_in_a_function(client: Client) {
    stop(client);
}

async fn shut_down(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn select(runtime: &Runtime) {
    tokio::select! {
        _ = fetch() => { runtime.block_on(fetch()); }
        _ = async { runtime.block_on(fetch()) } => {}
    }
}

async fn nested_and_waits() -> u32 {
    pollster::block_on(fetch())
}

/// The executor of `futures` does not nest.
async fn done_at_once_but_nested() -> u32 {
    futures::executor::block_on(async { 1 })
}

#[tokio::main]
async fn main() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(fetch());
}
