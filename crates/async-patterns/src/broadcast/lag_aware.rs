//! A broadcast receiver whose lag is an event, not an error to be swallowed.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use tokio::sync::broadcast;
use tokio::task::coop;

use super::note_wait::NoteWait;
use super::{Lag, LagPolicy, RecvError, TryRecvError};

/// What a [`LagAware`] receiver received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<T> {
    /// A message.
    Message(T),
    /// Messages were missed between the last event and the next.
    Lagged {
        /// Messages missed this time.
        skipped: u64,
        /// Messages missed since the receiver was wrapped, these included.
        total: u64,
    },
}

impl<T> Event<T> {
    /// The message, or `None` for a lag: for a receiver that has decided to tolerate a gap.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::Event;
    ///
    /// assert_eq!(Event::Message(7).into_message(), Some(7));
    /// assert_eq!(Event::<i32>::Lagged { skipped: 1, total: 1 }.into_message(), None);
    /// ```
    pub fn into_message(self) -> Option<T> {
        match self {
            Self::Message(message) => Some(message),
            Self::Lagged { .. } => None,
        }
    }

    fn lagged(lag: Lag) -> Self {
        Self::Lagged {
            skipped: lag.skipped,
            total: lag.total,
        }
    }
}

/// What a [`LagAware`] receiver has seen since it was wrapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LagCounts {
    /// Messages received.
    pub received: u64,
    /// Times it lagged.
    pub lags: u64,
    /// Messages missed in all these lags.
    pub skipped: u64,
}

/// A [`tokio::sync::broadcast::Receiver`] that yields [`Event::Lagged`] where the bare receiver
/// returns an error that is easily taken for the end.
///
/// Answers the trap [`lagged_ignored`](https://async-patterns.github.io/book/traps/lagged_ignored.html).
///
/// ```text
/// while let Ok(message) = rx.recv().await { ... }          // ends at the first lag
/// let Ok(message) = rx.recv().await else { continue };     // spins when the channel is closed
/// ```
///
/// Both compile, and both work until the day the receiver is slow. With `LagAware` the loop below
/// does not compile until it says what a gap means, and its `Err` is the end and nothing else (unless
/// [`LagPolicy::Fail`] was asked for).
///
/// What happens at a lag is the [`LagPolicy`]'s; [`counts`](Self::counts) tells how often it did.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::{Event, LagAware};
/// use tokio::sync::broadcast;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (tx, rx) = broadcast::channel(2);
/// let mut rx = LagAware::new(rx);
/// for n in 1..=3 {
///     tx.send(n).unwrap();
/// }
/// drop(tx);
///
/// let mut log = Vec::new();
/// while let Ok(event) = rx.recv().await {
///     match event {
///         Event::Message(n) => log.push(format!("got {n}")),
///         Event::Lagged { skipped, .. } => log.push(format!("missed {skipped}")),
///     }
/// }
/// assert_eq!(log, ["missed 1", "got 2", "got 3"]);
/// # }
/// ```
pub struct LagAware<R> {
    receiver: R,
    policy: LagPolicy,
    state: State,
    counts: LagCounts,
}

/// What has to be said or done before the next message. It lives here and not in the future of
/// `recv`, so that dropping that future forgets nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    /// Nothing, and the last message had to be waited for.
    Waited,
    /// Nothing, and the last message was there without a wait: the next may be there too.
    Burst,
    /// The hook has not completed for this lag.
    Resync(Lag),
    /// The policy is to fail, and this lag did it.
    Failed(Lag),
}

impl<T: Clone> LagAware<broadcast::Receiver<T>> {
    /// Wraps `receiver` with [`LagPolicy::Report`].
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::LagAware;
    ///
    /// let (_tx, rx) = tokio::sync::broadcast::channel::<u8>(16);
    /// let rx = LagAware::new(rx);
    /// assert_eq!(rx.counts().skipped, 0);
    /// ```
    pub fn new(receiver: broadcast::Receiver<T>) -> Self {
        Self::with_policy(receiver, LagPolicy::Report)
    }

    /// Wraps `receiver` with a policy.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{LagAware, LagPolicy, RecvError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (tx, rx) = tokio::sync::broadcast::channel(1);
    /// let mut rx = LagAware::with_policy(rx, LagPolicy::Fail);
    /// tx.send("a").unwrap();
    /// tx.send("b").unwrap();
    /// assert_eq!(rx.recv().await, Err(RecvError::Lagged { skipped: 1, total: 1 }));
    /// # }
    /// ```
    pub fn with_policy(receiver: broadcast::Receiver<T>, policy: LagPolicy) -> Self {
        Self {
            receiver,
            policy,
            state: State::Waited,
            counts: LagCounts::default(),
        }
    }

    /// Receives the next event.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a cancelled call has received no message, and a lag that it had
    /// seen is not forgotten: the next call yields it (after running the hook of
    /// [`LagPolicy::Resync`] from its start).
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] when every sender is gone and everything was received;
    /// [`RecvError::Lagged`] under [`LagPolicy::Fail`] only, then and at every later call.
    ///
    /// # Panics
    ///
    /// Only if the hook of [`LagPolicy::Resync`] or the message's `clone` does. A hook that panicked
    /// is called again by the next `recv`.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{Event, LagAware, RecvError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (tx, rx) = tokio::sync::broadcast::channel(16);
    /// let mut rx = LagAware::new(rx);
    /// tx.send("hello").unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Ok(Event::Message("hello")));
    /// assert_eq!(rx.recv().await, Err(RecvError::Closed));
    /// # }
    /// ```
    pub async fn recv(&mut self) -> Result<Event<T>, RecvError> {
        // A message that is there already needs no waiter, and that pays for the wrapper. A look in
        // vain costs a lock, so it is taken only in a burst.
        if let State::Burst = self.state {
            if let Some(received) = poll_fn(|cx| self.poll_ready(cx)).await {
                return received;
            }
        }
        if self.is_live() {
            self.state = State::Burst;
            let recv = self.receiver.recv();
            match NoteWait::new(recv, &mut self.state).await {
                Ok(message) => {
                    self.counts.received += 1;
                    return Ok(Event::Message(message));
                }
                Err(broadcast::error::RecvError::Closed) => return Err(RecvError::Closed),
                Err(broadcast::error::RecvError::Lagged(skipped)) => {
                    if let Some(lag) = self.note_lag(skipped) {
                        return Ok(Event::lagged(lag));
                    }
                }
            }
        }
        self.settle().await
    }

    /// Receives an event that is there already.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] when there is none; [`TryRecvError::ResyncPending`] when
    /// [`LagPolicy::Resync`]'s hook has to run first, which only [`recv`](Self::recv) can do; and as
    /// for [`recv`](Self::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{Event, LagAware, TryRecvError};
    ///
    /// let (tx, rx) = tokio::sync::broadcast::channel(16);
    /// let mut rx = LagAware::new(rx);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(Event::Message(1)));
    /// ```
    pub fn try_recv(&mut self) -> Result<Event<T>, TryRecvError> {
        if self.is_live() {
            match self.receiver.try_recv() {
                Ok(message) => {
                    self.counts.received += 1;
                    return Ok(Event::Message(message));
                }
                Err(broadcast::error::TryRecvError::Empty) => return Err(TryRecvError::Empty),
                Err(broadcast::error::TryRecvError::Closed) => return Err(TryRecvError::Closed),
                Err(broadcast::error::TryRecvError::Lagged(skipped)) => {
                    if let Some(lag) = self.note_lag(skipped) {
                        return Ok(Event::lagged(lag));
                    }
                }
            }
        }
        match self.state {
            State::Resync(Lag { skipped, total }) => {
                Err(TryRecvError::ResyncPending { skipped, total })
            }
            State::Failed(Lag { skipped, total }) => Err(TryRecvError::Lagged { skipped, total }),
            State::Waited | State::Burst => unreachable!("a live receiver returned above"),
        }
    }

    /// A new receiver on the same channel and with the same policy, which gets what is sent from
    /// now on. Its counts start at zero; a failure of this one is not carried over.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{Event, LagAware, LagPolicy};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (tx, rx) = tokio::sync::broadcast::channel(1);
    /// let mut rx = LagAware::with_policy(rx, LagPolicy::Fail);
    /// tx.send(1).unwrap();
    /// tx.send(2).unwrap();
    /// assert!(rx.recv().await.is_err());
    ///
    /// rx = rx.resubscribe();
    /// tx.send(3).unwrap();
    /// assert_eq!(rx.recv().await, Ok(Event::Message(3)));
    /// # }
    /// ```
    #[must_use = "the new receiver is returned, this one is left as it is"]
    pub fn resubscribe(&self) -> Self {
        Self::with_policy(self.receiver.resubscribe(), self.policy.clone())
    }

    /// Nothing has to be said or done before the next message.
    fn is_live(&self) -> bool {
        matches!(self.state, State::Waited | State::Burst)
    }

    /// Takes a message that is there already, out of the task's budget as the bare `recv` does.
    /// `None` sends the caller on to wait, or to settle a lag.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event<T>, RecvError>>> {
        let budget = ready!(coop::poll_proceed(cx));
        Poll::Ready(match self.receiver.try_recv() {
            Ok(message) => {
                budget.made_progress();
                self.counts.received += 1;
                Some(Ok(Event::Message(message)))
            }
            Err(broadcast::error::TryRecvError::Lagged(skipped)) => {
                self.note_lag(skipped).map(|lag| Ok(Event::lagged(lag)))
            }
            // The bare `recv` will say the same, or wait; what was taken from the budget goes back.
            Err(_) => {
                self.state = State::Waited;
                None
            }
        })
    }

    /// Counts a lag and says what comes of it: an event to yield now, or `None` when `state` was
    /// changed and [`settle`](Self::settle) goes on.
    ///
    /// There is no await between the bare receiver's report and the change of `state`: this is what
    /// makes a lag survive a cancel.
    #[cold]
    fn note_lag(&mut self, overwritten: u64) -> Option<Lag> {
        let discarded = match self.policy {
            LagPolicy::Resync(_) | LagPolicy::SkipToLive => self.discard_retained(),
            LagPolicy::Report | LagPolicy::Fail => 0,
        };
        let skipped = overwritten + discarded;
        self.counts.lags += 1;
        self.counts.skipped += skipped;
        let lag = Lag {
            skipped,
            total: self.counts.skipped,
        };
        match self.policy {
            LagPolicy::Report | LagPolicy::SkipToLive => return Some(lag),
            LagPolicy::Resync(_) => self.state = State::Resync(lag),
            LagPolicy::Fail => self.state = State::Failed(lag),
        }
        None
    }

    /// Throws away what the channel holds now and returns how many messages that were.
    ///
    /// Not by `resubscribe`: between asking how many are left and subscribing anew a sender may send
    /// another, and the count would be wrong.
    fn discard_retained(&mut self) -> u64 {
        let held = self.receiver.len() as u64;
        let mut discarded = 0;
        while discarded < held {
            match self.receiver.try_recv() {
                Ok(_) => discarded += 1,
                Err(broadcast::error::TryRecvError::Lagged(n)) => discarded += n,
                Err(_) => break,
            }
        }
        discarded
    }

    /// Runs the hook that is due, or repeats the failure.
    #[cold]
    async fn settle(&mut self) -> Result<Event<T>, RecvError> {
        match self.state {
            State::Resync(lag) => {
                if let LagPolicy::Resync(hook) = &self.policy {
                    hook.call(lag).await;
                }
                self.state = State::Waited;
                Ok(Event::lagged(lag))
            }
            State::Failed(Lag { skipped, total }) => Err(RecvError::Lagged { skipped, total }),
            State::Waited | State::Burst => unreachable!("a live receiver has nothing to settle"),
        }
    }
}

impl<R> LagAware<R> {
    /// How much was received and missed since the receiver was wrapped.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::LagAware;
    ///
    /// let (tx, rx) = tokio::sync::broadcast::channel(2);
    /// let mut rx = LagAware::new(rx);
    /// for n in 0..5 {
    ///     tx.send(n).unwrap();
    /// }
    /// while rx.try_recv().is_ok() {}
    /// let counts = rx.counts();
    /// assert_eq!((counts.received, counts.lags, counts.skipped), (2, 1, 3));
    /// ```
    pub fn counts(&self) -> LagCounts {
        self.counts
    }

    /// The policy.
    pub fn policy(&self) -> &LagPolicy {
        &self.policy
    }

    /// The wrapped receiver, for its `len`, `is_empty`, `is_closed`.
    pub fn get_ref(&self) -> &R {
        &self.receiver
    }

    /// The wrapped receiver. A lag that was seen and not yet handled is forgotten with the wrapper:
    /// look at [`counts`](Self::counts) first.
    pub fn into_inner(self) -> R {
        self.receiver
    }
}

impl<T: Clone> From<broadcast::Receiver<T>> for LagAware<broadcast::Receiver<T>> {
    fn from(receiver: broadcast::Receiver<T>) -> Self {
        Self::new(receiver)
    }
}

impl<R> fmt::Debug for LagAware<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LagAware")
            .field("policy", &self.policy)
            .field("state", &self.state)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
