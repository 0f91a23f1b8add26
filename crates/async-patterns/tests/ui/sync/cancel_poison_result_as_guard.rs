//! The poison cannot be overlooked: `lock` gives a result, not a guard.

use async_patterns::sync::CancelPoisonMutex;

async fn change(lock: &CancelPoisonMutex<u32>) {
    let mut guard = lock.lock().await;
    *guard = 2;
}

fn main() {}
