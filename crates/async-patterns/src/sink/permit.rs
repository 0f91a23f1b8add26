//! [`Permit`].

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use futures_util::{Sink, SinkExt, sink::Flush};

/// Room for one item in a sink, from [`reserve`](super::ReserveExt::reserve) or
/// [`flush_reserve`](super::ReserveExt::flush_reserve).
///
/// Sending takes no time. Dropping the permit sends nothing and leaves the sink as it is: it has
/// still room. A sink that keeps a slot of something shared for its owner (tokio-util's
/// `PollSender`) keeps it until the next item, or until its own means of giving it back are used.
#[must_use = "a permit sends nothing by itself; call `feed` or `send`"]
pub struct Permit<'a, S: ?Sized, Item> {
    sink: &'a mut S,
    item: PhantomData<fn(Item)>,
}

impl<'a, S, Item> Permit<'a, S, Item>
where
    S: Sink<Item> + Unpin + ?Sized,
{
    pub(super) fn new(sink: &'a mut S) -> Self {
        Self {
            sink,
            item: PhantomData,
        }
    }

    /// Hands the item to the sink, which may buffer it until it is flushed.
    ///
    /// # Errors
    ///
    /// Those of [`Sink::start_send`].
    pub fn feed(self, item: Item) -> Result<(), S::Error> {
        Pin::new(self.sink).start_send(item)
    }

    /// Hands the item to the sink, at once, and returns a future that flushes it.
    ///
    /// # Errors
    ///
    /// Those of [`Sink::start_send`]; those of [`Sink::poll_flush`] come from the future.
    ///
    /// # Cancel safety
    ///
    /// The future is cancel safe: the sink has the item already. Dropped, it leaves the
    /// rest of the flush to the next one.
    pub fn send(self, item: Item) -> Result<Flush<'a, S, Item>, S::Error> {
        Pin::new(&mut *self.sink).start_send(item)?;
        Ok(self.sink.flush())
    }
}

impl<S: ?Sized + fmt::Debug, Item> fmt::Debug for Permit<'_, S, Item> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("sink", &self.sink).finish()
    }
}
