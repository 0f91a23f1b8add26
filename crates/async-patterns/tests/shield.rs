//! Shielded futures outlive their callers and are waited for.

mod common;

use std::sync::Arc;
use std::time::Duration;

use async_patterns::cancel::{ShieldRegistry, shield};
use common::on_both_flavors;
use tokio::sync::{Notify, oneshot};
use tokio::task::yield_now;
use tokio::time::sleep;

const LIMIT: Duration = Duration::from_secs(60);

on_both_flavors! {
    async fn the_result_comes_back() {
        assert_eq!(shield(async { 7 }).await, 7);
    }

    async fn it_runs_though_the_handle_is_never_polled() {
        let (tx, rx) = oneshot::channel();
        drop(shield(async { tx.send(7).unwrap() }));
        assert_eq!(rx.await, Ok(7));
    }

    async fn it_survives_the_abort_of_its_caller() {
        let shields = ShieldRegistry::new();
        let (gate, opened) = oneshot::channel::<()>();
        let started = Arc::new(Notify::new());
        let caller = tokio::spawn({
            let (shields, started) = (shields.clone(), started.clone());
            async move {
                let work = async move {
                    started.notify_one();
                    opened.await.unwrap();
                };
                shields.shield(work).await;
            }
        });
        started.notified().await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(shields.summary().still_running, 1);

        gate.send(()).unwrap();
        let summary = shields.shutdown(LIMIT).await;
        assert_eq!((summary.finished, summary.still_running), (1, 0));
        assert!(summary.is_clean());
    }

    async fn a_panic_goes_to_the_caller_and_into_the_summary() {
        let shields = ShieldRegistry::new();
        let caller = tokio::spawn(shields.shield(async { panic!("on purpose") }));
        let panic = caller.await.unwrap_err().into_panic();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
        let summary = shields.shutdown(LIMIT).await;
        assert_eq!((summary.finished, summary.panicked), (0, 1));
        assert!(!summary.is_clean());
    }

    async fn a_finished_future_is_known_without_awaiting() {
        let shields = ShieldRegistry::new();
        let handle = shields.shield(async {});
        shields.shutdown(LIMIT).await;
        while !handle.is_finished() {
            yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_bounded_and_can_be_repeated() {
    let shields = ShieldRegistry::new();
    drop(shields.shield(sleep(Duration::from_secs(80))));
    let summary = shields.shutdown(Duration::from_secs(30)).await;
    assert_eq!((summary.finished, summary.still_running), (0, 1));
    assert!(!summary.is_clean());
    let summary = shields.shutdown(LIMIT).await;
    assert_eq!((summary.finished, summary.still_running), (1, 0));
}

#[test]
fn a_runtime_that_is_gone_is_counted_and_said() {
    let shields = ShieldRegistry::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let handle = {
        let _context = runtime.enter();
        shields.shield(std::future::pending::<()>())
    };
    drop(runtime);
    assert_eq!(
        (shields.summary().lost, shields.summary().still_running),
        (1, 0)
    );

    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        futures::executor::block_on(handle);
    }))
    .unwrap_err();
    let text = *panic.downcast::<&str>().unwrap();
    assert_eq!(
        text,
        "the runtime was shut down before a shielded future completed"
    );
}

#[cfg(feature = "testing")]
mod cancel_safety {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_patterns::testing::cancel_at_every_poll;

    use super::*;

    /// Wherever the caller is cancelled, the work is done once and to the end.
    #[test]
    fn cancelled_at_every_poll_the_work_is_still_done_once() {
        let visited = cancel_at_every_poll(
            || (ShieldRegistry::new(), Arc::new(AtomicUsize::new(0))),
            async |(shields, done)| {
                let count = done.clone();
                let work = async move {
                    yield_now().await;
                    sleep(Duration::from_secs(1)).await;
                    count.fetch_add(1, Ordering::SeqCst);
                };
                shields.shield(work).await;
            },
        )
        .check_async(async |at, (shields, done)| {
            let started = usize::from(at.polls() > 0);
            let summary = shields.shutdown(LIMIT).await;
            assert!(summary.is_clean());
            assert_eq!(summary.finished, started as u64);
            assert_eq!(done.load(Ordering::SeqCst), started);
        });
        assert_eq!(visited.suspensions(), 1);
    }

    /// The wait itself can be cancelled anywhere and called again.
    #[test]
    fn the_wait_is_cancel_safe() {
        let visited = cancel_at_every_poll(
            || {
                let shields = ShieldRegistry::new();
                drop(shields.shield(sleep(Duration::from_secs(1))));
                shields
            },
            async |shields| shields.shutdown(LIMIT).await,
        )
        .check_async(async |_, shields| {
            let summary = shields.shutdown(LIMIT).await;
            assert_eq!((summary.finished, summary.still_running), (1, 0));
        });
        assert!(visited.suspensions() >= 1);
    }
}
