//! Where a future was cut, and what was found there.

use std::fmt;

/// Where in its life a future was when [`cancel_at_every_poll`](super::cancel_at_every_poll)
/// dropped it.
///
/// Displays as the end of a sentence: "after poll 2, woken but not polled again".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelPoint {
    /// Made, and dropped without a single poll.
    Unpolled,
    /// Dropped right after a poll that returned `Pending`.
    Suspended {
        /// The number of polls so far, at least 1.
        polls: usize,
    },
    /// Dropped after its waker was woken, before the poll this wake asked for.
    Woken {
        /// The number of polls so far, at least 1.
        polls: usize,
    },
    /// Not cancelled: it ran to completion. The last round of every sweep.
    Completed {
        /// The number of polls, the one that returned `Ready` included.
        polls: usize,
    },
}

impl CancelPoint {
    /// How many times the future was polled.
    pub fn polls(self) -> usize {
        match self {
            Self::Unpolled => 0,
            Self::Suspended { polls } | Self::Woken { polls } | Self::Completed { polls } => polls,
        }
    }

    /// Whether the future was dropped between a wake and the poll this wake asked for.
    pub fn is_woken(self) -> bool {
        matches!(self, Self::Woken { .. })
    }

    /// Whether the future ran to completion, that is, was not cancelled.
    pub fn is_completed(self) -> bool {
        matches!(self, Self::Completed { .. })
    }
}

impl fmt::Display for CancelPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpolled => f.write_str("before its first poll"),
            Self::Suspended { polls } => write!(f, "after poll {polls}"),
            Self::Woken { polls } => write!(f, "after poll {polls}, woken but not polled again"),
            Self::Completed { polls } => write!(f, "at its completion in poll {polls}"),
        }
    }
}

/// What a finished sweep has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    pub(super) suspensions: usize,
    pub(super) rounds: usize,
}

impl Visited {
    /// How often the future suspended on its way to completion; each of these points was cut.
    ///
    /// Assert on it where a test must not pass because the future never suspended at all.
    pub fn suspensions(&self) -> usize {
        self.suspensions
    }

    /// How many times the future was made afresh, rounds on the multi-thread runtime included.
    pub fn rounds(&self) -> usize {
        self.rounds
    }
}

/// A round that went wrong: what broke, and at which poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub(super) point: CancelPoint,
    pub(super) kind: ViolationKind,
    pub(super) message: String,
    pub(super) multi_thread: bool,
    pub(super) cut: Vec<String>,
}

/// The kinds of [`Violation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The check panicked, an assertion of it most likely.
    CheckFailed,
    /// The future under test, the code that makes it or its `drive` hook panicked.
    BodyPanicked,
    /// The drop of the future panicked.
    DropPanicked,
    /// The future returned `Pending` and nothing woke it: nobody supplies what it waits for, or
    /// it lost a wake-up.
    Stalled,
    /// The future was still pending after the largest number of polls allowed.
    StillPending,
}

impl Violation {
    /// Where the round stood when it broke.
    pub fn point(&self) -> CancelPoint {
        self.point
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ViolationKind {
        self.kind
    }

    /// The message of the panic, or what to do about it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The [`CancelDebug`](crate::cancel::CancelDebug) futures that the drop cut, an outer one
    /// before those inside it. Empty where none is used, or without the feature `cancel-debug`.
    pub fn cut(&self) -> impl ExactSizeIterator<Item = &str> {
        self.cut.iter().map(String::as_str)
    }

    /// Whether it was found in the stress run on the multi-thread runtime.
    pub fn on_multi_thread(&self) -> bool {
        self.multi_thread
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { point, message, .. } = self;
        match self.kind {
            ViolationKind::CheckFailed if point.is_completed() => {
                write!(f, "the check failed on the uncancelled future, {point}")?;
            }
            ViolationKind::CheckFailed => {
                write!(
                    f,
                    "not cancel safe: the check failed with the future dropped {point}"
                )?;
            }
            ViolationKind::BodyPanicked => write!(f, "the future under test panicked {point}")?,
            ViolationKind::DropPanicked => write!(f, "the drop of the future panicked {point}")?,
            ViolationKind::Stalled => write!(f, "the future is stuck {point}")?,
            ViolationKind::StillPending => write!(f, "the future is still pending {point}")?,
        }
        if self.multi_thread {
            f.write_str(" (multi-thread runtime)")?;
        }
        if !self.cut.is_empty() {
            write!(f, ", inside {}", self.cut.join(", "))?;
        }
        write!(f, ": {message}")
    }
}

impl std::error::Error for Violation {}
