//! A timeout that is made once and polled in many `select!` passes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant as WallInstant};

use futures_core::FusedFuture;
use pin_project::pin_project;
use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep_until};

use super::deadline::Deadline;
use super::error::TimeoutError;

/// Gives `future` at most `limit` from now, in a form that can be polled by `&mut` in a loop.
///
/// Answers the traps [`timer_reset_in_select_loop`](https://async-patterns.github.io/book/traps/timer_reset_in_select_loop.html) and [`polled_after_completion`](https://async-patterns.github.io/book/traps/polled_after_completion.html).
///
/// See [`FusedTimeout`].
///
/// # Panics
///
/// When called outside of a tokio runtime with time enabled.
///
/// # Examples
///
/// ```
/// use std::pin::pin;
/// use async_patterns::timeout::fused_timeout;
/// use tokio::time::{Duration, interval, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let mut ticks = interval(Duration::from_secs(1));
/// let mut answer = pin!(fused_timeout(Duration::from_secs(10), sleep(Duration::from_secs(60))));
///
/// let mut seen = 0;
/// let result = loop {
///     tokio::select! {
///         // One timer for all passes. `timeout(…)` here would start over at each tick.
///         result = &mut answer => break result,
///         _ = ticks.tick() => seen += 1,
///     }
/// };
/// assert!(result.is_err());
/// assert!(seen >= 10);
/// # }
/// ```
pub fn fused_timeout<F: Future>(limit: Duration, future: F) -> FusedTimeout<F> {
    fused_timeout_at(Deadline::after(limit).instant(), future)
}

/// Gives `future` until `deadline`. See [`FusedTimeout`].
///
/// # Panics
///
/// When called outside of a tokio runtime with time enabled.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::timeout::fused_timeout_at;
/// use tokio::time::{Duration, Instant, sleep};
///
/// let deadline = Instant::now() + Duration::from_secs(2);
/// assert!(fused_timeout_at(deadline, sleep(Duration::from_secs(1))).await.is_ok());
/// assert!(fused_timeout_at(deadline, sleep(Duration::from_secs(2))).await.is_err());
/// # }
/// ```
pub fn fused_timeout_at<F: Future>(deadline: Instant, future: F) -> FusedTimeout<F> {
    FusedTimeout {
        elapsed: false,
        long_poll: None,
        future: Some(future),
        timer: sleep_until(deadline),
    }
}

/// A future with a deadline that is made once and polled in any number of `select!` passes.
/// Made by [`fused_timeout`], [`fused_timeout_at`] and [`Deadline::timeout`].
///
/// Answers the traps [`timer_reset_in_select_loop`](https://async-patterns.github.io/book/traps/timer_reset_in_select_loop.html) and [`polled_after_completion`](https://async-patterns.github.io/book/traps/polled_after_completion.html).
///
/// It resolves once: to the output of the future inside, or to [`TimeoutError::Elapsed`]. The
/// future goes first, so one that is ready in the poll in which the deadline has passed wins.
///
/// After an `Elapsed` the future inside is still there. Call [`reset`](Self::reset) to go on with
/// it, [`into_inner`](Self::into_inner) to take it out, or drop all to cancel it.
///
/// # A finished branch stays pending
///
/// Once it has resolved, it is terminated: every further poll returns `Pending`, touches neither
/// future nor timer, and registers no wake. So it can stay in a `select!` loop beside branches
/// that go on; but **a `select!` whose branches are all finished waits forever**. Guard the
/// branch, and handle the case that no branch is left:
///
/// ```
/// use std::pin::pin;
/// use async_patterns::timeout::fused_timeout;
/// use futures::future::FusedFuture;
/// use tokio::time::{Duration, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let mut a = pin!(fused_timeout(Duration::from_secs(1), sleep(Duration::from_secs(9))));
/// let mut b = pin!(fused_timeout(Duration::from_secs(5), sleep(Duration::from_secs(2))));
/// loop {
///     tokio::select! {
///         result = &mut a, if !a.is_terminated() => assert!(result.is_err()),
///         result = &mut b, if !b.is_terminated() => assert!(result.is_ok()),
///         else => break, // Both are finished. Without guards and `else`: a hang.
///     }
/// }
/// # }
/// ```
///
/// # Cancel safety
///
/// Not polling it further (a lost `select!` pass over `&mut`) loses nothing: future and deadline
/// stay as they are. Dropping it drops the future inside, so it is as cancel safe as that future.
///
/// # Panics
///
/// Polling it panics when its runtime has been shut down, as tokio's timers do.
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[pin_project]
pub struct FusedTimeout<F> {
    /// Whether `Elapsed` has been said.
    elapsed: bool,
    long_poll: Option<LongPoll>,
    /// Gone once it has completed or been taken out.
    #[pin]
    future: Option<F>,
    #[pin]
    timer: Sleep,
}

/// The poll budget, and what has been seen of it.
#[derive(Debug, Clone, Copy)]
struct LongPoll {
    budget: Duration,
    /// The longest poll above the budget.
    longest: Option<Duration>,
}

impl<F: Future> FusedTimeout<F> {
    /// Reports polls of the future inside that take longer than `budget` in real time: such work
    /// is not async, and no timeout can fire while it runs.
    ///
    /// The first one is reported when it happens, as a `tracing` warning (target
    /// `async_patterns::timeout`) or, without the feature `tracing`, on stderr. The longest is in
    /// [`long_poll`](Self::long_poll) and in [`TimeoutError::Elapsed`]. Costs two readings of the
    /// clock per poll; the bare form costs none.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::timeout::{TimeoutError, fused_timeout};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let not_async = async {
    ///     std::thread::sleep(Duration::from_millis(50));
    ///     std::future::pending::<()>().await;
    /// };
    /// let result = fused_timeout(Duration::from_millis(10), not_async)
    ///     .with_poll_budget(Duration::from_millis(5))
    ///     .await;
    /// let Err(TimeoutError::Elapsed { overrun, long_poll, .. }) = result else { panic!() };
    /// assert!(overrun >= Duration::from_millis(40));
    /// assert!(long_poll >= Some(Duration::from_millis(50)));
    /// # }
    /// ```
    pub fn with_poll_budget(mut self, budget: Duration) -> Self {
        self.long_poll = Some(LongPoll {
            budget,
            longest: None,
        });
        self
    }
}

impl<F> FusedTimeout<F> {
    /// The longest poll above the poll budget, if one was set and exceeded.
    pub fn long_poll(&self) -> Option<Duration> {
        self.long_poll?.longest
    }

    /// When it fires.
    pub fn deadline(&self) -> Deadline {
        Deadline::at(self.timer.deadline())
    }

    /// The time left; zero when the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.deadline().remaining()
    }

    /// Gives the future inside another `limit` from now.
    ///
    /// After an `Elapsed` it can be polled again, and goes on where it was. If the future has
    /// completed or was taken out, this has no effect on it: it stays terminated.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    /// use async_patterns::timeout::fused_timeout;
    /// use tokio::time::{Duration, sleep};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let mut work = pin!(fused_timeout(Duration::from_secs(1), sleep(Duration::from_secs(3))));
    /// work.as_mut().await.unwrap_err();
    /// work.as_mut().reset(Duration::from_secs(5)); // Two seconds are missing.
    /// work.await.unwrap();
    /// # }
    /// ```
    pub fn reset(self: Pin<&mut Self>, limit: Duration) {
        self.reset_at(Deadline::after(limit).instant());
    }

    /// Gives the future inside until `deadline`; otherwise like [`reset`](Self::reset).
    pub fn reset_at(self: Pin<&mut Self>, deadline: Instant) {
        let this = self.project();
        this.timer.reset(deadline);
        *this.elapsed = false;
    }

    /// The future inside, unless it has completed or was taken out.
    pub fn get_ref(&self) -> Option<&F> {
        self.future.as_ref()
    }

    /// The future inside, pinned, unless it has completed or was taken out.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Option<Pin<&mut F>> {
        self.project().future.as_pin_mut()
    }

    /// Drops the future inside, on purpose and here. Afterwards this is terminated.
    pub fn cancel(self: Pin<&mut Self>) {
        self.project().future.set(None);
    }

    /// Takes the future out, unless it has completed: an `Unpin` one or one in a box.
    /// Afterwards this is terminated.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    /// use async_patterns::timeout::fused_timeout;
    /// use tokio::time::{Duration, sleep};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let slow = Box::pin(sleep(Duration::from_secs(3)));
    /// let mut slow = pin!(fused_timeout(Duration::from_secs(1), slow));
    /// slow.as_mut().await.unwrap_err();
    /// let slow = slow.into_inner().expect("it has not completed");
    /// tokio::spawn(slow).await.unwrap();
    /// # }
    /// ```
    pub fn into_inner(self: Pin<&mut Self>) -> Option<F>
    where
        F: Unpin,
    {
        self.project().future.get_mut().take()
    }
}

impl<F: Future> Future for FusedTimeout<F> {
    type Output = Result<F::Output, TimeoutError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if *this.elapsed {
            return Poll::Pending;
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let poll = match this.long_poll {
            None => future.poll(cx),
            Some(long_poll) => long_poll.poll(future, cx),
        };
        if let Poll::Ready(output) = poll {
            this.future.set(None);
            return Poll::Ready(Ok(output));
        }
        ready!(poll_timer(this.timer.as_mut(), cx));
        *this.elapsed = true;
        Poll::Ready(Err(TimeoutError::Elapsed {
            overrun: Deadline::at(this.timer.deadline()).overrun(),
            long_poll: this.long_poll.and_then(|long_poll| long_poll.longest),
        }))
    }
}

/// Polls the timer also when the future inside has used up the task's cooperative budget: a
/// future that always does would otherwise never be timed out.
fn poll_timer(timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    if coop::has_budget_remaining() {
        timer.poll(cx)
    } else {
        Pin::new(&mut coop::unconstrained(timer)).poll(cx)
    }
}

impl LongPoll {
    #[cold]
    fn poll<F: Future>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let started = WallInstant::now();
        let poll = future.poll(cx);
        let took = started.elapsed();
        if took > self.budget {
            if self.longest.is_none() {
                report_long_poll(took, self.budget);
            }
            self.longest = self.longest.max(Some(took));
        }
        poll
    }
}

fn report_long_poll(took: Duration, budget: Duration) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "async_patterns::timeout",
        ?took,
        ?budget,
        "a poll inside a timeout took longer than its budget: the work is not async",
    );
    #[cfg(not(feature = "tracing"))]
    crate::note::note(format_args!(
        "a poll inside a timeout took {took:?}, its budget is {budget:?}: the work is not async"
    ));
}

impl<F: Future> FusedFuture for FusedTimeout<F> {
    fn is_terminated(&self) -> bool {
        self.elapsed || self.future.is_none()
    }
}

impl<F> fmt::Debug for FusedTimeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FusedTimeout")
            .field("deadline", &self.timer.deadline())
            .field("elapsed", &self.elapsed)
            .field("completed", &self.future.is_none())
            .field("long_poll", &self.long_poll)
            .finish_non_exhaustive()
    }
}
