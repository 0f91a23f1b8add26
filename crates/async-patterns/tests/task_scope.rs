//! `TaskScope`: what becomes of children, in time and in the report.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_patterns::task::{
    BlockingLimiter, ChildKind, Outcome, ScopeEvent, ShutdownReport, ShutdownStage, SpawnError,
    TaskScope, Totals,
};
use common::on_both_flavors;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(30);

/// Asserts over a whole report: (finished, failed, cancelled, panicked, still running).
fn assert_totals(report: &ShutdownReport, expected: (u64, u64, u64, u64, u64)) {
    let Totals {
        finished,
        failed,
        cancelled,
        panicked,
        still_running,
        ..
    } = report.totals();
    let totals = (finished, failed, cancelled, panicked, still_running);
    assert_eq!(totals, expected, "{report}");
}

fn scope_with_events() -> (TaskScope, mpsc::UnboundedReceiver<ScopeEvent>) {
    let (events, from_scope) = mpsc::unbounded_channel();
    let scope = TaskScope::builder()
        .name("test")
        .on_event(move |event| drop(events.send(event)))
        .build();
    (scope, from_scope)
}

on_both_flavors! {
    async fn every_outcome_is_told_apart() {
        let (scope, mut events) = scope_with_events();
        scope.spawn("finished", |_| async {});
        scope.spawn("failed", |_| async { Err::<(), _>("disk full") });
        scope.spawn("panicked", |_| async {
            assert!(false_at_run_time(), "out of cheese");
        });
        scope.spawn_until_cancelled("cancelled", async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        scope.spawn("cooperative", |token| async move { token.cancelled().await });
        // Both come at once, and in either order.
        let first = events.recv().await.unwrap();
        let second = events.recv().await.unwrap();
        let mut lines = [first.child.outcome.to_string(), second.child.outcome.to_string()];
        lines.sort();
        assert_eq!(lines, ["failed: disk full", "panicked: out of cheese"]);
        assert_eq!(first.scope.as_deref(), Some("test"));

        let report = scope.shutdown(LONG).await;
        assert_totals(&report, (2, 1, 1, 1, 0));
        let names: Vec<&str> = report.children().iter().map(|child| &*child.name).collect();
        assert_eq!(names[..3], ["panicked", "failed", "cancelled"], "the worst first");
        assert_eq!(report.first_panic().unwrap().message(), "out of cheese");
        assert!(!report.is_clean());
        assert!(report.running_at_deadline().next().is_none());
        assert!(events.try_recv().is_err(), "nothing is told twice");
    }

    async fn join_waits_for_children_of_children() {
        let scope = TaskScope::new();
        let handle = scope.handle();
        let outer = handle.clone();
        scope.spawn("first", |_| async move {
            let inner = outer.clone();
            outer.spawn("second", move |_| async move {
                tokio::task::yield_now().await;
                inner.spawn("third", |_| async {}).map(drop)
            })?;
            Ok::<_, SpawnError>(())
        });
        let report = scope.join().await;
        assert_totals(&report, (3, 0, 0, 0, 0));
        assert!(report.is_clean());
        assert!(handle.is_closed());
        assert!(matches!(handle.spawn("late", |_| async {}), Err(SpawnError::Closed)));
    }

    async fn a_failure_cancels_the_siblings_when_asked_to() {
        let scope =
            TaskScope::builder().cancel_on_failure(true).on_event(|_| ()).build();
        scope.spawn("sibling", |token| async move { token.cancelled().await });
        scope.spawn("failing", |_| async { Err::<(), _>("gone") });
        let report = scope.join().await;
        assert_totals(&report, (1, 1, 0, 0, 0));
    }

    async fn aborting_one_child_leaves_the_others() {
        let scope = TaskScope::new();
        let victim = scope.spawn("victim", |_| std::future::pending::<()>());
        let other = scope.spawn("other", |token| async move { token.cancelled().await });
        victim.abort();
        while !victim.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!other.is_finished());
        assert!(!scope.token().is_cancelled());
        assert_totals(&scope.shutdown(LONG).await, (1, 0, 1, 0, 0));
    }

    async fn a_panic_in_a_destructor_during_an_abort_is_a_panic() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in a destructor");
            }
        }
        let (scope, mut events) = scope_with_events();
        let (begun, has_begun) = oneshot::channel();
        let child = scope.spawn("bomb", |_| async move {
            let _bomb = Bomb;
            begun.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        has_begun.await.unwrap();
        child.abort();
        let event = events.recv().await.unwrap();
        assert!(matches!(event.child.outcome, Outcome::Panicked(message) if &*message == "in a destructor"));
        assert_totals(&scope.join().await, (0, 0, 0, 1, 0));
    }

    async fn the_limit_bounds_what_runs_at_once() {
        let scope = TaskScope::builder().limit(3).build();
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        for n in 0..50 {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            scope.spawn(format!("child {n}"), |_| async move {
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        assert_totals(&scope.join().await, (50, 0, 0, 0, 0));
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }

    async fn a_child_without_a_turn_never_starts() {
        let scope = TaskScope::builder().limit(1).build();
        let (begun, has_begun) = oneshot::channel();
        scope.spawn("holder", |token| async move {
            begun.send(()).unwrap();
            token.cancelled().await;
        });
        has_begun.await.unwrap();
        let started = Arc::new(AtomicUsize::new(0));
        let make = |started: &Arc<AtomicUsize>| {
            let started = Arc::clone(started);
            move |_token| {
                started.fetch_add(1, Ordering::SeqCst);
                async {}
            }
        };
        // One is cancelled by itself, the other by the shutdown.
        let cancelled = scope.spawn("cancelled", make(&started));
        scope.spawn("waiting", make(&started));
        cancelled.cancel();
        while !cancelled.is_finished() {
            tokio::task::yield_now().await;
        }
        let report = scope.shutdown(LONG).await;
        assert_totals(&report, (1, 0, 2, 0, 0));
        assert_eq!(started.load(Ordering::SeqCst), 0);
        for child in report.children().iter().filter(|child| &*child.name != "holder") {
            assert!(matches!(child.outcome, Outcome::Cancelled));
            assert_eq!(child.spent, Duration::ZERO);
        }
    }

    async fn a_nested_scope_ends_with_its_parent() {
        let outer = TaskScope::new();
        outer.spawn("worker", |token| async move {
            let inner = TaskScope::builder().parent(&token).build();
            inner.spawn("leaf", |token| async move { token.cancelled().await });
            token.cancelled().await;
            inner.shutdown(LONG).await.into_clean().map(drop)
        });
        tokio::task::yield_now().await;
        let report = outer.shutdown(LONG).await;
        assert_totals(&report, (1, 0, 0, 0, 0));
    }

    async fn a_blocking_child_stops_by_its_token() {
        let scope = TaskScope::new();
        let limiter = BlockingLimiter::new(1);
        let (begun, has_begun) = oneshot::channel();
        scope.spawn_blocking("spin", &limiter, |token| {
            begun.send(()).unwrap();
            while !token.is_cancelled() {
                std::thread::yield_now();
            }
        });
        has_begun.await.unwrap();
        let queued = scope.spawn_blocking("queued", &limiter, |_| ());
        let report = scope.shutdown(LONG).await;
        assert_totals(&report, (1, 0, 1, 0, 0));
        assert!(report.children().iter().all(|child| child.kind == ChildKind::Blocking));
        assert!(queued.is_finished());
        assert_eq!(limiter.running(), 0);
    }

    async fn a_thread_is_joined_with_its_thread_locals() {
        static DESTROYED: AtomicUsize = AtomicUsize::new(0);
        struct Local;
        impl Drop for Local {
            fn drop(&mut self) {
                DESTROYED.fetch_add(1, Ordering::SeqCst);
            }
        }
        thread_local!(static LOCAL: Local = const { Local });
        let before = DESTROYED.load(Ordering::SeqCst);
        let scope = TaskScope::new();
        scope
            .spawn_dedicated("watcher", |token| {
                LOCAL.with(|_| ());
                assert_eq!(std::thread::current().name(), Some("watcher"));
                while !token.is_cancelled() {
                    std::thread::yield_now();
                }
            })
            .unwrap();
        let report = scope.shutdown(LONG).await;
        assert_totals(&report, (1, 0, 0, 0, 0));
        assert_eq!(report.children()[0].kind, ChildKind::Thread);
        assert!(DESTROYED.load(Ordering::SeqCst) > before);
    }

    async fn panics_in_threads_and_closures_are_carried_back() {
        let (scope, mut events) = scope_with_events();
        scope.spawn_blocking("closure", &BlockingLimiter::new(1), |_| {
            assert!(false_at_run_time(), "closure panic");
        });
        assert!(events.recv().await.unwrap().to_string().contains("closure panic"));
        scope.spawn_dedicated("thread", |_| assert!(false_at_run_time(), "thread panic")).unwrap();
        assert!(events.recv().await.unwrap().to_string().contains("thread panic"));
        let report = scope.join().await;
        assert_totals(&report, (0, 0, 0, 2, 0));
        let resumed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            report.resume_panic();
        }));
        assert_eq!(resumed.unwrap_err().downcast_ref(), Some(&"closure panic"));
    }

    async fn a_panicking_sink_disturbs_nobody() {
        let scope = TaskScope::builder().on_event(|_| panic!("the sink fails")).build();
        scope.spawn("failing", |_| async { Err::<(), _>("gone") });
        assert_totals(&scope.join().await, (0, 1, 0, 0, 0));
    }
}

fn false_at_run_time() -> bool {
    std::hint::black_box(false)
}

#[tokio::test(start_paused = true)]
async fn shutdown_drains_then_aborts_and_says_when() {
    let (scope, _events) = scope_with_events();
    let began = Instant::now();
    scope.spawn("early", |_| async {});
    scope.spawn("graceful", |token| async move {
        token.cancelled().await;
        sleep(Duration::from_secs(2)).await;
    });
    scope.spawn("deaf", |_| std::future::pending::<()>());
    sleep(Duration::from_secs(1)).await;
    let report = scope.shutdown(Duration::from_secs(5)).await;
    assert_eq!(began.elapsed(), Duration::from_secs(6));
    assert_totals(&report, (2, 0, 1, 0, 0));
    assert_eq!(
        report.to_string(),
        "\
scope `test` shut down in 5s: 2 finished, 0 failed, 1 cancelled, 0 panicked, 0 still running
  NAME      KIND  OUTCOME    TIME  ENDED
  deaf      task  cancelled  6s    after the deadline
  early     task  finished   0ns   before shutdown
  graceful  task  finished   3s    in time"
    );
    assert!(!report.is_clean(), "one had to be aborted");
    assert_eq!(
        report.into_clean().unwrap_err().report().totals().cancelled,
        1
    );
}

#[tokio::test(start_paused = true)]
async fn shutdown_does_not_wait_when_all_have_ended() {
    let scope = TaskScope::new();
    scope.spawn("quick", |token| async move { token.cancelled().await });
    let began = Instant::now();
    let report = scope.shutdown(LONG).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(report.children()[0].stage, ShutdownStage::Drained);
}

#[tokio::test]
async fn a_thread_that_does_not_stop_is_reported_and_left() {
    let scope = TaskScope::builder()
        .abort_wait(Duration::from_millis(1))
        .build();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let child = scope
        .spawn_dedicated("stuck", move |_| while held.recv().is_ok() {})
        .unwrap();
    let report = scope.shutdown(Duration::from_millis(1)).await;
    assert_totals(&report, (0, 0, 0, 0, 1));
    let stuck = report.running_at_deadline().next().unwrap();
    assert!(matches!(stuck.outcome, Outcome::StillRunning));
    assert!(!child.is_finished());
    drop(release);
}

#[tokio::test]
async fn dropping_the_scope_aborts_and_tells_the_stragglers_once() {
    let (scope, mut events) = scope_with_events();
    let dropped = Arc::new(Notify::new());
    let guard = NotifyOnDrop(Arc::clone(&dropped));
    scope.spawn("task", |_| async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    scope.spawn("ended", |_| async {});
    let handle = scope.handle();
    tokio::task::yield_now().await;
    drop(scope);
    let event = events.recv().await.unwrap();
    assert_eq!(&*event.child.name, "task");
    assert!(matches!(event.child.outcome, Outcome::StillRunning));
    assert!(
        event.to_string().starts_with(
            "task `task` of scope `test` was still running when its scope was dropped"
        )
    );
    dropped.notified().await;
    assert!(events.try_recv().is_err());
    assert!(handle.is_closed() && handle.token().is_cancelled());
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A runtime that is dropped by a panicking thread drops its tasks while `thread::panicking()`.
#[test]
fn a_task_dropped_with_its_runtime_by_a_panicking_thread_was_cancelled() {
    let (events, mut from_scope) = mpsc::unbounded_channel();
    let scope = TaskScope::builder()
        .on_event(move |event| drop(events.send(event)))
        .build();
    let scope = std::panic::AssertUnwindSafe(&scope);
    let panicked = std::panic::catch_unwind(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _context = runtime.enter();
        scope.spawn("idle", |_| std::future::pending::<()>());
        std::panic::resume_unwind(Box::new("the runtime is dropped by this"));
    });
    assert!(panicked.is_err());
    assert!(scope.is_empty());
    assert!(
        from_scope.try_recv().is_err(),
        "a cancelled child is no event"
    );
}

#[tokio::test]
async fn history_keeps_the_latest_and_the_failures() {
    let scope = TaskScope::builder().history(2).on_event(|_| ()).build();
    scope.spawn("failure", |_| async { Err::<(), _>("gone") });
    for n in 0..10 {
        scope.spawn(format!("{n}"), |_| async {});
    }
    let report = scope.join().await;
    assert_totals(&report, (10, 1, 0, 0, 0));
    let names: Vec<&str> = report.children().iter().map(|child| &*child.name).collect();
    assert_eq!(names, ["failure", "8", "9"]);
    assert_eq!(report.omitted(), 8);
    assert!(report.to_string().ends_with("\n  and 8 that ended earlier"));
}

#[tokio::test]
async fn text_of_others_does_not_break_the_table() {
    let scope = TaskScope::builder().on_event(|_| ()).build();
    scope.spawn("two\nlines", |_| async { Err::<(), _>("first\n  second") });
    let table = scope.join().await.to_string();
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains("two lines  task  failed: first second"));
}

#[test]
#[should_panic(expected = "the limit of a TaskScope must be between 1 and")]
fn a_limit_of_zero_is_refused() {
    let _ = TaskScope::builder().limit(0);
}

#[tokio::test]
async fn a_bad_thread_name_is_an_error() {
    let scope = TaskScope::new();
    let error = scope.spawn_dedicated("a\0b", |_| ()).unwrap_err();
    assert!(error.to_string().contains("NUL byte"));
    assert_totals(&scope.join().await, (0, 0, 1, 0, 0));
}

#[test]
fn public_types_are_send_and_sync() {
    fn assert<T: Send + Sync>() {}
    assert::<TaskScope>();
    assert::<ShutdownReport>();
    assert::<ScopeEvent>();
    assert::<async_patterns::task::ScopeHandle>();
    assert::<async_patterns::task::ChildHandle>();
    assert::<async_patterns::task::UncleanShutdown>();
    assert::<async_patterns::task::CancellableBlocking<u8>>();
    assert::<async_patterns::task::DedicatedThread<u8>>();
}
