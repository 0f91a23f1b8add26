//! Executors on threads where they may be, and runtimes that are handed on.
#![allow(dead_code, unused)]

use std::{sync::{Arc, OnceLock}, thread, time::Duration};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task,
};

async fn fetch() -> u32 {
    tokio::task::yield_now().await;
    1
}

fn price() -> u32 {
    Runtime::new().unwrap().block_on(fetch())
}

fn synchronous(handle: &Handle) -> u32 {
    handle.block_on(fetch()) + price()
}

async fn on_the_blocking_pool(handle: Handle) {
    task::spawn_blocking(price).await.unwrap();
    task::spawn_blocking(move || handle.block_on(fetch())).await.unwrap();
    let handle = Handle::current();
    task::spawn_blocking(move || synchronous(&handle)).await.unwrap();
}

async fn in_place() -> u32 {
    task::block_in_place(|| Handle::current().block_on(fetch()))
}

fn bridge() -> u32 {
    task::block_in_place(|| Handle::current().block_on(fetch()))
}

async fn through_a_bridge() -> u32 {
    bridge()
}

async fn on_threads() {
    thread::spawn(price);
    thread::spawn(|| futures::executor::block_on(fetch()));
    let runtime = Runtime::new().unwrap();
    thread::spawn(move || runtime.block_on(fetch()));
}

async fn a_runtime_that_is_handed_on() {
    let runtime = Builder::new_multi_thread().build().unwrap();
    task::spawn_blocking(move || drop(runtime)).await.unwrap();
}

async fn a_runtime_that_is_returned() -> Runtime {
    let runtime = Runtime::new().unwrap();
    fetch().await;
    runtime
}

async fn shut_down_without_waiting(runtime: Runtime) {
    runtime.shutdown_background();
}

async fn made_and_shut_down() {
    let runtime = Runtime::new().unwrap();
    runtime.spawn(fetch());
    runtime.shutdown_background();
}

async fn shut_down_with_no_time(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::ZERO);
}

async fn shared(runtime: Arc<Runtime>) {
    drop(runtime);
}

async fn forgotten(runtime: Runtime) {
    std::mem::forget(runtime);
}

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

async fn made_once() -> &'static Handle {
    RUNTIME.get_or_init(|| Runtime::new().unwrap()).handle()
}

struct Client {
    runtime: Option<Runtime>,
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn an_owner_that_cleans_up(client: Client) {
    fetch().await;
    drop(client);
}

fn run(future: impl Future<Output = u32>) -> u32 {
    match Handle::try_current() {
        Ok(handle) => task::block_in_place(|| handle.block_on(future)),
        Err(_) => Runtime::new().unwrap().block_on(future),
    }
}

async fn through_a_function_that_asks() -> u32 {
    run(fetch())
}

fn run_where_there_is_none() -> Option<u32> {
    if Handle::try_current().is_ok() {
        return None;
    }
    Some(price())
}

async fn through_another_that_asks() -> Option<u32> {
    run_where_there_is_none()
}

async fn a_task_on_a_handle(handle: Handle) {
    handle.spawn(fetch()).await.unwrap();
}

#[allow(block_on_in_async)]
async fn allowed() -> u32 {
    price()
}

#[expect(block_on_in_async, reason = "panics on purpose")]
async fn expected() -> u32 {
    price()
}

/// An executor that nests, and a future that is ready in its first poll.
async fn nested_and_done_at_once() -> u32 {
    pollster::block_on(async { pollster::block_on(async { std::future::ready(1).await }) })
}

fn main() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(fetch());
    futures::executor::block_on(fetch());
    drop(runtime);
}
