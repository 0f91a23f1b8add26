//! [`ForEachConcurrentThenTry`].

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::FusedFuture;
use futures_util::TryStream;
use futures_util::stream::{FuturesUnordered, StreamExt};
use pin_project::pin_project;

/// Future of [`for_each_concurrent_then_try`](super::ThenTryExt::for_each_concurrent_then_try).
#[pin_project]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ForEachConcurrentThenTry<St: TryStream, Fut, F> {
    /// `None` once it has ended.
    #[pin]
    stream: Option<St>,
    f: F,
    running: FuturesUnordered<Fut>,
    limit: Option<NonZeroUsize>,
    /// `None` once it was returned.
    result: Option<Result<(), St::Error>>,
}

impl<St: TryStream, Fut, F> ForEachConcurrentThenTry<St, Fut, F> {
    #[track_caller]
    pub(super) fn new(stream: St, limit: Option<usize>, f: F) -> Self {
        let limit = limit.map(|limit| {
            NonZeroUsize::new(limit).expect(
                "for_each_concurrent_then_try with a limit of 0 would never start anything; \
                 pass at least 1, or None for no limit",
            )
        });
        Self {
            stream: Some(stream),
            f,
            running: FuturesUnordered::new(),
            limit,
            result: Some(Ok(())),
        }
    }
}

impl<St, Fut, F> Future for ForEachConcurrentThenTry<St, Fut, F>
where
    St: TryStream,
    F: FnMut(St::Ok) -> Fut,
    Fut: Future<Output = Result<(), St::Error>>,
{
    type Output = Result<(), St::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(result) = this.result else {
            return Poll::Pending;
        };
        loop {
            let mut progress = false;

            if this
                .limit
                .is_none_or(|limit| this.running.len() < limit.get())
            {
                if let Some(stream) = this.stream.as_mut().as_pin_mut() {
                    if let Poll::Ready(next) = stream.try_poll_next(cx) {
                        // Whatever it was: the stream has not registered the waker, so it must
                        // be polled again before this future may be pending.
                        progress = true;
                        match next {
                            Some(Ok(item)) => this.running.push((this.f)(item)),
                            Some(Err(error)) => note(result, Err(error)),
                            None => this.stream.set(None),
                        }
                    }
                }
            }

            match this.running.poll_next_unpin(cx) {
                Poll::Ready(Some(outcome)) => {
                    progress = true;
                    note(result, outcome);
                }
                Poll::Ready(None) if this.stream.is_none() => break,
                Poll::Ready(None) | Poll::Pending => {}
            }

            if !progress {
                return Poll::Pending;
            }
        }
        match this.result.take() {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}

/// The first error stays.
fn note<E>(result: &mut Result<(), E>, outcome: Result<(), E>) {
    if result.is_ok() {
        *result = outcome;
    }
}

impl<St, Fut, F> FusedFuture for ForEachConcurrentThenTry<St, Fut, F>
where
    St: TryStream,
    F: FnMut(St::Ok) -> Fut,
    Fut: Future<Output = Result<(), St::Error>>,
{
    fn is_terminated(&self) -> bool {
        self.result.is_none()
    }
}

impl<St: TryStream, Fut, F> fmt::Debug for ForEachConcurrentThenTry<St, Fut, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEachConcurrentThenTry")
            .field("running", &self.running.len())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
