//! The errors of [`LagAware`](super::LagAware) and [`Fanout`](super::Fanout).

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Backlog, Lag};

/// Why [`LagAware::recv`](super::LagAware::recv) has no event.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::broadcast::{LagAware, RecvError};
///
/// let (tx, rx) = tokio::sync::broadcast::channel::<u8>(1);
/// drop(tx);
/// let error = LagAware::new(rx).recv().await.unwrap_err();
/// assert_eq!(error, RecvError::Closed);
/// assert_eq!(error.to_string(), "the broadcast channel is closed");
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecvError {
    /// Every sender is gone and every message that was left has been received.
    Closed,
    /// The receiver lagged and its policy is [`LagPolicy::Fail`](super::LagPolicy::Fail). Every
    /// later call returns this again.
    Lagged {
        /// Messages missed.
        skipped: u64,
        /// Messages missed since the receiver was wrapped.
        total: u64,
    },
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Closed => f.write_str("the broadcast channel is closed"),
            Self::Lagged { skipped, total } => lagged(f, Lag { skipped, total }),
        }
    }
}

impl Error for RecvError {}

/// Why [`LagAware::try_recv`](super::LagAware::try_recv) has no event.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::{LagAware, LagPolicy, TryRecvError};
///
/// let (tx, rx) = tokio::sync::broadcast::channel(1);
/// let mut rx = LagAware::with_policy(rx, LagPolicy::resync(|_lag| async { /* ask anew */ }));
/// tx.send(1).unwrap();
/// tx.send(2).unwrap();
/// // The hook is async, so only `recv` can run it.
/// assert!(matches!(rx.try_recv(), Err(TryRecvError::ResyncPending { skipped: 2, .. })));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryRecvError {
    /// There is no message now.
    Empty,
    /// Every sender is gone and every message that was left has been received.
    Closed,
    /// As [`RecvError::Lagged`].
    Lagged {
        /// Messages missed.
        skipped: u64,
        /// Messages missed since the receiver was wrapped.
        total: u64,
    },
    /// The receiver lagged and the hook of [`LagPolicy::Resync`](super::LagPolicy::Resync) has to
    /// run, which takes an await: call [`LagAware::recv`](super::LagAware::recv).
    ResyncPending {
        /// Messages missed.
        skipped: u64,
        /// Messages missed since the receiver was wrapped.
        total: u64,
    },
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("the broadcast channel has no message now"),
            Self::Closed => f.write_str("the broadcast channel is closed"),
            Self::Lagged { skipped, total } => lagged(f, Lag { skipped, total }),
            Self::ResyncPending { skipped, total } => {
                let lag = Lag { skipped, total };
                write!(
                    f,
                    "the receiver lagged: {lag}; call recv() to run its resync hook"
                )
            }
        }
    }
}

impl Error for TryRecvError {}

fn lagged(f: &mut fmt::Formatter<'_>, lag: Lag) -> fmt::Result {
    write!(f, "the receiver lagged: {lag}; resubscribe to go on")
}

/// A message that [`Fanout`](super::Fanout) gave to nobody, because nobody is subscribed. It is
/// handed back.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::{Fanout, TrySendError};
///
/// let error = Fanout::new(1).try_send("hello").unwrap_err();
/// assert!(matches!(error, TrySendError::NoSubscribers(_)));
/// assert_eq!(error.into_inner(), "hello", "the message comes back");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NoSubscribers<T>(pub T);

impl<T> fmt::Debug for NoSubscribers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoSubscribers").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for NoSubscribers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NOBODY)
    }
}

impl<T> Error for NoSubscribers<T> {}

/// Why [`Fanout::try_send`](super::Fanout::try_send) did not send; the message is handed back and no
/// subscriber got it.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::{Fanout, TrySendError};
///
/// let fanout = Fanout::new(1);
/// let _slow = fanout.subscribe("slow");
/// fanout.try_send(1).unwrap();
/// let error = fanout.try_send(2).unwrap_err();
/// assert!(matches!(error, TrySendError::Full { .. }));
/// assert_eq!(error.into_inner(), 2);
/// ```
#[non_exhaustive]
pub enum TrySendError<T> {
    /// Nobody is subscribed.
    NoSubscribers(T),
    /// These subscribers have no room.
    Full {
        /// The message.
        message: T,
        /// The subscribers without room.
        behind: Vec<Backlog>,
    },
}

/// Why [`Fanout::send_timeout`](super::Fanout::send_timeout) did not send; the message is handed
/// back and no subscriber got it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::broadcast::{Fanout, SendTimeoutError};
/// use std::time::Duration;
///
/// let fanout = Fanout::new(1);
/// let _slow = fanout.subscribe("slow");
/// fanout.try_send(1).unwrap();
/// let error = fanout.send_timeout(2, Duration::from_secs(1)).await.unwrap_err();
/// assert!(matches!(error, SendTimeoutError::Elapsed { .. }));
/// assert_eq!(error.into_inner(), 2);
/// # }
/// ```
#[non_exhaustive]
pub enum SendTimeoutError<T> {
    /// Nobody is subscribed.
    NoSubscribers(T),
    /// These subscribers had no room when the time was over.
    Elapsed {
        /// The message.
        message: T,
        /// How long the call waited.
        limit: Duration,
        /// The subscribers without room; one whose room is reserved by another sender that waits is
        /// among them.
        behind: Vec<Backlog>,
    },
}

const NOBODY: &str = "the fan-out has no subscriber, so the message would be lost";

impl<T> TrySendError<T> {
    /// The message that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::NoSubscribers(message) | Self::Full { message, .. } => message,
        }
    }
}

impl<T> SendTimeoutError<T> {
    /// The message that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::NoSubscribers(message) | Self::Elapsed { message, .. } => message,
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSubscribers(_) => f.debug_tuple("NoSubscribers").finish_non_exhaustive(),
            Self::Full { behind, .. } => f
                .debug_struct("Full")
                .field("behind", behind)
                .finish_non_exhaustive(),
        }
    }
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSubscribers(_) => f.debug_tuple("NoSubscribers").finish_non_exhaustive(),
            Self::Elapsed { limit, behind, .. } => f
                .debug_struct("Elapsed")
                .field("limit", limit)
                .field("behind", behind)
                .finish_non_exhaustive(),
        }
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSubscribers(_) => f.write_str(NOBODY),
            Self::Full { behind, .. } => {
                f.write_str("no room at ")?;
                list(f, behind)
            }
        }
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSubscribers(_) => f.write_str(NOBODY),
            Self::Elapsed { limit, behind, .. } => {
                write!(f, "no room within {limit:?} at ")?;
                list(f, behind)
            }
        }
    }
}

impl<T> Error for TrySendError<T> {}
impl<T> Error for SendTimeoutError<T> {}

fn list(f: &mut fmt::Formatter<'_>, behind: &[Backlog]) -> fmt::Result {
    if behind.is_empty() {
        return f.write_str("a subscriber that has caught up since");
    }
    for (at, backlog) in behind.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{backlog}")?;
    }
    Ok(())
}

/// Why a [`Subscriber`](super::Subscriber) gets no more messages.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::broadcast::{Fanout, Unsubscribed};
///
/// let fanout = Fanout::<u8>::new(1);
/// let (mut one, mut two) = (fanout.subscribe("one"), fanout.subscribe("two"));
/// fanout.evict(one.id());
/// assert_eq!(one.recv().await, Err(Unsubscribed::Evicted));
/// drop(fanout);
/// assert_eq!(two.recv().await, Err(Unsubscribed::Closed));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsubscribed {
    /// Every [`Fanout`](super::Fanout) handle is gone; every message was received.
    Closed,
    /// [`Fanout::evict`](super::Fanout::evict) put the subscriber out. What was queued for it has
    /// been received; messages sent later have not, so there may be a gap.
    Evicted,
}

impl fmt::Display for Unsubscribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the fan-out is closed",
            Self::Evicted => "the subscriber was evicted; it missed what was sent since",
        })
    }
}

impl Error for Unsubscribed {}
