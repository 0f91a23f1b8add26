//! `block_in_place` where it works, or where the test wants it to panic.
#![allow(dead_code, unused_must_use)]

use std::{future::Future, panic};

use tokio::{
    runtime::{Builder, Handle, Runtime, RuntimeFlavor},
    task::{self, block_in_place, spawn_blocking},
};

fn checksum() -> u64 {
    block_in_place(|| 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multi_thread_test() {
    checksum();
    block_in_place(|| ());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_worker_is_enough() {
    tokio::spawn(async { checksum() }).await.unwrap();
}

#[tokio::main]
async fn a_program() {
    checksum();
}

fn a_multi_thread_runtime_by_hand() {
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { checksum() });
    Runtime::new().unwrap().block_on(async { block_in_place(|| ()) });
}

#[test]
fn no_runtime_at_all() {
    checksum();
    futures::executor::block_on(async { block_in_place(|| ()) });
}

#[tokio::test]
async fn on_a_blocking_thread() {
    spawn_blocking(|| checksum()).await.unwrap();
    spawn_blocking(checksum).await.unwrap();
    let handle = Handle::current();
    handle.spawn_blocking(|| block_in_place(|| ())).await.unwrap();
    let mut set = task::JoinSet::new();
    set.spawn_blocking(|| block_in_place(|| ()));
    set.join_all().await;
}

#[tokio::test]
async fn on_a_thread_of_its_own() {
    std::thread::spawn(|| checksum()).join().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| checksum());
    });
    std::thread::Builder::new().spawn(checksum).unwrap().join().unwrap();
}

async fn run_blocking<F, R>(f: F) -> R
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    spawn_blocking(f).await.unwrap()
}

#[tokio::test]
async fn through_a_helper_that_hands_over() {
    run_blocking(|| checksum()).await;
    run_blocking(checksum).await;
}

#[tokio::test]
async fn behind_a_check_of_the_flavor() {
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        block_in_place(|| ());
    }
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| ()),
        _ => (),
    }
    if matches!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread) {
        checksum();
    }
}

fn adaptive<R>(f: impl FnOnce() -> R) -> R {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => block_in_place(f),
        _ => f(),
    }
}

#[tokio::test]
async fn behind_a_check_in_the_helper() {
    adaptive(|| 1);
}

fn can_block() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

fn checked() -> u64 {
    if !can_block() {
        return 0;
    }
    checksum()
}

#[tokio::test]
async fn behind_a_check_in_a_function_of_its_own() {
    checked();
    let fine = can_block();
    tokio::task::yield_now().await;
    if fine {
        checksum();
    }
}

#[tokio::test]
#[should_panic(expected = "multi-threaded runtime")]
async fn a_test_that_expects_the_panic() {
    checksum();
}

#[tokio::test]
async fn a_test_that_catches_the_panic() {
    let caught = panic::catch_unwind(|| checksum());
    assert!(caught.is_err());
}

#[tokio::test]
async fn a_test_whose_task_is_meant_to_panic() {
    let task = tokio::spawn(async { checksum() });
    assert!(task.await.unwrap_err().is_panic());
}

#[test]
fn a_test_whose_thread_is_meant_to_panic() {
    let result = std::thread::spawn(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { checksum() })
    })
    .join();
    assert!(result.is_err());
}

fn of_unknown_flavor(runtime: &Runtime, handle: Handle) {
    runtime.block_on(async { checksum() });
    handle.block_on(async { checksum() });
    handle.spawn(async { checksum() });
}

fn either(multi: bool) {
    let mut builder = if multi { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.build().unwrap().block_on(async { checksum() });
}

#[test]
fn a_handle_enters_no_worker() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.handle().block_on(async { block_in_place(|| ()) });
}

#[tokio::test]
async fn never_run() {
    let unused = async { checksum() };
    drop(unused);
    let _closure = || checksum();
    let _function = checksum;
    if cfg!(any()) {
        checksum();
    }
}

async fn library_code<F: Future>(future: F) -> F::Output {
    checksum();
    future.await
}

#[tokio::test]
async fn not_called() {
    async fn inner() {
        checksum();
    }
    fn block_in_place(f: impl FnOnce()) {
        f();
    }
    block_in_place(|| ());
}

#[tokio::test]
#[allow(block_in_place_in_test)]
async fn allowed_for_the_test() {
    checksum();
}

#[tokio::test]
async fn allowed_at_the_statement() {
    #[allow(block_in_place_in_test)]
    checksum();
}
