//! A place for one message in the queue of every subscriber.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::NoSubscribers;
use super::shared::{Entry, Shared};

pub(super) type Place<T> = (Arc<Entry<T>>, mpsc::OwnedPermit<T>);

/// A place in the queue of every subscriber, from [`Fanout::reserve`](super::Fanout::reserve). Dropping it gives the places
/// back.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::broadcast::Fanout;
///
/// let fanout = Fanout::new(1);
/// let mut reader = fanout.subscribe("reader");
/// let permit = fanout.reserve().await.unwrap(); // may be cancelled, and nothing is lost
/// assert_eq!(permit.send("made only now"), Ok(1));
/// assert_eq!(reader.recv().await, Ok("made only now"));
/// # }
/// ```
#[must_use = "a permit holds a place in every queue until it is used or dropped"]
pub struct Permit<T> {
    shared: Arc<Shared<T>>,
    /// Never empty.
    places: Vec<Place<T>>,
}

impl<T> Permit<T> {
    pub(super) fn new(
        shared: &Arc<Shared<T>>,
        places: Vec<Place<T>>,
    ) -> Result<Self, NoSubscribers<()>> {
        if places.is_empty() {
            return Err(NoSubscribers(()));
        }
        Ok(Self {
            shared: Arc::clone(shared),
            places,
        })
    }
}

impl<T: Clone> Permit<T> {
    /// Sends to every subscriber without waiting; returns to how many.
    ///
    /// # Errors
    ///
    /// [`NoSubscribers`] with the message when everybody the permit was made for is gone.
    ///
    /// # Panics
    ///
    /// Only if the message's `clone` does; then nobody has got the message.
    pub fn send(self, message: T) -> Result<usize, NoSubscribers<T>> {
        let mut places = self.places;
        // Whoever is gone by now would let the message vanish in a queue that nobody reads.
        places.retain(|(entry, _)| !entry.queue.is_closed());
        let Some((_, last)) = places.pop() else {
            return Err(NoSubscribers(message));
        };
        let delivered = places.len() + 1;
        // All clones are made before the first is sent: a panic in `clone` must not leave the
        // message half delivered, and foreign code must not run under the lock.
        let clones: Vec<T> = places.iter().map(|_| message.clone()).collect();
        let _commit = self.shared.commit();
        for ((_, place), clone) in places.into_iter().zip(clones) {
            place.send(clone);
        }
        last.send(message);
        Ok(delivered)
    }
}

impl<T> fmt::Debug for Permit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.places.iter().map(|(entry, _)| &*entry.name).collect();
        f.debug_struct("Permit")
            .field("subscribers", &names)
            .finish_non_exhaustive()
    }
}
