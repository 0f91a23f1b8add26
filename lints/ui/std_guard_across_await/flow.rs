// Whether the guard is alive depends on the way to the await.
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

async fn other() {}

async fn dropped_on_one_way(m: &Mutex<u32>, early: bool) {
    let guard = m.lock().unwrap();
    if early {
        drop(guard);
    }
    other().await;
}

async fn alive_at_two_of_three(m: &Mutex<u32>) {
    other().await;
    let guard = m.lock().unwrap();
    other().await;
    other().await;
    drop(guard);
    other().await;
}

async fn locked_again_in_loop(m: &Mutex<u32>) {
    let mut guard = m.lock().unwrap();
    for _ in 0..3 {
        drop(guard);
        other().await;
        guard = m.lock().unwrap();
    }
    *guard += 1;
    other().await;
}

async fn alive_in_next_round(m: &Mutex<u32>) {
    let mut held: Option<MutexGuard<'_, u32>> = None;
    loop {
        other().await;
        if held.is_some() {
            break;
        }
        held = m.lock().ok();
    }
}

async fn moved_to_another_name(m: &Mutex<u32>) {
    let first = m.lock().unwrap();
    let second = first;
    other().await;
    drop(second);
}

async fn returned_by_helper(m: &Mutex<u32>) {
    fn lock(m: &Mutex<u32>) -> MutexGuard<'_, u32> {
        m.lock().unwrap()
    }
    let guard = lock(m);
    other().await;
    drop(guard);
}

async fn returned_by_future(m: &Mutex<u32>) {
    let guard = async { m.lock().unwrap() }.await;
    other().await;
    drop(guard);
}

async fn as_parameter(guard: MutexGuard<'_, u32>) {
    other().await;
    drop(guard);
}

async fn ignored_parameter(_: MutexGuard<'_, u32>) {
    other().await;
}

fn captured(m: &Mutex<u32>) -> impl Future<Output = ()> {
    let guard = m.lock().unwrap();
    async move {
        other().await;
        drop(guard);
    }
}

async fn in_error_arm(m: &Mutex<u32>) {
    match m.lock() {
        Ok(guard) => drop(guard),
        Err(poisoned) => {
            other().await;
            drop(poisoned);
        }
    }
}

async fn known_to_be_poisoned(m: &Mutex<u32>) {
    match m.try_lock() {
        Err(TryLockError::Poisoned(poisoned)) => {
            other().await;
            drop(poisoned);
        }
        Err(TryLockError::WouldBlock) | Ok(_) => {}
    }
}

async fn with_question_mark(m: &Mutex<u32>) -> Result<(), PoisonError<MutexGuard<'_, u32>>> {
    let guard = m.lock()?;
    other().await;
    drop(guard);
    Ok(())
}

async fn one_field_moved(a: &Mutex<u32>, b: &Mutex<u32>) {
    let pair = (a.lock().unwrap(), b.lock().unwrap());
    drop(pair.0);
    other().await;
    drop(pair.1);
}

async fn looked_at_by_reference(m: &Mutex<u32>) {
    let mut maybe = m.lock().ok();
    if let Some(guard) = maybe.as_mut() {
        **guard += 1;
    }
    other().await;
    drop(maybe);
}

async fn in_let_else(m: &Mutex<u32>) {
    let Ok(guard) = m.lock() else {
        return;
    };
    other().await;
    drop(guard);
}

fn main() {}
