//! Locks that notice a critical section that ended half way, and a set of wakers for one task.
//!
//! Answers the traps [`async_guard_across_await`](https://async-patterns.github.io/book/traps/async_guard_across_await.html) and [`pending_without_wake`](https://async-patterns.github.io/book/traps/pending_without_wake.html).
//!
//! | problem | item |
//! |---|---|
//! | a future is cancelled while it holds a lock, and leaves the data half changed | [`CancelPoisonMutex`], [`CancelPoisonRwLock`] |
//! | one task drives thousands of sources and must know which of them were woken | [`ReadySet`] |
//!
//! For everything else about locks and signals use [`tokio::sync`].

mod cancel_poison_guard;
mod cancel_poison_mutex;
mod cancel_poison_rw_lock;
mod poison;
mod ready_set;

#[cfg(all(test, async_patterns_loom))]
mod poison_loom_tests;

pub use cancel_poison_guard::CancelPoisonGuard;
pub use cancel_poison_mutex::{CancelPoisonMutex, CancelPoisonMutexGuard};
pub use cancel_poison_rw_lock::{CancelPoisonRwLock, CancelPoisonRwLockWriteGuard};
pub use poison::{Poison, PoisonCause, PoisonError, Recovery, TryLockError};
pub use ready_set::{ReadySet, SourceId};
