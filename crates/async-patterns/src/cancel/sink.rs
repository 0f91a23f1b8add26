//! Where reports go.

use std::sync::Arc;
// Not behind the loom seam: the counters are independent of each other and of everything else,
// and loom's have no `const` constructor, which a `static` counter needs.
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::report::{CancelKind, CancelReport};

/// Receives the report of one [`CancelDebug`](super::CancelDebug).
///
/// Implemented for closures `FnMut(CancelReport)`, for the sending halves of tokio's and std's
/// channels, for [`CancelCounter`] behind a reference or an `Arc`, and for [`DefaultSink`].
///
/// It is called from a drop, at most once, so it must neither block nor be slow. A panic in it is
/// caught and noted on stderr.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "cancel-debug")] {
/// use async_patterns::cancel::{CancelDebugExt, CancelReport, ReportSink};
///
/// struct ToStderr;
///
/// impl ReportSink for ToStderr {
///     fn report(&mut self, report: CancelReport) {
///         eprintln!("{report}");
///     }
/// }
///
/// drop(async {}.cancel_debug("save").with_sink(ToStderr));
/// # }
/// ```
pub trait ReportSink {
    /// Takes the report.
    fn report(&mut self, report: CancelReport);
}

impl<C: FnMut(CancelReport)> ReportSink for C {
    fn report(&mut self, report: CancelReport) {
        self(report);
    }
}

/// Writes reports to `tracing` if the feature of that name is on, and to stderr otherwise.
///
/// With `tracing`, the event's target is `async_patterns::cancel` and its fields are `name`,
/// `kind`, `polls`, `alive`, `created_at` and those asked for (`idle`, `longest_poll`, `parents`,
/// backtraces). The level is `WARN` for a cancellation and `DEBUG` where a panic was the cause,
/// for that has been reported by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultSink;

impl ReportSink for DefaultSink {
    fn report(&mut self, report: CancelReport) {
        #[cfg(all(feature = "cancel-debug", feature = "testing"))]
        if super::observe::is_observed() {
            return;
        }
        write_report(&report);
    }
}

#[cfg(feature = "tracing")]
fn write_report(report: &CancelReport) {
    use tracing::field;

    macro_rules! emit {
        ($level:expr) => {
            tracing::event!(
                target: "async_patterns::cancel",
                $level,
                name = report.name(),
                kind = %report.kind(),
                polls = report.polls(),
                alive = ?report.alive(),
                created_at = %report.created_at(),
                idle = report.idle().map(field::debug),
                longest_poll = report.longest_poll().map(field::debug),
                parents = (report.parents().len() > 0)
                    .then(|| field::debug(report.parents().collect::<Vec<_>>())),
                creation_backtrace = report.creation_backtrace().map(field::display),
                drop_backtrace = report.drop_backtrace().map(field::display),
                "future dropped before it completed",
            )
        };
    }

    if report.kind().is_cancellation() {
        emit!(tracing::Level::WARN);
    } else {
        emit!(tracing::Level::DEBUG);
    }
}

#[cfg(not(feature = "tracing"))]
fn write_report(report: &CancelReport) {
    crate::note::note(format_args!("{report}"));
}

/// Never blocks and never loses a report: when the channel is closed, the [`DefaultSink`] has it.
impl ReportSink for mpsc::UnboundedSender<CancelReport> {
    fn report(&mut self, report: CancelReport) {
        if let Err(mpsc::error::SendError(report)) = self.send(report) {
            DefaultSink.report(report);
        }
    }
}

/// Never blocks and never loses a report: when the channel is full or closed, the
/// [`DefaultSink`] has it.
impl ReportSink for mpsc::Sender<CancelReport> {
    fn report(&mut self, report: CancelReport) {
        if let Err(unsent) = self.try_send(report) {
            DefaultSink.report(unsent.into_inner());
        }
    }
}

/// Never blocks and never loses a report: when the channel is closed, the [`DefaultSink`] has it.
impl ReportSink for std::sync::mpsc::Sender<CancelReport> {
    fn report(&mut self, report: CancelReport) {
        if let Err(std::sync::mpsc::SendError(report)) = self.send(report) {
            DefaultSink.report(report);
        }
    }
}

/// Counts reports by kind; as a `static` or in an `Arc` it is a sink for any number of futures.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use async_patterns::cancel::{CancelCounter, CancelDebugExt};
///
/// let counter = Arc::new(CancelCounter::new());
/// drop(async {}.cancel_debug("one").with_sink(counter.clone()));
/// drop(async {}.cancel_debug("two").with_sink(counter.clone()));
/// # #[cfg(feature = "cancel-debug")]
/// assert_eq!(counter.never_polled(), 2);
/// ```
#[derive(Debug, Default)]
pub struct CancelCounter {
    never_polled: AtomicU64,
    cancelled: AtomicU64,
    panicked: AtomicU64,
}

impl CancelCounter {
    /// A counter at zero.
    pub const fn new() -> Self {
        Self {
            never_polled: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
        }
    }

    /// How many were dropped without a poll.
    pub fn never_polled(&self) -> u64 {
        self.never_polled.load(Ordering::Relaxed)
    }

    /// How many were dropped while they were suspended.
    pub fn cancelled(&self) -> u64 {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// How many ended by a panic, their own or one around them.
    pub fn panicked(&self) -> u64 {
        self.panicked.load(Ordering::Relaxed)
    }

    fn count(&self, kind: CancelKind) {
        let counter = match kind {
            CancelKind::NeverPolled => &self.never_polled,
            CancelKind::Cancelled => &self.cancelled,
            CancelKind::PollPanicked | CancelKind::DroppedWhilePanicking => &self.panicked,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl ReportSink for &CancelCounter {
    fn report(&mut self, report: CancelReport) {
        self.count(report.kind());
    }
}

impl ReportSink for Arc<CancelCounter> {
    fn report(&mut self, report: CancelReport) {
        self.count(report.kind());
    }
}

/// Hands the report over from a drop, where a panic could abort the program.
#[cfg(feature = "cancel-debug")]
pub(super) fn deliver(sink: &mut impl ReportSink, report: CancelReport) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[cfg(feature = "testing")]
    super::observe::observe(&report);
    let name = report.name.clone();
    // The sink is not used again, so no broken state of it can be seen.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| sink.report(report))) {
        crate::note::note(format_args!("the sink for reports of `{name}` panicked"));
        crate::panics::discard(panic);
    }
}
