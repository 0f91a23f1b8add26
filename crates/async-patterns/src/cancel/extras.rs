//! The switches of `CancelDebug`: what each records, boxed and on the slow path of a poll only.

use std::backtrace::Backtrace;
use std::time::{Duration, Instant as WallInstant};

use tokio::time::Instant;

use super::nesting::{Entered, Nesting};
use super::report::ReportExtras;

#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) creation_backtrace: Option<Backtrace>,
    pub(super) take_drop_backtrace: bool,
    /// When the last poll ended; before the first poll, when the switch was set.
    last_poll: Option<Instant>,
    longest_poll: Option<Duration>,
    nesting: Option<Nesting>,
    /// Both are there only during a poll.
    poll_started: Option<WallInstant>,
    inside: Option<Entered>,
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

    pub(super) fn before_poll(&mut self, name: &str) {
        self.inside = self.nesting.as_mut().map(|nesting| nesting.enter(name));
        // A poll takes real time even where tokio's clock is paused.
        self.poll_started = self.longest_poll.map(|_| WallInstant::now());
    }

    /// Also called for a poll that panicked.
    pub(super) fn after_poll(&mut self) {
        if let Some(started) = self.poll_started.take() {
            self.longest_poll = self.longest_poll.max(Some(started.elapsed()));
        }
        if let Some(last_poll) = &mut self.last_poll {
            *last_poll = Instant::now();
        }
        self.inside = None;
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
