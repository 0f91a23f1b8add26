//! What a timeout says when it fires.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::blocking::BlockingWork;

/// A [`FusedTimeout`](super::FusedTimeout) fired.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::timeout::{TimeoutError, fused_timeout};
/// use std::future::pending;
/// use std::time::Duration;
///
/// let error = fused_timeout(Duration::from_secs(1), pending::<()>()).await.unwrap_err();
/// let TimeoutError::Elapsed { overrun, .. } = error else { unreachable!() };
/// assert!(overrun < Duration::from_secs(1));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeoutError {
    /// The deadline passed before the future completed.
    #[non_exhaustive]
    Elapsed {
        /// How long after the deadline this was noticed, on tokio's clock. Tokio's timers fire up
        /// to a millisecond late; much more means that the task was not polled in time, because
        /// something blocked its thread.
        overrun: Duration,
        /// The longest poll of the future inside, in real time, if a poll budget was set and a
        /// poll was longer.
        long_poll: Option<Duration>,
    },
}

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Elapsed { overrun, long_poll } = self;
        write!(f, "deadline has elapsed, noticed {overrun:?} late")?;
        if let Some(long_poll) = long_poll {
            write!(f, "; one poll took {long_poll:?}: work inside is not async")?;
        }
        Ok(())
    }
}

impl Error for TimeoutError {}

/// A [`blocking_timeout`](super::blocking_timeout) did not give its result in time.
///
/// In all cases of an expired limit the work's [`StopFlag`](super::StopFlag) has been raised.
#[non_exhaustive]
pub enum BlockingTimeoutError<T> {
    /// The limit passed and the thread has stopped: the work returned within the grace period.
    #[non_exhaustive]
    Stopped {
        /// What it returned: a part of the result perhaps, or the whole of it, late.
        output: T,
        /// How long after the limit it stopped.
        overrun: Duration,
    },
    /// The limit passed and the thread is still running.
    #[non_exhaustive]
    StillRunning {
        /// Waits for the thread, whose flag is up.
        work: BlockingWork<T>,
        /// How long after the limit this was given up on; at least the grace period.
        overrun: Duration,
    },
    /// The limit passed before the blocking pool had a thread to run the work. It never runs.
    #[non_exhaustive]
    NotStarted {
        /// How long after the limit this was noticed.
        overrun: Duration,
    },
    /// The runtime was shut down before the work could be queued or started. It never runs.
    RuntimeGone,
}

impl<T> BlockingTimeoutError<T> {
    /// Whether no thread is running the work any more.
    pub fn has_stopped(&self) -> bool {
        !matches!(self, Self::StillRunning { .. })
    }
}

impl<T> fmt::Display for BlockingTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { overrun, .. } => {
                write!(
                    f,
                    "blocking work was asked to stop at its limit and stopped {overrun:?} later"
                )
            }
            Self::StillRunning { overrun, .. } => write!(
                f,
                "blocking work was asked to stop at its limit and is still running {overrun:?} later"
            ),
            Self::NotStarted { .. } => f.write_str(
                "blocking work was not started within its limit: the blocking pool is exhausted",
            ),
            Self::RuntimeGone => {
                f.write_str("the runtime was shut down before the blocking work was started")
            }
        }
    }
}

impl<T> fmt::Debug for BlockingTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, overrun) = match self {
            Self::Stopped { overrun, .. } => ("Stopped", Some(overrun)),
            Self::StillRunning { overrun, .. } => ("StillRunning", Some(overrun)),
            Self::NotStarted { overrun } => ("NotStarted", Some(overrun)),
            Self::RuntimeGone => ("RuntimeGone", None),
        };
        let mut fields = f.debug_struct(name);
        if let Some(overrun) = overrun {
            fields.field("overrun", overrun);
        }
        fields.finish_non_exhaustive()
    }
}

impl<T> Error for BlockingTimeoutError<T> {}
