// Before edition 2024 some temporaries live longer.
use std::sync::Mutex;

async fn other() {}
async fn send(_: u32) {}

async fn into_else(m: &Mutex<Vec<u32>>) {
    if let Some(next) = m.lock().unwrap().pop() {
        println!("{next}");
    } else {
        other().await;
    }
}

async fn out_of_block(m: &Mutex<Vec<u32>>) {
    while let Some(next) = { m.lock().unwrap().pop() } {
        send(next).await;
    }
}

async fn none_in_else(m: &parking_lot::Mutex<u32>) {
    if let Some(guard) = m.try_lock() {
        println!("{guard}");
    } else {
        other().await;
    }
}

fn main() {}
