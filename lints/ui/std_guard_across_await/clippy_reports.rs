// What is on file as a false report of clippy's `await_holding_lock`, by number of the report.
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

async fn other() {}

// 6353: dropped by hand.
async fn dropped_by_hand(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    drop(guard);
    other().await;
}

// 6446: dropped in every arm of a match before that arm waits.
async fn in_every_arm(m: &Mutex<Option<u32>>) {
    let guard = m.lock().unwrap();
    match *guard {
        Some(_) => {
            drop(guard);
            other().await;
        }
        None => {
            drop(guard);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

// 8777: `while let` over a block in which the guard dies.
async fn while_let_block(m: &Mutex<Vec<u32>>) {
    while let Some(next) = {
        let mut guard = m.lock().unwrap();
        let next = guard.pop();
        drop(guard);
        next
    } {
        println!("{next}");
        other().await;
    }
}

// 9683: moved away on one way, dropped on the other.
async fn moved_or_dropped(m: &Mutex<u32>, give: bool) {
    let guard = m.lock().unwrap();
    if give {
        take(guard);
    } else {
        drop(guard);
    }
    other().await;
}

fn take(_: MutexGuard<'_, u32>) {}

// 13075: moved into the future that is awaited.
async fn moved_into_awaited(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    release_first(guard).await;
}

async fn release_first(guard: MutexGuard<'_, u32>) {
    drop(guard);
    other().await;
}

// 13075, as it was written: a condition variable whose wait takes the guard and gives it back.
struct Condvar;

impl Condvar {
    fn wait<'a>(
        &self,
        guard: MutexGuard<'a, u32>,
        lock: &'a Mutex<u32>,
    ) -> impl Future<Output = MutexGuard<'a, u32>> {
        async move {
            drop(guard);
            other().await;
            lock.lock().unwrap()
        }
    }
}

async fn given_back_by_the_awaited(lock: &Mutex<u32>, changed: &Condvar) -> u32 {
    let mut guard = lock.lock().unwrap();
    loop {
        if *guard > 0 {
            return *guard;
        }
        guard = changed.wait(guard, lock).await;
    }
}

// 9208: dropped in arms of a nested match, with a value borrowed from the guard before.
async fn in_nested_arms(cache: &std::sync::RwLock<std::collections::HashMap<u32, Option<u32>>>) {
    let guard = cache.read().unwrap();
    match guard.get(&1) {
        Some(entry) => match entry.clone() {
            Some(result) => println!("{result}"),
            None => {
                drop(guard);
                other().await;
            }
        },
        None => {
            drop(guard);
            cache.write().unwrap().insert(1, None);
            other().await;
        }
    }
}

// The one marked in clippy's own test: written through, then dropped.
async fn written_then_dropped(m: Arc<Mutex<u32>>) {
    let mut guard = m.lock().unwrap();
    *guard += 1;
    drop(guard);
    other().await;
}

async fn locked_again_after(m: &Mutex<u32>) {
    let mut guard = m.lock().unwrap();
    *guard += 1;
    drop(guard);
    other().await;
    guard = m.lock().unwrap();
    *guard += 1;
}

// 10280: a raw lock for `lock_api` that is waited for with an await. It is matched by its path in
// its own crate; here the settings name it, see `std_guard_across_await_config`.

fn main() {}
