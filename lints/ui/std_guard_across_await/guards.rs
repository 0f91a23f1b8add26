// Every kind of blocking guard, bound to a name and alive at an await.
use std::cell::{RefCell, RefMut};
use std::sync::{Arc, Mutex, RwLock};

async fn other() {}

async fn std_mutex(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    other().await;
    println!("{guard}");
}

async fn std_try_lock(m: &Mutex<u32>) {
    if let Ok(guard) = m.try_lock() {
        other().await;
        println!("{guard}");
    }
}

async fn std_read(l: &RwLock<u32>) -> u32 {
    let value = l.read().unwrap();
    other().await;
    *value
}

async fn std_write(l: &RwLock<u32>) {
    let mut value = l.write().unwrap();
    other().await;
    *value += 1;
}

async fn poisoned(m: &Mutex<u32>) {
    let guard = m.lock().unwrap_or_else(|error| error.into_inner());
    other().await;
    println!("{guard}");
}

async fn cell(c: &RefCell<u32>) -> u32 {
    let value = c.borrow();
    other().await;
    *value
}

async fn cell_mut(c: &RefCell<u32>) {
    let mut value = c.borrow_mut();
    other().await;
    *value += 1;
}

async fn cell_mapped(c: &RefCell<(u32, u32)>) {
    let mut first = RefMut::map(c.borrow_mut(), |pair| &mut pair.0);
    other().await;
    *first += 1;
}

async fn parking_lot_mutex(m: &parking_lot::Mutex<u32>) {
    let mut guard = m.lock();
    other().await;
    *guard += 1;
}

async fn parking_lot_fair(m: &parking_lot::FairMutex<u32>) {
    let mut guard = m.lock();
    other().await;
    *guard += 1;
}

async fn parking_lot_mapped(m: &parking_lot::Mutex<(u32, u32)>) {
    let mut first = parking_lot::MutexGuard::map(m.lock(), |pair| &mut pair.0);
    other().await;
    *first += 1;
}

async fn parking_lot_arc(m: Arc<parking_lot::Mutex<u32>>) {
    let mut guard = m.lock_arc();
    other().await;
    *guard += 1;
}

async fn parking_lot_upgradable(l: &parking_lot::RwLock<u32>) {
    let read = l.upgradable_read();
    other().await;
    let mut write = parking_lot::RwLockUpgradableReadGuard::upgrade(read);
    *write += 1;
}

async fn parking_lot_arc_write(l: Arc<parking_lot::RwLock<u32>>) {
    let mut guard = l.write_arc();
    other().await;
    *guard += 1;
}

async fn parking_lot_reentrant(m: &parking_lot::ReentrantMutex<u32>) -> u32 {
    let guard = m.lock();
    other().await;
    *guard
}

async fn spin(m: &spin::Mutex<u32>) {
    let mut guard = m.lock();
    other().await;
    *guard += 1;
}

async fn sharded(l: &crossbeam_utils::sync::ShardedLock<u32>) -> u32 {
    let guard = l.read().unwrap();
    other().await;
    *guard
}

async fn dash(map: &dashmap::DashMap<u32, u32>) {
    if let Some(mut entry) = map.get_mut(&1) {
        other().await;
        *entry += 1;
    }
}

async fn dash_iter(map: &dashmap::DashMap<u32, u32>) {
    for entry in map.iter() {
        println!("{}", entry.key());
        drop(entry);
        other().await;
    }
}

async fn watch(receiver: &tokio::sync::watch::Receiver<u32>) -> u32 {
    let value = receiver.borrow();
    other().await;
    *value
}

async fn stdout() {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    other().await;
    writeln!(out, "done").unwrap();
}

fn main() {}
