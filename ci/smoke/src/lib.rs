//! One guard that is held while the future is suspended.

/// Waits with the lock held.
pub async fn held(lock: &std::sync::Mutex<u8>) {
    let guard = lock.lock().unwrap();
    std::future::pending::<()>().await;
    drop(guard);
}
