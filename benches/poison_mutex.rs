//! `CancelPoisonMutex` against tokio's mutex and against `RobustMutex` of cancel-safe-futures.
//!
//! Instruction counts under valgrind, which do not vary from run to run: 1 000 critical sections,
//! nobody else at the lock. In the `sections` rows the section has no await; in the `async_sections`
//! rows it has one that does not wait.
#![expect(
    unused_qualifications,
    reason = "gungraun's attribute writes qualified paths"
)]

use std::future::ready;
use std::hint::black_box;

use async_patterns::sync::CancelPoisonMutex;
use benches::{Pinned, run};
use cancel_safe_futures::sync::RobustMutex;
use futures::FutureExt;
use gungraun::{library_benchmark, library_benchmark_group, main};
use tokio::sync::Mutex;

const SECTIONS: u64 = 1_000;

async fn tokio_mutex() {
    let mutex = Mutex::new(0);
    for n in 0..SECTIONS {
        *mutex.lock().await += black_box(n);
    }
}

async fn robust_mutex() {
    let mutex = RobustMutex::new(0);
    for n in 0..SECTIONS {
        let permit = mutex.lock().await.expect("nobody poisoned it");
        permit.perform(|sum| *sum += black_box(n));
    }
}

async fn closure_form() {
    let mutex = CancelPoisonMutex::new(0);
    for n in 0..SECTIONS {
        let guard = mutex.lock().await.expect("nobody poisoned it");
        guard.perform(|sum| *sum += black_box(n));
    }
}

async fn guard_form() {
    let mutex = CancelPoisonMutex::new(0);
    for n in 0..SECTIONS {
        let mut guard = mutex.lock().await.expect("nobody poisoned it");
        *guard += black_box(n);
        guard.commit();
    }
}

async fn tokio_mutex_async() {
    let mutex = Mutex::new(0);
    for n in 0..SECTIONS {
        let mut sum = mutex.lock().await;
        *sum += ready(black_box(n)).await;
    }
}

async fn robust_mutex_async() {
    let mutex = RobustMutex::new(0);
    for n in 0..SECTIONS {
        let permit = mutex.lock().await.expect("nobody poisoned it");
        permit
            .perform_async_boxed(|sum| async move { *sum += ready(black_box(n)).await }.boxed())
            .await;
    }
}

async fn future_form() {
    let mutex = CancelPoisonMutex::new(0);
    for n in 0..SECTIONS {
        let guard = mutex.lock().await.expect("nobody poisoned it");
        guard
            .perform_async(async |sum| *sum += ready(black_box(n)).await)
            .await;
    }
}

#[library_benchmark]
#[bench::tokio_mutex(Box::pin(tokio_mutex()))]
#[bench::robust_mutex(Box::pin(robust_mutex()))]
#[bench::closure_form(Box::pin(closure_form()))]
#[bench::guard_form(Box::pin(guard_form()))]
fn sections<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

#[library_benchmark]
#[bench::tokio_mutex(Box::pin(tokio_mutex_async()))]
#[bench::robust_mutex(Box::pin(robust_mutex_async()))]
#[bench::future_form(Box::pin(future_form()))]
fn async_sections<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

library_benchmark_group!(name = poison_mutex, benchmarks = [sections, async_sections]);

main!(library_benchmark_groups = poison_mutex);
