//! The host's side of one session.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::body::LocalSessionBody;
use super::context::{Counters, SessionContext};
#[cfg(unix)]
use super::descriptors::SessionFds;
use super::error::{SessionError, with_sources};
use super::last_error::LastError;
use super::lifecycle::{EndRequest, Illegal, Watch};
use super::profile::names_a_thread;
use super::run::{Resources, Run, TokenLifecycle, is_driven_here};
use super::runtime::SharedRuntime;
use super::state::{SessionOutcome, SessionState};
use super::stats::SessionStats;

/// Asynchronous work that a synchronous host starts, watches and stops.
///
/// The states and the moves between them are [`SessionState`]'s. Every method may be called from
/// any thread at any time; of two that exclude each other one wins and the other is told.
///
/// The methods that wait block their thread, at most as long as they are told to. They are meant
/// for the host's own threads; on a worker of tokio they would keep its tasks from running.
/// Dropping a session destroys it without waiting.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use async_patterns::session::{
///     RuntimeProfile, Session, SessionContext, SessionOutcome, SessionState, SharedRuntime,
/// };
///
/// let runtime = SharedRuntime::new(RuntimeProfile::mobile());
/// let session = Session::new("tunnel", &runtime)?;
/// session.start(async |context: SessionContext| {
///     context.cancelled().await;
///     Ok(())
/// })?;
/// assert_eq!(session.stop(Duration::from_secs(5))?, SessionOutcome::Stopped);
/// assert_eq!(session.state(), SessionState::Ended);
/// # let _ = runtime.shutdown(Duration::from_secs(5));
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
pub struct Session {
    name: Arc<str>,
    runtime: SharedRuntime,
    lifecycle: Arc<TokenLifecycle>,
    counters: Counters,
}

/// How long a caller waits, and what to say when that was too short.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    limit: Duration,
    deadline: Option<Instant>,
}

impl Patience {
    pub(super) fn of(limit: Duration) -> Self {
        Self {
            limit,
            // A limit beyond the clock's range is no limit.
            deadline: Instant::now().checked_add(limit),
        }
    }
}

impl Session {
    /// A session in state `Ready`. Its thread will be called `<prefix>-<name>`.
    ///
    /// # Errors
    ///
    /// [`SessionError::InvalidName`] if the name is empty or holds a NUL.
    pub fn new(name: impl Into<Arc<str>>, runtime: &SharedRuntime) -> Result<Self, SessionError> {
        let name = name.into();
        if !names_a_thread(&name) {
            return Err(SessionError::InvalidName {
                name: name.to_string(),
            });
        }
        Ok(Self {
            name,
            runtime: runtime.clone(),
            lifecycle: Arc::new(TokenLifecycle::new()),
            counters: Counters::default(),
        })
    }

    /// The session's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts the body on a thread of its own and returns at once, without waiting for its first
    /// poll. (The first start on a [`SharedRuntime`] builds it.)
    ///
    /// The body must be `Send` to get to its thread; its future need not be, see
    /// [`LocalSessionBody`].
    ///
    /// # Errors
    ///
    /// [`SessionError::IllegalTransition`] unless the session is `Ready` or `Ended`; the session is
    /// left as it is. [`SessionError::RuntimeGone`], [`SessionError::RuntimeBuild`],
    /// [`SessionError::InvalidProfile`] and [`SessionError::ThreadSpawn`] leave it `Ended` with
    /// [`SessionOutcome::NotStarted`], and it can be started again. In either case the body is
    /// dropped.
    pub fn start<B>(&self, body: B) -> Result<(), SessionError>
    where
        B: LocalSessionBody + Send + 'static,
    {
        let run = self.claim(
            #[cfg(unix)]
            SessionFds::default(),
        )?;
        self.spawn(run, body)
    }

    /// [`start`](Self::start) with descriptors for the body, which takes them from its context.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start); the descriptors are closed then.
    #[cfg(unix)]
    pub fn start_with_fds<B>(&self, fds: SessionFds, body: B) -> Result<(), SessionError>
    where
        B: LocalSessionBody + Send + 'static,
    {
        let run = self.claim(fds)?;
        self.spawn(run, body)
    }

    /// Runs the body on the calling thread and returns when it has ended: for hosts that give the
    /// session a thread of theirs and expect it to block. Everything else is as with
    /// [`start`](Self::start); other threads stop it, read it and destroy it in the same way.
    ///
    /// A panic of the body is caught and is an outcome like any other; the session is `Ended` then,
    /// and this thread is free.
    ///
    /// # Errors
    ///
    /// [`SessionError::InsideRuntime`] on a thread that drives a tokio runtime already, where
    /// blocking would panic; the errors of [`start`](Self::start) otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::session::{
    ///     RuntimeProfile, Session, SessionContext, SessionOutcome, SharedRuntime,
    /// };
    ///
    /// let session = Session::new("sync", &SharedRuntime::new(RuntimeProfile::test()))?;
    /// let outcome = session.run_on_this_thread(async |_: SessionContext| Err("no route".into()))?;
    /// assert_eq!(outcome, SessionOutcome::Failed("no route".into()));
    /// # Ok::<(), async_patterns::session::SessionError>(())
    /// ```
    pub fn run_on_this_thread<B>(&self, body: B) -> Result<SessionOutcome, SessionError>
    where
        B: LocalSessionBody,
    {
        self.refuse_inside_runtime()?;
        let run = self.claim(
            #[cfg(unix)]
            SessionFds::default(),
        )?;
        Ok(run.execute(body))
    }

    /// [`run_on_this_thread`](Self::run_on_this_thread) with descriptors for the body.
    ///
    /// # Errors
    ///
    /// Those of [`run_on_this_thread`](Self::run_on_this_thread); the descriptors are closed then.
    #[cfg(unix)]
    pub fn run_on_this_thread_with_fds<B>(
        &self,
        fds: SessionFds,
        body: B,
    ) -> Result<SessionOutcome, SessionError>
    where
        B: LocalSessionBody,
    {
        self.refuse_inside_runtime()?;
        Ok(self.claim(fds)?.execute(body))
    }

    /// Asks the session to stop, and returns at once. It may be called from the body, too.
    ///
    /// # Errors
    ///
    /// [`SessionError::IllegalTransition`] if the session was never started or is destroyed. One
    /// that is stopping or has ended is left as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use async_patterns::session::{RuntimeProfile, Session, SessionContext, SharedRuntime};
    ///
    /// let session = Session::new("short", &SharedRuntime::new(RuntimeProfile::test()))?;
    /// assert!(session.request_stop().is_err()); // there is nothing to stop yet
    /// session.start(async |context: SessionContext| Ok(context.cancelled().await))?;
    /// session.request_stop()?;
    /// session.wait(Duration::from_secs(5))?;
    /// # Ok::<(), async_patterns::session::SessionError>(())
    /// ```
    pub fn request_stop(&self) -> Result<(), SessionError> {
        self.send_stop().map(drop)
    }

    /// Asks the session to stop, waits for its end and joins its thread.
    ///
    /// # Errors
    ///
    /// - [`SessionError::IllegalTransition`] if the session was never started or is destroyed;
    /// - [`SessionError::DeadlineExceeded`] if the body has not ended within `limit`. The session
    ///   stays `Stopping` until it does, then becomes `Ended`; `stop` and [`wait`](Self::wait) may
    ///   be called again, and the thread is joined by them or by a later call on any session of the
    ///   same runtime;
    /// - [`SessionError::OwnThread`] from the body itself, after the request was made.
    pub fn stop(&self, limit: Duration) -> Result<SessionOutcome, SessionError> {
        let patience = Patience::of(limit);
        match self.send_stop()? {
            Some(watch) => self.join(&watch, patience),
            None => unreachable!("a session that can be stopped has been started"),
        }
    }

    /// Waits for the session's end without asking for it; `None` if it was never started.
    ///
    /// # Errors
    ///
    /// [`SessionError::DeadlineExceeded`] and [`SessionError::OwnThread`], as for
    /// [`stop`](Self::stop).
    pub fn wait(&self, limit: Duration) -> Result<Option<SessionOutcome>, SessionError> {
        let patience = Patience::of(limit);
        self.lifecycle
            .last_run()
            .map(|watch| self.join(&watch, patience))
            .transpose()
    }

    /// Destroys the session: nobody can start it again. A body that runs is asked to stop, and its
    /// end is waited for. Returns how the last run ended; `None` if there was none.
    ///
    /// # Errors
    ///
    /// [`SessionError::IllegalTransition`] if it is destroyed already.
    /// [`SessionError::DeadlineExceeded`] and [`SessionError::OwnThread`] as for
    /// [`stop`](Self::stop), but the session *is* destroyed then; only its thread is still on its
    /// way out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use async_patterns::session::{
    ///     RuntimeProfile, Session, SessionContext, SessionOutcome, SharedRuntime,
    /// };
    ///
    /// let session = Session::new("short", &SharedRuntime::new(RuntimeProfile::test()))?;
    /// session.start(async |_: SessionContext| Ok(()))?;
    /// session.wait(Duration::from_secs(5))?;
    /// let limit = Duration::from_secs(5);
    /// assert_eq!(session.destroy(limit)?, Some(SessionOutcome::Completed));
    /// assert!(session.destroy(limit).is_err());
    /// # Ok::<(), async_patterns::session::SessionError>(())
    /// ```
    pub fn destroy(&self, limit: Duration) -> Result<Option<SessionOutcome>, SessionError> {
        let patience = Patience::of(limit);
        self.send_destroy()?
            .map(|watch| self.join(&watch, patience))
            .transpose()
    }

    /// The state now.
    pub fn state(&self) -> SessionState {
        self.lifecycle.state()
    }

    /// The last error of the session's own work: of its body, of a start that failed half way, or
    /// one that the body recorded. Calls that were refused are not among them, so that a mistake of
    /// the host's does not hide why its session died.
    ///
    /// Never waits for the body: like [`state`](Self::state) and [`stats`](Self::stats), this takes
    /// a lock that is held only while a few fields are copied and never while foreign code runs.
    pub fn last_error(&self) -> Option<LastError> {
        self.lifecycle.last_error()
    }

    /// The session's figures, all of one moment (the body's own counters apart).
    pub fn stats(&self) -> SessionStats {
        SessionStats::new(self.lifecycle.snapshot(), self.counters.values())
    }

    fn claim(&self, #[cfg(unix)] fds: SessionFds) -> Result<Run, SessionError> {
        self.runtime.threads().join_ended();
        let token = self.runtime.run_token();
        let watch = self
            .lifecycle
            .begin(token.clone())
            .map_err(|illegal| self.illegal(illegal))?;
        let (pass, handle) = self.runtime.enter().inspect_err(|error| {
            let reason = with_sources(error);
            self.lifecycle
                .finish(&watch, SessionOutcome::NotStarted(reason.as_str().into()));
            self.lifecycle
                .record_error(LastError::new(error.code(), reason));
        })?;
        let context = SessionContext {
            name: Arc::clone(&self.name),
            run: watch.run,
            token: token.clone(),
            lifecycle: Arc::clone(&self.lifecycle),
            counters: self.counters.clone(),
            #[cfg(unix)]
            fds,
        };
        Ok(Run {
            lifecycle: Arc::clone(&self.lifecycle),
            watch,
            token,
            resources: Some(Resources {
                context,
                handle,
                pass,
            }),
        })
    }

    fn spawn<B>(&self, run: Run, body: B) -> Result<(), SessionError>
    where
        B: LocalSessionBody + Send + 'static,
    {
        let watch = run.watch.clone();
        let profile = self.runtime.profile();
        let thread = format!("{}-{}", profile.thread_name_prefix(), self.name);
        let handle = thread::Builder::new()
            .name(thread.clone())
            .stack_size(profile.thread_stack_size())
            .spawn(move || {
                run.execute(body);
            })
            .map_err(|source| {
                // The run was dropped with the closure, which ended it; this adds the cause.
                let error = SessionError::ThreadSpawn { thread, source };
                self.lifecycle
                    .record_error(LastError::new(error.code(), with_sources(&error)));
                error
            })?;
        self.runtime.threads().insert(watch, handle);
        Ok(())
    }

    fn send_stop(&self) -> Result<Option<Watch>, SessionError> {
        self.send(self.lifecycle.request_stop())
    }

    /// The first half of [`destroy`](Self::destroy), for callers that destroy many at once.
    pub(super) fn send_destroy(&self) -> Result<Option<Watch>, SessionError> {
        self.send(self.lifecycle.destroy())
    }

    fn send(
        &self,
        request: Result<EndRequest<CancellationToken>, Illegal>,
    ) -> Result<Option<Watch>, SessionError> {
        let EndRequest { cancel, watch } = request.map_err(|illegal| self.illegal(illegal))?;
        if let Some(token) = cancel {
            token.cancel();
        }
        Ok(watch)
    }

    pub(super) fn join(
        &self,
        watch: &Watch,
        patience: Patience,
    ) -> Result<SessionOutcome, SessionError> {
        if watch.outcome().is_none() && is_driven_here(&self.lifecycle) {
            return Err(SessionError::OwnThread {
                session: Arc::clone(&self.name),
            });
        }
        let outcome = self
            .lifecycle
            .wait(watch, patience.deadline)
            .ok_or_else(|| SessionError::DeadlineExceeded {
                session: Arc::clone(&self.name),
                limit: patience.limit,
            })?;
        self.runtime.threads().join_ended();
        Ok(outcome)
    }

    fn refuse_inside_runtime(&self) -> Result<(), SessionError> {
        if Handle::try_current().is_ok() {
            return Err(SessionError::InsideRuntime {
                session: Arc::clone(&self.name),
            });
        }
        Ok(())
    }

    fn illegal(&self, Illegal { from, to }: Illegal) -> SessionError {
        SessionError::IllegalTransition {
            session: Arc::clone(&self.name),
            from,
            to,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Refused if it was destroyed properly, which is what we want.
        let _ = self.send_destroy();
        self.runtime.threads().join_ended();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::super::RuntimeProfile;
    use super::*;

    /// What `std::thread` does to the closure, and so to the run, when it cannot make the thread.
    #[test]
    fn a_run_that_nobody_executes_ends_the_session() {
        let session = Session::new("s", &SharedRuntime::new(RuntimeProfile::test())).unwrap();
        let run = session
            .claim(
                #[cfg(unix)]
                SessionFds::default(),
            )
            .unwrap();
        assert_eq!(session.state(), SessionState::Starting);
        drop(run);
        assert_eq!(session.state(), SessionState::Ended);
        assert!(matches!(
            session.wait(Duration::ZERO).unwrap(),
            Some(SessionOutcome::NotStarted(_))
        ));
        // The gate was left: nobody waits for the run.
        assert!(session.runtime.shutdown(Duration::from_secs(20)).is_clean());
    }

    #[test]
    fn a_stop_before_the_first_poll_drops_the_body_unpolled() {
        let session = Session::new("s", &SharedRuntime::new(RuntimeProfile::test())).unwrap();
        let run = session
            .claim(
                #[cfg(unix)]
                SessionFds::default(),
            )
            .unwrap();
        session.request_stop().unwrap();
        assert_eq!(session.state(), SessionState::Stopping);
        let outcome = run.execute(async |_: SessionContext| panic!("polled"));
        assert_eq!(outcome, SessionOutcome::Stopped);
        assert_eq!(session.state(), SessionState::Ended);
    }
}
