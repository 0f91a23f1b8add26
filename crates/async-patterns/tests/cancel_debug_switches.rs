//! What the switches of `CancelDebug` add to its reports.
#![cfg(feature = "cancel-debug")]

#[path = "common/reports.rs"]
mod reports;

use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use async_patterns::cancel::{CancelDebugExt, ReportSink};
use reports::{poll, report_slot};
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn time_alive_and_time_idle() {
    let (sink, slot) = report_slot();
    sleep(Duration::from_secs(1)).await;
    let mut future = Box::pin(
        pending::<()>()
            .cancel_debug("idle")
            .with_idle_time()
            .with_sink(sink),
    );
    sleep(Duration::from_secs(2)).await;
    assert!(poll(future.as_mut()).is_pending());
    sleep(Duration::from_secs(5)).await;
    drop(future);

    let report = slot.take().unwrap();
    assert_eq!(report.alive().as_secs(), 7);
    assert_eq!(report.idle().unwrap().as_secs(), 5);
    assert!(report.to_string().contains(", idle for 5"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_future_that_was_never_polled_was_idle_all_its_life() {
    let (sink, slot) = report_slot();
    let future = pending::<()>()
        .cancel_debug("idle")
        .with_idle_time()
        .with_sink(sink);
    sleep(Duration::from_secs(3)).await;
    drop(future);
    let report = slot.take().unwrap();
    assert_eq!(report.idle().unwrap().as_secs(), 3);
}

/// The one time in these tests that passes for real: a poll that blocks.
#[test]
fn the_longest_poll_is_kept() {
    let (sink, slot) = report_slot();
    {
        let mut polls = 0;
        let mut future = pin!(
            poll_fn(move |_| {
                polls += 1;
                if polls == 2 {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Poll::<()>::Pending
            })
            .cancel_debug("blocks")
            .with_longest_poll()
            .with_sink(sink)
        );
        (0..3).for_each(|_| assert!(poll(future.as_mut()).is_pending()));
    }
    let longest = slot.take().unwrap().longest_poll().unwrap();
    assert!(longest >= Duration::from_millis(20), "{longest:?}");
}

#[inline(never)]
fn make_with_backtraces(sink: impl ReportSink) -> impl Future {
    let future = pending::<()>().cancel_debug("traced");
    future
        .with_creation_backtrace()
        .with_drop_backtrace()
        .with_sink(sink)
}

#[test]
fn backtraces_of_creation_and_drop() {
    let (sink, slot) = report_slot();
    drop(make_with_backtraces(sink));
    let report = slot.take().unwrap();
    let created = report.creation_backtrace().unwrap().to_string();
    let dropped = report.drop_backtrace().unwrap().to_string();
    assert!(created.contains("make_with_backtraces"), "{created}");
    assert!(!dropped.contains("make_with_backtraces"), "{dropped}");
    assert!(
        dropped.contains("backtraces_of_creation_and_drop"),
        "{dropped}"
    );
    let text = report.to_string();
    assert!(
        text.contains("\ncreated by:\n") && text.contains("\ndropped by:\n"),
        "{text}"
    );
}

#[test]
fn parents_are_named_from_the_nearest() {
    let (sink, slot) = report_slot();
    let inner = pending::<()>()
        .cancel_debug("inner")
        .with_parents()
        .with_sink(sink);
    let silent = inner.cancel_debug("not asked").with_sink(|_| {});
    let middle = silent
        .cancel_debug("middle")
        .with_parents()
        .with_sink(|_| {});
    let outer = middle
        .cancel_debug("outer")
        .with_parents()
        .with_sink(|_| {});
    assert!(poll(pin!(outer)).is_pending());

    let report = slot.take().unwrap();
    assert_eq!(report.parents().collect::<Vec<_>>(), ["middle", "outer"]);
    assert!(
        report
            .to_string()
            .ends_with(", inside `middle`, inside `outer`"),
        "{report}"
    );
}

#[test]
fn siblings_are_no_parents() {
    let (sink, slot) = report_slot();
    let first = pending::<()>()
        .cancel_debug("first")
        .with_parents()
        .with_sink(|_| {});
    let second = pending::<()>()
        .cancel_debug("second")
        .with_parents()
        .with_sink(sink);
    let both = async { tokio::join!(first, second) };
    assert!(
        poll(pin!(
            both.cancel_debug("both").with_parents().with_sink(|_| {})
        ))
        .is_pending()
    );
    assert_eq!(slot.take().unwrap().parents().collect::<Vec<_>>(), ["both"]);
}

#[test]
fn a_panic_in_poll_leaves_no_parent_behind() {
    let mut panics = Box::pin(
        async { panic!("on purpose") }
            .cancel_debug("gone")
            .with_parents()
            .with_sink(|_| {}),
    );
    catch_unwind(AssertUnwindSafe(|| poll(panics.as_mut()))).unwrap_err();

    let (sink, slot) = report_slot();
    assert!(
        poll(pin!(
            pending::<()>()
                .cancel_debug("later")
                .with_parents()
                .with_sink(sink)
        ))
        .is_pending()
    );
    assert_eq!(slot.take().unwrap().parents().len(), 0);
}
