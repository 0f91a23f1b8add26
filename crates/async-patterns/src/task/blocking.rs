//! Blocking work that can be asked to stop, a bounded number of it at once.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::TaskPanic;
use super::panic::catch;

/// How many blocking closures may run at once. Clones share the limit.
///
/// Answers the trap [`blocking_pool_exhaustion`](https://async-patterns.github.io/book/traps/blocking_pool_exhaustion.html).
///
/// tokio's blocking pool has 512 threads by default, and everything shares it: `tokio::fs`, DNS
/// look-ups, every [`spawn_blocking`](tokio::task::spawn_blocking). Work that takes long fills it, and
/// then a file cannot be opened any more. A limiter for each kind of work (four for compression,
/// sixteen for the database) keeps the rest free. It is passed in, not global, so that two libraries
/// do not share one by accident.
///
/// # Examples
///
/// ```
/// use async_patterns::task::BlockingLimiter;
///
/// let limiter = BlockingLimiter::new(4);
/// assert_eq!((limiter.limit(), limiter.running()), (4, 0));
/// ```
#[derive(Clone)]
pub struct BlockingLimiter {
    limit: usize,
    turns: Arc<Semaphore>,
}

impl BlockingLimiter {
    /// A limiter for `limit` closures at once.
    ///
    /// # Panics
    ///
    /// If `limit` is zero, as nothing would ever run, or above
    /// [`Semaphore::MAX_PERMITS`].
    pub fn new(limit: usize) -> Self {
        let max = Semaphore::MAX_PERMITS;
        assert!(
            (1..=max).contains(&limit),
            "the limit of a BlockingLimiter must be between 1 and {max}, not {limit}"
        );
        Self {
            limit,
            turns: Arc::new(Semaphore::new(limit)),
        }
    }

    /// How many may run at once.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How many hold a place now: closures that run, or that tokio's pool has not come to yet.
    pub fn running(&self) -> usize {
        self.limit - self.turns.available_permits()
    }
}

impl fmt::Debug for BlockingLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingLimiter")
            .field("limit", &self.limit)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}

/// Runs a closure on tokio's blocking pool and hands it a token that says when to stop.
///
/// Answers the traps [`blocking_task_in_join_set`](https://async-patterns.github.io/book/traps/blocking_task_in_join_set.html) and [`blocking_pool_exhaustion`](https://async-patterns.github.io/book/traps/blocking_pool_exhaustion.html).
///
/// A blocking closure that runs cannot be aborted. [`tokio::task::spawn_blocking`] leaves it running,
/// unseen, when nobody waits for it any more; this one cancels the token when the handle is dropped,
/// and the closure looks at it between two pieces of its work.
///
/// The closure waits for its turn at `limiter`, in order, without taking a thread.
///
/// # Where something else is better
///
/// - Work without end (a watcher, an event loop): [`spawn_dedicated`](super::spawn_dedicated). It
///   would take a thread of the pool for good.
/// - CPU work that splits into pieces: rayon. Its pool has a thread for each core, steals work, and
///   is not shared with `tokio::fs`; bring the result back through a
///   [`oneshot`](tokio::sync::oneshot) channel.
/// - Work below some ten microseconds: do it in place; the way to the pool costs more.
///
/// [`CancellationToken::is_cancelled`] takes a lock, so look at it once in a piece of work (some
/// microseconds or more), not once in an iteration of an inner loop.
///
/// # Cancel safety
///
/// Dropping the handle cancels the token. A closure that has not begun will not begin; one that runs
/// goes on until it looks at the token. Its place at the limiter is free when it has really ended.
/// Polling the handle by `&mut` in a `select!` loop and leaving it unfinished loses nothing.
///
/// # Panics
///
/// Outside of a tokio runtime.
///
/// # Examples
///
/// ```
/// use async_patterns::task::{BlockingLimiter, spawn_cancellable_blocking};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let limiter = BlockingLimiter::new(4);
/// let chunks: Vec<Vec<u8>> = vec![vec![1; 1000]; 100];
/// let sum = spawn_cancellable_blocking(&limiter, move |token| {
///     let mut sum = 0_u64;
///     for chunk in &chunks {
///         if token.is_cancelled() {
///             return None;
///         }
///         sum += chunk.iter().map(|&byte| u64::from(byte)).sum::<u64>();
///     }
///     Some(sum)
/// });
/// assert_eq!(sum.await.unwrap(), Some(100_000));
/// # }
/// ```
#[track_caller]
pub fn spawn_cancellable_blocking<F, R>(limiter: &BlockingLimiter, f: F) -> CancellableBlocking<R>
where
    F: FnOnce(CancellationToken) -> R + Send + 'static,
    R: Send + 'static,
{
    let runtime = Handle::current();
    let token = CancellationToken::new();
    let (sender, result) = oneshot::channel();
    let work = {
        let token = token.clone();
        move || catch(|| f(token))
    };
    spawn_limited(&runtime, limiter, token.clone(), work, move |result| {
        // Nobody waits any more: the handle was dropped.
        drop(sender.send(result));
    });
    CancellableBlocking {
        result,
        stop_on_drop: token.drop_guard(),
    }
}

/// Runs `work` on the blocking pool when it has its turn, then gives its place back, then tells
/// `done`. When the token is cancelled before, or the runtime ends, both are dropped instead.
pub(super) fn spawn_limited<R: 'static>(
    runtime: &Handle,
    limiter: &BlockingLimiter,
    token: CancellationToken,
    work: impl FnOnce() -> R + Send + 'static,
    done: impl FnOnce(R) + Send + 'static,
) {
    let still_wanted = token.clone();
    let run = move |turn: OwnedSemaphorePermit| {
        // The pool itself may have had a queue.
        if still_wanted.is_cancelled() {
            return;
        }
        let result = work();
        drop(turn);
        done(result);
    };
    if let Ok(turn) = Arc::clone(&limiter.turns).try_acquire_owned() {
        runtime.spawn_blocking(move || run(turn));
        return;
    }
    let turn = Arc::clone(&limiter.turns).acquire_owned();
    let on = runtime.clone();
    runtime.spawn(async move {
        if let Some(Ok(turn)) = token.run_until_cancelled(turn).await {
            on.spawn_blocking(move || run(turn));
        }
    });
}

/// The handle of [`spawn_cancellable_blocking`]: a future of the closure's value.
///
/// Dropping it asks the closure to stop.
#[must_use = "dropping the handle asks the closure to stop; call `detach` to let it run"]
pub struct CancellableBlocking<R> {
    result: oneshot::Receiver<Result<R, TaskPanic>>,
    stop_on_drop: DropGuard,
}

impl<R> CancellableBlocking<R> {
    /// Asks the closure to stop; await the handle to know when it has.
    pub fn cancel(&self) {
        self.token().cancel();
    }

    /// The closure's token.
    pub fn token(&self) -> &CancellationToken {
        self.stop_on_drop.token()
    }

    /// Lets the closure run to its end with nobody waiting for it. Returns its token.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::{BlockingLimiter, spawn_cancellable_blocking};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (done, told) = tokio::sync::oneshot::channel();
    /// let limiter = BlockingLimiter::new(1);
    /// spawn_cancellable_blocking(&limiter, |token| done.send(token.is_cancelled())).detach();
    /// assert_eq!(told.await, Ok(false));
    /// # }
    /// ```
    pub fn detach(self) -> CancellationToken {
        self.stop_on_drop.disarm()
    }
}

/// # Panics
///
/// When it is polled again after it was ready.
impl<R> Future for CancellableBlocking<R> {
    type Output = Result<R, BlockingError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.result).poll(cx)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => Err(BlockingError::Panicked(panic)),
            Err(_) => Err(BlockingError::NotStarted),
        })
    }
}

impl<R> fmt::Debug for CancellableBlocking<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellableBlocking")
            .field("cancelled", &self.token().is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Why a blocking closure has no value. One that saw its token and returned early *has* a value: what
/// that means is for its type to say.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use async_patterns::task::{BlockingError, BlockingLimiter, spawn_cancellable_blocking};
///
/// let work = spawn_cancellable_blocking(&BlockingLimiter::new(1), |_token| panic!("a bug"));
/// let Err(BlockingError::Panicked(panic)) = work.await else { unreachable!() };
/// assert_eq!(panic.message(), "a bug");
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum BlockingError {
    /// It never ran: its token was cancelled before its turn, or the runtime was shut down.
    NotStarted,
    /// It panicked.
    Panicked(TaskPanic),
}

impl fmt::Display for BlockingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => f.write_str(
                "the blocking closure never ran: it was cancelled, or its runtime was shut down",
            ),
            Self::Panicked(panic) => write!(f, "the blocking closure {panic}"),
        }
    }
}

impl Error for BlockingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotStarted => None,
            Self::Panicked(panic) => Some(panic),
        }
    }
}
