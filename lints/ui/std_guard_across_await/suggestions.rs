// Where the guard can be dropped, and how sure that is.
use std::sync::Mutex;

async fn other() {}

async fn certain(m: &Mutex<Vec<u32>>) -> u32 {
    let mut list = m.lock().unwrap();
    list.push(1);
    let first = list[0];
    other().await;
    first
}

async fn tail_expression(m: &Mutex<u32>) {
    let mut total = m.lock().unwrap();
    *total += 1;
    other().await
}

async fn before_a_loop(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    let times = *total;
    for _ in 0..times {
        other().await;
    }
}

async fn borrowed_from(m: &Mutex<Vec<u32>>) {
    let list = m.lock().unwrap();
    let first = list.first();
    other().await;
    println!("{first:?}");
}

async fn used_later(m: &Mutex<u32>) {
    let total = m.lock().unwrap();
    other().await;
    println!("{total}");
}

async fn protects_something_else(m: &Mutex<()>) {
    let _serial = m.lock().unwrap();
    other().await;
}

fn main() {}
