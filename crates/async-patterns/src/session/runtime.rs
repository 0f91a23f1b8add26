//! One runtime for all sessions of a host: built when first needed, shut down when told to.

use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::error::SessionError;
use super::gate::Gate;
use super::profile::RuntimeProfile;
use super::threads::SessionThreads;

/// tokio adds what it is given to the present time, and would panic where that overflows.
const LONGEST_STOP: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A tokio runtime that sessions share. Clones are handles to the same one.
///
/// Answers the trap [`block_on_in_async`](https://async-patterns.github.io/book/traps/block_on_in_async.html).
///
/// It is built by the first session that starts, so that loading a library costs no thread. It
/// usually sits in a `static`:
///
/// ```
/// use std::sync::LazyLock;
/// use async_patterns::session::{RuntimeProfile, SharedRuntime};
///
/// static RUNTIME: LazyLock<SharedRuntime> =
///     LazyLock::new(|| SharedRuntime::new(RuntimeProfile::mobile()));
///
/// let answer = RUNTIME.handle()?.block_on(async { 42 });
/// assert_eq!(answer, 42);
/// # RUNTIME.shutdown(std::time::Duration::from_secs(5));
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
///
/// [`shutdown`](Self::shutdown) ends it for good; from then on a start is refused with
/// [`SessionError::RuntimeGone`]. A host that wants another makes another. When the last handle is
/// dropped without a shutdown, the runtime is shut down in the background: nobody waits for its
/// threads.
#[derive(Clone)]
pub struct SharedRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    profile: RuntimeProfile,
    /// Every run of a session is inside; closed by `shutdown`.
    gate: Gate,
    runtime: Mutex<Stage>,
    /// The parent of every run's token.
    root: CancellationToken,
    /// Cancelled when a shutdown gives up on the runs that are left.
    abandoned: CancellationToken,
    threads: SessionThreads,
    live_workers: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Stage {
    Unbuilt,
    Built(Runtime),
    Gone,
}

impl SharedRuntime {
    /// How long [`shutdown`](Self::shutdown) may go on after its limit, for each of its two forced
    /// steps.
    pub const FORCED_GRACE: Duration = Duration::from_millis(200);

    /// A runtime that will be built when it is first needed.
    #[must_use]
    pub fn new(profile: RuntimeProfile) -> Self {
        Self {
            inner: Arc::new(Inner {
                profile,
                gate: Gate::new(),
                runtime: Mutex::new(Stage::Unbuilt),
                root: CancellationToken::new(),
                abandoned: CancellationToken::new(),
                threads: SessionThreads::default(),
                live_workers: Arc::default(),
            }),
        }
    }

    /// The profile it was made with.
    pub fn profile(&self) -> &RuntimeProfile {
        &self.inner.profile
    }

    /// Whether it has been shut down.
    pub fn is_shut_down(&self) -> bool {
        self.inner.gate.is_closed()
    }

    /// A handle to the runtime, which is built if this is the first call.
    ///
    /// # Errors
    ///
    /// [`SessionError::RuntimeGone`] after a shutdown; the errors of [`RuntimeProfile::build`], and
    /// then the next call tries again.
    pub fn handle(&self) -> Result<Handle, SessionError> {
        if self.is_shut_down() {
            return Err(SessionError::RuntimeGone);
        }
        self.inner.handle()
    }

    /// The names of the threads of sessions that have not ended, among them those that missed the
    /// deadline of a stop.
    pub fn session_threads(&self) -> Vec<String> {
        self.inner.threads.join_ended();
        self.inner.threads.names()
    }

    /// Shuts the runtime down, in this order:
    ///
    /// 1. starts are refused from now on;
    /// 2. every session on it is asked to stop, and given until `limit` to end;
    /// 3. the futures of those that have not are dropped at their next await
    ///    ([`SessionOutcome::RuntimeGone`](super::SessionOutcome::RuntimeGone));
    /// 4. tokio's own threads are stopped, and with them the tasks that sessions left behind.
    ///
    /// Steps 3 and 4 take [`FORCED_GRACE`](Self::FORCED_GRACE) each at most beyond the limit. A body
    /// or a blocking thread that never comes back to an await cannot be stopped by anybody; the
    /// report tells how many there are. A second shutdown finds the work done and reports again.
    ///
    /// Sessions stopped this way need no `stop` of their own; they show `Running` until they end.
    /// The call blocks. From the thread of a session it would wait for that very session until the
    /// limit, so make it from the host's.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use async_patterns::session::{RuntimeProfile, Session, SessionContext, SharedRuntime};
    ///
    /// let runtime = SharedRuntime::new(RuntimeProfile::test());
    /// let session = Session::new("demo", &runtime)?;
    /// session.start(async |context: SessionContext| {
    ///     context.cancelled().await;
    ///     Ok(())
    /// })?;
    /// assert!(runtime.shutdown(Duration::from_secs(5)).is_clean());
    /// assert!(session.start(async |_: SessionContext| Ok(())).is_err());
    /// # Ok::<(), async_patterns::session::SessionError>(())
    /// ```
    pub fn shutdown(&self, limit: Duration) -> RuntimeShutdown {
        let inner = &self.inner;
        let deadline = Instant::now().checked_add(limit);
        inner.gate.close();
        inner.root.cancel();
        let mut abandoned = 0;
        if !inner.gate.wait_empty(deadline) {
            abandoned = inner.gate.inside();
            inner.abandoned.cancel();
            inner
                .gate
                .wait_empty(Some(Instant::now() + Self::FORCED_GRACE));
        }
        let stage = mem::replace(&mut *inner.stage(), Stage::Gone);
        if let Stage::Built(runtime) = stage {
            let left = deadline.map_or(limit, |at| at.saturating_duration_since(Instant::now()));
            let left = left.clamp(Self::FORCED_GRACE, LONGEST_STOP);
            stop_runtime(&inner.profile, runtime, left);
        }
        inner.threads.join_ended();
        RuntimeShutdown {
            abandoned,
            session_threads: inner.threads.names(),
            runtime_threads: inner.live_workers.load(Ordering::Acquire),
        }
    }

    /// A token for a new run, cancelled by [`shutdown`](Self::shutdown) at the latest.
    pub(super) fn run_token(&self) -> CancellationToken {
        self.inner.root.child_token()
    }

    /// Lets a run in. The pass keeps the shutdown waiting until it is dropped.
    pub(super) fn enter(&self) -> Result<(Pass, Handle), SessionError> {
        if !self.inner.gate.enter() {
            return Err(SessionError::RuntimeGone);
        }
        let pass = Pass {
            inner: Arc::clone(&self.inner),
        };
        let handle = pass.inner.handle()?;
        Ok((pass, handle))
    }

    pub(super) fn threads(&self) -> &SessionThreads {
        &self.inner.threads
    }
}

impl fmt::Debug for SharedRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRuntime")
            .field("profile", &self.inner.profile)
            .field("shut_down", &self.is_shut_down())
            .field("runs", &self.inner.gate.inside())
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn stage(&self) -> std::sync::MutexGuard<'_, Stage> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Two first sessions build one runtime, because the lock is held while it is built.
    fn handle(&self) -> Result<Handle, SessionError> {
        let mut stage = self.stage();
        match &*stage {
            Stage::Built(runtime) => Ok(runtime.handle().clone()),
            Stage::Gone => Err(SessionError::RuntimeGone),
            Stage::Unbuilt => {
                let (up, down) = (
                    Arc::clone(&self.live_workers),
                    Arc::clone(&self.live_workers),
                );
                let runtime = self.profile.build_with(|builder| {
                    builder
                        .on_thread_start(move || {
                            up.fetch_add(1, Ordering::Relaxed);
                        })
                        .on_thread_stop(move || {
                            down.fetch_sub(1, Ordering::Release);
                        });
                })?;
                let handle = runtime.handle().clone();
                *stage = Stage::Built(runtime);
                Ok(handle)
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Dropping a runtime blocks, and panics where blocking is not allowed; this drop may happen
        // anywhere, on a worker too.
        if let Stage::Built(runtime) = mem::replace(&mut *self.stage(), Stage::Gone) {
            runtime.shutdown_background();
        }
    }
}

/// `Runtime::shutdown_timeout` panics in an async context, which a host's thread may be in without
/// knowing; a thread of its own is always outside.
fn stop_runtime(profile: &RuntimeProfile, runtime: Runtime, limit: Duration) {
    let runtime = Mutex::new(Some(runtime));
    let take = || {
        runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .expect("taken once: by the thread, or here if there is none")
    };
    thread::scope(|scope| {
        let stopper = thread::Builder::new()
            .name(format!("{}-shutdown", profile.thread_name_prefix()))
            .spawn_scoped(scope, || take().shutdown_timeout(limit));
        if stopper.is_err() {
            take().shutdown_background();
        }
    });
}

/// Proof that a run is inside the gate.
#[derive(Debug)]
pub(super) struct Pass {
    inner: Arc<Inner>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl Pass {
    /// Cancelled when a shutdown gives up on this run.
    pub(super) fn abandoned(&self) -> &CancellationToken {
        &self.inner.abandoned
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.inner.gate.leave();
    }
}

/// What [`SharedRuntime::shutdown`] left behind.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use async_patterns::session::{RuntimeProfile, SharedRuntime};
///
/// let report = SharedRuntime::new(RuntimeProfile::test()).shutdown(Duration::from_secs(1));
/// assert!(report.is_clean());
/// assert_eq!(report.to_string(), "all sessions ended and no thread is left");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a shutdown that was not clean has left threads behind"]
pub struct RuntimeShutdown {
    /// How many sessions had not ended at the limit, and were dropped at their next await.
    pub abandoned: usize,
    /// The names of the threads of sessions that have not ended.
    pub session_threads: Vec<String>,
    /// How many of tokio's threads, workers and blocking ones, have not ended.
    pub runtime_threads: usize,
}

impl RuntimeShutdown {
    /// Whether every session ended by itself and no thread is left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.abandoned == 0 && self.session_threads.is_empty() && self.runtime_threads == 0
    }
}

impl fmt::Display for RuntimeShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("all sessions ended and no thread is left");
        }
        write!(
            f,
            "{} sessions did not end in time; threads left: {} of tokio's, {} of sessions",
            self.abandoned,
            self.runtime_threads,
            self.session_threads.len()
        )?;
        if !self.session_threads.is_empty() {
            write!(f, " ({})", self.session_threads.join(", "))?;
        }
        Ok(())
    }
}
