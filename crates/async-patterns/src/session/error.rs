//! What can go wrong, and the numbers a C or JNI host sees for it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::state::SessionState;

/// Why an operation on a session, a registry or a shared runtime was refused or did not succeed.
///
/// The message of each names what, where and the way out. [`code`](Self::code) gives the number
/// for hosts that cannot take an enum.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The operation is not legal in the session's state; nothing was changed.
    IllegalTransition {
        /// The session's name.
        session: Arc<str>,
        /// The state the session is in.
        from: SessionState,
        /// The state the operation would have led to.
        to: SessionState,
    },
    /// The handle names no session of this registry: it is zero, was never given out, or its
    /// session has been destroyed.
    InvalidHandle {
        /// The handle as the host gave it.
        raw: u64,
    },
    /// The shared runtime has been shut down.
    RuntimeGone,
    /// The shared runtime could not be built.
    RuntimeBuild(io::Error),
    /// A [`RuntimeProfile`](super::RuntimeProfile) holds a value no runtime can be built with.
    InvalidProfile {
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// A session's name cannot be used as a thread's name.
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The operating system refused a thread for the session.
    ThreadSpawn {
        /// The name of the thread.
        thread: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file descriptor could not be duplicated.
    Descriptor {
        /// The number as the host gave it.
        fd: i32,
        /// What the operating system said.
        source: io::Error,
    },
    /// The body did not end in time. Its thread stays on record until it does.
    DeadlineExceeded {
        /// The session's name.
        session: Arc<str>,
        /// How long the caller was ready to wait.
        limit: Duration,
    },
    /// The session was asked to wait for its own end from the thread its body runs on.
    /// The request to stop has been made; waiting for it there would never end.
    OwnThread {
        /// The session's name.
        session: Arc<str>,
    },
    /// `run_on_this_thread` was called on a thread that already drives a tokio runtime.
    InsideRuntime {
        /// The session's name.
        session: Arc<str>,
    },
    /// The registry holds as many sessions as it was made for.
    RegistryFull {
        /// How many that is.
        limit: usize,
    },
}

impl SessionError {
    /// The number for this error, for hosts that cannot take an enum.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::session::{ErrorCode, SessionError};
    ///
    /// let error = SessionError::InvalidHandle { raw: 0 };
    /// assert_eq!(error.code(), ErrorCode::InvalidHandle);
    /// assert_eq!(error.code() as i32, -4);
    /// ```
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::IllegalTransition { .. } => ErrorCode::IllegalTransition,
            Self::InvalidHandle { .. } => ErrorCode::InvalidHandle,
            Self::RuntimeGone => ErrorCode::RuntimeGone,
            Self::DeadlineExceeded { .. } => ErrorCode::DeadlineExceeded,
            Self::Descriptor { .. } => ErrorCode::Descriptor,
            Self::InvalidProfile { .. } | Self::InvalidName { .. } => ErrorCode::InvalidArgument,
            Self::RuntimeBuild(_) | Self::ThreadSpawn { .. } | Self::RegistryFull { .. } => {
                ErrorCode::OutOfResources
            }
            Self::OwnThread { .. } | Self::InsideRuntime { .. } => ErrorCode::WrongThread,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IllegalTransition { session, from, to } => write!(
                f,
                "session `{session}` is {from} and cannot become {to} from there"
            ),
            Self::InvalidHandle { raw: 0 } => {
                f.write_str("session handle 0 is never valid; use one that `create` returned")
            }
            Self::InvalidHandle { raw } => write!(
                f,
                "session handle {raw:#x} names no session: it was destroyed, or never created here"
            ),
            Self::RuntimeGone => f.write_str(
                "the shared runtime has been shut down; make a new one to start sessions again",
            ),
            // The source carries the reason; see `std::error::Error::source`.
            Self::RuntimeBuild(_) => f.write_str("the shared runtime could not be built"),
            Self::InvalidProfile { reason } => write!(f, "invalid runtime profile: {reason}"),
            Self::InvalidName { name } => write!(
                f,
                "session name {name:?} cannot name a thread: it must not be empty or hold a NUL"
            ),
            Self::ThreadSpawn { thread, .. } => {
                write!(f, "the thread `{thread}` could not be created")
            }
            Self::Descriptor { fd, .. } => {
                write!(f, "file descriptor {fd} could not be duplicated")
            }
            Self::DeadlineExceeded { session, limit } => write!(
                f,
                "session `{session}` had not ended after {limit:?}; \
                 its thread is on record until it does"
            ),
            Self::OwnThread { session } => write!(
                f,
                "session `{session}` cannot wait for itself on its own thread; \
                 use `request_stop` there"
            ),
            Self::InsideRuntime { session } => write!(
                f,
                "session `{session}` cannot run on a thread that drives a tokio runtime already; \
                 await its body there, or use `start`"
            ),
            Self::RegistryFull { limit } => write!(
                f,
                "the registry holds {limit} sessions, which is its limit; destroy one first"
            ),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::RuntimeBuild(source)
            | Self::ThreadSpawn { source, .. }
            | Self::Descriptor { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The kinds of error, as numbers that a C header may repeat. They are negative, so that zero and
/// above are left for results, and stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorCode {
    /// The session's body, or the guarded function, returned an error of its own.
    Failed = -1,
    /// The session's body, or the guarded function, panicked.
    Panicked = -2,
    /// The operation is not legal in the session's state.
    IllegalTransition = -3,
    /// The handle names no session.
    InvalidHandle = -4,
    /// The shared runtime has been shut down.
    RuntimeGone = -5,
    /// The session did not end in time.
    DeadlineExceeded = -6,
    /// A file descriptor could not be duplicated.
    Descriptor = -7,
    /// An argument has a value that can never be right.
    InvalidArgument = -8,
    /// A thread, a runtime or a place in the registry could not be had.
    OutOfResources = -9,
    /// The operation cannot be done from the calling thread.
    WrongThread = -10,
}

/// The message of an error followed by those of its sources, each after a colon.
pub(super) fn with_sources(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_illegal_transition_names_both_states_and_the_session() {
        let error = SessionError::IllegalTransition {
            session: "vpn".into(),
            from: SessionState::Running,
            to: SessionState::Starting,
        };
        assert_eq!(
            error.to_string(),
            "session `vpn` is running and cannot become starting from there"
        );
    }

    #[test]
    fn sources_are_part_of_the_text() {
        let error = SessionError::Descriptor {
            fd: 9,
            source: io::Error::other("closed by the host"),
        };
        assert_eq!(
            with_sources(&error),
            "file descriptor 9 could not be duplicated: closed by the host"
        );
    }
}
