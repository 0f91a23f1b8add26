//! The poison of a lock: who left the data half changed, and how it was mended.
//!
//! Invariants:
//!
//! - **P1** The flag changes only while the lock is held exclusively, and before it is released. So
//!   who holds the lock, shared or exclusive, reads the truth; anyone else reads a hint.
//! - **P2** The flag is up exactly when `record.poison` is there. The record is a cold mutex of its
//!   own, held for a few instructions and never across a call into other code.
//! - **P3** The first poison stays until a recovery: later ones are its consequences.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::PoisonError as StdPoisonError;

use crate::loom::sync::atomic::{AtomicBool, Ordering};
use crate::loom::sync::{Mutex, MutexGuard};

/// How a critical section came to end half way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PoisonCause {
    /// A guard that had given out mutable access was dropped without
    /// [`commit`](super::CancelPoisonGuard::commit): the future that held it was cancelled, or the
    /// code left early, by `?` for instance. A guard cannot tell these apart.
    Uncommitted,
    /// The future of [`perform_async`](super::CancelPoisonGuard::perform_async) was dropped before
    /// it completed.
    Cancelled,
    /// The critical section panicked.
    Panicked,
}

impl fmt::Display for PoisonCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uncommitted => "dropped its guard without commit",
            Self::Cancelled => "was cancelled",
            Self::Panicked => "panicked",
        })
    }
}

/// Who poisoned a lock, and how. An error in itself, to be passed on where the guard cannot go: see
/// [`PoisonError`].
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::sync::CancelPoisonMutex;
///
/// let sum = CancelPoisonMutex::new(1);
/// *sum.lock().await.unwrap() += 1; // no commit
/// let poison = sum.poison().unwrap();
/// assert!(poison.to_string().contains("without commit"));
/// println!("locked at {}", poison.locked_at());
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Poison {
    cause: PoisonCause,
    locked_at: &'static Location<'static>,
}

impl Poison {
    /// How the critical section ended.
    pub fn cause(&self) -> PoisonCause {
        self.cause
    }

    /// Where that critical section had called `lock`, `write` or their `try_` and `blocking_`
    /// forms.
    pub fn locked_at(&self) -> &'static Location<'static> {
        self.locked_at
    }
}

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, locked_at } = self;
        write!(
            f,
            "the data may be half changed: the critical section that locked at {locked_at} {cause}"
        )
    }
}

impl Error for Poison {}

/// A recovery from a poison: what had happened, and why the data is sound again.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::sync::{CancelPoisonMutex, PoisonCause};
///
/// let sum = CancelPoisonMutex::new(1);
/// *sum.lock().await.unwrap() += 1; // no commit
/// sum.lock().await.unwrap_err().into_inner().recover("any number will do");
/// let recovery = sum.last_recovery().unwrap();
/// assert_eq!(recovery.reason(), "any number will do");
/// assert_eq!(recovery.poison().cause(), PoisonCause::Uncommitted);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    poison: Poison,
    reason: Cow<'static, str>,
}

impl Recovery {
    /// The poison that was lifted.
    pub fn poison(&self) -> Poison {
        self.poison
    }

    /// The reason given to [`recover`](super::CancelPoisonGuard::recover).
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The lock is poisoned. Carries what was asked for all the same: the guard, or the data.
///
/// Look at [`poison`](Self::poison), then either pass the error on, or take the guard with
/// [`into_inner`](Self::into_inner), put the data right and call
/// [`recover`](super::CancelPoisonGuard::recover).
///
/// With the guard inside, the error borrows from the lock and keeps it locked. To pass it on with
/// `?` out of a function that owns the lock, or into a `Box<dyn Error>`, pass on the [`Poison`]:
///
/// ```
/// use async_patterns::sync::CancelPoisonMutex;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let book = CancelPoisonMutex::new(7);
/// let price = *book.lock().await.map_err(|error| error.poison())?;
/// assert_eq!(price, 7);
/// # Ok(())
/// # }
/// ```
pub struct PoisonError<G> {
    poison: Poison,
    inner: G,
}

impl<G> PoisonError<G> {
    /// Who poisoned the lock, and how.
    pub fn poison(&self) -> Poison {
        self.poison
    }

    /// The guard or data, in spite of the poison. The lock stays poisoned until someone recovers
    /// it.
    pub fn into_inner(self) -> G {
        self.inner
    }

    /// A look at the guard or data.
    pub fn get_ref(&self) -> &G {
        &self.inner
    }

    /// Mutable access to the guard or data.
    pub fn get_mut(&mut self) -> &mut G {
        &mut self.inner
    }
}

impl<G> fmt::Debug for PoisonError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoisonError")
            .field("poison", &self.poison)
            .finish_non_exhaustive()
    }
}

impl<G> fmt::Display for PoisonError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; mend it and call `recover`", self.poison)
    }
}

impl<G> Error for PoisonError<G> {}

/// Why a `try_` form did not get the lock.
///
/// # Examples
///
/// ```
/// use async_patterns::sync::{CancelPoisonMutex, TryLockError};
///
/// let mutex = CancelPoisonMutex::new(1);
/// let held = mutex.try_lock().unwrap();
/// assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
/// drop(held);
/// assert!(mutex.try_lock().is_ok());
/// ```
pub enum TryLockError<G> {
    /// It did, but the lock is poisoned.
    Poisoned(PoisonError<G>),
    /// Somebody else holds the lock.
    WouldBlock,
}

impl<G> From<PoisonError<G>> for TryLockError<G> {
    fn from(error: PoisonError<G>) -> Self {
        Self::Poisoned(error)
    }
}

impl<G> fmt::Debug for TryLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poisoned(error) => f.debug_tuple("Poisoned").field(error).finish(),
            Self::WouldBlock => f.write_str("WouldBlock"),
        }
    }
}

impl<G> fmt::Display for TryLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poisoned(error) => error.fmt(f),
            Self::WouldBlock => f.write_str("the lock is held by someone else"),
        }
    }
}

impl<G> Error for TryLockError<G> {}

/// The poison of one lock, beside the lock.
#[derive(Debug)]
pub(super) struct PoisonState {
    poisoned: AtomicBool,
    record: Mutex<Record>,
}

#[derive(Debug)]
struct Record {
    poison: Option<Poison>,
    last_recovery: Option<Recovery>,
}

impl PoisonState {
    #[cfg(not(async_patterns_loom))]
    pub(super) const fn new() -> Self {
        Self {
            poisoned: AtomicBool::new(false),
            record: Mutex::new(Record::NEW),
        }
    }

    /// loom's atomics cannot be made in a const.
    #[cfg(async_patterns_loom)]
    pub(super) fn new() -> Self {
        Self {
            poisoned: AtomicBool::new(false),
            record: Mutex::new(Record::NEW),
        }
    }

    /// A hint, unless the lock is held (P1).
    #[inline]
    pub(super) fn is_poisoned(&self) -> bool {
        // Relaxed: under the lock, its own acquire orders this load after the store (P1).
        self.poisoned.load(Ordering::Relaxed)
    }

    #[cold]
    pub(super) fn poison(&self) -> Option<Poison> {
        self.record().poison
    }

    pub(super) fn last_recovery(&self) -> Option<Recovery> {
        self.record().last_recovery.clone()
    }

    /// Only with the lock held exclusively (P1).
    pub(super) fn set(&self, cause: PoisonCause, locked_at: &'static Location<'static>) {
        let mut record = self.record();
        record.poison.get_or_insert(Poison { cause, locked_at });
        self.poisoned.store(true, Ordering::Relaxed);
    }

    /// Only with the lock held exclusively (P1).
    pub(super) fn recover(&self, reason: Cow<'static, str>) {
        let mut record = self.record();
        if let Some(poison) = record.poison.take() {
            record.last_recovery = Some(Recovery { poison, reason });
        }
        self.poisoned.store(false, Ordering::Relaxed);
    }

    /// Wraps what the lock gave, whose holder this call speaks for.
    #[inline]
    pub(super) fn check<G>(&self, inner: G) -> Result<G, PoisonError<G>> {
        if self.is_poisoned() {
            if let Some(poison) = self.poison() {
                return Err(PoisonError { poison, inner });
            }
        }
        Ok(inner)
    }

    /// A panic cannot happen while the record is held; should one, the record is sound all the
    /// same.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record
            .lock()
            .unwrap_or_else(StdPoisonError::into_inner)
    }
}

impl Record {
    const NEW: Self = Self {
        poison: None,
        last_recovery: None,
    };
}
