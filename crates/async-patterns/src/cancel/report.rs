//! What is said about a future that was dropped before it completed.

use std::backtrace::Backtrace;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// How a future ended that did not complete.
///
/// # Examples
///
/// ```
/// use async_patterns::cancel::CancelKind;
///
/// assert!(CancelKind::NeverPolled.is_cancellation());
/// assert!(!CancelKind::PollPanicked.is_cancellation());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelKind {
    /// It was made and dropped without a single poll: a future is just data until it is polled,
    /// so none of its code ran.
    NeverPolled,
    /// It was dropped while it was suspended.
    Cancelled,
    /// Its own poll panicked. Not a cancellation, whether the panic was caught or not.
    PollPanicked,
    /// It was dropped because the code around it was unwinding from a panic. Not a cancellation.
    DroppedWhilePanicking,
}

impl CancelKind {
    /// Whether it was dropped with no panic involved.
    pub fn is_cancellation(self) -> bool {
        matches!(self, Self::NeverPolled | Self::Cancelled)
    }
}

impl fmt::Display for CancelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeverPolled => "never polled",
            Self::Cancelled => "cancelled",
            Self::PollPanicked => "panicked in poll",
            Self::DroppedWhilePanicking => "dropped while panicking",
        })
    }
}

/// The report a [`CancelDebug`](super::CancelDebug) makes when it is dropped before completion.
///
/// It displays as one line, followed by the backtraces asked for:
/// "`upload` cancelled after 3 polls, alive for 1.2s, created at src/upload.rs:10:5".
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "cancel-debug")] {
/// use async_patterns::cancel::{CancelDebugExt, CancelKind, CancelReport};
/// use std::sync::mpsc;
///
/// let (reports, received) = mpsc::channel::<CancelReport>();
/// drop(async {}.cancel_debug("save").with_sink(reports));
/// let report = received.recv().unwrap();
/// assert_eq!((report.name(), report.kind(), report.polls()), ("save", CancelKind::NeverPolled, 0));
/// # }
/// ```
#[derive(Debug)]
pub struct CancelReport {
    pub(super) kind: CancelKind,
    pub(super) name: Cow<'static, str>,
    pub(super) location: &'static Location<'static>,
    pub(super) polls: u64,
    pub(super) alive: Duration,
    pub(super) extras: ReportExtras,
}

/// What is there only when its switch is on.
#[derive(Debug, Default)]
pub(super) struct ReportExtras {
    pub(super) creation_backtrace: Option<Backtrace>,
    pub(super) drop_backtrace: Option<Backtrace>,
    pub(super) idle: Option<Duration>,
    pub(super) longest_poll: Option<Duration>,
    pub(super) parents: Vec<Box<str>>,
}

impl CancelReport {
    /// How it ended.
    pub fn kind(&self) -> CancelKind {
        self.kind
    }

    /// The name given to [`cancel_debug`](super::CancelDebugExt::cancel_debug).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where [`cancel_debug`](super::CancelDebugExt::cancel_debug) was called.
    pub fn created_at(&self) -> &'static Location<'static> {
        self.location
    }

    /// How often it was polled, a poll that panicked included.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// The time from its creation to its drop, on tokio's clock.
    pub fn alive(&self) -> Duration {
        self.alive
    }

    /// The time from the end of its last poll to its drop, on tokio's clock, or all its life if
    /// it was never polled. Asked for by
    /// [`with_idle_time`](super::CancelDebug::with_idle_time).
    pub fn idle(&self) -> Option<Duration> {
        self.extras.idle
    }

    /// The longest single poll, in real time. Asked for by
    /// [`with_longest_poll`](super::CancelDebug::with_longest_poll).
    pub fn longest_poll(&self) -> Option<Duration> {
        self.extras.longest_poll
    }

    /// The names of the wrappers around it, the nearest first. Asked for by
    /// [`with_parents`](super::CancelDebug::with_parents).
    pub fn parents(&self) -> impl ExactSizeIterator<Item = &str> {
        self.extras.parents.iter().map(|name| &**name)
    }

    /// The calls that made it. Asked for by
    /// [`with_creation_backtrace`](super::CancelDebug::with_creation_backtrace).
    pub fn creation_backtrace(&self) -> Option<&Backtrace> {
        self.extras.creation_backtrace.as_ref()
    }

    /// The calls that dropped it. Asked for by
    /// [`with_drop_backtrace`](super::CancelDebug::with_drop_backtrace).
    pub fn drop_backtrace(&self) -> Option<&Backtrace> {
        self.extras.drop_backtrace.as_ref()
    }
}

impl fmt::Display for CancelReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.name, self.kind)?;
        match self.polls {
            0 => {}
            1 => f.write_str(" after 1 poll")?,
            polls => write!(f, " after {polls} polls")?,
        }
        write!(f, ", alive for {:?}", self.alive)?;
        if let Some(idle) = self.idle() {
            write!(f, ", idle for {idle:?}")?;
        }
        if let Some(longest) = self.longest_poll() {
            write!(f, ", longest poll {longest:?}")?;
        }
        write!(f, ", created at {}", self.location)?;
        for parent in self.parents() {
            write!(f, ", inside `{parent}`")?;
        }
        if let Some(backtrace) = self.creation_backtrace() {
            write!(f, "\ncreated by:\n{backtrace}")?;
        }
        if let Some(backtrace) = self.drop_backtrace() {
            write!(f, "\ndropped by:\n{backtrace}")?;
        }
        Ok(())
    }
}
