//! What the configuration says of functions.
#![allow(dead_code, unused_must_use)]

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, DuplexStream},
    select,
    time::{Interval, sleep},
};

pub async fn resumable(stream: &mut DuplexStream) -> Option<(u8, u8)> {
    Some((stream.read_u8().await.ok()?, stream.read_u8().await.ok()?))
}

pub async fn fragile() {
    sleep(Duration::from_secs(1)).await;
}

async fn assumed_safe(mut stream: DuplexStream, mut ping: Interval) {
    let mut header = [0; 4];
    loop {
        select! {
            _ = resumable(&mut stream) => {}
            _ = ping.tick() => {}
        }
        select! {
            _ = stream.read_exact(&mut header) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn calls_fragile() {
    fragile().await;
}

async fn assumed_unsafe(mut ping: Interval) {
    loop {
        select! {
            _ = fragile() => {}
            _ = ping.tick() => {}
        }
        select! {
            _ = calls_fragile() => {}
            _ = ping.tick() => {}
        }
        select! {
            _ = tokio::task::yield_now() => {}
            _ = ping.tick() => {}
        }
    }
}

fn main() {}
