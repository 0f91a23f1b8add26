//! The scope itself: what owns the children and ends them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::shared::{Shared, run_to_outcome, until_cancelled};
use super::{
    BlockingLimiter, ChildHandle, ScopeHandle, ShutdownReport, SpawnError, TaskOutput,
    TaskScopeBuilder,
};

/// Owns tasks, blocking closures and threads, and ends them: cancel, drain, abort, report.
///
/// Answers the traps [`detached_task`](https://async-patterns.github.io/book/traps/detached_task.html), [`dropped_handle_does_not_cancel`](https://async-patterns.github.io/book/traps/dropped_handle_does_not_cancel.html) and [`unbounded_concurrency`](https://async-patterns.github.io/book/traps/unbounded_concurrency.html).
///
/// ```text
/// shutdown(deadline)
///   cancel ──► drain until the deadline ──► abort ──► wait at most abort_wait ──► ShutdownReport
///                  └── all ended: skip ──────────────────────────────────────────────┘
/// ```
///
/// Each child is given a child of the scope's token and should end soon after it is cancelled. What
/// became of each is in the [`ShutdownReport`]; a child that panics or fails is also told to the
/// scope's [event sink](TaskScopeBuilder::on_event) at once, so it is never silent.
///
/// # Why children are `'static`
///
/// [`std::thread::scope`] lets threads borrow from their parent because it can block until they have
/// ended, whatever happens. An async scope cannot: its future may be dropped at any await, a
/// destructor cannot await, and [`std::mem::forget`] skips even the destructor. The children would go
/// on with references to a frame that is gone. So they own what they use, or share it by
/// [`Arc`].
///
/// # Dropping the scope
///
/// Dropping the scope, also because its parent panicked or was itself cancelled, cancels the token
/// and aborts all tasks at once. It cannot wait: tasks end at their next await, blocking closures and
/// threads when they look at their token. Each child that has not ended is told to the event sink as
/// [`Outcome::StillRunning`](super::Outcome::StillRunning). Only [`shutdown`](Self::shutdown) and [`join`](Self::join) guarantee
/// that children have ended.
///
/// # Examples
///
/// ```
/// use async_patterns::task::TaskScope;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::builder().name("server").build();
/// scope.spawn("ticker", |token| async move {
///     let mut interval = tokio::time::interval(Duration::from_millis(1));
///     while token.run_until_cancelled(interval.tick()).await.is_some() {
///         // one piece of work
///     }
/// });
/// scope.spawn("config", |_token| async { "7".parse::<u16>() });
///
/// let report = scope.shutdown(Duration::from_secs(5)).await;
/// assert!(report.is_clean(), "{report}");
/// # }
/// ```
#[must_use = "dropping a scope aborts its children"]
pub struct TaskScope {
    shared: Arc<Shared>,
    abort_wait: Duration,
    /// The report was made; the destructor has nothing to tell.
    reported: bool,
}

impl TaskScope {
    /// A scope without a name or a limit.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets up a scope.
    pub fn builder() -> TaskScopeBuilder {
        TaskScopeBuilder::new()
    }

    pub(super) fn from_builder(builder: TaskScopeBuilder) -> Self {
        let abort_wait = builder.abort_wait;
        Self {
            shared: Arc::new(Shared::new(builder)),
            abort_wait,
            reported: false,
        }
    }

    /// The scope's token. Cancelling it asks all children to stop; the scope stays open.
    pub fn token(&self) -> &CancellationToken {
        &self.shared.token
    }

    /// Children that have not ended, also those that wait for their turn.
    pub fn len(&self) -> usize {
        self.shared.board.live()
    }

    /// Whether every child has ended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A handle that spawns into this scope, for children that have children: an accept loop that
    /// spawns connections.
    pub fn handle(&self) -> ScopeHandle {
        ScopeHandle::new(Arc::clone(&self.shared))
    }

    /// Spawns a task. `make` is called with the child's token when the task has its turn.
    ///
    /// With a [limit](TaskScopeBuilder::limit) the task is taken at once and waits for its turn; the
    /// queue is unbounded, so where work comes in from outside use
    /// [`spawn_within_limit`](Self::spawn_within_limit). A task whose token is cancelled before its
    /// turn does not start.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, unless the scope [has one](TaskScopeBuilder::runtime).
    #[track_caller]
    pub fn spawn<F, Fut>(&self, name: impl Into<Arc<str>>, make: F) -> ChildHandle
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        own(self
            .shared
            .spawn_task(name.into(), None, |token| run_to_outcome(make(token))))
    }

    /// Spawns a future that knows nothing of tokens: it is dropped at an await as soon as the token
    /// is cancelled, and counts as [`Outcome::Cancelled`](super::Outcome::Cancelled).
    ///
    /// # Cancel safety
    ///
    /// The future is dropped half way at shutdown, so it should be cancel safe, or have nothing to
    /// lose.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::TaskScope;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// scope.spawn_until_cancelled("idle", std::future::pending::<()>());
    /// let report = scope.shutdown(Duration::from_secs(5)).await;
    /// assert_eq!(report.totals().cancelled, 1);
    /// assert!(report.is_clean());
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_until_cancelled<Fut>(&self, name: impl Into<Arc<str>>, future: Fut) -> ChildHandle
    where
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        own(self
            .shared
            .spawn_task(name.into(), None, |token| until_cancelled(token, future)))
    }

    /// Waits until fewer tasks than the [limit](TaskScopeBuilder::limit) run, then spawns: the
    /// backpressure that [`spawn`](Self::spawn) lacks. Without a limit it does not wait. When the
    /// scope's token is cancelled it does not wait either; the child then ends without starting.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call has spawned nothing, and drops `make`.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::TaskScope;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::builder().limit(2).build();
    /// for page in 0..10 {
    ///     scope
    ///         .spawn_within_limit(format!("page {page}"), |_token| async { /* fetch it */ })
    ///         .await;
    ///     assert!(scope.len() <= 2);
    /// }
    /// assert_eq!(scope.join().await.totals().finished, 10);
    /// # }
    /// ```
    pub async fn spawn_within_limit<F, Fut>(
        &self,
        name: impl Into<Arc<str>>,
        make: F,
    ) -> ChildHandle
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        let turn = self.shared.turn(&self.shared.token).await.unwrap_or(None);
        own(self
            .shared
            .spawn_task(name.into(), turn, |token| run_to_outcome(make(token))))
    }

    /// Runs a closure on tokio's blocking pool, when it has its turn at `limiter`. It cannot be
    /// aborted; the report says so if it does not look at its token. See
    /// [`spawn_cancellable_blocking`](super::spawn_cancellable_blocking) for what belongs there.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::{BlockingLimiter, TaskScope};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let compression = BlockingLimiter::new(2);
    /// scope.spawn_blocking("compress", &compression, |token| {
    ///     for _chunk in 0..1000 {
    ///         if token.is_cancelled() {
    ///             break;
    ///         }
    ///     }
    /// });
    /// assert!(scope.join().await.is_clean());
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, O>(
        &self,
        name: impl Into<Arc<str>>,
        limiter: &BlockingLimiter,
        f: F,
    ) -> ChildHandle
    where
        F: FnOnce(CancellationToken) -> O + Send + 'static,
        O: TaskOutput,
    {
        own(self.shared.spawn_blocking(name.into(), limiter, f))
    }

    /// Runs a closure on a thread of its own, with this name, for blocking work without end. The
    /// thread is joined at shutdown. See [`spawn_dedicated`](super::spawn_dedicated).
    ///
    /// # Errors
    ///
    /// The system's, when it cannot make a thread; or when the name contains a NUL byte. The child
    /// is then in the report as cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::TaskScope;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let scope = TaskScope::new();
    /// scope.spawn_dedicated("watcher", |token| {
    ///     while !token.is_cancelled() {
    ///         std::thread::sleep(Duration::from_millis(1)); // wait for an event
    ///     }
    /// })?;
    /// assert!(scope.shutdown(Duration::from_secs(5)).await.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn_dedicated<F, O>(&self, name: impl Into<Arc<str>>, f: F) -> io::Result<ChildHandle>
    where
        F: FnOnce(CancellationToken) -> O + Send + 'static,
        O: TaskOutput,
    {
        match self.shared.spawn_dedicated(&name.into(), f) {
            Err(SpawnError::Thread(error)) => Err(error),
            spawned => Ok(own(spawned)),
        }
    }

    /// Waits until every child has ended of itself, also those spawned meanwhile through a
    /// [handle](Self::handle), then closes the scope.
    ///
    /// It waits as long as the children take; for an end in bounded time use
    /// [`shutdown`](Self::shutdown).
    ///
    /// # Cancel safety
    ///
    /// This method consumes the scope: a cancelled call drops it, with the children (see
    /// [dropping the scope](Self#dropping-the-scope)).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::TaskScope;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// for part in 0..3 {
    ///     scope.spawn(format!("part {part}"), |_token| async { /* work */ });
    /// }
    /// assert_eq!(scope.join().await.totals().finished, 3);
    /// # }
    /// ```
    #[must_use = "a report that nobody looks at hides what did not stop"]
    pub async fn join(mut self) -> ShutdownReport {
        let began = Instant::now();
        poll_fn(|cx| self.shared.board.poll_empty(cx, true)).await;
        self.finish(began).await
    }

    /// Ends every child in bounded time and says what became of each.
    ///
    /// No more children are admitted, the token is cancelled, and the children have until `drain` is
    /// over to end. Tasks that have not are aborted, and given the scope's
    /// [`abort_wait`](TaskScopeBuilder::abort_wait) to reach their next await. What runs after that
    /// is left running, and stands in the report as [`Outcome::StillRunning`](super::Outcome::StillRunning).
    ///
    /// A `drain` of zero cancels and aborts at once.
    ///
    /// # Cancel safety
    ///
    /// This method consumes the scope: a cancelled call drops it, which aborts at once what was
    /// still draining (see [dropping the scope](Self#dropping-the-scope)).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose timer is enabled. Panics of children stand in the report;
    /// [`ShutdownReport::resume_panic`] goes on with the first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::{Outcome, TaskScope};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// scope.spawn("deaf", |_token| std::future::pending::<()>());
    /// let report = scope.shutdown(Duration::from_secs(5)).await;
    /// let deaf: Vec<_> = report.running_at_deadline().collect();
    /// assert_eq!(&*deaf[0].name, "deaf");
    /// assert!(matches!(deaf[0].outcome, Outcome::Cancelled));
    /// # }
    /// ```
    #[must_use = "a report that nobody looks at hides what did not stop"]
    pub async fn shutdown(mut self, drain: Duration) -> ShutdownReport {
        let began = Instant::now();
        let shared = Arc::clone(&self.shared);
        shared.board.begin_shutdown();
        shared.token.cancel();
        let empty = || poll_fn(|cx| shared.board.poll_empty(cx, true));
        if timeout(drain, empty()).await.is_err() {
            shared.board.abort_all();
            // Out of time: the report says what is still running.
            let _ = timeout(self.abort_wait, empty()).await;
        }
        self.finish(began).await
    }

    async fn finish(&mut self, began: Instant) -> ShutdownReport {
        self.shared.join_threads(self.abort_wait).await;
        self.reported = true;
        let now = Instant::now();
        let snapshot = self.shared.board.snapshot(now);
        let took = now.saturating_duration_since(began);
        let first_panic = self.shared.take_first_panic();
        ShutdownReport::new(self.shared.name.clone(), snapshot, took, first_panic)
    }
}

/// Only a scope that is being shut down is closed, and that consumes it.
#[track_caller]
fn own(spawned: Result<ChildHandle, SpawnError>) -> ChildHandle {
    spawned.expect("a scope that can still be called is open")
}

impl Default for TaskScope {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TaskScope {
    fn drop(&mut self) {
        if self.reported {
            return;
        }
        self.shared.board.begin_shutdown();
        self.shared.token.cancel();
        self.shared.board.abort_all();
        for child in self.shared.board.stragglers(Instant::now()) {
            self.shared.tell(child);
        }
    }
}

impl fmt::Debug for TaskScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskScope")
            .field("name", &self.shared.name)
            .field("children", &self.len())
            .finish_non_exhaustive()
    }
}
