//! What a [`LagAware`](super::LagAware) receiver does about a lag.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// How many messages a receiver missed.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::Lag;
///
/// let lag = Lag { skipped: 3, total: 10 };
/// assert_eq!(lag.to_string(), "3 messages skipped (10 in all)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lag {
    /// Messages missed this time.
    pub skipped: u64,
    /// Messages missed since the receiver was wrapped, these included.
    pub total: u64,
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.skipped == 1 { "" } else { "s" };
        write!(
            f,
            "{} message{plural} skipped ({} in all)",
            self.skipped, self.total
        )
    }
}

/// What a [`LagAware`](super::LagAware) receiver does when it finds that it lagged.
///
/// No policy is silent: each of them ends in an [`Event::Lagged`](super::Event::Lagged) or an error
/// that the caller has to match on.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::LagPolicy;
///
/// let policy = LagPolicy::resync(|lag| async move {
///     eprintln!("{lag}, reading the snapshot again");
/// });
/// assert!(matches!(policy, LagPolicy::Resync(_)));
/// assert!(matches!(LagPolicy::default(), LagPolicy::Report));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum LagPolicy {
    /// Yield [`Event::Lagged`](super::Event::Lagged), then go on with the oldest message that the
    /// channel still holds. The default.
    #[default]
    Report,
    /// Run a hook that reads the state again, then yield
    /// [`Event::Lagged`](super::Event::Lagged).
    ///
    /// The messages that the channel still holds are discarded first (and counted as skipped): they
    /// are older than what the hook is about to read, and would take the state back if they were
    /// applied on top of it. Messages sent while the hook runs are kept and delivered after it.
    Resync(ResyncHook),
    /// Fail every `recv` from now on with
    /// [`RecvError::Lagged`](super::RecvError::Lagged): for a receiver to which a gap is fatal.
    Fail,
    /// Discard what the channel still holds, yield [`Event::Lagged`](super::Event::Lagged) with
    /// these counted too, and go on with what is sent from now on: for a receiver to which a late
    /// message is worth nothing.
    SkipToLive,
}

impl LagPolicy {
    /// [`LagPolicy::Resync`] with an async closure.
    ///
    /// # Cancel safety
    ///
    /// A `recv` that is cancelled while the hook runs drops the hook's future; the next `recv` calls
    /// the hook again, with the same [`Lag`]. So the hook may run more than once for one lag, and
    /// should be something that can be done twice. (It is not kept and resumed, because between two
    /// `recv`s nobody would poll it while it may hold a connection or a lock.)
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{Event, LagAware, LagPolicy};
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::sync::Arc;
    /// use tokio::sync::broadcast;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let resynced = Arc::new(AtomicU64::new(0));
    /// let seen = Arc::clone(&resynced);
    /// let (tx, rx) = broadcast::channel(2);
    /// let mut rx = LagAware::with_policy(
    ///     rx,
    ///     LagPolicy::resync(move |lag| {
    ///         let seen = Arc::clone(&seen);
    ///         async move {
    ///             seen.fetch_add(lag.skipped, Ordering::Relaxed);
    ///         }
    ///     }),
    /// );
    /// for n in 1..=5 {
    ///     tx.send(n).unwrap();
    /// }
    /// // Three were overwritten; the two that were left are older than the resync.
    /// assert_eq!(rx.recv().await, Ok(Event::Lagged { skipped: 5, total: 5 }));
    /// assert_eq!(resynced.load(Ordering::Relaxed), 5);
    /// # }
    /// ```
    pub fn resync<F, Fut>(hook: F) -> Self
    where
        F: Fn(Lag) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::Resync(ResyncHook::new(hook))
    }
}

/// The hook of [`LagPolicy::Resync`]. Clones share the closure.
#[derive(Clone)]
pub struct ResyncHook(Arc<HookFn>);

type HookFn = dyn Fn(Lag) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

impl ResyncHook {
    /// Wraps an async closure. Calling it allocates one box, which happens only at a lag.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{LagPolicy, ResyncHook};
    ///
    /// let hook = ResyncHook::new(|lag| async move { println!("{lag}") });
    /// let policy = LagPolicy::Resync(hook.clone());
    /// # let _ = policy;
    /// ```
    pub fn new<F, Fut>(hook: F) -> Self
    where
        F: Fn(Lag) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |lag| Box::pin(hook(lag))))
    }

    pub(super) fn call(&self, lag: Lag) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        (self.0)(lag)
    }
}

impl fmt::Debug for ResyncHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResyncHook").finish_non_exhaustive()
    }
}
