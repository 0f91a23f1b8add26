//! [`ThenTryExt`].

use futures_util::TryStream;

use super::{CollectThenTry, ForEachConcurrentThenTry};

/// Adapters for streams of results that go on to the end and report the first error then.
///
/// futures' `try_` adapters stop at the first error, and what was under way is dropped where it
/// stands: a file that was not flushed, a request that the server has begun to serve. For all
/// errors instead of the first, collect the results themselves with futures' `collect`.
pub trait ThenTryExt: TryStream {
    /// Collects the successful items of the whole stream; if there was an error, returns the
    /// first one instead.
    ///
    /// futures' `try_collect` leaves the rest of the stream unpolled at the first error.
    ///
    /// # Errors
    ///
    /// The first one of the stream, after its last item.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was collected is lost with the future. To keep it, iterate over
    /// `&mut stream`.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::stream::ThenTryExt;
    /// use futures::stream;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let results = [Ok(1), Err("two"), Ok(3), Err("four")];
    /// let mut seen = 0;
    /// let counted = stream::iter(results.into_iter().inspect(|_| seen += 1));
    ///
    /// let collected: Result<Vec<i32>, _> = counted.collect_then_try().await;
    /// assert_eq!(collected, Err("two"));
    /// assert_eq!(seen, 4);
    /// # }
    /// ```
    fn collect_then_try<C>(self) -> CollectThenTry<Self, C>
    where
        C: Default + Extend<Self::Ok>,
        Self: Sized,
    {
        CollectThenTry::new(self)
    }

    /// Runs `f` on every successful item, at most `limit` at a time, and returns the
    /// first error, of the stream or of an `f`, when all is done.
    ///
    /// futures' `try_for_each_concurrent` drops the ones under way at the first error.
    ///
    /// The futures run inside this one, on one thread. `None` is no limit.
    ///
    /// # Errors
    ///
    /// The first to occur.
    ///
    /// # Panics
    ///
    /// When `limit` is 0, which could never start anything.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: the futures under way are dropped with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::stream::ThenTryExt;
    /// use futures::stream;
    /// use std::cell::Cell;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let finished = Cell::new(0);
    /// let result = stream::iter([Ok(1), Ok(2), Ok(3)])
    ///     .for_each_concurrent_then_try(2, async |n| {
    ///         if n == 1 {
    ///             return Err("one");
    ///         }
    ///         tokio::task::yield_now().await;
    ///         finished.set(finished.get() + 1);
    ///         Ok(())
    ///     })
    ///     .await;
    /// assert_eq!(result, Err("one"));
    /// assert_eq!(finished.get(), 2);
    /// # }
    /// ```
    #[track_caller]
    fn for_each_concurrent_then_try<Fut, F>(
        self,
        limit: impl Into<Option<usize>>,
        f: F,
    ) -> ForEachConcurrentThenTry<Self, Fut, F>
    where
        F: FnMut(Self::Ok) -> Fut,
        Fut: Future<Output = Result<(), Self::Error>>,
        Self: Sized,
    {
        ForEachConcurrentThenTry::new(self, limit.into(), f)
    }
}

impl<S: TryStream + ?Sized> ThenTryExt for S {}
