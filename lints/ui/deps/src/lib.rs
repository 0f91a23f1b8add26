//! Macros of another crate, for UI cases.

/// Holds a lock of its own making across an await.
#[macro_export]
macro_rules! wait_locked {
    ($lock:expr, $future:expr) => {{
        let guard = $lock.lock().unwrap();
        $future.await;
        drop(guard);
    }};
}

/// Does what it is told.
#[macro_export]
macro_rules! run_block {
    ($body:block) => {
        $body
    };
}

/// Blocks the thread by itself.
#[macro_export]
macro_rules! nap {
    () => {
        std::thread::sleep(std::time::Duration::from_secs(1))
    };
}

/// Spawns a task and forgets it.
#[macro_export]
macro_rules! detach {
    ($future:expr) => {
        tokio::spawn($future);
    };
}
