//! Futures that run to completion though their caller is cancelled.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
// Not behind the loom seam: statistics, ordered by the tracker's own wait.
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// Runs `future` to completion, even when the caller is cancelled.
///
/// Answers the trap [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
///
/// The future is moved into a task of its own at once, also if the handle is never polled. The
/// handle gives its result, or carries on its panic. Dropping the handle detaches the task.
///
/// Use it for the part of an operation that must not be torn apart: the second write of two, a
/// commit, the answer to a request that was already taken out of its queue. Nothing waits for
/// the task at shutdown; for that, use a [`ShieldRegistry`]. Task-locals of the caller are not
/// visible in the task.
///
/// This is `tokio::spawn` plus two lines; where a `Result` with a `JoinError` is wanted, call
/// that. For the opposite, a task that is aborted with its handle, there is
/// [`AbortOnDropHandle`](tokio_util::task::AbortOnDropHandle).
///
/// # Cancel safety
///
/// Dropping the handle at any point does not stop the future and loses only its result.
///
/// # Panics
///
/// When called outside of a tokio runtime.
///
/// # Examples
///
/// ```
/// use async_patterns::cancel::shield;
/// use tokio::time::{Duration, sleep, timeout};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let (done, saved) = tokio::sync::oneshot::channel();
/// let save = async {
///     sleep(Duration::from_secs(5)).await;
///     done.send("saved").unwrap();
/// };
///
/// timeout(Duration::from_secs(1), shield(save)).await.unwrap_err();
/// assert_eq!(saved.await, Ok("saved"));
/// # }
/// ```
pub fn shield<F>(future: F) -> Shield<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Shield(tokio::spawn(future))
}

/// The handle of a shielded future. Made by [`shield`] and [`ShieldRegistry::shield`].
///
/// # Panics
///
/// Awaiting it panics with the panic of the future inside, and when the runtime it ran on was
/// shut down before it completed.
#[must_use = "the future runs, but its result and its panic are lost unless this is awaited"]
#[derive(Debug)]
pub struct Shield<T>(JoinHandle<T>);

impl<T> Shield<T> {
    /// Whether the future inside has ended.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> Future for Shield<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Poll::Ready(
            ready!(Pin::new(&mut self.0).poll(cx)).unwrap_or_else(|error| {
                // Nobody else has a handle to abort it with.
                assert!(
                    error.is_panic(),
                    "the runtime was shut down before a shielded future completed",
                );
                resume_unwind(error.into_panic())
            }),
        )
    }
}

/// Shielded futures that can be waited for at shutdown.
///
/// Clones share one registry.
///
/// # Examples
///
/// ```
/// use async_patterns::cancel::ShieldRegistry;
/// use tokio::time::{Duration, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let shields = ShieldRegistry::new();
/// drop(shields.shield(sleep(Duration::from_secs(5)))); // The caller has gone.
///
/// let summary = shields.shutdown(Duration::from_secs(30)).await;
/// assert_eq!(summary.finished, 1);
/// assert!(summary.is_clean());
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ShieldRegistry {
    tasks: TaskTracker,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    finished: AtomicU64,
    panicked: AtomicU64,
    lost: AtomicU64,
}

/// How the shielded futures of a registry ended.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::cancel::ShieldRegistry;
/// use std::time::Duration;
///
/// let shields = ShieldRegistry::new();
/// drop(shields.shield(tokio::time::sleep(Duration::from_secs(1))));
/// assert_eq!(shields.summary().still_running, 1);
/// let summary = shields.shutdown(Duration::from_secs(5)).await;
/// assert_eq!(summary.finished, 1);
/// assert!(summary.is_clean());
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ShieldSummary {
    /// Ran to completion.
    pub finished: u64,
    /// Panicked. The panic went to the caller if it was still there.
    pub panicked: u64,
    /// Dropped by the shutdown of their runtime.
    pub lost: u64,
    /// Still running.
    pub still_running: u64,
}

impl ShieldSummary {
    /// Whether all of them ran to completion.
    pub fn is_clean(&self) -> bool {
        self.panicked == 0 && self.lost == 0 && self.still_running == 0
    }
}

impl ShieldRegistry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// [`shield`](fn@shield)s a future and keeps track of it.
    ///
    /// # Cancel safety
    ///
    /// As for [`shield`](fn@shield).
    ///
    /// # Panics
    ///
    /// When called outside of a tokio runtime.
    pub fn shield<F>(&self, future: F) -> Shield<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let mut entry = Entry {
            tally: Arc::clone(&self.tally),
            finished: false,
        };
        Shield(self.tasks.spawn(async move {
            let output = future.await;
            entry.finished = true;
            drop(entry);
            output
        }))
    }

    /// How the futures shielded so far ended, and how many still run.
    pub fn summary(&self) -> ShieldSummary {
        ShieldSummary {
            finished: self.tally.finished.load(Ordering::Relaxed),
            panicked: self.tally.panicked.load(Ordering::Relaxed),
            lost: self.tally.lost.load(Ordering::Relaxed),
            still_running: self.tasks.len() as u64,
        }
    }

    /// Waits until no shielded future runs any more, at most `limit`, and says how they ended.
    ///
    /// Nothing is stopped: what still runs at the limit goes on. Cancel the callers first, or new
    /// futures may be shielded while this waits.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: it only waits, and can be called again.
    pub async fn shutdown(&self, limit: Duration) -> ShieldSummary {
        self.tasks.close();
        let _ = tokio::time::timeout(limit, self.tasks.wait()).await;
        self.summary()
    }
}

/// Counts a future when it ends, however it does.
struct Entry {
    tally: Arc<Tally>,
    finished: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let count = if self.finished {
            &self.tally.finished
        } else if std::thread::panicking() {
            &self.tally.panicked
        } else {
            &self.tally.lost
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
