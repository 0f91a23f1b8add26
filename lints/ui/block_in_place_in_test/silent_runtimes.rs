//! `block_in_place` on runtimes that have the threads for it.
#![allow(dead_code)]

use std::sync::{Arc, LazyLock, OnceLock};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::{self, JoinSet, LocalSet, block_in_place},
};

fn checksum() -> u64 {
    block_in_place(|| 1)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_names_the_flavor() {
    checksum();
}

#[tokio::main(worker_threads = 2)]
async fn a_program_that_names_the_workers() {
    checksum();
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

#[test]
fn a_runtime_from_a_function() {
    runtime().unwrap().block_on(async { checksum() });
}

#[test]
fn a_runtime_that_may_fail() -> std::io::Result<()> {
    let runtime = runtime()?;
    runtime.block_on(async { block_in_place(|| ()) });
    Ok(())
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| runtime().unwrap());

#[test]
fn a_static_runtime() {
    RUNTIME.block_on(async { checksum() });
}

fn shared() -> &'static Runtime {
    static SHARED: OnceLock<Runtime> = OnceLock::new();
    SHARED.get_or_init(|| Runtime::new().unwrap())
}

#[test]
fn a_runtime_made_once() {
    shared().block_on(async { checksum() });
    shared().spawn(async { checksum() });
}

struct Harness {
    runtime: Arc<Runtime>,
    local: Runtime,
}

impl Harness {
    fn new() -> Self {
        Self {
            runtime: Arc::new(runtime().unwrap()),
            local: Builder::new_current_thread().build().unwrap(),
        }
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    fn run_local<F: Future>(&self, future: F) -> F::Output {
        self.local.block_on(future)
    }
}

#[test]
fn the_right_one_of_two_runtimes() {
    let harness = Harness::new();
    harness.run(async { checksum() });
    harness.run_local(async {});
}

#[test]
fn an_optional_runtime() {
    let runtime = Some(runtime().unwrap());
    runtime.as_ref().unwrap().block_on(async { checksum() });
}

#[tokio::test]
async fn a_task_of_another_runtime() {
    let runtime = Runtime::new().unwrap();
    runtime.spawn(async { checksum() }).await.unwrap();
    runtime.handle().spawn(async { checksum() }).await.unwrap();
    let mut set = JoinSet::new();
    set.spawn_on(async { checksum() }, runtime.handle());
    set.join_all().await;
    runtime.shutdown_background();
}

#[test]
fn a_handle_that_is_handed_around() {
    fn run(handle: &Handle) -> u64 {
        handle.block_on(async { checksum() })
    }
    let runtime = runtime().unwrap();
    run(runtime.handle());
}

#[tokio::test]
async fn a_runtime_on_a_thread_of_its_own() {
    let thread = std::thread::spawn(|| Runtime::new().unwrap().block_on(async { checksum() }));
    thread.join().unwrap();
}

fn with_runtime<R>(f: impl FnOnce(&Runtime) -> R) -> R {
    f(&runtime().unwrap())
}

#[test]
fn a_runtime_given_to_a_closure() {
    with_runtime(|runtime| runtime.block_on(async { checksum() }));
}

#[tokio::test]
async fn a_local_set_that_hands_over() {
    let local = LocalSet::new();
    local.run_until(async { task::spawn_blocking(checksum).await.unwrap() }).await;
    task::LocalSet::new()
        .run_until(async {
            task::spawn_local(async { task::spawn_blocking(checksum).await.unwrap() }).await.unwrap()
        })
        .await;
}

fn either(many: bool) -> Runtime {
    if many {
        Builder::new_multi_thread().build().unwrap()
    } else {
        Builder::new_current_thread().build().unwrap()
    }
}

#[test]
fn a_runtime_of_either_flavor() {
    either(true).block_on(async { checksum() });
}

fn from_outside(runtime: Runtime) {
    runtime.block_on(async { checksum() });
    runtime.spawn(async { checksum() });
}

#[test]
fn an_executor_without_a_runtime() {
    futures::executor::block_on(async { checksum() });
    let mut pool = futures::executor::LocalPool::new();
    pool.run_until(async { checksum() });
}
