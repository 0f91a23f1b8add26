//! The wrapper: what a user calls. What it records is in `watch`.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::FusedFuture;
use pin_project::pin_project;

use super::sink::{DefaultSink, ReportSink};
use super::watch::Watch;

/// A future that reports when it is dropped before it completed.
///
/// Answers the traps [`never_polled`](https://async-patterns.github.io/book/traps/never_polled.html) and [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
///
/// Made by [`CancelDebugExt::cancel_debug`] or the macro [`cancel_debug!`](crate::cancel_debug!).
/// The report is a [`CancelReport`](super::CancelReport); its
/// [`kind`](super::CancelReport::kind) tells apart a future that was never polled, one that was
/// cancelled after some polls, one whose poll panicked (also when a caller caught the panic), and
/// one that was dropped because its surroundings panicked. A future that completed says nothing.
///
/// The wrapper is fused: polled again after it completed it returns `Pending`, and
/// [`is_terminated`](FusedFuture::is_terminated) says so. The future inside stays where it is
/// until the wrapper is dropped, as it would without the wrapper.
///
/// # What it costs
///
/// A poll counts itself, four instructions on x86-64. Creation reads the clock. Nothing is
/// allocated and no backtrace is taken, unless one of the `with_` switches asks for it; each says
/// what it adds. Without the feature `cancel-debug` the wrapper is the bare future, and
/// fused only if that is.
///
/// # Cancel safety
///
/// Dropping it drops the future inside, after the report was made: it is exactly as cancel safe
/// as that future. A sink that panics is caught, so that a report never aborts the program.
///
/// # Examples
///
/// ```
/// use async_patterns::cancel::{CancelDebugExt, CancelKind};
/// use tokio::time::{Duration, sleep, timeout};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let (reports, mut cancelled) = tokio::sync::mpsc::unbounded_channel();
/// let upload = sleep(Duration::from_secs(60)).cancel_debug("upload").with_sink(reports);
///
/// timeout(Duration::from_secs(1), upload).await.unwrap_err();
///
/// # #[cfg(feature = "cancel-debug")] {
/// let report = cancelled.try_recv().unwrap();
/// assert_eq!(report.name(), "upload");
/// assert_eq!(report.kind(), CancelKind::Cancelled);
/// assert_eq!(report.alive().as_secs(), 1);
/// # }
/// # }
/// ```
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[pin_project]
pub struct CancelDebug<F, K: ReportSink = DefaultSink> {
    /// Reports in its drop. It stands before the future, so that it is dropped first and nested
    /// wrappers report from the outside in, the way the cancellation travels.
    watch: Watch<K>,
    #[pin]
    future: F,
}

/// Adds [`cancel_debug`](CancelDebugExt::cancel_debug) to every future.
pub trait CancelDebugExt: Future + Sized {
    /// Reports when this future is dropped before it completed, under the name given.
    ///
    /// Reports go to [`DefaultSink`] unless [`CancelDebug::with_sink`] names another sink.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::cancel::CancelDebugExt;
    ///
    /// # async fn read_header() {}
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// read_header().cancel_debug("read header").await;
    /// # }
    /// ```
    #[track_caller]
    fn cancel_debug(self, name: impl Into<Cow<'static, str>>) -> CancelDebug<Self> {
        CancelDebug {
            future: self,
            watch: Watch::new(name.into(), Location::caller(), DefaultSink),
        }
    }
}

impl<F: Future> CancelDebugExt for F {}

/// Wraps a future in a [`CancelDebug`](crate::cancel::CancelDebug) that is named after the
/// expression.
///
/// # Examples
///
/// ```
/// use async_patterns::cancel_debug;
///
/// # async fn fetch(_: u32) {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// cancel_debug!(fetch(7)).await; // Reported as "fetch(7)".
/// # }
/// ```
#[macro_export]
macro_rules! cancel_debug {
    ($future:expr $(,)?) => {
        $crate::cancel::CancelDebugExt::cancel_debug($future, ::core::stringify!($future))
    };
}

impl<F, K: ReportSink> CancelDebug<F, K> {
    /// Also takes a backtrace here, to say by which calls the future was made.
    ///
    /// Costs a boxed record and a stack walk at creation, whether `RUST_BACKTRACE` is set or not;
    /// symbols are looked up only when the report is printed.
    pub fn with_creation_backtrace(mut self) -> Self {
        self.watch.creation_backtrace();
        self
    }

    /// Also takes a backtrace when the future is dropped early: it says who cancelled it.
    ///
    /// Costs a boxed record at creation and, only for a future that is reported, a stack walk.
    pub fn with_drop_backtrace(mut self) -> Self {
        self.watch.drop_backtrace();
        self
    }

    /// Also reports the time between the end of the last poll and the drop.
    ///
    /// A future that was ready to go on and that nobody polled for long is the smell of
    /// futurelock: somebody holds it, and waits for something else. Costs a boxed record at
    /// creation and a reading of the clock per poll.
    pub fn with_idle_time(mut self) -> Self {
        self.watch.idle_time();
        self
    }

    /// Also reports the longest single poll, which should be well below a millisecond.
    ///
    /// Costs a boxed record at creation and two readings of the clock per poll.
    pub fn with_longest_poll(mut self) -> Self {
        self.watch.longest_poll();
        self
    }

    /// Also reports the wrappers around this one, and makes this one known to those inside.
    ///
    /// Set it on the outer and on the inner future: a wrapper without it neither looks nor shows
    /// itself. A parent is a wrapper with this switch that was being polled when this future was
    /// first polled. Costs two boxed records, and two swaps of a thread-local per poll.
    pub fn with_parents(mut self) -> Self {
        self.watch.parents();
        self
    }

    /// How often it was polled so far; always 0 without the feature `cancel-debug`.
    pub fn polls(&self) -> u64 {
        self.watch.polls()
    }

    /// The future inside.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future inside, pinned. Polls made through it are not counted.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().future
    }
}

impl<F> CancelDebug<F> {
    /// Sends the report to `sink` instead of the [`DefaultSink`]: a closure, a channel, or a
    /// [`CancelCounter`](super::CancelCounter).
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::cancel::{CancelCounter, CancelDebugExt};
    ///
    /// static UPLOADS: CancelCounter = CancelCounter::new();
    ///
    /// drop(std::future::pending::<()>().cancel_debug("upload").with_sink(&UPLOADS));
    /// # #[cfg(feature = "cancel-debug")]
    /// assert_eq!(UPLOADS.never_polled(), 1);
    /// ```
    pub fn with_sink<K: ReportSink>(self, sink: K) -> CancelDebug<F, K> {
        CancelDebug {
            watch: self.watch.with_sink(sink),
            future: self.future,
        }
    }
}

impl<F: Future, K: ReportSink> Future for CancelDebug<F, K> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.watch.poll(this.future, cx)
    }
}

impl<F, K: ReportSink> fmt::Debug for CancelDebug<F, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("CancelDebug");
        self.watch.fmt_fields(&mut fields);
        fields.finish_non_exhaustive()
    }
}

#[cfg(feature = "cancel-debug")]
impl<F: Future, K: ReportSink> FusedFuture for CancelDebug<F, K> {
    fn is_terminated(&self) -> bool {
        self.watch.is_done()
    }
}

#[cfg(not(feature = "cancel-debug"))]
impl<F: FusedFuture, K: ReportSink> FusedFuture for CancelDebug<F, K> {
    fn is_terminated(&self) -> bool {
        self.future.is_terminated()
    }
}
