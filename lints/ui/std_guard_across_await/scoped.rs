// A guard that is gone before the await.
use std::sync::Mutex;

async fn other() {}

async fn in_a_block(m: &Mutex<u32>) {
    {
        let mut guard = m.lock().unwrap();
        *guard += 1;
    }
    other().await;
}

fn main() {}
