//! A fan-out that loses nothing: the sender waits until every subscriber has room.
//!
//! # Invariants
//!
//! 1. A message enters either the queue of every subscriber that its permit was made for, or none:
//!    [`Permit`] holds a place in each queue, and filling the places has no await.
//! 2. Two messages enter any two queues in the same order: places are filled under `commit`.
//! 3. Places are reserved in the order of the subscribers' ids, so that two senders can never each
//!    hold the place that the other waits for.
//! 4. A subscriber that is gone (dropped or evicted) holds nobody back: its queue is closed or its
//!    `evicted` token is cancelled, and either ends the wait for a place.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::shared::Shared;
use super::{
    Backlog, NoSubscribers, Permit, SendTimeoutError, Subscriber, SubscriberId, TrySendError,
};

/// The sending side of a lossless broadcast. Clones send to the same subscribers.
///
/// Answers the trap [`lagged_ignored`](https://async-patterns.github.io/book/traps/lagged_ignored.html).
///
/// Every subscriber has a bounded queue of its own. A send waits until each of them has room, so the
/// slowest subscriber sets the pace: this is for messages of which none may be lost (audit logs,
/// replication). Where a late message is worth nothing, use [`tokio::sync::broadcast`] with
/// [`LagAware`](super::LagAware).
///
/// # Rules
///
/// - **All or none.** A message is in the queue of every subscriber, or of none. A cancelled or
///   failed send has reached nobody: it is never half delivered.
/// - **What a cancel loses.** [`send`](Self::send) owns the message while it waits, so a cancelled
///   `send` drops it. Where that counts, [`reserve`](Self::reserve) first: the message stays with the
///   caller until the permit takes it without waiting.
/// - **Who gets a message.** The subscribers that were there when `send` or `reserve` was first
///   polled, without those that were dropped or evicted since.
/// - **Order.** All subscribers see the messages in the same order.
/// - **A dropped subscriber** frees its queue at once and holds nobody back.
/// - **A subscriber that is alive and does not read** holds every sender back; that is what
///   backpressure means. [`send_timeout`](Self::send_timeout) bounds the wait and names it,
///   [`backlogs`](Self::backlogs) shows it before it comes to that, and [`evict`](Self::evict) puts
///   it out; it can read what was queued and is then told that it was evicted.
/// - **No subscriber** is an error that hands the message back, as it would be lost otherwise.
/// - **A permit that is kept** holds a place in every queue: use it or drop it soon.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::{Fanout, Unsubscribed};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let fanout = Fanout::new(8);
/// let mut disk = fanout.subscribe("disk");
/// let mut remote = fanout.subscribe("remote");
///
/// assert_eq!(fanout.send("login").await, Ok(2));
/// drop(fanout);
///
/// assert_eq!(disk.recv().await, Ok("login"));
/// assert_eq!(remote.recv().await, Ok("login"));
/// assert_eq!(disk.recv().await, Err(Unsubscribed::Closed));
/// # }
/// ```
pub struct Fanout<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Fanout<T> {
    /// A fan-out whose subscribers can each have `capacity` messages waiting.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero or above [`tokio::sync::Semaphore::MAX_PERMITS`].
    ///
    /// # Examples
    ///
    /// ```
    /// let fanout = async_patterns::broadcast::Fanout::<String>::new(64);
    /// assert_eq!(fanout.subscriber_count(), 0);
    /// ```
    pub fn new(capacity: usize) -> Self {
        let max = tokio::sync::Semaphore::MAX_PERMITS;
        assert!(
            (1..=max).contains(&capacity),
            "the capacity of a Fanout must be between 1 and {max}, not {capacity}"
        );
        Self {
            shared: Arc::new(Shared::new(capacity)),
        }
    }

    /// Adds a subscriber. It gets every message whose `send` or `reserve` begins after this call.
    ///
    /// The name is for [`backlogs`](Self::backlogs) and errors; two subscribers may share one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::Fanout;
    /// let fanout = Fanout::<u8>::new(4);
    /// let subscriber = fanout.subscribe("disk");
    /// assert_eq!(subscriber.name(), "disk");
    /// assert_eq!(fanout.subscriber_count(), 1);
    /// ```
    pub fn subscribe(&self, name: impl Into<Arc<str>>) -> Subscriber<T> {
        let (entry, receiver) = self.shared.add(name.into());
        Subscriber::new(
            entry.id,
            Arc::clone(&entry.name),
            receiver,
            entry.evicted.clone(),
            Arc::downgrade(&self.shared),
        )
    }

    /// Waits for a place in every queue.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe in that a cancelled call gives back the places that it had got; as
    /// with [`mpsc::Sender::reserve`] it loses its place among the waiting senders.
    ///
    /// # Errors
    ///
    /// [`NoSubscribers`] when nobody is subscribed, or everybody who was is gone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::Fanout;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let fanout = Fanout::new(1);
    /// let mut subscriber = fanout.subscribe("disk");
    /// let mut record = Some("login");
    /// // Cancelled or not: as long as the await has not returned, `record` is still here.
    /// let permit = fanout.reserve().await.unwrap();
    /// permit.send(record.take().unwrap()).unwrap();
    /// assert_eq!(subscriber.recv().await, Ok("login"));
    /// # }
    /// ```
    pub async fn reserve(&self) -> Result<Permit<T>, NoSubscribers<()>> {
        let entries = self.shared.snapshot();
        let mut places = Vec::with_capacity(entries.len());
        for entry in entries.iter() {
            if let Some(place) = entry.reserve().await {
                places.push((Arc::clone(entry), place));
            }
        }
        Permit::new(&self.shared, places)
    }

    /// Number of subscribers.
    pub fn subscriber_count(&self) -> usize {
        self.shared.snapshot().len()
    }

    /// How far every subscriber is behind, in the order in which they subscribed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::Fanout;
    /// let fanout = Fanout::new(4);
    /// let _disk = fanout.subscribe("disk");
    /// fanout.try_send(1).unwrap();
    /// assert_eq!(fanout.backlogs()[0].to_string(), "`disk` (1 of 4 queued)");
    /// ```
    pub fn backlogs(&self) -> Vec<Backlog> {
        self.shared.backlogs()
    }

    /// Puts a subscriber out and lets every sender that waits for it go on. Returns whether it was
    /// subscribed.
    ///
    /// The subscriber can read what is queued for it; its `recv` then says
    /// [`Unsubscribed::Evicted`](super::Unsubscribed::Evicted).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::{Fanout, Unsubscribed};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let fanout = Fanout::new(1);
    /// let mut stuck = fanout.subscribe("stuck");
    /// let mut disk = fanout.subscribe("disk");
    /// fanout.send(1).await.unwrap();
    /// assert_eq!(disk.recv().await, Ok(1));
    ///
    /// assert!(fanout.evict(stuck.id()));
    /// assert_eq!(fanout.send(2).await, Ok(1));
    /// assert_eq!(stuck.recv().await, Ok(1));
    /// assert_eq!(stuck.recv().await, Err(Unsubscribed::Evicted));
    /// # }
    /// ```
    pub fn evict(&self, subscriber: SubscriberId) -> bool {
        self.shared.remove(subscriber)
    }
}

impl<T: Clone> Fanout<T> {
    /// Waits until every subscriber has room and sends to all; returns to how many.
    ///
    /// Allocates one list of the places and one of the clones; the message is cloned for all
    /// subscribers but the last.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call has sent to nobody, and drops the message. To keep the message use
    /// [`reserve`](Self::reserve).
    ///
    /// # Errors
    ///
    /// [`NoSubscribers`] with the message when nobody is subscribed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::{Fanout, NoSubscribers};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let fanout = Fanout::new(4);
    /// assert_eq!(fanout.send("lost?").await, Err(NoSubscribers("lost?")));
    /// # }
    /// ```
    pub async fn send(&self, message: T) -> Result<usize, NoSubscribers<T>> {
        match self.reserve().await {
            Ok(permit) => permit.send(message),
            Err(NoSubscribers(())) => Err(NoSubscribers(message)),
        }
    }

    /// As [`send`](Self::send), but gives up after `limit` and says who had no room.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`], with the message.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose timer is enabled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::{Fanout, SendTimeoutError};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let fanout = Fanout::new(1);
    /// let stuck = fanout.subscribe("stuck");
    /// fanout.send(1).await.unwrap();
    /// let error = fanout.send_timeout(2, Duration::from_secs(1)).await.unwrap_err();
    /// assert_eq!(error.to_string(), "no room within 1s at `stuck` (1 of 1 queued)");
    /// assert_eq!(error.into_inner(), 2);
    /// # drop(stuck);
    /// # }
    /// ```
    pub async fn send_timeout(
        &self,
        message: T,
        limit: Duration,
    ) -> Result<usize, SendTimeoutError<T>> {
        match tokio::time::timeout(limit, self.reserve()).await {
            Ok(Ok(permit)) => permit
                .send(message)
                .map_err(|NoSubscribers(message)| SendTimeoutError::NoSubscribers(message)),
            Ok(Err(NoSubscribers(()))) => Err(SendTimeoutError::NoSubscribers(message)),
            Err(_) => Err(SendTimeoutError::Elapsed {
                message,
                limit,
                behind: self.shared.behind(),
            }),
        }
    }

    /// Sends to all subscribers if all have room now; returns to how many.
    ///
    /// # Errors
    ///
    /// [`TrySendError`], with the message; nobody got it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::{Fanout, TrySendError};
    /// let fanout = Fanout::new(1);
    /// let _disk = fanout.subscribe("disk");
    /// assert_eq!(fanout.try_send('a').unwrap(), 1);
    /// assert!(matches!(fanout.try_send('b'), Err(TrySendError::Full { message: 'b', .. })));
    /// ```
    pub fn try_send(&self, message: T) -> Result<usize, TrySendError<T>> {
        let entries = self.shared.snapshot();
        let mut places = Vec::with_capacity(entries.len());
        for entry in entries.iter() {
            match entry.queue.clone().try_reserve_owned() {
                Ok(place) => places.push((Arc::clone(entry), place)),
                Err(mpsc::error::TrySendError::Full(_)) => {
                    // The places go back first, or the list would count them.
                    drop(places);
                    return Err(TrySendError::Full {
                        message,
                        behind: self.shared.behind(),
                    });
                }
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        match Permit::new(&self.shared, places) {
            Ok(permit) => permit
                .send(message)
                .map_err(|NoSubscribers(message)| TrySendError::NoSubscribers(message)),
            Err(NoSubscribers(())) => Err(TrySendError::NoSubscribers(message)),
        }
    }
}

impl<T> Clone for Fanout<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> fmt::Debug for Fanout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout")
            .field("capacity", &self.shared.capacity)
            .field("backlogs", &self.backlogs())
            .finish_non_exhaustive()
    }
}
