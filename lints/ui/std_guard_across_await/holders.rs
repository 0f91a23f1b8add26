// A guard inside something else.
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::sync::{Mutex, MutexGuard};

async fn other() {}

struct Session<'a> {
    name: &'static str,
    guard: MutexGuard<'a, u32>,
}

enum Access<'a> {
    Locked(MutexGuard<'a, u32>),
    Free,
}

struct Nested<'a> {
    sessions: [Option<Session<'a>>; 2],
}

async fn in_tuple(m: &Mutex<u32>) {
    let pair = (1, m.lock().unwrap());
    other().await;
    println!("{}", pair.1);
}

async fn in_struct(m: &Mutex<u32>) {
    let session = Session {
        name: "a",
        guard: m.lock().unwrap(),
    };
    other().await;
    println!("{} {}", session.name, session.guard);
}

async fn in_enum(m: &Mutex<u32>, lock: bool) {
    let access = if lock {
        Access::Locked(m.lock().unwrap())
    } else {
        Access::Free
    };
    other().await;
    drop(access);
}

async fn in_option(m: &Mutex<u32>) {
    let maybe = m.lock().ok();
    other().await;
    drop(maybe);
}

async fn in_some_arm(maybe: Option<MutexGuard<'_, u32>>) {
    match &maybe {
        Some(guard) => {
            println!("{guard}");
            other().await;
        }
        None => other().await,
    }
}

async fn in_vec(locks: &[Mutex<u32>]) {
    let guards: Vec<_> = locks.iter().map(|lock| lock.lock().unwrap()).collect();
    other().await;
    println!("{}", guards.len());
}

async fn pushed(m: &Mutex<u32>) {
    let mut guards = Vec::new();
    guards.push(m.lock().unwrap());
    other().await;
    println!("{}", guards.len());
}

async fn in_map(m: &Mutex<u32>) {
    let mut guards = HashMap::new();
    guards.insert("a", m.lock().unwrap());
    other().await;
    println!("{}", guards.len());
}

async fn in_box(m: &Mutex<u32>) {
    let boxed = Box::new(m.lock().unwrap());
    other().await;
    println!("{boxed}");
}

async fn in_array(a: &Mutex<u32>, b: &Mutex<u32>) {
    let both = [a.lock().unwrap(), b.lock().unwrap()];
    other().await;
    println!("{}", both[0]);
}

async fn deep(m: &Mutex<u32>) {
    let nested = Box::new(Nested {
        sessions: [
            None,
            Some(Session {
                name: "b",
                guard: m.lock().unwrap(),
            }),
        ],
    });
    other().await;
    println!("{}", nested.sessions.len());
}

async fn in_closure(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let show = move || println!("{guard}");
    other().await;
    show();
}

async fn in_future_not_started(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let later = async move { println!("{guard}") };
    other().await;
    later.await;
}

async fn in_manually_drop(m: &Mutex<u32>) {
    let kept = ManuallyDrop::new(m.lock().unwrap());
    other().await;
    drop(ManuallyDrop::into_inner(kept));
}

async fn in_result(m: &Mutex<u32>) {
    let result = m.lock();
    other().await;
    drop(result);
}

async fn put_back(m: &Mutex<u32>, mut maybe: Option<MutexGuard<'_, u32>>) {
    drop(maybe.take());
    other().await;
    maybe = Some(m.lock().unwrap());
    other().await;
    drop(maybe);
}

fn main() {}
