//! How a scope is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::event::Sink;
use super::{ScopeEvent, TaskScope};

/// Sets up a [`TaskScope`]; from [`TaskScope::builder`].
///
/// # Examples
///
/// ```
/// use async_patterns::task::TaskScope;
/// use std::time::Duration;
///
/// let (events, mut from_scope) = tokio::sync::mpsc::unbounded_channel();
/// let scope = TaskScope::builder()
///     .name("crawler")
///     .limit(100)
///     .cancel_on_failure(true)
///     .abort_wait(Duration::from_millis(200))
///     .on_event(move |event| drop(events.send(event)))
///     .build();
/// # drop(scope);
/// assert!(from_scope.try_recv().is_err());
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct TaskScopeBuilder {
    pub(super) name: Option<Arc<str>>,
    pub(super) token: CancellationToken,
    pub(super) limit: Option<usize>,
    pub(super) history: usize,
    pub(super) abort_wait: Duration,
    pub(super) cancel_on_failure: bool,
    pub(super) sink: Sink,
    pub(super) runtime: Option<Handle>,
}

impl TaskScopeBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: None,
            token: CancellationToken::new(),
            limit: None,
            history: 1024,
            abort_wait: Duration::from_secs(1),
            cancel_on_failure: false,
            sink: Sink::default_sink(),
            runtime: None,
        }
    }

    /// A name for reports and events.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes the scope's token a child of `token`, so that the scope is cancelled with it: for a
    /// scope inside a child of another, or in a program with one token for all.
    pub fn parent(mut self, token: &CancellationToken) -> Self {
        self.token = token.child_token();
        self
    }

    /// At most `tasks` children run at once; the others wait for their turn, in order.
    ///
    /// The limit counts tasks. Blocking closures have the [`BlockingLimiter`](super::BlockingLimiter)
    /// that they are spawned with, threads have none. A child that waits for a child of the same
    /// scope can wait for ever, when both need a turn.
    ///
    /// # Panics
    ///
    /// If `tasks` is zero, as nothing would ever run, or above
    /// [`Semaphore::MAX_PERMITS`].
    pub fn limit(mut self, tasks: usize) -> Self {
        let max = Semaphore::MAX_PERMITS;
        assert!(
            (1..=max).contains(&tasks),
            "the limit of a TaskScope must be between 1 and {max}, not {tasks}"
        );
        self.limit = Some(tasks);
        self
    }

    /// How many ended children the report names: up to this many that went well, and up to as many
    /// that failed or panicked; the oldest give way. The default is 1024, so that a server that
    /// spawns for every connection does not fill the memory with names. The totals are always
    /// complete.
    pub fn history(mut self, children: usize) -> Self {
        self.history = children;
        self
    }

    /// How long [`shutdown`](TaskScope::shutdown) waits for the children that it aborted, after its
    /// deadline. The default is one second.
    pub fn abort_wait(mut self, wait: Duration) -> Self {
        self.abort_wait = wait;
        self
    }

    /// Cancels the scope's token as soon as a child fails or panics, so that its siblings stop. Off
    /// by default.
    pub fn cancel_on_failure(mut self, cancel: bool) -> Self {
        self.cancel_on_failure = cancel;
        self
    }

    /// Where [`ScopeEvent`]s go. By default to `tracing` as errors (with that feature), else to
    /// stderr.
    ///
    /// The sink is called in destructors and on whatever thread the child ends, so it should be
    /// quick and not block. A panic in it is swallowed.
    pub fn on_event(mut self, sink: impl Fn(ScopeEvent) + Send + Sync + 'static) -> Self {
        self.sink = Sink::new(sink);
        self
    }

    /// Spawns the children on this runtime. By default it is the one in whose context they are
    /// spawned.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The scope.
    pub fn build(self) -> TaskScope {
        TaskScope::from_builder(self)
    }
}

impl fmt::Debug for TaskScopeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskScopeBuilder")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .field("history", &self.history)
            .field("abort_wait", &self.abort_wait)
            .field("cancel_on_failure", &self.cancel_on_failure)
            .finish_non_exhaustive()
    }
}
