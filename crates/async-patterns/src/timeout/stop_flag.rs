//! The flag by which blocking work is asked to stop.
//!
//! # Protocol
//!
//! One byte, two bits, and only `fetch_or`: the two sides meet in the one order of this atomic.
//!
//! 1. The worker sets `STARTED` before it runs the work, and does not run it if `RAISED` was up.
//! 2. The other side sets `RAISED`, and learns from the old value whether the work has started.
//! 3. So either the work runs and the raiser knows it, or it never runs and the raiser knows that.
//! 4. `RAISED` is set with release and read with acquire: the work sees what was written before.

use std::error::Error;
use std::fmt;

use crate::loom::sync::Arc;
use crate::loom::sync::atomic::{AtomicU8, Ordering};

const STARTED: u8 = 0b01;
const RAISED: u8 = 0b10;

/// Tells blocking work that it should stop. Once raised it stays up; clones share one flag.
///
/// A thread cannot be stopped from outside, so the work has to look: once per item, per chunk, or
/// per millisecond or so. A look is one atomic load. Where async code should wait for a stop, use
/// tokio-util's [`CancellationToken`](tokio_util::sync::CancellationToken).
///
/// # Examples
///
/// ```
/// use async_patterns::timeout::{StopFlag, Stopped};
///
/// fn sum(stop: &StopFlag, items: &[u64]) -> Result<u64, Stopped> {
///     let mut sum = 0;
///     for item in items {
///         stop.check()?;
///         sum += item;
///     }
///     Ok(sum)
/// }
///
/// let stop = StopFlag::new();
/// assert_eq!(sum(&stop, &[1, 2, 3]), Ok(6));
/// stop.raise();
/// assert_eq!(sum(&stop, &[1, 2, 3]), Err(Stopped));
/// ```
#[derive(Clone, Default)]
pub struct StopFlag(Arc<AtomicU8>);

/// The work was asked to stop. Made by [`StopFlag::check`].
///
/// # Examples
///
/// ```
/// use async_patterns::timeout::{StopFlag, Stopped};
///
/// fn count(stop: &StopFlag) -> Result<u32, Stopped> {
///     let mut sum = 0;
///     for n in 0..100 {
///         stop.check()?;
///         sum += n;
///     }
///     Ok(sum)
/// }
///
/// let stop = StopFlag::new();
/// assert_eq!(count(&stop), Ok(4950));
/// stop.raise();
/// assert_eq!(count(&stop), Err(Stopped));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl StopFlag {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop.
    pub fn raise(&self) {
        self.raise_and_see_if_started();
    }

    /// Whether the work should stop.
    #[inline]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire) & RAISED != 0
    }

    /// [`is_raised`](Self::is_raised), for use with `?`.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the flag is raised.
    #[inline]
    pub fn check(&self) -> Result<(), Stopped> {
        if self.is_raised() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// Raises the flag and says whether [`start`](Self::start) came first.
    pub(super) fn raise_and_see_if_started(&self) -> bool {
        self.0.fetch_or(RAISED, Ordering::AcqRel) & STARTED != 0
    }

    /// Whether the work may run: `false` once the flag has been raised.
    pub(super) fn start(&self) -> bool {
        self.0.fetch_or(STARTED, Ordering::AcqRel) & RAISED == 0
    }
}

impl fmt::Debug for StopFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StopFlag").field(&self.is_raised()).finish()
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("asked to stop")
    }
}

impl Error for Stopped {}
