// An `Option` or another enum that is known to hold no guard at the await.
use std::sync::{Mutex, MutexGuard, TryLockError};

async fn other() {}

enum Access<'a> {
    Locked(MutexGuard<'a, u32>),
    Free,
}

async fn none_arm(maybe: Option<MutexGuard<'_, u32>>) {
    match maybe {
        Some(guard) => drop(guard),
        None => other().await,
    }
}

async fn none_arm_by_reference(maybe: Option<MutexGuard<'_, u32>>) {
    match &maybe {
        Some(guard) => println!("{guard}"),
        None => other().await,
    }
}

async fn if_let_else(m: &Mutex<u32>) {
    let maybe = m.lock().ok();
    if let Some(guard) = maybe {
        drop(guard);
    } else {
        other().await;
    }
    other().await;
}

async fn let_else(maybe: Option<MutexGuard<'_, u32>>) {
    let Some(guard) = maybe else {
        other().await;
        return;
    };
    drop(guard);
    other().await;
}

async fn taken(mut maybe: Option<MutexGuard<'_, u32>>) {
    if let Some(guard) = maybe.take() {
        drop(guard);
    }
    other().await;
}

async fn taken_by_mem(mut maybe: Option<MutexGuard<'_, u32>>) {
    drop(std::mem::take(&mut maybe));
    other().await;
}

async fn replaced(mut maybe: Option<MutexGuard<'_, u32>>) {
    drop(std::mem::replace(&mut maybe, None));
    other().await;
}

async fn swapped(mut maybe: Option<MutexGuard<'_, u32>>) {
    let mut other_one = None;
    std::mem::swap(&mut maybe, &mut other_one);
    drop(other_one);
    other().await;
}

async fn assigned_none(mut maybe: Option<MutexGuard<'_, u32>>) {
    maybe = None;
    other().await;
    drop(maybe);
}

async fn starts_empty(m: &Mutex<u32>) {
    let mut maybe = None;
    other().await;
    if maybe.is_none() {
        maybe = Some(m.lock().unwrap());
    }
    drop(maybe);
}

async fn is_none(maybe: Option<MutexGuard<'_, u32>>) {
    if maybe.is_none() {
        other().await;
    }
    if !maybe.is_some() {
        other().await;
    }
}

async fn as_ref(maybe: Option<MutexGuard<'_, u32>>) {
    match maybe.as_ref() {
        Some(guard) => println!("{guard}"),
        None => other().await,
    }
}

async fn other_variant(m: &Mutex<u32>, lock: bool) {
    let access = if lock {
        Access::Locked(m.lock().unwrap())
    } else {
        Access::Free
    };
    match access {
        Access::Locked(guard) => drop(guard),
        Access::Free => other().await,
    }
}

async fn would_block(m: &Mutex<u32>) {
    loop {
        match m.try_lock() {
            Ok(guard) => {
                println!("{guard}");
                break;
            }
            Err(TryLockError::WouldBlock) => other().await,
            Err(TryLockError::Poisoned(_)) => break,
        }
    }
}

async fn could_not_lock(m: &Mutex<u32>) {
    if let Ok(guard) = m.try_lock() {
        println!("{guard}");
    } else {
        other().await;
    }
    match m.try_lock() {
        Ok(guard) => drop(guard),
        Err(_) => other().await,
    }
}

async fn parking_lot_try(m: &parking_lot::Mutex<u32>) {
    while m.try_lock().is_none() {
        other().await;
    }
    match m.try_lock() {
        Some(guard) => drop(guard),
        None => other().await,
    }
    let Some(guard) = m.try_lock() else {
        other().await;
        return;
    };
    drop(guard);
}

async fn released_by_method(m: &Mutex<u32>) {
    struct Session<'a> {
        guard: Option<MutexGuard<'a, u32>>,
    }
    impl Session<'_> {
        fn release(&mut self) {
            self.guard = None;
        }
    }
    let mut session = Session {
        guard: m.lock().ok(),
    };
    session.release();
    other().await;
}

async fn cleared(locks: &[Mutex<u32>]) {
    let mut guards: Vec<_> = locks.iter().map(|lock| lock.lock().unwrap()).collect();
    guards.clear();
    other().await;
    guards.push(locks[0].lock().unwrap());
    while let Some(guard) = guards.pop() {
        drop(guard);
    }
    other().await;
}

async fn empty_collection(locks: &[Mutex<u32>]) {
    let mut guards = Vec::with_capacity(locks.len());
    other().await;
    for lock in locks {
        guards.push(lock.lock().unwrap());
    }
    println!("{}", guards.len());
}

async fn result_consumed(m: &Mutex<u32>) {
    let copy = match m.lock() {
        Ok(guard) => *guard,
        Err(poisoned) => *poisoned.into_inner(),
    };
    other().await;
    println!("{copy}");
}

fn main() {}
