// Forms in which a guard is easily overlooked.
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard};

async fn other() {}
async fn send(_: u32) {}

struct Server {
    task: Mutex<Option<tokio::task::JoinHandle<u32>>>,
    sender: Mutex<Option<tokio::sync::mpsc::Sender<u32>>>,
}

impl Server {
    async fn stop(&self) {
        let _ = self.task.lock().unwrap().take().unwrap().await;
    }

    async fn notify(&self) {
        if let Some(sender) = self.sender.lock().unwrap().clone() {
            let _ = sender.send(1).await;
        }
    }
}

async fn filled_in_an_arm(cache: &Mutex<HashMap<u32, u32>>) -> u32 {
    match cache.lock().unwrap().get(&1) {
        Some(value) => *value,
        None => async { 1 }.await,
    }
}

async fn one_of_two_locked(a: &Mutex<u32>, b: &Mutex<u32>) {
    match (a.try_lock(), b.try_lock()) {
        (Ok(a), Ok(b)) => println!("{a} {b}"),
        _ => other().await,
    }
}

async fn underscore_does_not_move(c: &std::cell::RefCell<u32>) {
    let value = c.borrow_mut();
    let _ = value;
    other().await;
}

async fn lent_to_the_awaited(m: &Mutex<u32>) {
    async fn show(guard: &MutexGuard<'_, u32>) {
        other().await;
        println!("{guard}");
    }
    let guard = m.lock().unwrap();
    show(&guard).await;
}

struct Announced<'a>(MutexGuard<'a, u32>);

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

async fn with_own_drop(m: &Mutex<u32>) {
    let announced = Announced(m.lock().unwrap());
    other().await;
}

fn opaque(m: &Mutex<u32>) -> impl Deref<Target = u32> + '_ {
    m.lock().unwrap()
}

async fn behind_impl_trait(m: &Mutex<u32>) {
    let guard = opaque(m);
    other().await;
    println!("{}", *guard);
}

trait Lockable {
    type Guard<'a>
    where
        Self: 'a;

    fn acquire(&self) -> Self::Guard<'_>;
}

impl Lockable for Mutex<u32> {
    type Guard<'a> = MutexGuard<'a, u32>;

    fn acquire(&self) -> Self::Guard<'_> {
        self.lock().unwrap()
    }
}

async fn behind_associated_type(m: &Mutex<u32>) {
    let guard = m.acquire();
    other().await;
    drop(guard);
}

async fn filled_by_closure(m: &Mutex<u32>) {
    let mut cache: Option<MutexGuard<'_, u32>> = None;
    let guard = cache.get_or_insert_with(|| m.lock().unwrap());
    **guard += 1;
    other().await;
    drop(cache);
}

async fn in_joined_futures(locks: &[Mutex<u32>]) {
    futures::future::join_all(locks.iter().map(async |lock| {
        let guard = lock.lock().unwrap();
        send(*guard).await;
        drop(guard);
    }))
    .await;
}

async fn in_stream_stage(locks: &[Mutex<u32>]) {
    use futures::StreamExt;
    futures::stream::iter(locks)
        .for_each(|lock| async move {
            let guard = lock.lock().unwrap();
            other().await;
            drop(guard);
        })
        .await;
}

fn main() {}
