//! Spawning into a scope from elsewhere.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::shared::{Shared, run_to_outcome, until_cancelled};
use super::{BlockingLimiter, ChildHandle, TaskOutput};

/// Spawns into a [`TaskScope`](super::TaskScope) from elsewhere. Clones spawn into the same scope.
///
/// A handle does not keep the scope open: after [`shutdown`](super::TaskScope::shutdown) began, or the
/// scope was dropped, its methods return [`SpawnError::Closed`], and what was to be spawned is dropped
/// without having started.
///
/// # Examples
///
/// ```
/// use async_patterns::task::TaskScope;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// let handle = scope.handle();
/// scope.spawn("accept loop", |_token| async move {
///     for connection in 0..3 {
///         handle.spawn(format!("connection {connection}"), |_token| async {})?;
///     }
///     Ok::<_, async_patterns::task::SpawnError>(())
/// });
/// assert_eq!(scope.join().await.totals().finished, 4);
/// # }
/// ```
#[derive(Clone)]
pub struct ScopeHandle {
    shared: Arc<Shared>,
}

impl ScopeHandle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The scope's token.
    pub fn token(&self) -> &CancellationToken {
        &self.shared.token
    }

    /// Whether the scope admits no more children.
    pub fn is_closed(&self) -> bool {
        self.shared.board.is_closed()
    }

    /// As [`TaskScope::spawn`](super::TaskScope::spawn).
    ///
    /// # Errors
    ///
    /// [`SpawnError::Closed`]
    ///
    /// # Panics
    ///
    /// As [`TaskScope::spawn`](super::TaskScope::spawn).
    #[track_caller]
    pub fn spawn<F, Fut>(
        &self,
        name: impl Into<Arc<str>>,
        make: F,
    ) -> Result<ChildHandle, SpawnError>
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        self.shared
            .spawn_task(name.into(), None, |token| run_to_outcome(make(token)))
    }

    /// As [`TaskScope::spawn_until_cancelled`](super::TaskScope::spawn_until_cancelled).
    ///
    /// # Errors
    ///
    /// [`SpawnError::Closed`]
    ///
    /// # Panics
    ///
    /// As [`TaskScope::spawn`](super::TaskScope::spawn).
    #[track_caller]
    pub fn spawn_until_cancelled<Fut>(
        &self,
        name: impl Into<Arc<str>>,
        future: Fut,
    ) -> Result<ChildHandle, SpawnError>
    where
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        self.shared
            .spawn_task(name.into(), None, |token| until_cancelled(token, future))
    }

    /// As [`TaskScope::spawn_within_limit`](super::TaskScope::spawn_within_limit).
    ///
    /// # Cancel safety
    ///
    /// A cancelled call has spawned nothing, and drops `make`.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Closed`]
    ///
    /// # Panics
    ///
    /// As [`TaskScope::spawn`](super::TaskScope::spawn).
    pub async fn spawn_within_limit<F, Fut>(
        &self,
        name: impl Into<Arc<str>>,
        make: F,
    ) -> Result<ChildHandle, SpawnError>
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output: TaskOutput> + Send + 'static,
    {
        let turn = self.shared.turn(&self.shared.token).await.unwrap_or(None);
        self.shared
            .spawn_task(name.into(), turn, |token| run_to_outcome(make(token)))
    }

    /// As [`TaskScope::spawn_blocking`](super::TaskScope::spawn_blocking).
    ///
    /// # Errors
    ///
    /// [`SpawnError::Closed`]
    ///
    /// # Panics
    ///
    /// As [`TaskScope::spawn`](super::TaskScope::spawn).
    #[track_caller]
    pub fn spawn_blocking<F, O>(
        &self,
        name: impl Into<Arc<str>>,
        limiter: &BlockingLimiter,
        f: F,
    ) -> Result<ChildHandle, SpawnError>
    where
        F: FnOnce(CancellationToken) -> O + Send + 'static,
        O: TaskOutput,
    {
        self.shared.spawn_blocking(name.into(), limiter, f)
    }

    /// As [`TaskScope::spawn_dedicated`](super::TaskScope::spawn_dedicated).
    ///
    /// # Errors
    ///
    /// [`SpawnError::Closed`], or [`SpawnError::Thread`] with the system's error.
    pub fn spawn_dedicated<F, O>(
        &self,
        name: impl Into<Arc<str>>,
        f: F,
    ) -> Result<ChildHandle, SpawnError>
    where
        F: FnOnce(CancellationToken) -> O + Send + 'static,
        O: TaskOutput,
    {
        self.shared.spawn_dedicated(&name.into(), f)
    }
}

impl fmt::Debug for ScopeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeHandle")
            .field("name", &self.shared.name)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// Why a [`ScopeHandle`] spawned nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// The scope is shutting down, or gone.
    Closed,
    /// The system made no thread.
    Thread(io::Error),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the task scope is closed, so nothing was spawned"),
            Self::Thread(error) => write!(f, "the thread could not be made: {error}"),
        }
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Closed => None,
            Self::Thread(error) => Some(error),
        }
    }
}
