//! How a child of a scope can end.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What became of a child of a [`TaskScope`](super::TaskScope).
///
/// # Examples
///
/// ```
/// use async_patterns::task::Outcome;
///
/// assert_eq!(Outcome::Cancelled.name(), "cancelled");
/// assert_eq!(Outcome::Panicked("oh".into()).to_string(), "panicked: oh");
/// ```
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It returned, with `()` or `Ok`: also when it returned early because its token was cancelled.
    Finished,
    /// It returned an error.
    Failed(Arc<dyn Error + Send + Sync>),
    /// It was dropped before it was done: aborted, stopped at an await by its token, never started,
    /// or dropped with its runtime. Never a panic.
    Cancelled,
    /// It panicked, with this message; or one of its destructors did while it was aborted.
    Panicked(Arc<str>),
    /// It had not ended when the report was made: a task that does not reach an await, or a thread
    /// that does not look at its token.
    StillRunning,
}

impl Outcome {
    /// One lower-case word or two, for tables and fields.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::Panicked(_) => "panicked",
            Self::StillRunning => "still running",
        }
    }

    /// The error's or the panic's text.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Failed(error) => Some(error.to_string()),
            Self::Panicked(message) => Some(message.to_string()),
            Self::Finished | Self::Cancelled | Self::StillRunning => None,
        }
    }

    /// Whether it is [`Failed`](Self::Failed) or [`Panicked`](Self::Panicked).
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Panicked(_))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Some(message) => write!(f, "{}: {message}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// What a child of a scope runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildKind {
    /// A task: can be aborted at its awaits.
    Task,
    /// A closure on tokio's blocking pool: once it runs it can only be asked to stop.
    Blocking,
    /// A thread of its own: can only be asked to stop.
    Thread,
}

impl ChildKind {
    /// One lower-case word, for tables and fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Blocking => "blocking",
            Self::Thread => "thread",
        }
    }
}

impl fmt::Display for ChildKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a child of a scope may return: nothing, a `Result` whose `Ok` value is thrown away, or never
/// (`!`).
///
/// The error may be anything that `?` turns into `Box<dyn Error + Send + Sync>`, so also a `String`
/// or an `anyhow::Error`. A child that computes a value sends it through a channel, or is spawned on
/// a [`JoinSet`](tokio::task::JoinSet).
///
/// # Examples
///
/// ```
/// use async_patterns::task::TaskOutput;
///
/// assert!(().into_result().is_ok());
/// assert!(Err::<(), _>("disk full").into_result().is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "a child of a `TaskScope` returns `()` or a `Result`, not `{Self}`",
    note = "send a value through a channel, or spawn the task on a `tokio::task::JoinSet`"
)]
pub trait TaskOutput {
    /// `Ok` if the child finished, the error if it failed.
    ///
    /// # Errors
    ///
    /// The child's own.
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl TaskOutput for () {
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

/// `!`, the output of a child that loops until it is cancelled. The type cannot be written there on
/// stable Rust, but it can be named as what a function pointer returns.
type Never = <fn() -> ! as Returns>::Output;

/// Public in a private module: an impl of a public trait names it.
pub trait Returns {
    type Output;
}

impl<R> Returns for fn() -> R {
    type Output = R;
}

impl TaskOutput for Never {
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self
    }
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> TaskOutput for Result<T, E> {
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.map(drop).map_err(Into::into)
    }
}

pub(super) fn outcome_of(output: impl TaskOutput) -> Outcome {
    match output.into_result() {
        Ok(()) => Outcome::Finished,
        Err(error) => Outcome::Failed(Arc::from(error)),
    }
}
