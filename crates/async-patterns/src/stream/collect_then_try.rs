//! [`CollectThenTry`].

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::FusedFuture;
use futures_util::TryStream;
use pin_project::pin_project;

/// Future of [`collect_then_try`](super::ThenTryExt::collect_then_try).
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct CollectThenTry<St: TryStream, C> {
    #[pin]
    stream: St,
    /// `None` once it was returned.
    collected: Option<Result<C, St::Error>>,
}

impl<St: TryStream, C: Default> CollectThenTry<St, C> {
    pub(super) fn new(stream: St) -> Self {
        Self {
            stream,
            collected: Some(Ok(C::default())),
        }
    }
}

impl<St, C> Future for CollectThenTry<St, C>
where
    St: TryStream,
    C: Extend<St::Ok>,
{
    type Output = Result<C, St::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(collected) = this.collected else {
            return Poll::Pending;
        };
        while let Some(result) = ready!(this.stream.as_mut().try_poll_next(cx)) {
            match (&mut *collected, result) {
                (Ok(items), Ok(item)) => items.extend([item]),
                // What was collected so far will not be asked for.
                (Ok(_), Err(error)) => *collected = Err(error),
                (Err(_), _) => {}
            }
        }
        match this.collected.take() {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}

impl<St, C> FusedFuture for CollectThenTry<St, C>
where
    St: TryStream,
    C: Extend<St::Ok>,
{
    fn is_terminated(&self) -> bool {
        self.collected.is_none()
    }
}
