// What a poisoned lock's error holds, and when that counts.
use std::sync::{Mutex, TryLockError};

async fn other() {}

// Only after a panic elsewhere would anything be left in `result`.
async fn silent_left_over(m: &Mutex<u32>) {
    let result = m.lock();
    if let Ok(mut guard) = result {
        *guard += 1;
    }
    other().await;
}

async fn silent_not_looked_at(m: &Mutex<u32>) {
    match m.try_lock() {
        Ok(guard) => drop(guard),
        Err(error) => {
            other().await;
            println!("{error}");
        }
    }
}

async fn silent_recovered(m: &Mutex<u32>) {
    match m.lock() {
        Ok(guard) => drop(guard),
        Err(error) => drop(error.into_inner()),
    }
    other().await;
}

async fn reported_error_arm(m: &Mutex<u32>) {
    match m.lock() {
        Ok(guard) => drop(guard),
        Err(_) => other().await,
    }
}

async fn reported_poisoned_arm(m: &Mutex<u32>) {
    match m.try_lock() {
        Ok(guard) => drop(guard),
        Err(TryLockError::Poisoned(_)) => other().await,
        Err(TryLockError::WouldBlock) => {}
    }
}

async fn reported_both(m: &Mutex<u32>) {
    let result = m.lock();
    other().await;
    println!("{}", result.is_ok());
}

fn main() {}
