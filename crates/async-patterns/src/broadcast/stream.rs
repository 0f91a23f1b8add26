//! A [`LagAware`] receiver as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use tokio::sync::broadcast;
use tokio_util::sync::ReusableBoxFuture;

use super::{Event, LagAware, RecvError};

type Received<T> = (
    Result<Event<T>, RecvError>,
    LagAware<broadcast::Receiver<T>>,
);

/// The stream of [`LagAware::into_stream`].
///
/// It ends when the channel is closed. Under [`LagPolicy::Fail`](super::LagPolicy::Fail) its last
/// item is the error.
#[must_use = "streams do nothing unless polled"]
pub struct LagAwareStream<T> {
    receiving: ReusableBoxFuture<'static, Received<T>>,
    ended: bool,
}

async fn receive<T: Clone>(mut receiver: LagAware<broadcast::Receiver<T>>) -> Received<T> {
    let event = receiver.recv().await;
    (event, receiver)
}

impl<T: Clone + Send + 'static> LagAware<broadcast::Receiver<T>> {
    /// Turns the receiver into a stream of events. Allocates once, here.
    ///
    /// # Cancel safety
    ///
    /// Dropping a `next()` of the stream loses nothing. A hook of
    /// [`LagPolicy::Resync`](super::LagPolicy::Resync) that has begun stays in the stream and goes on
    /// when the stream is polled again; so keep polling, as for any stream that holds a future.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::broadcast::{Event, LagAware};
    /// use futures::StreamExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (tx, rx) = tokio::sync::broadcast::channel(2);
    /// let stream = LagAware::new(rx).into_stream();
    /// for n in 1..=3 {
    ///     tx.send(n).unwrap();
    /// }
    /// drop(tx);
    /// let events: Vec<_> = stream.map(Result::unwrap).collect().await;
    /// assert_eq!(
    ///     events,
    ///     [Event::Lagged { skipped: 1, total: 1 }, Event::Message(2), Event::Message(3)]
    /// );
    /// # }
    /// ```
    pub fn into_stream(self) -> LagAwareStream<T> {
        LagAwareStream {
            receiving: ReusableBoxFuture::new(receive(self)),
            ended: false,
        }
    }
}

impl<T: Clone + Send + 'static> Stream for LagAwareStream<T> {
    type Item = Result<Event<T>, RecvError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let (event, receiver) = ready!(self.receiving.poll(cx));
        if event.is_err() {
            // No error is followed by another message, so the receiver is not asked again.
            self.ended = true;
        } else {
            self.receiving.set(receive(receiver));
        }
        Poll::Ready(match event {
            Err(RecvError::Closed) => None,
            event => Some(event),
        })
    }
}

impl<T: Clone + Send + 'static> FusedStream for LagAwareStream<T> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<T> fmt::Debug for LagAwareStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LagAwareStream")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
