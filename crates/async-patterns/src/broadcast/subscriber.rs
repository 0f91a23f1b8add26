//! The receiving side of a [`Fanout`](super::Fanout).

use std::fmt;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use super::{SubscriberId, Unsubscribed};

/// The receiving side of a [`Fanout`](super::Fanout): gets every message, in the order of all other
/// subscribers.
///
/// As long as it lives and does not read, it holds the senders back once its queue is full. Drop it
/// when it is not needed.
///
/// With the feature `stream` it is a [`Stream`](futures_core::Stream) of the messages; the stream
/// ends when the subscriber is [`Unsubscribed`] and does not say why.
///
/// # Examples
///
/// ```
/// use async_patterns::broadcast::Fanout;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let fanout = Fanout::new(4);
/// let mut subscriber = fanout.subscribe("disk");
/// fanout.send("entry").await.unwrap();
/// assert_eq!(subscriber.recv().await, Ok("entry"));
/// # }
/// ```
pub struct Subscriber<T> {
    id: SubscriberId,
    name: Arc<str>,
    queue: mpsc::Receiver<T>,
    evicted: CancellationToken,
    /// Weak, because the fan-out's end is what closes the queue.
    fanout: Weak<Shared<T>>,
}

impl<T> Subscriber<T> {
    pub(super) fn new(
        id: SubscriberId,
        name: Arc<str>,
        queue: mpsc::Receiver<T>,
        evicted: CancellationToken,
        fanout: Weak<Shared<T>>,
    ) -> Self {
        Self {
            id,
            name,
            queue,
            evicted,
            fanout,
        }
    }

    /// Names this subscriber for [`Fanout::evict`](super::Fanout::evict).
    pub fn id(&self) -> SubscriberId {
        self.id
    }

    /// The name given to [`Fanout::subscribe`](super::Fanout::subscribe).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Messages that wait to be received.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Receives the next message.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a cancelled call has received no message.
    ///
    /// # Errors
    ///
    /// [`Unsubscribed`], after every message that was queued has been received.
    pub async fn recv(&mut self) -> Result<T, Unsubscribed> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Polls for the next message; the polling form of [`recv`](Self::recv).
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Unsubscribed>> {
        self.queue
            .poll_recv(cx)
            .map(|message| message.ok_or_else(|| self.reason()))
    }

    /// Receives a message that is there already; `Ok(None)` if there is none.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::broadcast::Fanout;
    /// let fanout = Fanout::new(4);
    /// let mut subscriber = fanout.subscribe("disk");
    /// assert_eq!(subscriber.try_recv(), Ok(None));
    /// fanout.try_send(1).unwrap();
    /// assert_eq!(subscriber.try_recv(), Ok(Some(1)));
    /// ```
    pub fn try_recv(&mut self) -> Result<Option<T>, Unsubscribed> {
        match self.queue.try_recv() {
            Ok(message) => Ok(Some(message)),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => Err(self.reason()),
        }
    }

    fn reason(&self) -> Unsubscribed {
        if self.evicted.is_cancelled() {
            Unsubscribed::Evicted
        } else {
            Unsubscribed::Closed
        }
    }
}

impl<T> Drop for Subscriber<T> {
    fn drop(&mut self) {
        if let Some(fanout) = self.fanout.upgrade() {
            fanout.remove(self.id);
        }
    }
}

#[cfg(feature = "stream")]
impl<T> futures_core::Stream for Subscriber<T> {
    type Item = T;

    fn poll_next(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_recv(cx).map(Result::ok)
    }
}

impl<T> fmt::Debug for Subscriber<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("queued", &self.len())
            .finish_non_exhaustive()
    }
}
