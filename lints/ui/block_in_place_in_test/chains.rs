//! `block_in_place` in code that a test calls, awaits, spawns or drops.
#![allow(dead_code)]

use std::{future::Future, pin::Pin, sync::Arc};

use tokio::{
    runtime::{Builder, Runtime},
    task::{self, LocalSet},
};

fn checksum(data: &[u8]) -> u64 {
    task::block_in_place(|| data.iter().map(|byte| u64::from(*byte)).sum())
}

async fn verify(data: &[u8]) -> bool {
    tokio::task::yield_now().await;
    outer(data) == 0
}

fn outer(data: &[u8]) -> u64 {
    checksum(data) + 1
}

#[tokio::test]
async fn a_function() {
    assert_eq!(checksum(b""), 0);
}

#[tokio::test]
async fn a_function_twice() {
    let first = checksum(b"a");
    let second = checksum(b"a");
    assert_eq!(first, second);
}

#[tokio::test]
async fn an_async_function_and_two_more() {
    assert!(!verify(b"a").await);
}

#[tokio::test]
async fn a_task() {
    tokio::spawn(verify(b"a")).await.unwrap();
}

struct Store;

impl Store {
    fn load(&self) -> u64 {
        checksum(b"store")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        task::block_in_place(|| ());
    }
}

#[tokio::test]
async fn a_drop() {
    let _store = Store;
}

trait Service {
    async fn call(&self) -> u64;

    fn default_call(&self) -> u64 {
        checksum(b"default")
    }
}

struct Real;

impl Service for Real {
    async fn call(&self) -> u64 {
        checksum(b"real")
    }
}

#[tokio::test]
async fn a_trait_method() {
    assert_eq!(Service::call(&Real).await, 1);
}

#[tokio::test]
async fn a_default_method() {
    assert_eq!(Real.default_call(), 1);
}

async fn generic<S: Service>(service: S) -> u64 {
    service.call().await
}

#[tokio::test]
async fn a_generic_function() {
    generic(Real).await;
}

#[async_trait::async_trait]
trait Boxed {
    async fn call(&self) -> u64;
}

#[async_trait::async_trait]
impl Boxed for Real {
    async fn call(&self) -> u64 {
        checksum(b"boxed")
    }
}

#[tokio::test]
async fn an_async_trait_method() {
    Boxed::call(&Real).await;
}

fn boxed() -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async { checksum(b"boxed") })
}

#[tokio::test]
async fn a_function_that_returns_a_boxed_future() {
    boxed().await;
}

fn with<R>(f: impl FnOnce() -> R) -> R {
    f()
}

#[tokio::test]
async fn a_closure_that_a_function_calls() {
    with(|| task::block_in_place(|| ()));
    with(|| checksum(b"a"));
}

async fn retry<F, Fut>(mut attempt: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    while !attempt().await {}
}

#[tokio::test]
async fn a_closure_that_makes_futures() {
    retry(|| async { checksum(b"a") == 97 }).await;
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

#[test]
fn a_runtime_from_a_function() {
    let runtime = runtime();
    runtime.block_on(async { checksum(b"a") });
    runtime.block_on(verify(b"a"));
}

fn block_on<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_helper_that_runs_a_future() {
    block_on(async {
        task::block_in_place(|| ());
    });
}

struct Harness {
    runtime: Arc<Runtime>,
}

impl Harness {
    fn new() -> Self {
        Self { runtime: Arc::new(runtime()) }
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

#[test]
fn a_harness() {
    let harness = Harness::new();
    harness.run(async { checksum(b"a") });
}

#[test]
fn a_runtime_on_another_thread() {
    let runtime = runtime();
    std::thread::spawn(move || runtime.block_on(async { checksum(b"a") })).join().unwrap();
}

static RUNTIME: std::sync::LazyLock<Runtime> =
    std::sync::LazyLock::new(|| Builder::new_current_thread().build().unwrap());

#[test]
fn a_static_runtime() {
    RUNTIME.block_on(async { checksum(b"a") });
}

fn shared() -> &'static Runtime {
    static SHARED: std::sync::OnceLock<Runtime> = std::sync::OnceLock::new();
    SHARED.get_or_init(runtime)
}

#[test]
fn a_runtime_made_once() {
    shared().block_on(async { checksum(b"a") });
}

#[test]
fn a_task_of_a_local_set() {
    let local = LocalSet::new();
    local.spawn_local(async { checksum(b"a") });
    runtime().block_on(local);
}

#[tokio::test]
async fn a_function_pointer() {
    let function: fn(&[u8]) -> u64 = checksum;
    function(b"a");
    let totals: Vec<u64> = [b"a", b"b"].into_iter().map(|data| checksum(data)).collect();
    assert_eq!(totals.len(), 2);
}
