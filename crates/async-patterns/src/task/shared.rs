//! What a scope, its handles and its children share, and how each kind of child is spawned.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::blocking::spawn_limited;
use super::board::{Board, ChildId, Closed};
use super::child::{Seat, Seated};
use super::dedicated::spawn_named;
use super::event::Sink;
use super::outcome::outcome_of;
use super::panic::catch;
use super::{
    BlockingLimiter, ChildHandle, ChildKind, ChildReport, Outcome, ScopeEvent, SpawnError,
    TaskOutput, TaskPanic, TaskScopeBuilder,
};

/// What the scope, its handles and its children share.
pub(super) struct Shared {
    pub(super) board: Board<AbortHandle>,
    pub(super) name: Option<Arc<str>>,
    pub(super) token: CancellationToken,
    turns: Option<Arc<Semaphore>>,
    cancel_on_failure: bool,
    sink: Sink,
    runtime: Option<Handle>,
    first_panic: Mutex<Option<TaskPanic>>,
    /// The system's threads of dedicated children, to be joined.
    threads: Mutex<Vec<(ChildId, JoinHandle<()>)>>,
}

impl Shared {
    pub(super) fn new(builder: TaskScopeBuilder) -> Self {
        Self {
            board: Board::new(builder.history),
            name: builder.name,
            token: builder.token,
            turns: builder.limit.map(|limit| Arc::new(Semaphore::new(limit))),
            cancel_on_failure: builder.cancel_on_failure,
            sink: builder.sink,
            runtime: builder.runtime,
            first_panic: Mutex::new(None),
            threads: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn take_first_panic(&self) -> Option<TaskPanic> {
        self.first_panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// A child's seat was given up. Called on whatever thread that happened.
    pub(super) fn child_ended(&self, id: ChildId, outcome: Result<Outcome, TaskPanic>) {
        let outcome = outcome.unwrap_or_else(|panic| {
            let message = Arc::from(panic.message());
            let mut first = self
                .first_panic
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if first.is_none() {
                *first = Some(panic);
            }
            Outcome::Panicked(message)
        });
        // The token and the sink come before the child leaves the board: whoever sees that the last
        // child is gone also sees what it caused.
        if outcome.is_failure() {
            if self.cancel_on_failure {
                self.token.cancel();
            }
            self.tell(self.board.preview(id, outcome.clone(), Instant::now()));
        }
        self.board.leave(id, outcome, Instant::now());
    }

    pub(super) fn tell(&self, child: ChildReport) {
        self.sink.send(ScopeEvent {
            scope: self.name.clone(),
            child,
        });
    }

    #[track_caller]
    fn runtime(&self) -> Handle {
        self.runtime.clone().unwrap_or_else(Handle::current)
    }

    /// A seat and a handle for a new child.
    fn admit(
        self: &Arc<Self>,
        name: Arc<str>,
        kind: ChildKind,
    ) -> Result<(Seat, ChildHandle), SpawnError> {
        let id = self
            .board
            .admit(Arc::clone(&name), kind)
            .map_err(|Closed| SpawnError::Closed)?;
        let token = self.token.child_token();
        let seat = Seat::new(Arc::clone(self), id);
        Ok((
            seat,
            ChildHandle {
                shared: Arc::clone(self),
                id,
                name,
                token,
            },
        ))
    }

    /// Spawns a task that makes its future when it has its turn.
    #[track_caller]
    pub(super) fn spawn_task<Fut>(
        self: &Arc<Self>,
        name: Arc<str>,
        turn: Option<OwnedSemaphorePermit>,
        make: impl FnOnce(CancellationToken) -> Fut + Send + 'static,
    ) -> Result<ChildHandle, SpawnError>
    where
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        let runtime = self.runtime();
        let (seat, child) = self.admit(name, ChildKind::Task)?;
        let (shared, id, token) = (Arc::clone(self), child.id, child.token.clone());
        let run = async move {
            let turn = match turn {
                Some(turn) => Some(turn),
                None => match shared.turn(&token).await {
                    Ok(turn) => turn,
                    Err(Cancelled) => return Outcome::Cancelled,
                },
            };
            shared.board.start(id, Instant::now());
            let outcome = make(token).await;
            drop(turn);
            outcome
        };
        let task = runtime.spawn(Seated::new(seat, run));
        self.board.attach(child.id, &task.abort_handle());
        Ok(child)
    }

    /// Waits for a turn; `None` where there is no limit. A cancelled child gets none, also when one
    /// is free.
    pub(super) async fn turn(
        &self,
        token: &CancellationToken,
    ) -> Result<Option<OwnedSemaphorePermit>, Cancelled> {
        let Some(turns) = &self.turns else {
            return Ok(None);
        };
        let turn = token
            .run_until_cancelled(Arc::clone(turns).acquire_owned())
            .await;
        // The semaphore is never closed.
        turn.and_then(Result::ok).map(Some).ok_or(Cancelled)
    }

    pub(super) fn spawn_blocking<O: TaskOutput>(
        self: &Arc<Self>,
        name: Arc<str>,
        limiter: &BlockingLimiter,
        f: impl FnOnce(CancellationToken) -> O + Send + 'static,
    ) -> Result<ChildHandle, SpawnError> {
        let runtime = self.runtime();
        let (seat, child) = self.admit(name, ChildKind::Blocking)?;
        let token = child.token.clone();
        let work = move || {
            seat.start();
            let ended = catch(|| outcome_of(f(token)));
            (seat, ended)
        };
        spawn_limited(
            &runtime,
            limiter,
            child.token.clone(),
            work,
            |(seat, ended)| {
                seat.end(ended);
            },
        );
        Ok(child)
    }

    pub(super) fn spawn_dedicated<O: TaskOutput>(
        self: &Arc<Self>,
        name: &Arc<str>,
        f: impl FnOnce(CancellationToken) -> O + Send + 'static,
    ) -> Result<ChildHandle, SpawnError> {
        let (seat, child) = self.admit(Arc::clone(name), ChildKind::Thread)?;
        let token = child.token.clone();
        let thread = spawn_named(name.to_string(), move || {
            seat.start();
            seat.end(catch(|| outcome_of(f(token))));
        })
        .map_err(SpawnError::Thread)?;
        let mut threads = self.threads();
        // Those that have ended need no join; their handles would only pile up.
        threads.retain(|(_, thread)| !thread.is_finished());
        threads.push((child.id, thread));
        Ok(child)
    }

    fn threads(&self) -> MutexGuard<'_, Vec<(ChildId, JoinHandle<()>)>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, at most `limit`, until the system's threads of the children that have ended are gone,
    /// with their thread-local destructors. Threads of children that still run are left alone.
    pub(super) async fn join_threads(&self, limit: Duration) {
        let ended: Vec<JoinHandle<()>> = {
            let all = std::mem::take(&mut *self.threads());
            all.into_iter()
                .filter(|(id, _)| !self.board.is_live(*id))
                .map(|(_, thread)| thread)
                .collect()
        };
        if ended.is_empty() {
            return;
        }
        let join = tokio::task::spawn_blocking(move || {
            for thread in ended {
                // The closure's panic was caught; what is left is a destructor's, and it has been
                // printed by the panic hook.
                drop(thread.join());
            }
        });
        // A destructor that hangs is not worth a shutdown that hangs.
        drop(timeout(limit, join).await);
    }
}

/// The token was cancelled before the child had its turn.
pub(super) struct Cancelled;

pub(super) async fn run_to_outcome<O: TaskOutput>(future: impl Future<Output = O>) -> Outcome {
    outcome_of(future.await)
}

pub(super) async fn until_cancelled<O: TaskOutput>(
    token: CancellationToken,
    future: impl Future<Output = O>,
) -> Outcome {
    token
        .run_until_cancelled_owned(future)
        .await
        .map_or(Outcome::Cancelled, outcome_of)
}
