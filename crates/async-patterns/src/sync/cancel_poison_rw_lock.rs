//! [`CancelPoisonRwLock`].

use std::fmt;
use std::panic::Location;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::cancel_poison_guard::CancelPoisonGuard;
use super::poison::{Poison, PoisonError, PoisonState, Recovery, TryLockError};

/// Write guard of a [`CancelPoisonRwLock`]. Its read guard is tokio's.
pub type CancelPoisonRwLockWriteGuard<'a, T> = CancelPoisonGuard<'a, RwLockWriteGuard<'a, T>>;

/// A [`tokio::sync::RwLock`] that is poisoned when a writer's critical section ends half way.
///
/// Answers the trap [`async_guard_across_await`](https://async-patterns.github.io/book/traps/async_guard_across_await.html).
///
/// [`CancelPoisonMutex`](super::CancelPoisonMutex) tells the story; everything there holds for the
/// [write guard](CancelPoisonGuard) here. Reading never poisons, but readers are told of a poison:
/// what they would read may be half changed.
///
/// # Examples
///
/// ```
/// use async_patterns::sync::CancelPoisonRwLock;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let routes = CancelPoisonRwLock::new(vec!["a"]);
///
/// let mut writer = routes.write().await.unwrap();
/// writer.push("b");
/// writer.commit();
/// assert_eq!(*routes.read().await.unwrap(), ["a", "b"]);
///
/// routes.write().await.unwrap().clear(); // No commit.
/// assert!(routes.read().await.is_err());
/// # }
/// ```
pub struct CancelPoisonRwLock<T: ?Sized> {
    state: PoisonState,
    inner: RwLock<T>,
}

impl<T> CancelPoisonRwLock<T> {
    /// An unlocked, sound lock.
    pub fn new(value: T) -> Self {
        Self {
            state: PoisonState::new(),
            inner: RwLock::new(value),
        }
    }

    /// [`new`](Self::new) for statics.
    ///
    /// ```
    /// use async_patterns::sync::CancelPoisonRwLock;
    ///
    /// static ROUTES: CancelPoisonRwLock<Vec<u32>> = CancelPoisonRwLock::const_new(Vec::new());
    /// ```
    #[cfg(not(async_patterns_loom))]
    pub const fn const_new(value: T) -> Self {
        Self {
            state: PoisonState::new(),
            inner: RwLock::const_new(value),
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

impl<T: ?Sized> CancelPoisonRwLock<T> {
    /// Waits for shared access.
    ///
    /// # Errors
    ///
    /// [`PoisonError`], with the read guard inside, when the lock is poisoned.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a `read` that is dropped holds nothing; its place in the queue is lost.
    pub async fn read(
        &self,
    ) -> Result<RwLockReadGuard<'_, T>, PoisonError<RwLockReadGuard<'_, T>>> {
        self.state.check(self.inner.read().await)
    }

    /// Waits for exclusive access.
    ///
    /// # Errors
    ///
    /// [`PoisonError`], with the guard inside, when the lock is poisoned. The lock is held then
    /// too.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe as far as the data goes: a `write` that is dropped has touched nothing, poisons
    /// nothing and holds nothing; its place in the queue is lost.
    #[track_caller]
    pub fn write(
        &self,
    ) -> impl Future<
        Output = Result<
            CancelPoisonRwLockWriteGuard<'_, T>,
            PoisonError<CancelPoisonRwLockWriteGuard<'_, T>>,
        >,
    > {
        let locked_at = Location::caller();
        async move { self.guard(self.inner.write().await, locked_at) }
    }

    /// Takes shared access if no writer has or waits for the lock.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](TryLockError::WouldBlock), or
    /// [`Poisoned`](TryLockError::Poisoned) with the read guard inside.
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError<RwLockReadGuard<'_, T>>> {
        let inner = self
            .inner
            .try_read()
            .map_err(|_| TryLockError::WouldBlock)?;
        Ok(self.state.check(inner)?)
    }

    /// Takes exclusive access if the lock is free.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](TryLockError::WouldBlock), or
    /// [`Poisoned`](TryLockError::Poisoned) with the guard inside.
    #[track_caller]
    pub fn try_write(
        &self,
    ) -> Result<
        CancelPoisonRwLockWriteGuard<'_, T>,
        TryLockError<CancelPoisonRwLockWriteGuard<'_, T>>,
    > {
        let locked_at = Location::caller();
        let inner = self
            .inner
            .try_write()
            .map_err(|_| TryLockError::WouldBlock)?;
        Ok(self.guard(inner, locked_at)?)
    }

    /// Waits for shared access, blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Panics
    ///
    /// When called on a thread that drives async tasks.
    #[track_caller]
    pub fn blocking_read(
        &self,
    ) -> Result<RwLockReadGuard<'_, T>, PoisonError<RwLockReadGuard<'_, T>>> {
        self.state.check(self.inner.blocking_read())
    }

    /// Waits for exclusive access, blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    ///
    /// # Panics
    ///
    /// When called on a thread that drives async tasks.
    #[track_caller]
    pub fn blocking_write(
        &self,
    ) -> Result<CancelPoisonRwLockWriteGuard<'_, T>, PoisonError<CancelPoisonRwLockWriteGuard<'_, T>>>
    {
        let locked_at = Location::caller();
        self.guard(self.inner.blocking_write(), locked_at)
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

    /// Whether the lock is poisoned, without waiting. While a writer holds the lock this can change
    /// at any time, so it is for health checks; the result of [`read`](Self::read) is what to
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
        inner: RwLockWriteGuard<'a, T>,
        locked_at: &'static Location<'static>,
    ) -> Result<CancelPoisonRwLockWriteGuard<'a, T>, PoisonError<CancelPoisonRwLockWriteGuard<'a, T>>>
    {
        self.state
            .check(CancelPoisonGuard::new(&self.state, inner, locked_at))
    }
}

impl<'a, T: ?Sized> CancelPoisonRwLockWriteGuard<'a, T> {
    /// [Commits](Self::commit) and goes on reading, without a gap for another writer.
    ///
    /// # Errors
    ///
    /// [`PoisonError`], with the read guard inside, when the lock was poisoned before and has not
    /// been [recovered](Self::recover).
    pub fn commit_downgrade(
        self,
    ) -> Result<RwLockReadGuard<'a, T>, PoisonError<RwLockReadGuard<'a, T>>> {
        let state = self.state();
        state.check(RwLockWriteGuard::downgrade(self.into_committed()))
    }
}

impl<T: Default> Default for CancelPoisonRwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for CancelPoisonRwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for CancelPoisonRwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("CancelPoisonRwLock");
        match self.inner.try_read() {
            Ok(data) => fields.field("data", &&*data),
            Err(_) => fields.field("data", &format_args!("<locked>")),
        };
        fields.field("poison", &self.state.poison()).finish()
    }
}
