//! The futures that wait for room.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::FusedFuture;
use futures_util::Sink;

use super::Permit;

/// Future of [`reserve`](super::ReserveExt::reserve).
///
/// After it has completed it stays pending and says so by [`FusedFuture::is_terminated`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Reserve<'a, S: ?Sized, Item> {
    /// Until it passes to the permit.
    sink: Option<&'a mut S>,
    item: PhantomData<fn(Item)>,
}

impl<'a, S: ?Sized, Item> Reserve<'a, S, Item> {
    pub(super) fn new(sink: &'a mut S) -> Self {
        Self {
            sink: Some(sink),
            item: PhantomData,
        }
    }
}

impl<'a, S, Item> Future for Reserve<'a, S, Item>
where
    S: Sink<Item> + Unpin + ?Sized,
{
    type Output = Result<Permit<'a, S, Item>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(sink) = self.sink.take() else {
            return Poll::Pending;
        };
        match Pin::new(&mut *sink).poll_ready(cx) {
            Poll::Pending => {
                self.sink = Some(sink);
                Poll::Pending
            }
            Poll::Ready(room) => Poll::Ready(room.map(|()| Permit::new(sink))),
        }
    }
}

impl<S, Item> FusedFuture for Reserve<'_, S, Item>
where
    S: Sink<Item> + Unpin + ?Sized,
{
    fn is_terminated(&self) -> bool {
        self.sink.is_none()
    }
}

impl<S: ?Sized + fmt::Debug, Item> fmt::Debug for Reserve<'_, S, Item> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve").field("sink", &self.sink).finish()
    }
}

/// Future of [`flush_reserve`](super::ReserveExt::flush_reserve).
///
/// After it has completed it stays pending and says so by [`FusedFuture::is_terminated`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct FlushReserve<'a, S: ?Sized, Item> {
    reserve: Reserve<'a, S, Item>,
    flushed: bool,
}

impl<'a, S: ?Sized, Item> FlushReserve<'a, S, Item> {
    pub(super) fn new(sink: &'a mut S) -> Self {
        Self {
            reserve: Reserve::new(sink),
            flushed: false,
        }
    }
}

impl<'a, S, Item> Future for FlushReserve<'a, S, Item>
where
    S: Sink<Item> + Unpin + ?Sized,
{
    type Output = Result<Permit<'a, S, Item>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.flushed {
            if let Some(sink) = self.reserve.sink.as_deref_mut() {
                if let Err(error) = ready!(Pin::new(sink).poll_flush(cx)) {
                    self.reserve.sink = None;
                    return Poll::Ready(Err(error));
                }
                self.flushed = true;
            }
        }
        Pin::new(&mut self.reserve).poll(cx)
    }
}

impl<S, Item> FusedFuture for FlushReserve<'_, S, Item>
where
    S: Sink<Item> + Unpin + ?Sized,
{
    fn is_terminated(&self) -> bool {
        self.reserve.is_terminated()
    }
}

impl<S: ?Sized + fmt::Debug, Item> fmt::Debug for FlushReserve<'_, S, Item> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlushReserve")
            .field("sink", &self.reserve.sink)
            .field("flushed", &self.flushed)
            .finish()
    }
}
