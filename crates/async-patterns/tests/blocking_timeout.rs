//! `blocking_timeout`: limits on work that does not yield.
//!
//! A paused clock stands still while blocking work runs, so these tests use the real one, with
//! work that waits for its flag or for a channel: no outcome depends on how fast anything is.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use async_patterns::timeout::{
    BlockingTimeout, BlockingTimeoutError, BlockingWork, StopFlag, Stopped, blocking_timeout,
};
use common::on_both_flavors;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// Long enough for a busy machine to start a thread, without which work counts as never started.
const SHORT: Duration = Duration::from_millis(500);
/// Never reached by a test that passes.
const LONG: Duration = Duration::from_secs(60);

fn wait_for(stop: &StopFlag) {
    while !stop.is_raised() {
        std::thread::yield_now();
    }
}

on_both_flavors! {
    async fn work_in_time_gives_its_result() {
        assert_eq!(blocking_timeout(LONG, |_| 7).await.unwrap(), 7);
    }

    async fn work_that_looks_at_its_flag_has_stopped() {
        let result = blocking_timeout(SHORT, |stop| {
            wait_for(&stop);
            stop.check()
        });
        let error = result.with_grace(LONG).await.unwrap_err();
        assert!(error.has_stopped());
        let BlockingTimeoutError::Stopped { output, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(output, Err(Stopped));
    }

    async fn work_that_does_not_look_is_still_running_and_is_tracked_until_it_stops() {
        let (go, wait) = mpsc::channel();
        let result = blocking_timeout(SHORT, move |_| wait.recv().unwrap());
        let error = result.with_grace(SHORT).await.unwrap_err();
        assert!(!error.has_stopped());
        assert!(error.to_string().contains("still running"), "{error}");
        let BlockingTimeoutError::StillRunning { mut work, overrun, .. } = error else {
            panic!("{error:?}");
        };
        assert!(overrun >= SHORT, "the grace period has passed: {overrun:?}");
        assert!(!work.has_stopped());
        go.send(7).unwrap();
        assert_eq!((&mut work).await, 7);
        assert!(work.has_stopped());
    }

    async fn dropping_the_handle_asks_it_to_stop() {
        let (started, running) = oneshot::channel();
        let tracker = TaskTracker::new();
        let token = tracker.token();
        let work = blocking_timeout(LONG, move |stop| {
            let _token = token;
            started.send(()).unwrap();
            wait_for(&stop);
        });
        running.await.unwrap();
        drop(work);
        tracker.close();
        tokio::time::timeout(LONG, tracker.wait()).await.expect("the work has stopped");
    }

    async fn a_panic_of_the_work_is_carried_on() {
        let task = tokio::spawn(blocking_timeout(LONG, |_| panic!("on purpose")));
        let panic = task.await.unwrap_err().into_panic();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
    }

    async fn a_panic_after_the_limit_is_carried_on_by_the_handle() {
        let (go, wait) = mpsc::channel::<()>();
        let result = blocking_timeout(SHORT, move |_| {
            wait.recv().unwrap();
            panic!("on purpose");
        });
        let Err(BlockingTimeoutError::StillRunning { work, .. }) = result.await else {
            panic!("still running");
        };
        let work: BlockingWork<()> = work;
        go.send(()).unwrap();
        assert!(tokio::spawn(work).await.unwrap_err().is_panic());
    }
}

fn one_blocking_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap()
}

#[test]
fn work_behind_a_full_pool_never_runs() {
    let runtime = one_blocking_thread();
    let runs = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        let (go, wait) = mpsc::channel::<()>();
        let blocker = tokio::task::spawn_blocking(move || wait.recv());
        let counted = runs.clone();
        let error = blocking_timeout(SHORT, move |_| counted.fetch_add(1, Ordering::SeqCst))
            .await
            .unwrap_err();
        assert!(error.has_stopped());
        assert!(
            matches!(error, BlockingTimeoutError::NotStarted { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("pool is exhausted"), "{error}");
        go.send(()).unwrap();
        blocker.await.unwrap().unwrap();
        // The only thread works in order: what was queued before this has been passed over.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    });
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[test]
fn a_runtime_that_is_gone_is_an_error() {
    let runtime = one_blocking_thread();
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let work = {
        let _context = handle.enter();
        blocking_timeout(LONG, |_| 7)
    };
    let error = futures::executor::block_on(work).unwrap_err();
    assert!(
        matches!(error, BlockingTimeoutError::RuntimeGone),
        "{error:?}"
    );
}

#[test]
fn auto_traits_and_debug() {
    fn assert_send<T: Send>() {}
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send::<BlockingTimeout<u8>>();
    assert_send::<BlockingWork<u8>>();
    assert_send_sync::<StopFlag>();
    assert_send::<BlockingTimeoutError<u8>>();

    let stop = StopFlag::new();
    assert_eq!(format!("{stop:?}"), "StopFlag(false)");
    stop.clone().raise();
    assert_eq!(format!("{stop:?}"), "StopFlag(true)");
    assert_eq!(stop.check().unwrap_err().to_string(), "asked to stop");
}

/// Wherever it is dropped: work that was started is asked to stop, other work never runs, and no
/// thread is left behind.
#[cfg(feature = "testing")]
#[test]
fn cancel_safety() {
    use async_patterns::testing::cancel_at_every_poll;

    let visited = cancel_at_every_poll(
        || (TaskTracker::new(), Some(mpsc::channel::<()>())),
        async |(tracker, channel)| {
            let token = tracker.token();
            let (_keep, wait) = channel.take().unwrap();
            blocking_timeout(LONG, move |stop| {
                let _token = token;
                // Ends when released by the hook, or else by its flag.
                while !stop.is_raised() && wait.try_recv().is_err() {
                    std::thread::yield_now();
                }
            })
            .await
            .unwrap();
        },
    )
    .drive(|(_, channel)| {
        let release = channel.as_ref().unwrap().0.clone();
        move |_| release.send(()).unwrap()
    })
    .also_multi_thread(20)
    .check_async(async |_, (tracker, _)| {
        tracker.close();
        tracker.wait().await;
    });
    assert_eq!(visited.suspensions(), 1);
}

/// Awaiting the work that is left over can be cancelled anywhere by `&mut`: its output stays.
#[cfg(feature = "testing")]
#[test]
fn waiting_for_left_over_work_is_cancel_safe() {
    let visited = async_patterns::testing::cancel_at_every_poll(
        || (mpsc::channel::<u32>(), None),
        async |((go, wait), left_over)| {
            let (_, unused) = mpsc::channel();
            let (started, running) = oneshot::channel();
            let wait = std::mem::replace(wait, unused);
            // The paused clock stands still while blocking work runs: move it past the limit,
            // and then past the grace period.
            let work = blocking_timeout(SHORT, move |_| {
                started.send(()).unwrap();
                wait.recv().unwrap_or(0)
            });
            let (result, ()) = tokio::join!(work, async {
                running.await.unwrap();
                tokio::time::advance(LONG).await;
                tokio::time::advance(LONG).await;
            });
            let Err(BlockingTimeoutError::StillRunning { work, .. }) = result else {
                panic!("still running");
            };
            *left_over = Some(work);
            go.send(7).unwrap();
            assert_eq!(left_over.as_mut().unwrap().await, 7);
        },
    )
    .check_async(async |at, (_, left_over)| match left_over {
        Some(work) if !at.is_completed() => assert_eq!(work.await, 7),
        _ => {}
    });
    assert!(visited.suspensions() >= 1);
}
