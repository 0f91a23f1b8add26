//! `TaskScope` against what else spawns tasks and waits for them: tokio's `JoinSet`, tokio-util's
//! `TaskTracker`, tokio-graceful-shutdown; and a request to stop against that of
//! cancel-safe-futures.
//!
//! Instruction counts under valgrind on a current-thread runtime. The scheduler takes part, so a
//! count may differ by a few instructions from run to run.
#![expect(
    unused_qualifications,
    reason = "gungraun's attribute writes qualified paths"
)]

use std::hint::black_box;
use std::time::Duration;

use async_patterns::task::TaskScope;
use cancel_safe_futures::coop_cancel;
use gungraun::{library_benchmark, library_benchmark_group, main};
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, yield_now};
use tokio_graceful_shutdown::{SubsystemBuilder, SubsystemHandle, Toplevel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const TASKS: u64 = 1_000;
/// Never reached: all tasks end when they are asked to.
const LIMIT: Duration = Duration::from_secs(60);

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without I/O needs nothing of the system");
    // Once before it is counted, so that lazy initialisation is not.
    runtime.block_on(async { tokio::spawn(yield_now()).await.expect("it only yields") });
    runtime
}

async fn join_set_join() {
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(yield_now());
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("it only yields");
    }
}

async fn tracker_join() {
    let tracker = TaskTracker::new();
    for _ in 0..TASKS {
        tracker.spawn(yield_now());
    }
    tracker.close();
    tracker.wait().await;
}

async fn scope_join() {
    let scope = TaskScope::new();
    for _ in 0..TASKS {
        scope.spawn("task", |_token| yield_now());
    }
    let report = scope.join().await;
    assert_eq!(black_box(&report).totals().finished, TASKS);
}

async fn tracker_shutdown() {
    let tracker = TaskTracker::new();
    let token = CancellationToken::new();
    for _ in 0..TASKS {
        let token = token.child_token();
        tracker.spawn(async move { token.cancelled().await });
    }
    yield_now().await;
    tracker.close();
    token.cancel();
    let drained = tokio::time::timeout(LIMIT, tracker.wait()).await;
    drained.expect("all look at their token");
}

async fn scope_shutdown() {
    let scope = TaskScope::new();
    for _ in 0..TASKS {
        scope.spawn("task", |token| async move { token.cancelled().await });
    }
    yield_now().await;
    let report = scope.shutdown(LIMIT).await;
    assert_eq!(black_box(&report).totals().finished, TASKS);
}

async fn subsystems_shutdown() {
    async fn subsystem(handle: &mut SubsystemHandle) -> Result<(), AnyError> {
        handle.on_shutdown_requested().await;
        Ok(())
    }
    let top = async |handle: &mut SubsystemHandle| {
        for _ in 0..TASKS {
            handle.start(SubsystemBuilder::new("task", subsystem));
        }
        yield_now().await;
        handle.request_shutdown();
    };
    let ended = Toplevel::new(top).handle_shutdown_requests(LIMIT).await;
    ended.expect("all look at their handle");
}

async fn token_request() {
    for _ in 0..TASKS {
        let token = CancellationToken::new();
        token.clone().cancel();
        token.cancelled().await;
    }
}

async fn coop_cancel_request() {
    for _ in 0..TASKS {
        let (canceler, mut receiver) = coop_cancel::new_pair();
        let requested = canceler.cancel(());
        requested.expect("the receiver is there");
        receiver.recv().await.expect("there was a request");
    }
}

#[library_benchmark]
#[bench::join_set(args = (join_set_join()), setup = with_runtime)]
#[bench::task_tracker(args = (tracker_join()), setup = with_runtime)]
#[bench::task_scope(args = (scope_join()), setup = with_runtime)]
fn spawn_and_join<F: Future<Output = ()>>((runtime, future): (Runtime, F)) -> Runtime {
    runtime.block_on(future);
    // Given back, so that its drop is not counted.
    runtime
}

#[library_benchmark]
#[bench::task_tracker(args = (tracker_shutdown()), setup = with_runtime)]
#[bench::task_scope(args = (scope_shutdown()), setup = with_runtime)]
#[bench::graceful_shutdown(args = (subsystems_shutdown()), setup = with_runtime)]
fn shutdown<F: Future<Output = ()>>((runtime, future): (Runtime, F)) -> Runtime {
    runtime.block_on(future);
    runtime
}

#[library_benchmark]
#[bench::cancellation_token(args = (token_request()), setup = with_runtime)]
#[bench::coop_cancel(args = (coop_cancel_request()), setup = with_runtime)]
fn stop_request<F: Future<Output = ()>>((runtime, future): (Runtime, F)) -> Runtime {
    runtime.block_on(future);
    runtime
}

fn with_runtime<F: Future<Output = ()>>(future: F) -> (Runtime, F) {
    (runtime(), future)
}

library_benchmark_group!(
    name = task_scope,
    benchmarks = [spawn_and_join, shutdown, stop_request]
);

main!(library_benchmark_groups = task_scope);
