//! [`CancelPoisonMutex`].

use std::fmt;
use std::panic::Location;

use tokio::sync::{Mutex, MutexGuard};

use super::cancel_poison_guard::CancelPoisonGuard;
use super::poison::{Poison, PoisonError, PoisonState, Recovery, TryLockError};

/// Guard of a [`CancelPoisonMutex`].
pub type CancelPoisonMutexGuard<'a, T> = CancelPoisonGuard<'a, MutexGuard<'a, T>>;

/// A [`tokio::sync::Mutex`] that is poisoned when a critical section ends half way.
///
/// Answers the trap [`async_guard_across_await`](https://async-patterns.github.io/book/traps/async_guard_across_await.html).
///
/// Between two changes that belong together there may be an `await`, and at every `await` the
/// future can be dropped: a `select!` took another branch, a timeout fired, the task was aborted.
/// tokio's mutex is then released with the data half changed, and the next one to lock it cannot
/// know. std's mutex is poisoned by a panic only, and must not be held across an `await` at all.
///
/// This mutex is poisoned by all of it, in three forms:
///
/// - **guard**: [`lock`](Self::lock) gives a [guard](CancelPoisonGuard). Reading is free. Once the
///   data was accessed mutably, only [`commit`](CancelPoisonGuard::commit) ends the critical
///   section well; a guard dropped without it poisons.
/// - **closure**: [`perform`](CancelPoisonGuard::perform), which commits by itself.
/// - **future**: [`perform_async`](CancelPoisonGuard::perform_async), which commits by itself and
///   can tell a cancel from a panic.
///
/// After that, [`lock`](Self::lock) and the others return a [`PoisonError`] that says which
/// critical section it was and how it ended, and that still holds the guard, for whoever can put
/// the data right and [`recover`](CancelPoisonGuard::recover) it with a reason.
///
/// # What the guard form costs
///
/// Libraries that poison on cancel, such as `cancel-safe-futures`, offer callbacks only, because a
/// guard cannot see whether it is dropped at the end of its scope or by a cancel. Here it need not:
/// what is not committed is not done. The price is one explicit `commit` per critical section.
/// Forgetting it cannot be a compile error, but neither is it a silent one: the very next `lock`
/// fails and names the line. An early return by `?` poisons even where the data happened to be
/// sound; put what can fail before the first change, or set a
/// [`checkpoint`](CancelPoisonGuard::checkpoint). For that, locks can be taken and released in any
/// order, guards can live in structs, and the code reads like code with any other mutex. At run
/// time it is a flag in the guard, set by mutable access and looked at by drop, and one load of an
/// atomic per `lock`.
///
/// # When something else is enough
///
/// - No `await` in the critical section: `std::sync::Mutex`, or a
///   [`tokio::sync::Mutex`] if you never need to know of panics.
/// - One value that is replaced as a whole is never half changed: [`tokio::sync::watch`], or a
///   plain mutex.
///
/// # Examples
///
/// ```
/// use async_patterns::sync::{CancelPoisonMutex, PoisonCause};
/// use tokio::time::{Duration, sleep, timeout};
///
/// #[derive(Debug)]
/// struct Accounts { a: u32, b: u32 }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let accounts = CancelPoisonMutex::new(Accounts { a: 100, b: 0 });
///
/// let transfer = async {
///     let mut accounts = accounts.lock().await.unwrap();
///     accounts.a -= 30;
///     sleep(Duration::from_secs(60)).await; // The slow part, in the wrong place.
///     accounts.b += 30;
///     accounts.commit();
/// };
/// timeout(Duration::from_secs(1), transfer).await.unwrap_err();
///
/// // 30 are missing, and the next one is told.
/// let poisoned = accounts.lock().await.unwrap_err();
/// assert_eq!(poisoned.poison().cause(), PoisonCause::Uncommitted);
///
/// // Who knows the invariant can mend it.
/// let mut guard = poisoned.into_inner();
/// guard.a = 100 - guard.b;
/// guard.recover("the sum is always 100");
/// drop(guard);
/// assert_eq!(accounts.lock().await.unwrap().a, 100);
/// # }
/// ```
pub struct CancelPoisonMutex<T: ?Sized> {
    state: PoisonState,
    inner: Mutex<T>,
}

impl<T> CancelPoisonMutex<T> {
    /// An unlocked, sound mutex.
    pub fn new(value: T) -> Self {
        Self {
            state: PoisonState::new(),
            inner: Mutex::new(value),
        }
    }

    /// [`new`](Self::new) for statics.
    ///
    /// ```
    /// use async_patterns::sync::CancelPoisonMutex;
    ///
    /// static LEDGER: CancelPoisonMutex<Vec<u32>> = CancelPoisonMutex::const_new(Vec::new());
    /// ```
    #[cfg(not(async_patterns_loom))]
    pub const fn const_new(value: T) -> Self {
        Self {
            state: PoisonState::new(),
            inner: Mutex::const_new(value),
        }
    }

    /// The data.
    ///
    /// # Errors
    ///
    /// [`PoisonError`], with the data inside, when the lock is poisoned.
    pub fn into_inner(self) -> Result<T, PoisonError<T>> {
        self.state.check(self.inner.into_inner())
    }
}

impl<T: ?Sized> CancelPoisonMutex<T> {
    /// Waits for the lock.
    ///
    /// # Errors
    ///
    /// [`PoisonError`], with the guard inside, when the lock is poisoned. The lock is held then
    /// too.
    ///
    /// Because of the guard, `?` cannot carry that error out of the function that owns the lock, nor
    /// into a `Box<dyn Error>`. [`PoisonError::poison`] can go anywhere:
    ///
    /// ```
    /// use async_patterns::sync::CancelPoisonMutex;
    /// use std::error::Error;
    /// use std::sync::Arc;
    ///
    /// async fn count(hits: Arc<CancelPoisonMutex<u32>>) -> Result<u32, Box<dyn Error>> {
    ///     let guard = hits.lock().await.map_err(|poisoned| poisoned.poison())?;
    ///     Ok(guard.perform(|hits| {
    ///         *hits += 1;
    ///         *hits
    ///     }))
    /// }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// assert_eq!(count(Arc::default()).await.unwrap(), 1);
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe as far as the data goes: a `lock` that is dropped has touched nothing, poisons
    /// nothing and holds nothing. The lock is given out in the order of the calls, and the place in
    /// that queue is lost.
    #[track_caller]
    pub fn lock(
        &self,
    ) -> impl Future<
        Output = Result<CancelPoisonMutexGuard<'_, T>, PoisonError<CancelPoisonMutexGuard<'_, T>>>,
    > {
        let locked_at = Location::caller();
        async move { self.guard(self.inner.lock().await, locked_at) }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](TryLockError::WouldBlock) when it is held,
    /// [`Poisoned`](TryLockError::Poisoned), with the guard inside, when it is poisoned.
    #[track_caller]
    pub fn try_lock(
        &self,
    ) -> Result<CancelPoisonMutexGuard<'_, T>, TryLockError<CancelPoisonMutexGuard<'_, T>>> {
        let locked_at = Location::caller();
        let inner = self
            .inner
            .try_lock()
            .map_err(|_| TryLockError::WouldBlock)?;
        Ok(self.guard(inner, locked_at)?)
    }

    /// Waits for the lock, blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`lock`](Self::lock).
    ///
    /// # Panics
    ///
    /// When called on a thread that drives async tasks, as [`tokio::sync::Mutex::blocking_lock`]
    /// does.
    #[track_caller]
    pub fn blocking_lock(
        &self,
    ) -> Result<CancelPoisonMutexGuard<'_, T>, PoisonError<CancelPoisonMutexGuard<'_, T>>> {
        let locked_at = Location::caller();
        self.guard(self.inner.blocking_lock(), locked_at)
    }

    /// The data, without locking: nobody else can have the lock.
    ///
    /// What is changed here is neither watched nor poisons.
    ///
    /// # Errors
    ///
    /// [`PoisonError`], with the reference inside, when the lock is poisoned.
    pub fn get_mut(&mut self) -> Result<&mut T, PoisonError<&mut T>> {
        self.state.check(self.inner.get_mut())
    }

    /// Whether the lock is poisoned, without waiting. While someone holds the lock this can change
    /// at any time, so it is for health checks; the result of [`lock`](Self::lock) is what to
    /// decide by.
    pub fn is_poisoned(&self) -> bool {
        self.state.is_poisoned()
    }

    /// Who poisoned the lock, without waiting. As [`is_poisoned`](Self::is_poisoned), for health
    /// checks.
    pub fn poison(&self) -> Option<Poison> {
        self.state.poison()
    }

    /// The latest [`recover`](CancelPoisonGuard::recover) that lifted a poison.
    pub fn last_recovery(&self) -> Option<Recovery> {
        self.state.last_recovery()
    }

    fn guard<'a>(
        &'a self,
        inner: MutexGuard<'a, T>,
        locked_at: &'static Location<'static>,
    ) -> Result<CancelPoisonMutexGuard<'a, T>, PoisonError<CancelPoisonMutexGuard<'a, T>>> {
        self.state
            .check(CancelPoisonGuard::new(&self.state, inner, locked_at))
    }
}

impl<T: Default> Default for CancelPoisonMutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for CancelPoisonMutex<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for CancelPoisonMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("CancelPoisonMutex");
        match self.inner.try_lock() {
            Ok(data) => fields.field("data", &&*data),
            Err(_) => fields.field("data", &format_args!("<locked>")),
        };
        fields.field("poison", &self.state.poison()).finish()
    }
}
