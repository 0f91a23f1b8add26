//! A reader cannot write, so it cannot poison.

use async_patterns::sync::CancelPoisonRwLock;

fn main() {
    let lock = CancelPoisonRwLock::new(1);
    *lock.try_read().unwrap() = 2;
}
