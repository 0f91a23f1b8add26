//! The wrapper around a future.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::recorder::LaneRef;
use crate::timeline::Timeline;
use crate::watch::Watch;

/// A future whose polls, wakes and end are recorded.
///
/// Made by [`RecordExt::record`] or [`Timeline::record`]. It is as `Send` as the future, passes
/// every wake on to the task that polls it, and panics where the future does.
///
/// # Cancel safety
///
/// That of the future. The cancellation is noted before the future is dropped, so that of nested
/// wrappers the outer one comes first, the way a cancellation travels.
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[pin_project]
#[derive(Debug)]
pub struct Recorded<F> {
    /// Stands before the future, so that it is dropped first.
    watch: Watch,
    #[pin]
    future: F,
}

impl<F> Recorded<F> {
    pub(crate) fn new(lane: Option<LaneRef>, future: F) -> Self {
        Self {
            watch: Watch::new(lane),
            future,
        }
    }

    /// The future inside.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future inside, pinned. Polls made through it are not recorded.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().future
    }
}

impl<F: Future> Future for Recorded<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.watch.poll(this.future, cx)
    }
}

/// Adds [`record`](RecordExt::record) to every future.
pub trait RecordExt: Future + Sized {
    /// Makes a lane of this future.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_timeline::{RecordExt, Timeline};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let timeline = Timeline::new();
    /// tokio::spawn(async { /* … */ }.record(&timeline, "job")).await.unwrap();
    /// # }
    /// ```
    fn record(self, timeline: &Timeline, name: impl Into<Cow<'static, str>>) -> Recorded<Self> {
        timeline.record(name, self)
    }
}

impl<F: Future> RecordExt for F {}
