//! Futures that reach `block_in_place` through adapters, streams and helpers of other crates.
#![allow(dead_code)]

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt, StreamExt, future, stream};
use tokio::{
    runtime::{Builder, Handle},
    task::{self, block_in_place},
};
use tokio_util::task::TaskTracker;

fn work() -> impl Future<Output = u32> {
    async { block_in_place(|| 1) }
}

#[tokio::test]
async fn a_function_that_returns_a_future() {
    work().await;
}

#[tokio::test]
async fn adapters() {
    future::ready(1).map(|n| block_in_place(|| n)).await;
    future::join(work(), async {}).await;
    work().boxed().await;
    task::unconstrained(work()).await;
}

#[tokio::test]
async fn streams() {
    stream::iter([1, 2]).for_each(|_| async { block_in_place(|| ()) }).await;
    let mut results = stream::iter([1, 2]).map(|_| work()).buffer_unordered(2);
    while results.next().await.is_some() {}
}

#[tokio::test]
async fn many_futures() {
    let all: Vec<_> = (0..3).map(|_| work()).collect();
    future::join_all(all).await;
}

#[tokio::test]
async fn tasks() {
    Handle::current().spawn(work()).await.unwrap();
    let tracker = TaskTracker::new();
    tracker.spawn(work());
    tracker.close();
    tracker.wait().await;
}

#[test]
fn a_task_on_a_runtime() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let task = runtime.spawn(work());
    let other = runtime.handle().spawn(work());
    runtime.block_on(async {
        task.await.unwrap();
        other.await.unwrap();
    });
}

#[tokio::test]
async fn an_executor_inside_the_runtime() {
    futures::executor::block_on(work());
}

async fn run<F: AsyncFn() -> u32>(f: F) -> u32 {
    f().await
}

async fn run_once<F: AsyncFnOnce() -> u32>(f: F) -> u32 {
    f().await
}

#[tokio::test]
async fn async_closures() {
    run(async || block_in_place(|| 1)).await;
    let owned = String::new();
    run_once(async move || {
        drop(owned);
        block_in_place(|| 1)
    })
    .await;
}

struct Actor<F> {
    handler: F,
}

impl<F: Fn(u32) -> u32> Actor<F> {
    async fn handle(&self, message: u32) -> u32 {
        (self.handler)(message)
    }
}

#[tokio::test]
async fn a_closure_in_a_field() {
    let actor = Actor { handler: |n| block_in_place(|| n) };
    actor.handle(1).await;
}

struct ByHand;

impl Future for ByHand {
    type Output = ();

    fn poll(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<()> {
        block_in_place(|| ());
        std::task::Poll::Ready(())
    }
}

#[tokio::test]
async fn a_future_written_by_hand() {
    ByHand.await;
    std::future::poll_fn(|_| std::task::Poll::Ready(block_in_place(|| ()))).await;
}

// Silent from here on.

#[tokio::test]
async fn a_panic_that_is_caught() {
    let result = AssertUnwindSafe(work()).catch_unwind().await;
    assert!(result.is_err());
}

fn panics<F: FnOnce() + std::panic::UnwindSafe>(f: F) -> bool {
    std::panic::catch_unwind(f).is_err()
}

#[test]
fn a_panic_that_a_helper_catches() {
    assert!(panics(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            block_in_place(|| ());
        });
    }));
}

#[tokio::test]
async fn a_task_whose_result_is_matched() {
    match tokio::spawn(work()).await {
        Ok(_) => unreachable!(),
        Err(error) => println!("{error}"),
    }
}

#[tokio::test]
async fn a_handle_on_a_blocking_thread() {
    let handle = Handle::current();
    task::spawn_blocking(move || handle.block_on(work())).await.unwrap();
}

#[tokio::test]
async fn a_runtime_of_its_own_on_a_blocking_thread() {
    task::spawn_blocking(|| {
        let runtime = Builder::new_multi_thread().build().unwrap();
        runtime.block_on(work())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_lazy_value_that_nobody_asks_for() {
    let lazy = std::sync::LazyLock::new(|| block_in_place(|| 1));
    drop(lazy);
    let stored: Arc<dyn Fn() + Send + Sync> = Arc::new(|| block_in_place(|| ()));
    drop(stored);
}

fn run_with_flag(on_worker: bool) -> u32 {
    if on_worker { block_in_place(|| 1) } else { 1 }
}

#[tokio::test]
async fn a_flag_that_holds_the_answer() {
    let flavor = Handle::current().runtime_flavor();
    run_with_flag(flavor == tokio::runtime::RuntimeFlavor::MultiThread);
}
