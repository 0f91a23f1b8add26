//! What the handles of a fan-out share: the subscribers and their queues.
//!
//! The invariants are those of `fanout.rs`.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(super) struct Shared<T> {
    pub(super) capacity: usize,
    next_id: AtomicU64,
    /// In the order of the ids (invariant 3). Replaced as a whole, so that a sender takes a snapshot
    /// with one reference count.
    entries: Mutex<Arc<Vec<Arc<Entry<T>>>>>,
    /// Held while the places of one message are filled (invariant 2).
    commit: Mutex<()>,
}

pub(super) struct Entry<T> {
    pub(super) id: SubscriberId,
    pub(super) name: Arc<str>,
    pub(super) queue: mpsc::Sender<T>,
    pub(super) evicted: CancellationToken,
}

/// Names a [`Subscriber`](super::Subscriber) of a [`Fanout`](super::Fanout); never used twice by the same fan-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(u64);

/// How far a subscriber is behind.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::Fanout;
///
/// let fanout = Fanout::new(4);
/// let _reader = fanout.subscribe("reader");
/// fanout.try_send(1).unwrap();
/// let backlog = &fanout.backlogs()[0];
/// assert_eq!((&*backlog.name, backlog.queued, backlog.capacity), ("reader", 1, 4));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backlog {
    /// The subscriber.
    pub id: SubscriberId,
    /// Its name.
    pub name: Arc<str>,
    /// Messages that wait in its queue, and places reserved there.
    pub queued: usize,
    /// Messages that its queue can hold.
    pub capacity: usize,
}

impl Backlog {
    fn is_full(&self) -> bool {
        self.queued >= self.capacity
    }
}

impl fmt::Display for Backlog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` ({} of {} queued)",
            self.name, self.queued, self.capacity
        )
    }
}

impl<T> Shared<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            next_id: AtomicU64::new(0),
            entries: Mutex::default(),
            commit: Mutex::new(()),
        }
    }

    /// Adds a subscriber, and returns the receiving end of its queue with it.
    pub(super) fn add(&self, name: Arc<str>) -> (Arc<Entry<T>>, mpsc::Receiver<T>) {
        let (queue, receiver) = mpsc::channel(self.capacity);
        let mut entries = self.entries();
        // Under the lock, so that the list stays in the order of the ids.
        let id = SubscriberId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let entry = Arc::new(Entry {
            id,
            name,
            queue,
            evicted: CancellationToken::new(),
        });
        let all = entries.iter().cloned().chain([Arc::clone(&entry)]);
        *entries = Arc::new(all.collect());
        (entry, receiver)
    }

    /// Keeps other messages out while the places of one are filled.
    pub(super) fn commit(&self) -> MutexGuard<'_, ()> {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entries(&self) -> MutexGuard<'_, Arc<Vec<Arc<Entry<T>>>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self) -> Arc<Vec<Arc<Entry<T>>>> {
        Arc::clone(&self.entries())
    }

    pub(super) fn remove(&self, id: SubscriberId) -> bool {
        let mut entries = self.entries();
        let Some(entry) = entries.iter().find(|entry| entry.id == id).cloned() else {
            return false;
        };
        *entries = Arc::new(
            entries
                .iter()
                .filter(|entry| entry.id != id)
                .cloned()
                .collect(),
        );
        drop(entries);
        entry.evicted.cancel();
        true
    }

    pub(super) fn backlogs(&self) -> Vec<Backlog> {
        let entries = self.snapshot();
        entries.iter().map(|entry| entry.backlog()).collect()
    }

    /// The subscribers without room, for an error.
    pub(super) fn behind(&self) -> Vec<Backlog> {
        self.backlogs()
            .into_iter()
            .filter(Backlog::is_full)
            .collect()
    }
}

impl<T> Entry<T> {
    fn backlog(&self) -> Backlog {
        let capacity = self.queue.max_capacity();
        Backlog {
            id: self.id,
            name: Arc::clone(&self.name),
            queued: capacity - self.queue.capacity(),
            capacity,
        }
    }

    /// A place in the queue, or `None` when the subscriber is gone (invariant 4).
    pub(super) async fn reserve(&self) -> Option<mpsc::OwnedPermit<T>> {
        let place = self.queue.clone().reserve_owned();
        self.evicted.run_until_cancelled(place).await?.ok()
    }
}
