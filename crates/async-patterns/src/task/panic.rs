//! Panics that are carried from where they happened to whoever waits.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use crate::panics::payload_text;

/// A panic that was caught in a task or thread, with its payload.
///
/// # Examples
///
/// ```
/// use async_patterns::task::{BlockingError, BlockingLimiter, spawn_cancellable_blocking};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let limiter = BlockingLimiter::new(4);
/// let work = spawn_cancellable_blocking(&limiter, |_| -> u8 { panic!("no such file") });
/// let Err(BlockingError::Panicked(panic)) = work.await else { unreachable!() };
/// assert_eq!(panic.message(), "no such file");
/// # }
/// ```
pub struct TaskPanic {
    message: String,
    /// A payload is `Send` and not `Sync`; behind the lock an error with it is both.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl TaskPanic {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self {
            message: payload_text(&*payload).to_owned(),
            payload: Mutex::new(payload),
        }
    }

    /// The text of the panic.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The payload, as [`std::panic::catch_unwind`] returned it.
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on panicking, here. The panic hook is not run a second time.
    ///
    /// # Panics
    ///
    /// Always.
    pub fn resume(self) -> ! {
        resume_unwind(self.into_payload())
    }
}

impl fmt::Debug for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskPanic")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)
    }
}

impl Error for TaskPanic {}

/// Runs `f`; a panic becomes an error.
///
/// Unwind safety is asserted because whatever `f` captured is dropped with it, and what it shared
/// with others was given to another thread anyway, where a panic would have been caught the same
/// way.
pub(super) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, TaskPanic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(TaskPanic::new)
}
