//! A point in time shared by several operations.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::fused::{FusedTimeout, fused_timeout_at};

/// Stands for "never" where a limit is too long to be added to now. Thirty years, which every
/// platform's clock can represent; tokio uses the same.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// A point in time by which several operations must be done together.
///
/// Answers the trap [`timer_reset_in_select_loop`](https://async-patterns.github.io/book/traps/timer_reset_in_select_loop.html).
///
/// Three timeouts of ten seconds, one after the other, may take thirty. One deadline gives each
/// operation what the earlier ones have left over.
///
/// # Examples
///
/// ```
/// use async_patterns::timeout::Deadline;
/// use tokio::time::{Duration, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let deadline = Deadline::after(Duration::from_secs(10));
/// deadline.timeout(sleep(Duration::from_secs(6))).await.expect("connect");
/// // Four seconds are left.
/// deadline.timeout(sleep(Duration::from_secs(6))).await.unwrap_err();
/// assert!(deadline.has_passed());
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Instant);

impl Deadline {
    /// The point `limit` from now, on tokio's clock. A limit beyond what the clock can represent
    /// is taken as 30 years.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(limit).unwrap_or_else(|| now + FAR_FUTURE))
    }

    /// This very instant.
    pub fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// The point in time.
    pub fn instant(self) -> Instant {
        self.0
    }

    /// The time left; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// The time since it passed; zero when it has not.
    pub fn overrun(self) -> Duration {
        Instant::now().saturating_duration_since(self.0)
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.0 <= Instant::now()
    }

    /// A deadline that keeps this one and allows at most `limit` from now: for one step among
    /// several.
    #[must_use]
    pub fn at_most(self, limit: Duration) -> Self {
        self.min(Self::after(limit))
    }

    /// Wraps a future so that it ends at this deadline.
    ///
    /// # Panics
    ///
    /// As for [`fused_timeout_at`].
    pub fn timeout<F: Future>(self, future: F) -> FusedTimeout<F> {
        fused_timeout_at(self.0, future)
    }

    /// Waits until it has passed.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: the deadline does not move.
    ///
    /// # Panics
    ///
    /// When polled outside of a tokio runtime with time enabled.
    pub async fn passed(self) {
        sleep_until(self.0).await;
    }
}
