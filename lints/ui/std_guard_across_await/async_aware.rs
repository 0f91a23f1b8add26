// Guards that are made to be held across an await, and types that only look like guards.
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::mpsc;

async fn other() {}

async fn tokio_mutex(m: &tokio::sync::Mutex<u32>) {
    let mut guard = m.lock().await;
    other().await;
    *guard += 1;
}

async fn tokio_owned(m: Arc<tokio::sync::Mutex<u32>>) {
    let mut guard = m.lock_owned().await;
    other().await;
    *guard += 1;
}

async fn tokio_rwlock(l: &tokio::sync::RwLock<u32>) {
    let read = l.read().await;
    other().await;
    drop(read);
    let mapped = tokio::sync::RwLockWriteGuard::map(l.write().await, |value| value);
    other().await;
    drop(mapped);
}

async fn tokio_permit(s: &tokio::sync::Semaphore, sender: &mpsc::Sender<u32>) {
    let permit = s.acquire().await.unwrap();
    let slot = sender.reserve().await.unwrap();
    other().await;
    slot.send(1);
    drop(permit);
}

async fn futures_mutex(m: &futures::lock::Mutex<u32>) {
    let mut guard = m.lock().await;
    other().await;
    *guard += 1;
}

async fn async_lock_mutex(m: &async_lock::Mutex<u32>) {
    let mut guard = m.lock().await;
    other().await;
    *guard += 1;
}

async fn locks_are_no_guards(m: Arc<Mutex<u32>>, cell: std::cell::RefCell<u32>) {
    let local = parking_lot::RwLock::new(1);
    other().await;
    println!("{m:?} {cell:?} {local:?}");
}

// Whoever owns the guard is told, not whoever borrows it.
async fn by_reference(guard: &MutexGuard<'_, u32>, list: &[MutexGuard<'_, u32>]) {
    other().await;
    println!("{guard} {}", list.len());
}

async fn only_in_types() {
    let none: Option<MutexGuard<'static, u32>> = None;
    let marker = std::marker::PhantomData::<MutexGuard<'static, u32>>;
    let function: fn(MutexGuard<'static, u32>) = |_| ();
    let (sender, receiver) = std::sync::mpsc::channel::<MutexGuard<'static, u32>>();
    let weak: std::sync::Weak<MutexGuard<'static, u32>> = std::sync::Weak::new();
    other().await;
    println!("{:?} {marker:?} {function:?} {}", none, weak.strong_count());
    drop((sender, receiver));
}

struct MutexGuardLike;

mod own {
    // A type of the same name is another type.
    pub struct MutexGuard(pub u32);
}

async fn same_name(guard: own::MutexGuard) {
    let like = MutexGuardLike;
    other().await;
    println!("{}", guard.0);
    drop(like);
}

fn main() {}
