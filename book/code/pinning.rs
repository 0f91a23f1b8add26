//! Chapter "Pin and Unpin".

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project::pin_project;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

// ANCHOR: borrows_itself
pub async fn greet(mut socket: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    let greeting = [b'.'; 64];
    socket.write_all(&greeting).await
}
// ANCHOR_END: borrows_itself

// ANCHOR: by_hand
/// Measures how long a future took, from its first poll on.
pub struct Timed<F> {
    future: F,
    started: Option<Instant>,
}

impl<F: Future> Timed<F> {
    pub fn new(future: F) -> Self {
        Self {
            future,
            started: None,
        }
    }
}

impl<F: Future> Future for Timed<F> {
    type Output = (F::Output, Duration);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `future` is pinned with `self`: we never move it out of here, `Timed` has no
        // `Drop` that could, and it is `Unpin` only if `F` is. `started` is not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        let started = *this.started.get_or_insert_with(Instant::now);
        // SAFETY: as above; this is the same future in the same place at each poll.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        let output = ready!(future.poll(context));
        Poll::Ready((output, started.elapsed()))
    }
}
// ANCHOR_END: by_hand

// ANCHOR: projected
/// The same, with the two unsafe lines written by a macro that checks them.
#[pin_project]
pub struct TimedSafely<F> {
    #[pin]
    future: F,
    started: Option<Instant>,
}

impl<F: Future> Future for TimedSafely<F> {
    type Output = (F::Output, Duration);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let started = *this.started.get_or_insert_with(Instant::now);
        let output = ready!(this.future.poll(context));
        Poll::Ready((output, started.elapsed()))
    }
}
// ANCHOR_END: projected

#[cfg(test)]
mod tests;
