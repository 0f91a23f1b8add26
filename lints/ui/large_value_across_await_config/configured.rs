//! With a limit of 1000 bytes.
#![allow(unused, clippy::all)]

use tokio::task::yield_now;

async fn above() -> u8 {
    let buffer = [0_u8; 1001];
    yield_now().await;
    buffer[0]
}

async fn at_the_limit() -> u8 {
    let buffer = [0_u8; 1000];
    yield_now().await;
    buffer[0]
}

async fn below() -> u8 {
    let buffer = [0_u8; 512];
    yield_now().await;
    buffer[0]
}

fn main() {}
