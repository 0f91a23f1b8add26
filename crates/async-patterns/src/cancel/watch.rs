//! What a `CancelDebug` records, and the report it makes of it. `watch_off.rs` is its twin for
//! builds without the feature `cancel-debug`.

use std::backtrace::Backtrace;
use std::borrow::Cow;
use std::fmt::DebugStruct;
use std::future::Future;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::extras::Extras;
use super::poll_count::PollCount;
use super::report::{CancelKind, CancelReport};
use super::sink::{self, DefaultSink, ReportSink};

pub(super) struct Watch<K: ReportSink> {
    count: PollCount,
    name: Cow<'static, str>,
    location: &'static Location<'static>,
    created: Instant,
    /// There when a switch is on; `count` asks for the slow path if that one concerns polls.
    extras: Option<Box<Extras>>,
    sink: K,
}

impl<K: ReportSink> Watch<K> {
    pub(super) fn new(
        name: Cow<'static, str>,
        location: &'static Location<'static>,
        sink: K,
    ) -> Self {
        Self {
            count: PollCount::default(),
            name,
            location,
            created: Instant::now(),
            extras: None,
            sink,
        }
    }

    /// The poll of the future is written once, in line, so that it can be inlined: a second one
    /// on the slow path would make a call of both.
    #[inline]
    pub(super) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        if !self.count.enter() && !self.before_slow_poll() {
            return Poll::Pending;
        }
        let on_panic = AfterPanic(&mut self.extras);
        let poll = future.poll(cx);
        mem::forget(on_panic);
        // Not reached when the poll panics; `count` then stays as `enter` left it.
        let fast = match poll {
            Poll::Pending => self.count.leave(),
            Poll::Ready(_) => self.count.complete(),
        };
        if !fast {
            end_slow_poll(&mut self.extras);
        }
        poll
    }

    /// Does what the switches ask for; `false` for a future that has completed.
    #[cold]
    fn before_slow_poll(&mut self) -> bool {
        if self.count.is_done() {
            self.count.refuse();
            return false;
        }
        if let Some(extras) = &mut self.extras {
            extras.before_poll(&self.name);
        }
        true
    }

    pub(super) fn polls(&self) -> u64 {
        self.count.polls()
    }

    pub(super) fn is_done(&self) -> bool {
        self.count.is_done()
    }

    pub(super) fn creation_backtrace(&mut self) {
        self.extras().creation_backtrace = Some(Backtrace::force_capture());
    }

    pub(super) fn drop_backtrace(&mut self) {
        self.extras().take_drop_backtrace = true;
    }

    pub(super) fn idle_time(&mut self) {
        self.slow_extras().time_idle();
    }

    pub(super) fn longest_poll(&mut self) {
        self.slow_extras().time_polls();
    }

    pub(super) fn parents(&mut self) {
        self.slow_extras().join_nesting();
    }

    fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// For what has something to do in every poll.
    fn slow_extras(&mut self) -> &mut Extras {
        self.count.require_slow_path();
        self.extras()
    }

    pub(super) fn fmt_fields(&self, f: &mut DebugStruct<'_, '_>) {
        f.field("name", &self.name)
            .field("created_at", &self.location)
            .field("polls", &self.polls())
            .field("completed", &self.is_done());
    }

    fn kind(&self) -> CancelKind {
        if self.count.is_mid_poll() {
            CancelKind::PollPanicked
        } else if std::thread::panicking() {
            CancelKind::DroppedWhilePanicking
        } else if self.polls() == 0 {
            CancelKind::NeverPolled
        } else {
            CancelKind::Cancelled
        }
    }

    #[cold]
    fn report(&mut self) {
        let extras = self.extras.take().map(|extras| *extras);
        let report = CancelReport {
            kind: self.kind(),
            name: mem::take(&mut self.name),
            location: self.location,
            polls: self.polls(),
            alive: self.created.elapsed(),
            extras: extras.map(Extras::into_report).unwrap_or_default(),
        };
        sink::deliver(&mut self.sink, report);
    }
}

/// Ends a poll that panicked, for the switches. Forgotten where it did not, so that it costs
/// nothing on that path.
struct AfterPanic<'a>(&'a mut Option<Box<Extras>>);

impl Drop for AfterPanic<'_> {
    /// In line, so that the guard itself needs no place on the stack.
    #[inline]
    fn drop(&mut self) {
        end_slow_poll(self.0);
    }
}

#[cold]
fn end_slow_poll(extras: &mut Option<Box<Extras>>) {
    if let Some(extras) = extras {
        extras.after_poll();
    }
}

impl Watch<DefaultSink> {
    pub(super) fn with_sink<K: ReportSink>(mut self, sink: K) -> Watch<K> {
        let watch = Watch {
            count: self.count,
            name: mem::take(&mut self.name),
            location: self.location,
            created: self.created,
            extras: self.extras.take(),
            sink,
        };
        // What is left of `self` has nothing to report.
        self.count.complete();
        watch
    }
}

impl<K: ReportSink> Drop for Watch<K> {
    #[inline]
    fn drop(&mut self) {
        if !self.count.is_done() {
            self.report();
        }
    }
}
