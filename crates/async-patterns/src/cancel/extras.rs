//! The switches of `CancelDebug`: what each records, boxed and on the slow path of a poll only.

use std::backtrace::Backtrace;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant as WallInstant};

use tokio::time::Instant;

use super::nesting::Nesting;
use super::report::ReportExtras;

#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) creation_backtrace: Option<Backtrace>,
    pub(super) take_drop_backtrace: bool,
    /// When the last poll ended; before the first poll, when the switch was set.
    last_poll: Option<Instant>,
    longest_poll: Option<Duration>,
    nesting: Option<Nesting>,
}

impl Extras {
    pub(super) fn time_idle(&mut self) {
        self.last_poll = Some(Instant::now());
    }

    pub(super) fn time_polls(&mut self) {
        self.longest_poll = Some(Duration::ZERO);
    }

    pub(super) fn join_nesting(&mut self) {
        self.nesting = Some(Nesting::default());
    }

    pub(super) fn poll<F: Future>(
        &mut self,
        name: &str,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let _inside = self.nesting.as_mut().map(|nesting| nesting.enter(name));
        // A poll takes real time even where tokio's clock is paused.
        let started = self.longest_poll.map(|_| WallInstant::now());
        let poll = future.poll(cx);
        self.longest_poll = self
            .longest_poll
            .max(started.map(|started| started.elapsed()));
        if let Some(last_poll) = &mut self.last_poll {
            *last_poll = Instant::now();
        }
        poll
    }

    pub(super) fn into_report(self) -> ReportExtras {
        ReportExtras {
            creation_backtrace: self.creation_backtrace,
            drop_backtrace: self.take_drop_backtrace.then(Backtrace::force_capture),
            idle: self.last_poll.map(|last_poll| last_poll.elapsed()),
            longest_poll: self.longest_poll,
            parents: self.nesting.map(Nesting::into_parents).unwrap_or_default(),
        }
    }
}
