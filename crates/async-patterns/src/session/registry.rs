//! Sessions behind integers.

use std::fmt;
use std::mem;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::body::LocalSessionBody;
use super::control::{Patience, Session};
#[cfg(unix)]
use super::descriptors::SessionFds;
use super::error::SessionError;
use super::last_error::LastError;
use super::runtime::SharedRuntime;
use super::slots::Slots;
use super::state::{SessionOutcome, SessionState};
use super::stats::SessionStats;

/// The name of a session as a host keeps it: never zero, and positive as an `i64`, so that it fits
/// C's `uint64_t` and JNI's `jlong` alike and zero is free to mean "none".
///
/// A handle whose session is destroyed names nothing for ever after: the half of it that counts
/// generations never takes the same value again for the same place in the table.
///
/// # Examples
///
/// ```
/// use async_patterns::session::SessionHandle;
///
/// let handle = SessionHandle::try_from(0x1_0000_0000_i64)?;
/// assert_eq!(i64::from(handle), 0x1_0000_0000);
/// assert!(SessionHandle::try_from(0_i64).is_err());
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionHandle(NonZeroU64);

impl SessionHandle {
    fn invalid(self) -> SessionError {
        SessionError::InvalidHandle { raw: self.0.get() }
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionHandle({:#x})", self.0)
    }
}

impl TryFrom<u64> for SessionHandle {
    type Error = SessionError;

    /// Refuses what no registry gives out: zero, and numbers that are negative as an `i64`.
    fn try_from(raw: u64) -> Result<Self, SessionError> {
        NonZeroU64::new(raw)
            .filter(|_| i64::try_from(raw).is_ok())
            .map(Self)
            .ok_or(SessionError::InvalidHandle { raw })
    }
}

impl TryFrom<i64> for SessionHandle {
    type Error = SessionError;

    #[expect(
        clippy::cast_sign_loss,
        reason = "the bits as they are: a negative number becomes one that is refused"
    )]
    fn try_from(raw: i64) -> Result<Self, SessionError> {
        Self::try_from(raw as u64)
    }
}

impl From<SessionHandle> for u64 {
    fn from(handle: SessionHandle) -> Self {
        handle.0.get()
    }
}

impl From<SessionHandle> for i64 {
    fn from(handle: SessionHandle) -> Self {
        Self::try_from(handle.0.get()).expect("keys are below 2^63")
    }
}

/// Sessions behind handles that never dangle.
///
/// Every method takes a [`SessionHandle`] and does what [`Session`]'s method of the same name does;
/// one whose session is gone gets [`SessionError::InvalidHandle`], whatever other threads do at the
/// same time. A call that had found its session before another thread destroyed it goes on with it
/// and is refused by its state.
///
/// Handles belong to one registry; a host should have one.
///
/// # Examples
///
/// The functions a C host would call, with [`ffi_guard`](super::ffi_guard):
///
/// ```
/// use std::sync::LazyLock;
/// use std::time::Duration;
/// use async_patterns::session::{
///     RuntimeProfile, SessionContext, SessionHandle, SessionRegistry, SharedRuntime, ffi_guard,
/// };
///
/// static SESSIONS: LazyLock<SessionRegistry> =
///     LazyLock::new(|| SessionRegistry::new(&SharedRuntime::new(RuntimeProfile::mobile())));
///
/// extern "C" fn tunnel_create() -> u64 {
///     ffi_guard(0, || Ok(SESSIONS.create("tunnel")?.into()))
/// }
///
/// extern "C" fn tunnel_start(handle: u64) -> i32 {
///     ffi_guard(-1, || {
///         SESSIONS.start(SessionHandle::try_from(handle)?, async |context: SessionContext| {
///             context.cancelled().await;
///             Ok(())
///         })?;
///         Ok(0)
///     })
/// }
///
/// extern "C" fn tunnel_destroy(handle: u64) -> i32 {
///     ffi_guard(-1, || {
///         SESSIONS.destroy(SessionHandle::try_from(handle)?, Duration::from_secs(5))?;
///         Ok(0)
///     })
/// }
///
/// let handle = tunnel_create();
/// assert_eq!(tunnel_start(handle), 0);
/// assert_eq!(tunnel_start(handle), -1); // double start
/// assert_eq!(tunnel_destroy(handle), 0);
/// assert_eq!(tunnel_destroy(handle), -1); // the handle names nothing any more
/// # let _ = SESSIONS.runtime().shutdown(Duration::from_secs(5));
/// ```
pub struct SessionRegistry {
    runtime: Mutex<SharedRuntime>,
    limit: usize,
    sessions: Slots<Arc<Session>>,
}

impl SessionRegistry {
    /// How many sessions a registry holds unless told otherwise: far more than a host needs, few
    /// enough that one which forgets to destroy them hears of it.
    pub const DEFAULT_LIMIT: usize = 1024;

    /// An empty registry whose sessions run on `runtime`.
    #[must_use]
    pub fn new(runtime: &SharedRuntime) -> Self {
        Self::with_limit(runtime, Self::DEFAULT_LIMIT)
    }

    /// [`new`](Self::new), holding at most `limit` sessions.
    #[must_use]
    pub fn with_limit(runtime: &SharedRuntime, limit: usize) -> Self {
        Self {
            runtime: Mutex::new(runtime.clone()),
            limit,
            sessions: Slots::new(limit),
        }
    }

    /// The runtime of the sessions that are created from now on.
    pub fn runtime(&self) -> SharedRuntime {
        self.current_runtime().clone()
    }

    /// Gives the sessions that are created from now on another runtime, and returns the one before.
    /// Those that exist keep theirs, and their handles stay valid.
    ///
    /// For a host that shuts everything down and later begins again in the same process, as an app
    /// does whose service is switched off and on: with a new registry, old handles would come to
    /// name new sessions.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use async_patterns::session::{
    ///     RuntimeProfile, SessionContext, SessionRegistry, SharedRuntime,
    /// };
    ///
    /// let profile = RuntimeProfile::test();
    /// let registry = SessionRegistry::new(&SharedRuntime::new(profile.clone()));
    /// let old = registry.create("first")?;
    ///
    /// let before = registry.replace_runtime(&SharedRuntime::new(profile));
    /// let limit = Duration::from_secs(5);
    /// assert!(registry.destroy_all(limit).is_empty());
    /// assert!(before.shutdown(limit).is_clean());
    ///
    /// let new = registry.create("second")?;
    /// registry.start(new, async |_: SessionContext| Ok(()))?;
    /// assert!(registry.state(old).is_err());
    /// # let _ = registry.runtime().shutdown(limit);
    /// # Ok::<(), async_patterns::session::SessionError>(())
    /// ```
    #[must_use = "the runtime before goes on until it is shut down"]
    pub fn replace_runtime(&self, runtime: &SharedRuntime) -> SharedRuntime {
        mem::replace(&mut *self.current_runtime(), runtime.clone())
    }

    fn current_runtime(&self) -> MutexGuard<'_, SharedRuntime> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a session; see [`Session::new`].
    ///
    /// # Errors
    ///
    /// Those of [`Session::new`], and [`SessionError::RegistryFull`].
    pub fn create(&self, name: impl Into<Arc<str>>) -> Result<SessionHandle, SessionError> {
        let session = Arc::new(Session::new(name, &self.runtime())?);
        self.sessions
            .insert(session)
            .map(SessionHandle)
            .map_err(|_| SessionError::RegistryFull { limit: self.limit })
    }

    /// The session itself. Holding on to it does not keep the handle valid.
    ///
    /// # Errors
    ///
    /// [`SessionError::InvalidHandle`].
    pub fn get(&self, handle: SessionHandle) -> Result<Arc<Session>, SessionError> {
        self.sessions.get(handle.0).ok_or_else(|| handle.invalid())
    }

    /// See [`Session::start`].
    pub fn start<B>(&self, handle: SessionHandle, body: B) -> Result<(), SessionError>
    where
        B: LocalSessionBody + Send + 'static,
    {
        self.get(handle)?.start(body)
    }

    /// See [`Session::start_with_fds`].
    #[cfg(unix)]
    pub fn start_with_fds<B>(
        &self,
        handle: SessionHandle,
        fds: SessionFds,
        body: B,
    ) -> Result<(), SessionError>
    where
        B: LocalSessionBody + Send + 'static,
    {
        self.get(handle)?.start_with_fds(fds, body)
    }

    /// See [`Session::run_on_this_thread`].
    pub fn run_on_this_thread<B>(
        &self,
        handle: SessionHandle,
        body: B,
    ) -> Result<SessionOutcome, SessionError>
    where
        B: LocalSessionBody,
    {
        self.get(handle)?.run_on_this_thread(body)
    }

    /// See [`Session::run_on_this_thread_with_fds`].
    #[cfg(unix)]
    pub fn run_on_this_thread_with_fds<B>(
        &self,
        handle: SessionHandle,
        fds: SessionFds,
        body: B,
    ) -> Result<SessionOutcome, SessionError>
    where
        B: LocalSessionBody,
    {
        self.get(handle)?.run_on_this_thread_with_fds(fds, body)
    }

    /// See [`Session::request_stop`].
    pub fn request_stop(&self, handle: SessionHandle) -> Result<(), SessionError> {
        self.get(handle)?.request_stop()
    }

    /// See [`Session::stop`].
    pub fn stop(
        &self,
        handle: SessionHandle,
        limit: Duration,
    ) -> Result<SessionOutcome, SessionError> {
        self.get(handle)?.stop(limit)
    }

    /// See [`Session::wait`].
    pub fn wait(
        &self,
        handle: SessionHandle,
        limit: Duration,
    ) -> Result<Option<SessionOutcome>, SessionError> {
        self.get(handle)?.wait(limit)
    }

    /// Takes the handle out of use, then does what [`Session::destroy`] does. Of several threads
    /// that destroy the same session one does it; the others get [`SessionError::InvalidHandle`].
    ///
    /// # Errors
    ///
    /// [`SessionError::InvalidHandle`]; and those of [`Session::destroy`], with the handle out of
    /// use nevertheless.
    pub fn destroy(
        &self,
        handle: SessionHandle,
        limit: Duration,
    ) -> Result<Option<SessionOutcome>, SessionError> {
        self.sessions
            .remove(handle.0)
            .ok_or_else(|| handle.invalid())?
            .destroy(limit)
    }

    /// Destroys every session there is, all at the same time, and waits for them until one common
    /// limit. Returns the errors of those that did not end cleanly in time. Sessions created
    /// meanwhile are left alone.
    #[must_use = "a session that did not end in time still has its thread"]
    pub fn destroy_all(&self, limit: Duration) -> Vec<SessionError> {
        let patience = Patience::of(limit);
        let destroyed: Vec<_> = self
            .sessions
            .keys()
            .into_iter()
            .filter_map(|key| self.sessions.remove(key))
            .map(|session| (session.send_destroy(), session))
            .collect();
        destroyed
            .into_iter()
            .filter_map(|(sent, session)| match sent {
                Ok(Some(watch)) => session.join(&watch, patience).err(),
                Ok(None) => None,
                Err(error) => Some(error),
            })
            .collect()
    }

    /// See [`Session::state`].
    pub fn state(&self, handle: SessionHandle) -> Result<SessionState, SessionError> {
        Ok(self.get(handle)?.state())
    }

    /// See [`Session::stats`].
    pub fn stats(&self, handle: SessionHandle) -> Result<SessionStats, SessionError> {
        Ok(self.get(handle)?.stats())
    }

    /// See [`Session::last_error`].
    pub fn last_error(&self, handle: SessionHandle) -> Result<Option<LastError>, SessionError> {
        Ok(self.get(handle)?.last_error())
    }

    /// The handles of all sessions there are now.
    pub fn handles(&self) -> Vec<SessionHandle> {
        self.sessions
            .keys()
            .into_iter()
            .map(SessionHandle)
            .collect()
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for SessionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRegistry")
            .field("sessions", &self.len())
            .field("limit", &self.limit)
            .field("runtime", &self.runtime())
            .finish()
    }
}
