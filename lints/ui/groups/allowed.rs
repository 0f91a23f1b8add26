//! `async_patterns` names every lint that is on by default. What is off stays silent unasked.

#![allow(dead_code)]

use std::sync::Mutex;

#[allow(async_patterns)]
mod silenced {
    use super::*;

    pub async fn add(total: &Mutex<u64>) {
        let mut total = total.lock().unwrap();
        tokio::task::yield_now().await;
        *total += 1;
    }
}

async fn add(total: &Mutex<u64>) {
    let mut total = total.lock().unwrap();
    tokio::task::yield_now().await;
    *total += 1;
}

fn detached(total: std::sync::Arc<Mutex<u64>>) {
    tokio::spawn(async move { *total.lock().unwrap() += 1 });
}

fn main() {}
