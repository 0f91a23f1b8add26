//! A committed guard has released the lock.

use async_patterns::sync::CancelPoisonMutex;

fn main() {
    let lock = CancelPoisonMutex::new(1);
    let mut guard = lock.try_lock().unwrap();
    *guard = 2;
    guard.commit();
    *guard = 3;
}
