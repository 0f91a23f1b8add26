// A guard that nobody named, and that lives until the end of a statement.
use std::cell::RefCell;
use std::sync::Mutex;

async fn other() {}
async fn send(_: u32) {}

async fn scrutinee(m: &Mutex<u32>) {
    match *m.lock().unwrap() {
        0 => other().await,
        _ => {}
    }
}

async fn if_let(m: &Mutex<Vec<u32>>) {
    if let Some(first) = m.lock().unwrap().first() {
        send(*first).await;
    }
}

async fn while_let(m: &Mutex<Vec<u32>>) {
    while let Some(next) = m.lock().unwrap().pop() {
        send(next).await;
    }
}

async fn for_loop(m: &Mutex<Vec<u32>>) {
    for item in m.lock().unwrap().iter() {
        send(*item).await;
    }
}

async fn argument(m: &Mutex<u32>) {
    send(*m.lock().unwrap()).await;
}

async fn beside(m: &Mutex<u32>) -> u32 {
    *m.lock().unwrap() + async { 1 }.await
}

async fn in_cell(c: &RefCell<Vec<u32>>) {
    for item in c.borrow().iter() {
        send(*item).await;
    }
}

async fn compound(c: &RefCell<Vec<u32>>) {
    c.borrow_mut().push(async { 1 }.await);
}

async fn in_format(m: &Mutex<u32>) -> String {
    format!("{} {}", m.lock().unwrap(), async { 1 }.await)
}

async fn in_assert(m: &Mutex<u32>) {
    assert_eq!(*m.lock().unwrap(), async { 1 }.await);
}

async fn tail(m: &Mutex<u32>) -> u32 {
    let guard = m.lock().unwrap();
    async { 1 }.await + *guard
}

fn main() {}
