//! Nothing is said unless it is asked for.
#![allow(dead_code)]

use tokio::{select, sync::Mutex, time::Interval};

async fn count(counts: &Mutex<u64>, mut ping: Interval) {
    loop {
        select! {
            mut count = counts.lock() => *count += 1,
            _ = ping.tick() => {}
        }
    }
}

fn main() {}
