//! [`SpawnBufferedExt`].

use std::fmt;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::FusedStream;
use futures_core::Stream;
use pin_project::pin_project;
use tokio::task::{JoinError, JoinSet};
use tokio_util::task::JoinQueue;

/// Adds [`spawn_buffered`](Self::spawn_buffered) and
/// [`spawn_buffered_unordered`](Self::spawn_buffered_unordered) to streams of futures.
///
/// Answers the traps [`buffered_stream_stall`](https://async-patterns.github.io/book/traps/buffered_stream_stall.html) and [`no_parallelism_without_spawn`](https://async-patterns.github.io/book/traps/no_parallelism_without_spawn.html).
///
/// futures' `buffered(n)` keeps its futures inside the stream, so they run only while someone
/// polls the stream. While the consumer awaits something else, between two items, all n stand
/// still: timers in them fire late, connections time out, and a lock that one of them holds stays
/// held, which the consumer may be waiting for. Here each future is a task of its own.
///
/// # When `buffered` is enough
///
/// When the consumer is quick or synchronous; when the futures are not `Send + 'static`; when they
/// must not outlive a `select!` branch by even one poll.
pub trait SpawnBufferedExt: Stream {
    /// Runs up to `n` of the stream's futures as tasks, and yields their outputs in the order of
    /// the stream.
    ///
    /// At most `n` tasks exist at a time, running or done and not yet taken: that is the bound on
    /// memory and on what a consumer that stops is behind by. A task is spawned when the stream is
    /// polled and there is room; when an item is handed out, its room is used at once, so that all
    /// `n` are at work while the consumer looks at the item.
    ///
    /// Dropping the stream aborts all its tasks. (An abort takes effect at a task's next `await`.)
    ///
    /// # Panics
    ///
    /// At once when `n` is 0, which could never run anything. When polled: outside of a tokio
    /// runtime; with the panic of a task, when that task's turn comes; and when the runtime that
    /// runs the tasks has shut down before them.
    ///
    /// # Cancel safety
    ///
    /// `next()` on it is cancel safe: outputs stay in the stream until they are yielded, and
    /// tasks go on.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::stream::SpawnBufferedExt;
    /// use futures::{StreamExt, stream};
    /// use tokio::time::{Duration, Instant, sleep};
    ///
    /// async fn fetch(n: u32) -> u32 {
    ///     for _ in 0..10 {
    ///         sleep(Duration::from_millis(10)).await;
    ///     }
    ///     n
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let start = Instant::now();
    /// let mut pages = stream::iter(0..8).map(fetch).spawn_buffered(4);
    /// while let Some(page) = pages.next().await {
    ///     sleep(Duration::from_millis(100)).await; // Slow: a database, say.
    /// }
    /// // 100 ms for the first, and from then on the consumer sets the pace.
    /// assert!(start.elapsed() < Duration::from_millis(1000));
    /// # }
    /// ```
    #[track_caller]
    fn spawn_buffered<T>(self, n: usize) -> SpawnBuffered<Self, JoinQueue<T>>
    where
        Self: Sized,
        Self::Item: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        SpawnBuffered::new(self, n)
    }

    /// [`spawn_buffered`](Self::spawn_buffered) that yields outputs in the order in which they are
    /// done.
    ///
    /// # Panics
    ///
    /// As [`spawn_buffered`](Self::spawn_buffered).
    ///
    /// # Cancel safety
    ///
    /// As [`spawn_buffered`](Self::spawn_buffered).
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::stream::SpawnBufferedExt;
    /// use futures::{StreamExt, stream};
    /// use tokio::time::{Duration, sleep};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let naps = stream::iter([30, 10, 20]).map(|ms| async move {
    ///     sleep(Duration::from_millis(ms)).await;
    ///     ms
    /// });
    /// let order: Vec<u64> = naps.spawn_buffered_unordered(3).collect().await;
    /// assert_eq!(order, [10, 20, 30]);
    /// # }
    /// ```
    #[track_caller]
    fn spawn_buffered_unordered<T>(self, n: usize) -> SpawnBuffered<Self, JoinSet<T>>
    where
        Self: Sized,
        Self::Item: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        SpawnBuffered::new(self, n)
    }
}

impl<S: Stream + ?Sized> SpawnBufferedExt for S {}

/// Stream of [`spawn_buffered`](SpawnBufferedExt::spawn_buffered) (over [`JoinQueue`]) and
/// [`spawn_buffered_unordered`](SpawnBufferedExt::spawn_buffered_unordered) (over [`JoinSet`]).
#[pin_project]
#[must_use = "streams do nothing unless polled"]
pub struct SpawnBuffered<St, Q> {
    /// `None` once it has ended.
    #[pin]
    source: Option<St>,
    tasks: Q,
    limit: NonZeroUsize,
}

impl<St, Q: TaskQueue> SpawnBuffered<St, Q> {
    #[track_caller]
    fn new(source: St, n: usize) -> Self {
        let limit = NonZeroUsize::new(n).expect(
            "spawn_buffered with room for 0 tasks would never run anything; pass at least 1",
        );
        Self {
            source: Some(source),
            tasks: Q::default(),
            limit,
        }
    }

    /// How many tasks there are, running or done and not yet taken.
    pub fn in_flight(&self) -> usize {
        self.tasks.len()
    }
}

impl<St, Q> SpawnBuffered<St, Q>
where
    St: Stream,
    St::Item: Future<Output = Q::Output> + Send + 'static,
    Q: TaskQueue,
{
    /// Spawns until there is no room, or nothing to spawn for now.
    fn fill(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        while this.tasks.len() < this.limit.get() {
            let Some(source) = this.source.as_mut().as_pin_mut() else {
                return;
            };
            match source.poll_next(cx) {
                Poll::Ready(Some(future)) => this.tasks.spawn_task(future),
                Poll::Ready(None) => this.source.set(None),
                Poll::Pending => return,
            }
        }
    }
}

impl<St, Q> Stream for SpawnBuffered<St, Q>
where
    St: Stream,
    St::Item: Future<Output = Q::Output> + Send + 'static,
    Q: TaskQueue,
{
    type Item = Q::Output;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Q::Output>> {
        self.as_mut().fill(cx);
        match self.as_mut().project().tasks.poll_next_output(cx) {
            Poll::Ready(Some(Ok(output))) => {
                // The consumer may be away for long: the room that has just become free works
                // meanwhile.
                self.fill(cx);
                Poll::Ready(Some(output))
            }
            Poll::Ready(Some(Err(error))) if error.is_panic() => resume_unwind(error.into_panic()),
            // We abort only when we are dropped, so it was the runtime.
            Poll::Ready(Some(Err(_))) => panic!(
                "a task of spawn_buffered was cancelled because its runtime has shut down; \
                 drop the stream before the runtime"
            ),
            Poll::Ready(None) if self.source.is_none() => Poll::Ready(None),
            // No task, but the source is not at its end: it has the waker.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let queued = self.tasks.len();
        let (low, high) = self.source.as_ref().map_or((0, Some(0)), Stream::size_hint);
        (
            low.saturating_add(queued),
            high.and_then(|high| high.checked_add(queued)),
        )
    }
}

impl<St, Q> FusedStream for SpawnBuffered<St, Q>
where
    St: Stream,
    St::Item: Future<Output = Q::Output> + Send + 'static,
    Q: TaskQueue,
{
    fn is_terminated(&self) -> bool {
        self.source.is_none() && self.tasks.len() == 0
    }
}

impl<St, Q: TaskQueue> fmt::Debug for SpawnBuffered<St, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpawnBuffered")
            .field("in_flight", &self.tasks.len())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// The order in which tasks are joined: [`JoinQueue`] or [`JoinSet`]. Sealed.
pub trait TaskQueue: sealed::Tasks {}

impl<T: Send + 'static> TaskQueue for JoinQueue<T> {}
impl<T: Send + 'static> TaskQueue for JoinSet<T> {}

mod sealed {
    use super::{Context, JoinError, JoinQueue, JoinSet, Poll};

    /// What `SpawnBuffered` needs of a collection of tasks that aborts them when it is dropped.
    pub trait Tasks: Default {
        type Output: Send + 'static;

        fn len(&self) -> usize;
        fn spawn_task(&mut self, task: impl Future<Output = Self::Output> + Send + 'static);
        fn poll_next_output(
            &mut self,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Self::Output, JoinError>>>;
    }

    impl<T: Send + 'static> Tasks for JoinQueue<T> {
        type Output = T;

        fn len(&self) -> usize {
            self.len()
        }

        fn spawn_task(&mut self, task: impl Future<Output = T> + Send + 'static) {
            self.spawn(task);
        }

        fn poll_next_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
            self.poll_join_next(cx)
        }
    }

    impl<T: Send + 'static> Tasks for JoinSet<T> {
        type Output = T;

        fn len(&self) -> usize {
            self.len()
        }

        fn spawn_task(&mut self, task: impl Future<Output = T> + Send + 'static) {
            self.spawn(task);
        }

        fn poll_next_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
            self.poll_join_next(cx)
        }
    }
}
