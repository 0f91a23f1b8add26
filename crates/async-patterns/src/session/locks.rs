//! The two things this module does with a mutex.

use std::sync::PoisonError;
use std::time::Instant;

use crate::loom::sync::{Condvar, Mutex, MutexGuard};

/// Locks `mutex`, poisoned or not.
///
/// No user code runs under the locks of this module, so a poisoned one can only come from a bug of
/// ours in an unwinding thread; a host that wants to stop its sessions must not get a second panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `done` holds, at most until `deadline` (`None`: for as long as it takes).
/// Returns whether it holds.
pub(super) fn wait_until<T>(
    mutex: &Mutex<T>,
    changed: &Condvar,
    deadline: Option<Instant>,
    done: impl Fn(&T) -> bool,
) -> bool {
    let mut guard = lock(mutex);
    while !done(&guard) {
        let Some(deadline) = deadline else {
            guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        (guard, _) = changed
            .wait_timeout(guard, left)
            .unwrap_or_else(PoisonError::into_inner);
    }
    true
}
