//! `spawn_cancellable_blocking` and `spawn_dedicated`.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use async_patterns::task::{
    BlockingError, BlockingLimiter, spawn_cancellable_blocking, spawn_dedicated,
};
use common::on_both_flavors;
use futures::FutureExt;

on_both_flavors! {
    async fn the_value_comes_back() {
        let limiter = BlockingLimiter::new(1);
        assert_eq!(spawn_cancellable_blocking(&limiter, |_| 7).await.unwrap(), 7);
        assert_eq!(limiter.running(), 0, "the place is free before the value is there");
    }

    async fn no_more_run_at_once_than_the_limiter_lets() {
        let limiter = BlockingLimiter::new(2);
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let work: Vec<_> = (0..20)
            .map(|_| {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                // A clone shares the limit.
                spawn_cancellable_blocking(&limiter.clone(), move |_| {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                })
            })
            .collect();
        for result in futures::future::join_all(work).await {
            result.unwrap();
        }
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    }

    async fn cancelled_while_it_waits_it_never_runs() {
        let limiter = BlockingLimiter::new(1);
        let (proceed, wait) = mpsc::channel::<()>();
        let first = spawn_cancellable_blocking(&limiter, move |_| wait.recv());
        let second = spawn_cancellable_blocking(&limiter, |_| unreachable!("it was cancelled"));
        second.cancel();
        assert!(matches!(second.await, Err::<(), _>(BlockingError::NotStarted)));
        proceed.send(()).unwrap();
        first.await.unwrap().unwrap();
    }

    async fn a_running_closure_sees_the_cancel_and_still_has_a_value() {
        let limiter = BlockingLimiter::new(1);
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let mut work = spawn_cancellable_blocking(&limiter, move |token| {
            begun.send(()).unwrap();
            while !token.is_cancelled() {
                std::thread::yield_now();
            }
            "stopped early"
        });
        has_begun.await.unwrap();
        assert!((&mut work).now_or_never().is_none());
        assert_eq!(limiter.running(), 1);
        work.cancel();
        assert_eq!(work.await.unwrap(), "stopped early");
    }

    async fn a_panic_comes_back_with_its_payload() {
        let limiter = BlockingLimiter::new(1);
        let work = spawn_cancellable_blocking(&limiter, |_| {
            std::panic::panic_any(42_u8);
        });
        let Err::<(), _>(BlockingError::Panicked(panic)) = work.await else {
            panic!("it panicked")
        };
        assert_eq!(panic.into_payload().downcast_ref(), Some(&42_u8));
        assert_eq!(limiter.running(), 0, "a panic gives the place back");
    }

    async fn a_thread_has_its_name_and_gives_its_value() {
        let thread = spawn_dedicated("namesake", |_| {
            std::thread::current().name().map(str::to_owned)
        })
        .unwrap();
        assert_eq!(thread.name(), "namesake");
        assert_eq!(thread.await.unwrap().as_deref(), Some("namesake"));
    }

    async fn a_threads_panic_comes_back() {
        let thread = spawn_dedicated("panicking", |_| std::panic::panic_any("oh")).unwrap();
        let panic = thread.await.map(|(): ()| ()).unwrap_err();
        assert_eq!(panic.to_string(), "panicked: oh");
    }

    async fn a_detached_thread_is_not_asked_to_stop() {
        let (report, seen) = tokio::sync::oneshot::channel();
        let (proceed, wait) = mpsc::channel::<()>();
        let thread = spawn_dedicated("detached", move |token| {
            wait.recv().unwrap();
            report.send(token.is_cancelled()).unwrap();
        })
        .unwrap();
        let token = thread.detach();
        proceed.send(()).unwrap();
        assert!(!seen.await.unwrap());
        assert!(!token.is_cancelled());
    }
}

#[test]
fn a_runtime_that_ends_first_is_an_error_and_no_panic() {
    let limiter = BlockingLimiter::new(1);
    let (proceed, wait) = mpsc::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (first, second) = runtime.block_on(async {
        let first = spawn_cancellable_blocking(&limiter, move |_| wait.recv().is_ok());
        (first, spawn_cancellable_blocking(&limiter, |_| ()))
    });
    runtime.shutdown_background();
    proceed.send(()).ok();
    assert!(matches!(
        futures::executor::block_on(second),
        Err(BlockingError::NotStarted)
    ));
    // Whether the pool came to it before the runtime ended is a race; both ends are orderly.
    assert!(matches!(
        futures::executor::block_on(first),
        Ok(true) | Err(BlockingError::NotStarted)
    ));
}

#[test]
fn joining_carries_a_panic_back() {
    let thread = spawn_dedicated("panicking", |_| std::panic::panic_any("oh")).unwrap();
    let panic = thread.blocking_join().map(|(): ()| ()).unwrap_err();
    assert_eq!(panic.message(), "oh");
}

#[test]
#[should_panic(expected = "the limit of a BlockingLimiter must be between 1 and")]
fn a_limiter_of_zero_is_refused() {
    let _ = BlockingLimiter::new(0);
}
