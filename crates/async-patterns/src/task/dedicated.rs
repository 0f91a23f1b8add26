//! A thread of its own for blocking work without end.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::TaskPanic;
use super::panic::catch;

/// Runs a closure on a new std thread with this name and hands it a token that says when to stop.
///
/// Answers the trap [`unending_spawn_blocking`](https://async-patterns.github.io/book/traps/unending_spawn_blocking.html).
///
/// For what never ends by itself: a file watcher, a signal loop, the event loop of a synchronous
/// library. On tokio's blocking pool it would hold a thread that others wait for, and
/// [`Runtime::drop`](tokio::runtime::Runtime) would wait for it for ever.
///
/// The closure must look at its token: use receive calls with a timeout, or wake it when
/// `token.cancelled()` completes elsewhere. (For work that ends, see
/// [`spawn_cancellable_blocking`](super::spawn_cancellable_blocking).) Inside a scope use
/// [`TaskScope::spawn_dedicated`](super::TaskScope::spawn_dedicated): the thread is then joined at
/// shutdown and stands in the report.
///
/// # Cancel safety
///
/// Dropping the handle cancels the token and does not wait; the thread goes on until it looks at the
/// token. Polling the handle by `&mut` in a `select!` loop and leaving it unfinished loses nothing.
///
/// # Errors
///
/// The system's, when it cannot make a thread; or when the name contains a NUL byte.
///
/// # Examples
///
/// ```
/// use async_patterns::task::spawn_dedicated;
/// use std::sync::mpsc;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (events, source) = mpsc::channel();
/// let watcher = spawn_dedicated("watcher", move |token| {
///     let mut seen = 0;
///     while !token.is_cancelled() {
///         match source.recv_timeout(Duration::from_millis(10)) {
///             Ok(()) => seen += 1,
///             Err(mpsc::RecvTimeoutError::Timeout) => {}
///             Err(mpsc::RecvTimeoutError::Disconnected) => break,
///         }
///     }
///     seen
/// })?;
/// events.send(()).unwrap();
/// drop(events);
/// assert_eq!(watcher.await.unwrap(), 1);
/// # Ok(())
/// # }
/// ```
pub fn spawn_dedicated<F, R>(name: impl Into<String>, f: F) -> io::Result<DedicatedThread<R>>
where
    F: FnOnce(CancellationToken) -> R + Send + 'static,
    R: Send + 'static,
{
    let token = CancellationToken::new();
    let (sender, result) = oneshot::channel();
    let work = {
        let token = token.clone();
        move || {
            // Nobody waits any more: the handle was dropped.
            drop(sender.send(catch(|| f(token))));
        }
    };
    let thread = spawn_named(name.into(), work)?;
    Ok(DedicatedThread {
        result,
        thread,
        stop_on_drop: token.drop_guard(),
    })
}

/// [`thread::Builder::spawn`], which panics on a NUL byte in the name, without that panic.
pub(super) fn spawn_named(
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<thread::JoinHandle<()>> {
    if name.contains('\0') {
        let text = format!("the thread name {name:?} contains a NUL byte; leave it out");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    thread::Builder::new().name(name).spawn(work)
}

/// The handle of [`spawn_dedicated`]: a future of the closure's value, or of its panic.
///
/// The future is ready when the closure has returned; [`blocking_join`](Self::blocking_join) waits
/// until the system's thread has ended too, with its thread-local destructors. Dropping the handle
/// asks the closure to stop.
#[must_use = "dropping the handle asks the thread to stop; call `detach` to let it run"]
pub struct DedicatedThread<R> {
    result: oneshot::Receiver<Result<R, TaskPanic>>,
    thread: thread::JoinHandle<()>,
    stop_on_drop: DropGuard,
}

impl<R> DedicatedThread<R> {
    /// The thread's name.
    pub fn name(&self) -> &str {
        self.thread.thread().name().unwrap_or_default()
    }

    /// The closure's token.
    pub fn token(&self) -> &CancellationToken {
        self.stop_on_drop.token()
    }

    /// Asks the closure to stop; await the handle to know when it has.
    pub fn cancel(&self) {
        self.token().cancel();
    }

    /// Whether the system's thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Lets the thread run with nobody waiting for it. Returns its token.
    pub fn detach(self) -> CancellationToken {
        self.stop_on_drop.disarm()
    }

    /// Asks the closure to stop and blocks this thread until the other has ended.
    ///
    /// For synchronous code. It waits as long as the closure takes; in async code await the handle,
    /// under a timeout if need be.
    ///
    /// # Errors
    ///
    /// The closure's panic.
    ///
    /// # Panics
    ///
    /// When the handle was awaited before and its value taken.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::spawn_dedicated;
    /// # use std::time::Duration;
    /// let ticker = spawn_dedicated("ticker", |token| {
    ///     while !token.is_cancelled() {
    ///         std::thread::sleep(Duration::from_millis(1));
    ///     }
    ///     "stopped"
    /// })?;
    /// assert_eq!(ticker.blocking_join().unwrap(), "stopped");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn blocking_join(mut self) -> Result<R, TaskPanic> {
        self.cancel();
        // The closure's panic was caught; this one is from a thread-local's destructor.
        self.thread.join().map_err(TaskPanic::new)?;
        self.result
            .try_recv()
            .expect("the value was taken by an await of this handle")
    }
}

/// # Panics
///
/// When it is polled again after it was ready.
impl<R> Future for DedicatedThread<R> {
    type Output = Result<R, TaskPanic>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.result)
            .poll(cx)
            .map(|result| result.expect("a thread sends its result before it ends"))
    }
}

impl<R> fmt::Debug for DedicatedThread<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DedicatedThread")
            .field("name", &self.name())
            .field("cancelled", &self.token().is_cancelled())
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
