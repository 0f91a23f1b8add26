//! What `CancelDebug` reports, and when it says nothing.
#![cfg(feature = "cancel-debug")]

mod common;
#[path = "common/reports.rs"]
mod reports;

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_patterns::cancel::{
    CancelCounter, CancelDebug, CancelDebugExt, CancelKind, CancelReport,
};
use async_patterns::cancel_debug;
use common::on_both_flavors;
use futures::future::FusedFuture;
use proptest::prelude::*;
use reports::{poll, report_slot};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

#[test]
fn never_polled() {
    let (sink, slot) = report_slot();
    let future = async {}.cancel_debug("idle").with_sink(sink);
    let line = line!() - 1;
    drop(future);

    let report = slot.take().unwrap();
    assert_eq!(report.kind(), CancelKind::NeverPolled);
    assert!(report.kind().is_cancellation());
    assert_eq!((report.name(), report.polls()), ("idle", 0));
    assert_eq!(report.created_at().file(), file!());
    assert_eq!(report.created_at().line(), line);
    let text = report.to_string();
    assert!(
        text.starts_with("`idle` never polled, alive for "),
        "{text}"
    );
    assert!(
        text.ends_with(&format!("created at {}", report.created_at())),
        "{text}"
    );
}

#[test]
fn nothing_is_recorded_that_was_not_asked_for() {
    let (sink, slot) = report_slot();
    drop(pending::<()>().cancel_debug("plain").with_sink(sink));
    let report = slot.take().unwrap();
    assert!(report.idle().is_none());
    assert!(report.longest_poll().is_none());
    assert!(report.creation_backtrace().is_none());
    assert!(report.drop_backtrace().is_none());
    assert_eq!(report.parents().len(), 0);
}

on_both_flavors! {
    async fn a_select_loser_is_cancelled() {
        let (reports, mut cancelled) = mpsc::unbounded_channel();
        let loser = pending::<()>().cancel_debug("loser").with_sink(reports);
        tokio::select! {
            biased;
            () = loser => unreachable!(),
            () = yield_now() => {}
        }
        let report = cancelled.recv().await.unwrap();
        assert_eq!((report.kind(), report.polls()), (CancelKind::Cancelled, 2));
        assert!(cancelled.recv().await.is_none(), "one report, and the sink is gone");
    }

    async fn an_aborted_task_is_cancelled() {
        let (reports, mut cancelled) = mpsc::unbounded_channel();
        let (started, running) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(
            async move {
                started.send(()).unwrap();
                pending::<()>().await;
            }
            .cancel_debug("task")
            .with_sink(reports),
        );
        running.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(cancelled.recv().await.unwrap().kind(), CancelKind::Cancelled);
    }

    async fn a_completed_future_is_silent() {
        let (reports, mut cancelled) = mpsc::unbounded_channel();
        async {
            yield_now().await;
            7
        }
        .cancel_debug("done")
        .with_sink(reports)
        .await;
        assert!(cancelled.recv().await.is_none());
    }

    async fn a_task_that_panics_is_not_cancelled() {
        let (reports, mut cancelled) = mpsc::unbounded_channel();
        let task = tokio::spawn(
            async {
                yield_now().await;
                panic!("on purpose");
            }
            .cancel_debug("panics")
            .with_sink(reports),
        );
        assert!(task.await.unwrap_err().is_panic());
        let report = cancelled.recv().await.unwrap();
        assert_eq!((report.kind(), report.polls()), (CancelKind::PollPanicked, 2));
        assert!(!report.kind().is_cancellation());
    }
}

/// `thread::panicking` says no here; the mark left by the poll says yes.
#[test]
fn a_caught_panic_is_not_a_cancellation() {
    let (sink, slot) = report_slot();
    {
        let mut future = pin!(
            async { panic!("on purpose") }
                .cancel_debug("caught")
                .with_sink(sink)
        );
        catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).unwrap_err();
        assert!(!std::thread::panicking());
    }
    let report = slot.take().unwrap();
    assert_eq!(
        (report.kind(), report.polls()),
        (CancelKind::PollPanicked, 1)
    );
}

#[test]
fn a_caught_panic_with_a_switch_on_is_not_a_cancellation() {
    let (sink, slot) = report_slot();
    {
        let future = async { panic!("on purpose") }.cancel_debug("caught");
        let mut future = pin!(future.with_longest_poll().with_parents().with_sink(sink));
        catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).unwrap_err();
    }
    assert_eq!(slot.take().unwrap().kind(), CancelKind::PollPanicked);
}

#[test]
fn dropped_by_a_panic_around_it() {
    let (sink, slot) = report_slot();
    let mut future = Box::pin(pending::<()>().cancel_debug("bystander").with_sink(sink));
    assert!(poll(future.as_mut()).is_pending());
    catch_unwind(AssertUnwindSafe(move || {
        let _future = future;
        panic!("on purpose");
    }))
    .unwrap_err();
    let report = slot.take().unwrap();
    assert_eq!(report.kind(), CancelKind::DroppedWhilePanicking);
    assert!(!report.kind().is_cancellation());
}

#[test]
fn fused() {
    let (sink, slot) = report_slot();
    {
        let mut future = pin!(ready(7).cancel_debug("fused").with_sink(sink));
        assert!(!future.is_terminated());
        assert_eq!(poll(future.as_mut()), Poll::Ready(7));
        for _ in 0..3 {
            assert!(future.is_terminated());
            assert_eq!(poll(future.as_mut()), Poll::Pending);
        }
        assert_eq!(future.polls(), 1);
    }
    assert!(slot.take().is_none());
}

fn assert_send_sync_unpin<T: Send + Sync + Unpin>(_: &T) {}

#[test]
fn unpin_and_send_are_those_of_the_future() {
    let (sink, slot) = report_slot();
    let not_send = Rc::new(());
    let not_unpin = PhantomPinned;
    let future = async {
        let held = (&not_send, &not_unpin);
        yield_now().await;
        assert_eq!(Rc::strong_count(held.0), 1);
    };
    assert!(poll(pin!(future.cancel_debug("neither").with_sink(sink))).is_pending());
    assert_eq!(slot.take().unwrap().polls(), 1);

    let future = ready(()).cancel_debug("all");
    assert_send_sync_unpin(&future);
    let mut future = future;
    assert!(poll(Pin::new(&mut future)).is_ready());
}

#[test]
fn the_macro_names_the_expression() {
    fn fetch(_: u32) -> impl Future {
        pending::<()>()
    }
    let (sink, slot) = report_slot();
    drop(cancel_debug!(fetch(1 + 2)).with_sink(sink));
    assert_eq!(slot.take().unwrap().name(), "fetch(1 + 2)");
}

#[test]
fn a_name_may_be_made_at_run_time() {
    let (sink, slot) = report_slot();
    let peer = 7;
    drop(
        pending::<()>()
            .cancel_debug(format!("peer {peer}"))
            .with_sink(sink),
    );
    assert_eq!(slot.take().unwrap().name(), "peer 7");
}

/// The cancellation travels from the outside in, and so do the reports.
#[test]
fn an_outer_future_reports_before_an_inner_one() {
    let order = RefCell::new(Vec::new());
    let note = |report: CancelReport| order.borrow_mut().push(report.name().to_owned());
    let inner = pending::<()>().cancel_debug("inner").with_sink(note);
    let outer = inner.cancel_debug("outer").with_sink(note);
    assert!(poll(pin!(outer)).is_pending());
    assert_eq!(*order.borrow(), ["outer", "inner"]);
}

#[test]
fn a_sink_that_panics_is_caught_even_while_unwinding() {
    let called = Cell::new(0);
    let bad_sink = |_| {
        called.set(called.get() + 1);
        panic!("bad sink");
    };
    drop(pending::<()>().cancel_debug("one").with_sink(bad_sink));
    catch_unwind(AssertUnwindSafe(|| {
        let _future = pending::<()>().cancel_debug("two").with_sink(bad_sink);
        panic!("on purpose");
    }))
    .unwrap_err();
    assert_eq!(called.get(), 2);
}

#[test]
fn channels_take_reports_without_blocking() {
    let (tx, rx) = std::sync::mpsc::channel();
    drop(pending::<()>().cancel_debug("std").with_sink(tx));
    assert_eq!(rx.recv().unwrap().name(), "std");

    let (tx, mut rx) = mpsc::channel(1);
    // The second does not fit and goes to the default sink.
    drop(pending::<()>().cancel_debug("first").with_sink(tx.clone()));
    drop(pending::<()>().cancel_debug("second").with_sink(tx));
    assert_eq!(rx.try_recv().unwrap().name(), "first");
    assert!(rx.try_recv().is_err());
}

#[test]
fn a_counter_counts_by_kind() {
    let counter = Arc::new(CancelCounter::new());
    let watch = || {
        pending::<()>()
            .cancel_debug("counted")
            .with_sink(counter.clone())
    };
    drop(watch());
    for _ in 0..2 {
        assert!(poll(pin!(watch())).is_pending());
    }
    catch_unwind(AssertUnwindSafe(|| {
        let _future = watch();
        panic!("on purpose");
    }))
    .unwrap_err();
    assert_eq!(
        (
            counter.never_polled(),
            counter.cancelled(),
            counter.panicked()
        ),
        (1, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn the_wrapper_does_not_change_when_the_inside_is_dropped() {
    let token = Rc::new(());
    let inside = token.clone();
    let future = poll_fn(move |_| {
        let _ = &inside;
        Poll::Ready(())
    });
    let mut future = Box::pin(future.cancel_debug("kept"));
    future.as_mut().await;
    assert_eq!(Rc::strong_count(&token), 2);
    drop(future);
    assert_eq!(Rc::strong_count(&token), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_cancels_what_is_inside() {
    let (sink, slot) = report_slot();
    let upload = sleep(Duration::from_secs(60))
        .cancel_debug("upload")
        .with_sink(sink);
    timeout(Duration::from_secs(1), upload).await.unwrap_err();
    let report = slot.take().unwrap();
    assert_eq!(report.kind(), CancelKind::Cancelled);
    assert_eq!(report.alive().as_secs(), 1);
}

#[test]
fn debug_shows_name_and_progress() {
    let future: CancelDebug<_> = pending::<()>().cancel_debug("shown");
    let text = format!("{future:?}");
    assert!(
        text.contains("\"shown\"") && text.contains("polls: 0"),
        "{text}"
    );
    // Not to write a report into the test's output.
    drop(future.with_sink(|_| {}));
}

#[derive(Debug, Clone, Copy)]
enum End {
    Ready,
    Panic,
}

proptest! {
    /// Whatever a future does and wherever it is dropped, the report says just that.
    #[test]
    fn reports_follow_the_schedule(
        pending in 0_u64..20,
        end in prop_oneof![Just(End::Ready), Just(End::Panic)],
        asked in 0_u64..30,
        switches in any::<[bool; 3]>(),
    ) {
        let (sink, slot) = report_slot();
        {
            let mut done = 0;
            let script = poll_fn(move |_| {
                done += 1;
                match end {
                    _ if done <= pending => Poll::Pending,
                    End::Ready => Poll::Ready(()),
                    End::Panic => std::panic::resume_unwind(Box::new(())),
                }
            });
            let mut future = script.cancel_debug("script");
            if switches[0] { future = future.with_idle_time(); }
            if switches[1] { future = future.with_longest_poll(); }
            if switches[2] { future = future.with_parents(); }
            let mut future = pin!(future.with_sink(sink));
            for _ in 0..asked {
                if catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).is_err() {
                    break;
                }
            }
            prop_assert_eq!(future.polls(), asked.min(pending + 1));
        }
        let expected = match end {
            _ if asked == 0 => Some((CancelKind::NeverPolled, 0)),
            _ if asked <= pending => Some((CancelKind::Cancelled, asked)),
            End::Ready => None,
            End::Panic => Some((CancelKind::PollPanicked, pending + 1)),
        };
        let reported = slot.take().map(|report| (report.kind(), report.polls()));
        prop_assert_eq!(reported, expected);
    }
}
