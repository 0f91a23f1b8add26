//! Calls that `dylint.toml` adds to the lists, or takes from them.
#![allow(dead_code, unused_must_use)]

use std::time::Duration;

use tokio::time::{sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

fn query(_: &str) -> u32 {
    1
}

fn digest(_: &[u8]) -> u32 {
    1
}

fn looks_long(limit: u32) -> u32 {
    let mut sum = 0_u32;
    for i in 0..limit {
        sum = sum.wrapping_add(i);
    }
    sum
}

async fn looks_long_as_well(limit: u32) -> u32 {
    looks_long(limit);
    let mut sum = 0_u32;
    while sum < limit {
        sum += sum / 2 + 1;
    }
    sum
}

async fn assumed_blocking() {
    timeout(SECOND, async {
        sleep(SECOND).await;
        query("select 1")
    })
    .await;
}

async fn said_to_compute() {
    timeout(SECOND, async { digest(b"a") }).await;
}

async fn assumed_non_blocking(n: u32) {
    timeout(SECOND, async move { looks_long(n) }).await;
    timeout(SECOND, looks_long_as_well(n)).await;
    timeout(SECOND, async {
        sleep(SECOND).await;
        std::thread::yield_now();
        std::thread::park();
    })
    .await;
}

async fn not_configured(n: u32) {
    timeout(SECOND, async move { (0..n).map(|i| i / 3).max() }).await;
}
