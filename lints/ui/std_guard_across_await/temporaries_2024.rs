// From edition 2024 on these temporaries are gone before the await.
use std::sync::Mutex;

async fn other() {}
async fn send(_: u32) {}

async fn not_into_else(m: &Mutex<Vec<u32>>) {
    if let Some(next) = m.lock().unwrap().pop() {
        println!("{next}");
    } else {
        other().await;
    }
}

async fn not_out_of_block(m: &Mutex<Vec<u32>>) {
    while let Some(next) = { m.lock().unwrap().pop() } {
        send(next).await;
    }
}

fn main() {}
