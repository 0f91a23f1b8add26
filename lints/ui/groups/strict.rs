//! `async_patterns_strict` turns on what is off by default, and one lint can be taken out of it.

#![warn(async_patterns_strict)]
#![allow(dead_code)]

async fn heartbeat() {
    tokio::task::yield_now().await;
}

fn detached() {
    tokio::spawn(heartbeat());
}

#[allow(detached_task)]
fn on_purpose() {
    tokio::spawn(heartbeat());
}

fn main() {}
