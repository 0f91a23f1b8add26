// The guard is gone before the await.
use std::sync::Mutex;
use std::{mem, ptr};

async fn other() {}
async fn send(_: u32) {}

async fn scope(m: &Mutex<u32>) {
    {
        let mut guard = m.lock().unwrap();
        *guard += 1;
    }
    other().await;
}

async fn explicit(m: &Mutex<u32>) {
    let mut guard = m.lock().unwrap();
    *guard += 1;
    drop(guard);
    other().await;
}

async fn borrowed_then_dropped(m: &Mutex<Vec<u32>>) {
    let mut guard = m.lock().unwrap();
    guard.push(1);
    for item in guard.iter_mut() {
        *item += 1;
    }
    mem::drop(guard);
    other().await;
}

async fn on_all_ways(m: &Mutex<u32>, early: bool) {
    let guard = m.lock().unwrap();
    if early {
        drop(guard);
        other().await;
    } else {
        let copy = *guard;
        drop(guard);
        send(copy).await;
    }
}

async fn returns_with_it(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    if *guard > 3 {
        return;
    }
    drop(guard);
    other().await;
}

async fn statement_temporary(m: &Mutex<u32>) {
    *m.lock().unwrap() += 1;
    let copy = *m.lock().unwrap();
    send(copy).await;
}

async fn let_before_match(m: &Mutex<u32>) {
    let value = *m.lock().unwrap();
    match value {
        0 => other().await,
        _ => send(value).await,
    }
}

async fn let_before_while(m: &Mutex<Vec<u32>>) {
    loop {
        let next = m.lock().unwrap().pop();
        let Some(next) = next else { break };
        send(next).await;
    }
}

async fn block_value(m: &Mutex<u32>) {
    let copy = {
        let guard = m.lock().unwrap();
        *guard
    };
    send(copy).await;
}

async fn in_loop(m: &Mutex<u32>) {
    loop {
        let mut guard = m.lock().unwrap();
        if *guard == 0 {
            break;
        }
        *guard -= 1;
        drop(guard);
        other().await;
    }
}

async fn in_if_condition(m: &Mutex<u32>) {
    if *m.lock().unwrap() == 0 {
        other().await;
    }
    while *m.lock().unwrap() > 0 {
        other().await;
    }
}

async fn conditionally_given_away(m: &Mutex<u32>, give: bool) {
    {
        let guard = m.lock().unwrap();
        if give {
            drop(guard);
        }
    }
    other().await;
}

async fn shadowed_in_scope(m: &Mutex<u32>) {
    let guard = 1;
    {
        let guard = m.lock().unwrap();
        println!("{guard}");
    }
    other().await;
    println!("{guard}");
}

async fn not_bound(c: &std::cell::RefCell<u32>) {
    let _ = c.borrow();
    other().await;
}

async fn dropped_in_place(m: &Mutex<u32>) {
    let mut guard = mem::ManuallyDrop::new(m.lock().unwrap());
    // SAFETY: it is not used afterwards.
    unsafe { mem::ManuallyDrop::drop(&mut guard) };
    other().await;
}

async fn in_helper(m: &Mutex<u32>) {
    fn add(m: &Mutex<u32>) -> u32 {
        let mut guard = m.lock().unwrap();
        *guard += 1;
        *guard
    }
    let sum = add(m);
    send(sum).await;
}

fn main() {}
