//! The states of a session, the moves between them, and how a run can end.

use std::fmt;
use std::sync::Arc;

/// Where a session is in its life.
///
/// ```text
///             start              body polled
///   Ready ───────────▶ Starting ────────────▶ Running
///                       │ ▲  │ stop             │  │
///          start failed │ │  ▼                  │  │ body returned,
///                       │ │ Stopping ◀──────────┘  │ failed or panicked
///                       ▼ │  │        stop         ▼
///                       Ended ◀────────────────────┘
///
///   destroy: from every state but Destroyed, to Destroyed
/// ```
///
/// | from ↓ to → | Starting | Running | Stopping | Ended | Destroyed |
/// |---|---|---|---|---|---|
/// | **Ready** | start | | | | destroy |
/// | **Starting** | | first poll of the body | stop | the start failed | destroy |
/// | **Running** | | | stop | the body ended by itself | destroy |
/// | **Stopping** | | | | the body ended | destroy |
/// | **Ended** | start again | | | | destroy |
/// | **Destroyed** | | | | | |
///
/// Every other move is refused with
/// [`SessionError::IllegalTransition`](super::SessionError::IllegalTransition), which names both
/// states. Two requests are no moves and so are never refused for being late: stopping a session
/// that is already `Stopping` (the caller waits with the others) and stopping one that has `Ended`
/// (the outcome is returned at once), because a host cannot know that its session ended a moment
/// ago.
///
/// A body that failed or panicked leaves the session `Ended`, like one that returned: it can be
/// started again with a new body, and [`SessionOutcome`] says what became of the old one.
/// `Destroyed` is final. A session that is destroyed while its body still runs is `Destroyed` at
/// once and stays so when the body ends.
///
/// The discriminants are stable, so that a C or JNI host may be handed `state as i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum SessionState {
    /// Created, never started.
    Ready = 0,
    /// Claimed by a start; the body has not been polled yet.
    Starting = 1,
    /// The body is being polled.
    Running = 2,
    /// Asked to stop; the body has not ended yet.
    Stopping = 3,
    /// The last run is over; the session can be started again.
    Ended = 4,
    /// Gone for good.
    Destroyed = 5,
}

impl SessionState {
    /// All states, in the order of their discriminants.
    pub const ALL: [Self; 6] = [
        Self::Ready,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::Ended,
        Self::Destroyed,
    ];

    /// Whether the move from `self` to `next` is in the table above.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::session::SessionState;
    ///
    /// assert!(SessionState::Ended.can_become(SessionState::Starting));
    /// assert!(!SessionState::Running.can_become(SessionState::Starting));
    /// ```
    #[must_use]
    pub const fn can_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Ready | Self::Ended, Self::Starting)
                | (Self::Starting, Self::Running)
                | (Self::Starting | Self::Running, Self::Stopping)
                | (Self::Starting | Self::Running | Self::Stopping, Self::Ended)
                | (
                    Self::Ready | Self::Starting | Self::Running | Self::Stopping | Self::Ended,
                    Self::Destroyed
                )
        )
    }

    /// Whether a run has been claimed and is not over yet.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stopping)
    }
}

impl fmt::Display for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
            Self::Destroyed => "destroyed",
        })
    }
}

/// How one run of a session ended.
///
/// # Examples
///
/// ```
/// use async_patterns::session::SessionOutcome;
///
/// assert!(SessionOutcome::Stopped.is_ok());
/// let outcome = SessionOutcome::Failed("no route".into());
/// assert!(!outcome.is_ok());
/// assert_eq!(outcome.to_string(), "failed: no route");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionOutcome {
    /// The body returned `Ok` and nobody had asked it to stop.
    Completed,
    /// The session was asked to stop and the body returned `Ok`, or was never polled because the
    /// request came first.
    Stopped,
    /// The body returned an error; its message, with its sources, is inside.
    Failed(Arc<str>),
    /// The body panicked; the panic's message is inside.
    Panicked(Arc<str>),
    /// The shared runtime was shut down while the body ran and the body did not end in time: it was
    /// dropped at its next await, or panicked because its timers and sockets were gone.
    RuntimeGone,
    /// The start failed before the body could be polled; the reason is inside.
    NotStarted(Arc<str>),
}

impl SessionOutcome {
    /// Whether the run ended as it should: completed, or stopped on request.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Completed | Self::Stopped)
    }

    /// The number for this outcome, for hosts that cannot take an enum. The message, if there is
    /// one, is the session's [`last_error`](super::Session::last_error).
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::session::{OutcomeCode, SessionOutcome};
    ///
    /// let outcome = SessionOutcome::Failed("no route".into());
    /// assert_eq!(outcome.code(), OutcomeCode::Failed);
    /// assert_eq!(outcome.code() as i32, 2);
    /// ```
    #[must_use]
    pub const fn code(&self) -> OutcomeCode {
        match self {
            Self::Completed => OutcomeCode::Completed,
            Self::Stopped => OutcomeCode::Stopped,
            Self::Failed(_) => OutcomeCode::Failed,
            Self::Panicked(_) => OutcomeCode::Panicked,
            Self::RuntimeGone => OutcomeCode::RuntimeGone,
            Self::NotStarted(_) => OutcomeCode::NotStarted,
        }
    }
}

/// The kinds of [`SessionOutcome`], as numbers that a C header may repeat. None is negative, so
/// that a function may return either one of these or an [`ErrorCode`](super::ErrorCode); and they
/// are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum OutcomeCode {
    /// The body returned and nobody had asked it to stop.
    Completed = 0,
    /// The session was asked to stop, and did.
    Stopped = 1,
    /// The body returned an error.
    Failed = 2,
    /// The body panicked.
    Panicked = 3,
    /// The shared runtime was shut down before the body had ended.
    RuntimeGone = 4,
    /// The start failed before the body could be polled.
    NotStarted = 5,
}

impl fmt::Display for SessionOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Stopped => f.write_str("stopped"),
            Self::Failed(message) => write!(f, "failed: {message}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::RuntimeGone => {
                f.write_str("abandoned: its runtime was shut down before it had ended")
            }
            Self::NotStarted(reason) => write!(f, "not started: {reason}"),
        }
    }
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::SessionState::{Destroyed, Ended, Ready, Running, Starting, Stopping};
    use super::*;

    #[test]
    fn the_table_holds_these_moves_and_no_other() {
        let legal = [
            (Ready, Starting),
            (Ready, Destroyed),
            (Starting, Running),
            (Starting, Stopping),
            (Starting, Ended),
            (Starting, Destroyed),
            (Running, Stopping),
            (Running, Ended),
            (Running, Destroyed),
            (Stopping, Ended),
            (Stopping, Destroyed),
            (Ended, Starting),
            (Ended, Destroyed),
        ];
        for from in SessionState::ALL {
            for to in SessionState::ALL {
                assert_eq!(
                    from.can_become(to),
                    legal.contains(&(from, to)),
                    "{from} to {to}"
                );
            }
        }
    }

    #[test]
    fn discriminants_are_what_a_c_header_would_say() {
        let codes: Vec<i32> = SessionState::ALL.iter().map(|s| *s as i32).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5]);
        let outcomes = [
            SessionOutcome::Completed,
            SessionOutcome::Stopped,
            SessionOutcome::Failed("".into()),
            SessionOutcome::Panicked("".into()),
            SessionOutcome::RuntimeGone,
            SessionOutcome::NotStarted("".into()),
        ];
        assert_eq!(outcomes.map(|o| o.code() as i32), [0, 1, 2, 3, 4, 5]);
    }
}
