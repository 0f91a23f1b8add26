//! [`join_all_then_try`].

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::TryFuture;
use futures_util::future::{IntoFuture, JoinAll, TryFutureExt, join_all};
use pin_project::pin_project;

/// Runs all futures to their end and returns their values in order, or the error of the first
/// one in the list that failed.
///
/// futures' `try_join_all` drops the others at the first error. Here an error cancels nobody.
/// For all errors, use futures' [`join_all`] and look at the results; for two or three futures of
/// different types, [`join_then_try!`](crate::join_then_try).
///
/// The futures run on one thread, inside this one, and like [`join_all`] it polls only those that
/// were woken once there are many.
///
/// # Errors
///
/// That of the first one in the list that failed, after all have ended.
///
/// # Cancel safety
///
/// Not cancel safe: the futures are dropped with it, and so are the results of those that were
/// done.
///
/// # Examples
///
/// ```
/// use async_patterns::stream::join_all_then_try;
/// use std::cell::Cell;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let finished = Cell::new(0);
/// let work = async |n: u32| {
///     for _ in 0..n {
///         tokio::task::yield_now().await;
///     }
///     finished.set(finished.get() + 1);
///     if n == 1 { Err("one") } else { Ok(n) }
/// };
/// let result = join_all_then_try([work(2), work(1), work(3)]).await;
/// assert_eq!(result, Err("one"));
/// assert_eq!(finished.get(), 3);
/// # }
/// ```
pub fn join_all_then_try<I>(futures: I) -> JoinAllThenTry<I::Item>
where
    I: IntoIterator,
    I::Item: TryFuture,
{
    JoinAllThenTry {
        all: join_all(futures.into_iter().map(TryFutureExt::into_future)),
    }
}

/// Future of [`join_all_then_try`].
#[pin_project]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct JoinAllThenTry<F: TryFuture> {
    #[pin]
    all: JoinAll<IntoFuture<F>>,
}

impl<F: TryFuture> Future for JoinAllThenTry<F> {
    type Output = Result<Vec<F::Ok>, F::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project()
            .all
            .poll(cx)
            .map(|results| results.into_iter().collect())
    }
}

impl<F: TryFuture> FromIterator<F> for JoinAllThenTry<F> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        join_all_then_try(futures)
    }
}

impl<F: TryFuture> fmt::Debug for JoinAllThenTry<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAllThenTry").finish_non_exhaustive()
    }
}
