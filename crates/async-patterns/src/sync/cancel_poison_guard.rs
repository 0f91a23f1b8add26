//! The guard of the poisoning locks, over whatever guard the inner lock has.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::pin;
use std::thread;

use super::poison::{PoisonCause, PoisonState};

/// Exclusive access to the data of a [`CancelPoisonMutex`](super::CancelPoisonMutex) or
/// [`CancelPoisonRwLock`](super::CancelPoisonRwLock).
///
/// Reading through it changes nothing. The first mutable access opens a critical section, which
/// [`commit`](Self::commit) closes; a guard that is dropped in between poisons the lock, whatever
/// the reason: the future that held it was cancelled, a `?` returned early, a panic came through.
/// Data with interior mutability (`Cell`, atomics, another mutex) can be changed by reading; such a
/// change is not seen.
///
/// `G` is the guard of the lock underneath. Use the aliases
/// [`CancelPoisonMutexGuard`](super::CancelPoisonMutexGuard) and
/// [`CancelPoisonRwLockWriteGuard`](super::CancelPoisonRwLockWriteGuard) to name it.
#[must_use = "if unused the lock is released at once"]
pub struct CancelPoisonGuard<'a, G> {
    // Dropped before `inner`: the lock must still be held when it is poisoned (P1).
    section: Section<'a>,
    inner: G,
}

/// One critical section: poisons when it is dropped while open.
struct Section<'a> {
    state: &'a PoisonState,
    locked_at: &'static Location<'static>,
    open: bool,
    holder: Holder,
}

/// Who drives the section, and so how its end is to be read.
#[derive(Clone, Copy)]
enum Holder {
    /// Code with a guard.
    Guard { already_panicking: bool },
    /// `perform_async`. When it is dropped in the middle of a poll, that poll panicked.
    Future { in_poll: bool },
}

impl Drop for Section<'_> {
    // In line, because it is in the way of every section; what it calls is not.
    #[inline]
    fn drop(&mut self) {
        if self.open {
            self.poison();
        }
    }
}

impl Section<'_> {
    #[cold]
    fn poison(&self) {
        let cause = match self.holder {
            Holder::Guard { already_panicking } if thread::panicking() && !already_panicking => {
                PoisonCause::Panicked
            }
            Holder::Guard { .. } => PoisonCause::Uncommitted,
            Holder::Future { in_poll: true } => PoisonCause::Panicked,
            Holder::Future { in_poll: false } => PoisonCause::Cancelled,
        };
        self.state.set(cause, self.locked_at);
    }
}

impl<'a, G> CancelPoisonGuard<'a, G> {
    /// `inner` holds the lock that `state` belongs to, exclusively.
    pub(super) fn new(
        state: &'a PoisonState,
        inner: G,
        locked_at: &'static Location<'static>,
    ) -> Self {
        Self {
            section: Section {
                state,
                locked_at,
                open: false,
                holder: Holder::Guard {
                    already_panicking: thread::panicking(),
                },
            },
            inner,
        }
    }

    /// Ends the critical section: the data is sound. Releases the lock.
    ///
    /// A lock that was poisoned before stays so: that takes [`recover`](Self::recover).
    pub fn commit(mut self) {
        self.checkpoint();
    }

    /// Says that the data is sound at this point, and keeps the lock. The next mutable access
    /// opens a new critical section.
    ///
    /// For a long section with sound states in between: a cancel at an `await` right after a
    /// checkpoint poisons nothing.
    pub fn checkpoint(&mut self) {
        self.section.open = false;
    }

    /// Lifts the poison: the data is sound again, for the given reason, which
    /// [`last_recovery`](super::CancelPoisonMutex::last_recovery) will show. Closes the critical
    /// section, as [`checkpoint`](Self::checkpoint) does, and keeps the lock.
    ///
    /// First put the data right, then call this: a repair that is itself cancelled half way leaves
    /// the lock poisoned. On a lock that is not poisoned it is a checkpoint.
    pub fn recover(&mut self, reason: impl Into<Cow<'static, str>>) {
        self.section.state.recover(reason.into());
        self.checkpoint();
    }

    pub(super) fn state(&self) -> &'a PoisonState {
        self.section.state
    }

    /// [`commit`](Self::commit) without releasing.
    pub(super) fn into_committed(mut self) -> G {
        self.checkpoint();
        self.inner
    }
}

impl<G: DerefMut> CancelPoisonGuard<'_, G> {
    /// The closure form: runs `critical` on the data, commits, releases the lock.
    ///
    /// There is no `await` in it, so it cannot be cancelled; only a panic poisons. Whatever
    /// `critical` returns counts as success, an `Err` too.
    ///
    /// There is no `lock_and_perform` on purpose: a cancel while it waits for the lock would drop
    /// the closure, and what the closure had captured would be lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use async_patterns::sync::CancelPoisonMutex;
    ///
    /// let stock = CancelPoisonMutex::new(vec![1, 2]);
    /// let guard = stock.lock().await.map_err(|poisoned| poisoned.poison().to_string())?;
    /// let len = guard.perform(|stock| {
    ///     stock.push(3);
    ///     stock.len()
    /// });
    /// assert_eq!(len, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn perform<R>(mut self, critical: impl FnOnce(&mut G::Target) -> R) -> R {
        let result = critical(&mut self);
        self.commit();
        result
    }

    /// The future form: runs an async `critical` on the data, commits, releases the lock.
    ///
    /// Unlike the guard form it knows why it ended: the poison says
    /// [`Cancelled`](PoisonCause::Cancelled) or [`Panicked`](PoisonCause::Panicked). A future that
    /// is dropped before its first poll has not begun and poisons nothing. Whatever `critical`
    /// returns counts as success, an `Err` too.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe, and it says so to the next one who locks: dropped between its first poll
    /// and its completion, it poisons the lock and releases it. Nothing else is left held.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use async_patterns::sync::{CancelPoisonMutex, PoisonCause};
    /// use futures::FutureExt;
    ///
    /// let totals = CancelPoisonMutex::new((1, 1));
    /// let guard = totals.lock().await.unwrap();
    /// let transfer = guard.perform_async(async |totals| {
    ///     totals.0 -= 1;
    ///     tokio::task::yield_now().await;
    ///     totals.1 += 1;
    /// });
    /// assert!(transfer.now_or_never().is_none()); // Polled once, then dropped.
    ///
    /// let poisoned = totals.lock().await.unwrap_err();
    /// assert_eq!(poisoned.poison().cause(), PoisonCause::Cancelled);
    /// # }
    /// ```
    pub async fn perform_async<R>(mut self, critical: impl AsyncFnOnce(&mut G::Target) -> R) -> R {
        let result = {
            // Borrowed, not taken apart: a cancel must drop the fields in their order (P1).
            let Self { section, inner } = &mut self;
            section.open = true;
            let mut future = pin!(critical(&mut *inner));
            poll_fn(|cx| {
                section.holder = Holder::Future { in_poll: true };
                let poll = future.as_mut().poll(cx);
                section.holder = Holder::Future { in_poll: false };
                poll
            })
            .await
        };
        self.commit();
        result
    }
}

impl<G: Deref> Deref for CancelPoisonGuard<'_, G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.inner
    }
}

impl<G: DerefMut> DerefMut for CancelPoisonGuard<'_, G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        self.section.open = true;
        &mut self.inner
    }
}

impl<G: fmt::Debug> fmt::Debug for CancelPoisonGuard<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelPoisonGuard")
            .field("data", &self.inner)
            .field("uncommitted", &self.section.open)
            .finish()
    }
}
