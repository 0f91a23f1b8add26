//! The sessions of this process and the runtime they share: all that both faces do.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use async_patterns::session::{
    ErrorCode, LastError, OutcomeCode, RuntimeProfile, SessionFds, SessionHandle, SessionRegistry,
    SharedRuntime,
};

use crate::descriptor;
use crate::figures::Stats;
use crate::options::Options;

/// What the names of all our threads start with. Linux shows 15 bytes of a name.
pub const THREAD_PREFIX: &str = "sbridge";

static SESSIONS: LazyLock<SessionRegistry> =
    LazyLock::new(|| SessionRegistry::new(&unbuilt_runtime()));

/// Costs no thread until the first session starts.
fn unbuilt_runtime() -> SharedRuntime {
    SharedRuntime::new(RuntimeProfile::mobile().with_thread_name_prefix(THREAD_PREFIX))
}

/// Makes a session.
///
/// # Errors
///
/// Those of [`SessionRegistry::create`].
pub fn create(name: &str) -> Result<SessionHandle, LastError> {
    Ok(SESSIONS.create(name)?)
}

// ANCHOR: start
/// Starts a forwarder and returns at once.
///
/// # Errors
///
/// Those of [`Options::forwarder`], [`descriptor::duplicate`] and [`SessionRegistry::start`].
///
/// # Panics
///
/// If the options ask for it; both faces catch it.
///
/// # Safety
///
/// A descriptor in `options` must be open, and the caller's to use, until this returns.
pub unsafe fn start(handle: SessionHandle, options: &Options) -> Result<(), LastError> {
    let forwarder = options.forwarder()?;
    let fds = match forwarder.descriptor() {
        // SAFETY: the caller's promise.
        Some(fd) => unsafe { descriptor::duplicate(fd) }?,
        None => SessionFds::default(),
    };
    Ok(SESSIONS.start_with_fds(handle, fds, forwarder)?)
}
// ANCHOR_END: start

/// Asks a session to stop and returns at once.
///
/// # Errors
///
/// Those of [`SessionRegistry::request_stop`].
pub fn request_stop(handle: SessionHandle) -> Result<(), LastError> {
    Ok(SESSIONS.request_stop(handle)?)
}

/// Stops a session and waits for its end.
///
/// # Errors
///
/// Those of [`SessionRegistry::stop`].
pub fn stop(handle: SessionHandle, limit: Duration) -> Result<OutcomeCode, LastError> {
    Ok(SESSIONS.stop(handle, limit)?.code())
}

/// Waits for the end of a session's run without asking for it.
///
/// # Errors
///
/// [`ErrorCode::IllegalTransition`] if it was never started, and those of
/// [`SessionRegistry::wait`].
pub fn wait(handle: SessionHandle, limit: Duration) -> Result<OutcomeCode, LastError> {
    match SESSIONS.wait(handle, limit)? {
        Some(outcome) => Ok(outcome.code()),
        None => Err(LastError::new(
            ErrorCode::IllegalTransition,
            "the session was never started, so there is no end to wait for; start it first",
        )),
    }
}

/// The session's state, as its number.
///
/// # Errors
///
/// [`ErrorCode::InvalidHandle`].
pub fn state(handle: SessionHandle) -> Result<i32, LastError> {
    Ok(SESSIONS.state(handle)? as i32)
}

/// The session's figures.
///
/// # Errors
///
/// [`ErrorCode::InvalidHandle`].
pub fn stats(handle: SessionHandle) -> Result<Stats, LastError> {
    Ok(Stats::from(&SESSIONS.stats(handle)?))
}

/// The last error of the session's own work, if there was one.
///
/// # Errors
///
/// [`ErrorCode::InvalidHandle`].
pub fn session_error(handle: SessionHandle) -> Result<Option<LastError>, LastError> {
    Ok(SESSIONS.last_error(handle)?)
}

/// Takes the handle out of use, asks the session to stop and waits for its end.
///
/// # Errors
///
/// Those of [`SessionRegistry::destroy`]; the handle is out of use nevertheless.
pub fn destroy(handle: SessionHandle, limit: Duration) -> Result<(), LastError> {
    SESSIONS.destroy(handle, limit)?;
    Ok(())
}

// ANCHOR: shutdown
/// Destroys all sessions and shuts their runtime down. A session that is created later begins with
/// a new one, and no handle ever comes back.
///
/// # Errors
///
/// [`ErrorCode::DeadlineExceeded`] if something has not ended in time; the message names the threads
/// that are left.
pub fn shutdown(limit: Duration) -> Result<(), LastError> {
    let deadline = Instant::now().checked_add(limit);
    let runtime = SESSIONS.replace_runtime(&unbuilt_runtime());
    let errors = SESSIONS.destroy_all(limit);
    let left = deadline.map_or(limit, |at| at.saturating_duration_since(Instant::now()));
    let report = runtime.shutdown(left);
    if errors.is_empty() && report.is_clean() {
        return Ok(());
    }
    let mut message = report.to_string();
    for error in errors {
        message.push_str("; ");
        message.push_str(&error.to_string());
    }
    Err(LastError::new(ErrorCode::DeadlineExceeded, message))
}
// ANCHOR_END: shutdown
