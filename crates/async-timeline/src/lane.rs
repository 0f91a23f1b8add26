//! What is known about one future when its events have been put together.

use std::time::Duration;

/// What a lane stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LaneKind {
    /// A future or a task.
    Future,
    /// A closure on a thread that may block; no poll budget holds for it.
    Blocking,
    /// A span of `tracing`. Its wakes are known only where tokio reports them.
    Span,
}

/// What a future was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Made, and not polled yet: none of its code has run.
    Unstarted,
    /// Inside of a poll.
    Running,
    /// Inside of a poll that took longer than the budget, by real time.
    Blocked,
    /// Suspended; nobody has woken it.
    Waiting,
    /// Woken and not polled: it could go on, and nobody lets it.
    Ready,
}

impl State {
    /// All states, in the order of a legend.
    pub const ALL: [Self; 5] = [
        Self::Unstarted,
        Self::Running,
        Self::Blocked,
        Self::Waiting,
        Self::Ready,
    ];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unstarted => "not started",
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Waiting => "waiting",
            Self::Ready => "ready, not polled",
        }
    }

    /// Whether somebody is inside of the future's `poll`.
    pub fn is_poll(self) -> bool {
        matches!(self, Self::Running | Self::Blocked)
    }
}

/// A stretch of a lane in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// What the future was doing.
    pub state: State,
    /// When it began, on the axis.
    pub from: Duration,
    /// When it ended, on the axis; the end of the recording if it had not.
    pub to: Duration,
    /// How long it took by real time. It differs from `to - from` where time is paused.
    pub real: Duration,
    /// Whether it was going on when the recording was taken.
    pub open: bool,
}

/// How a future ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// It returned its output.
    Completed,
    /// It was dropped before it completed.
    Cancelled,
    /// Its poll panicked; also when it was polled after it had completed.
    Panicked,
    /// Its span was closed; whether it had completed is not known.
    Closed,
}

impl Ending {
    /// All endings, in the order of a legend.
    pub const ALL: [Self; 4] = [
        Self::Completed,
        Self::Cancelled,
        Self::Panicked,
        Self::Closed,
    ];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
            Self::Closed => "closed",
        }
    }
}

/// A lock that a future waited for with [`lock`](crate::lock).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockUse {
    /// The lock's name.
    pub name: String,
    /// Since when it was waited for.
    pub wanted: Duration,
    /// When it was got, if ever.
    pub taken: Option<Duration>,
    /// When it was given back, or given up by one who had not got it.
    pub gone: Option<Duration>,
}

/// A word that [`mark`](crate::mark) wrote on a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mark {
    /// Where it stands on the axis.
    pub at: Duration,
    /// What it says.
    pub text: String,
}

/// One future, task, blocking call or span, and what it did.
///
/// [`Recording::lanes`](crate::Recording::lanes) makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lane {
    /// The name it was given.
    pub name: String,
    /// What it stands for.
    pub kind: LaneKind,
    /// What it did, without gaps from its creation to its end.
    pub spans: Vec<Span>,
    /// How it ended; more than once if it was polled after it had completed, never if it lives.
    pub endings: Vec<(Duration, Ending)>,
    /// When it was woken.
    pub wakes: Vec<Duration>,
    /// How often it was polled.
    pub polls: u64,
    /// The locks it waited for.
    pub locks: Vec<LockUse>,
    /// What was written on it.
    pub marks: Vec<Mark>,
}

impl Lane {
    /// The time it spent in a state, on the axis.
    pub fn time_in(&self, state: State) -> Duration {
        let spans = self.spans.iter().filter(|span| span.state == state);
        spans.map(|span| span.to.saturating_sub(span.from)).sum()
    }

    /// The longest poll, by real time.
    pub fn longest_poll(&self) -> Duration {
        let polls = self.spans.iter().filter(|span| span.state.is_poll());
        polls.map(|span| span.real).max().unwrap_or_default()
    }

    /// How it ended first, if it has.
    pub fn ending(&self) -> Option<Ending> {
        self.endings.first().map(|(_, ending)| *ending)
    }

    /// The state in which the recording left it, if it had not ended.
    pub fn left_in(&self) -> Option<State> {
        let last = self.spans.last().filter(|span| span.open);
        last.map(|span| span.state)
    }
}
