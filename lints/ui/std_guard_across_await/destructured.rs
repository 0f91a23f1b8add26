// Values with a guard in them that are taken apart, and whose guard is then gone.
use std::cell::{Cell, RefCell};
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};

async fn other() {}
async fn send(_: u32) {}

struct Session<'a> {
    guard: Option<MutexGuard<'a, u32>>,
    number: u32,
}

impl<'a> IntoFuture for Session<'a> {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            drop(self.guard);
            send(self.number).await;
        })
    }
}

async fn into_future_by_trait(m: &Mutex<u32>) {
    Session {
        guard: m.lock().ok(),
        number: 1,
    }
    .await;
}

async fn field_taken(m: &Mutex<u32>) {
    let mut session = Session {
        guard: m.lock().ok(),
        number: 1,
    };
    session.guard.take();
    other().await;
    session.number += 1;
    println!("{}", session.number);
}

async fn field_taken_by_if_let(m: &Mutex<u32>) {
    let mut session = Session {
        guard: m.lock().ok(),
        number: 1,
    };
    if let Some(guard) = session.guard.take() {
        drop(guard);
    }
    other().await;
    println!("{}", session.number);
}

async fn field_overwritten(m: &Mutex<u32>) {
    let mut session = Session {
        guard: m.lock().ok(),
        number: 1,
    };
    session.guard = None;
    other().await;
    println!("{}", session.number);
}

async fn struct_pattern(m: &Mutex<u32>) {
    let session = Session {
        guard: m.lock().ok(),
        number: 1,
    };
    let Session { guard, number } = session;
    drop(guard);
    send(number).await;
}

async fn tuple_pattern(m: &Mutex<u32>) {
    let pair = (m.lock().unwrap(), 3);
    let (guard, number) = pair;
    drop(guard);
    send(number).await;
}

async fn array_pattern(a: &Mutex<u32>, b: &Mutex<u32>) {
    let both = [a.lock().unwrap(), b.lock().unwrap()];
    let [a, b] = both;
    drop(a);
    drop(b);
    other().await;
}

async fn out_of_box(m: &Mutex<u32>) {
    let boxed = Box::new(m.lock().unwrap());
    let guard = *boxed;
    drop(guard);
    other().await;
}

async fn out_of_vec(locks: &[Mutex<u32>]) {
    let guards: Vec<_> = locks.iter().map(|lock| lock.lock().unwrap()).collect();
    for guard in guards {
        println!("{guard}");
    }
    other().await;
    let guards: Vec<_> = locks.iter().map(|lock| lock.lock().unwrap()).collect();
    guards.into_iter().for_each(drop);
    other().await;
    let mut guards: Vec<_> = locks.iter().map(|lock| lock.lock().unwrap()).collect();
    guards.drain(..);
    other().await;
    drop(guards);
}

async fn out_of_closure(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let read = move || {
        let copy = *guard;
        drop(guard);
        copy
    };
    let copy = read();
    send(copy).await;
}

async fn emptied_by_closure(m: &Mutex<u32>) {
    let mut guard = m.lock().ok();
    let mut release = || guard = None;
    release();
    other().await;
}

async fn emptied_cell(m: &Mutex<u32>) {
    let shared = RefCell::new(m.lock().ok());
    shared.take();
    other().await;
    drop(shared);
    let cell = Cell::new(m.lock().ok());
    cell.set(None);
    other().await;
    drop(cell);
}

async fn while_let_take(m: &Mutex<u32>) {
    let mut guard = Some(m.lock().unwrap());
    while let Some(taken) = guard.take() {
        drop(taken);
        other().await;
    }
}

async fn match_guard(m: &Mutex<u32>, lock: bool) {
    let guard = if lock {
        Some(m.lock().unwrap())
    } else {
        None
    };
    match guard {
        Some(guard) if *guard > 2 => {
            drop(guard);
            other().await;
        }
        Some(guard) => drop(guard),
        None => other().await,
    }
}

async fn let_else_on_content(m: &Mutex<Option<u32>>) {
    let guard = m.lock().unwrap();
    let Some(number) = *guard else {
        drop(guard);
        other().await;
        return;
    };
    drop(guard);
    send(number).await;
}

async fn as_statement(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    guard;
    other().await;
}

async fn future_built_in_block(m: &Mutex<u32>) {
    {
        let guard = m.lock().unwrap();
        send(*guard)
    }
    .await;
}

async fn question_mark(m: &Mutex<u32>) -> Result<u32, String> {
    let copy = *m.lock().map_err(|error| error.to_string())?;
    other().await;
    Ok(copy)
}

async fn let_else_temporary(m: &Mutex<Option<u32>>) {
    let Some(number) = m.lock().unwrap().take() else {
        other().await;
        return;
    };
    send(number).await;
}

async fn polled_lock(m: &Mutex<u32>) -> u32 {
    let guard = loop {
        if let Ok(guard) = m.try_lock() {
            break guard;
        }
        other().await;
    };
    *guard
}

async fn match_with_continue(m: &Mutex<u32>) {
    for step in 0..3 {
        let mut guard = match m.try_lock() {
            Ok(guard) => guard,
            Err(_) => {
                other().await;
                continue;
            }
        };
        *guard += step;
    }
}

async fn condition_variable(m: &Mutex<u32>, changed: &std::sync::Condvar) {
    let mut guard = m.lock().unwrap();
    while *guard > 0 {
        guard = changed.wait(guard).unwrap();
    }
    drop(guard);
    other().await;
}

async fn never_gets_there(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    if *guard > 0 {
        unreachable!("{guard}");
    } else {
        panic!();
    }
    other().await;
}

fn main() {}
