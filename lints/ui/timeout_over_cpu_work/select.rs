//! The same race written with `select!`.
#![allow(dead_code, unused_must_use)]

use std::time::Duration;

use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

const SECOND: Duration = Duration::from_secs(1);

async fn compute(limit: u64) -> u64 {
    let mut sum = 0_u64;
    for i in 0..limit {
        sum = sum.wrapping_add(i);
    }
    sum
}

async fn a_function(n: u64) {
    tokio::select! {
        _ = compute(n) => {}
        () = sleep(SECOND) => {}
    }
}

async fn an_async_block(n: u64) -> Option<u64> {
    select! {
        biased;
        () = sleep_until(Instant::now() + SECOND) => None,
        sum = async {
            let mut sum = 0_u64;
            let mut i = 0;
            while i < n {
                sum = sum.wrapping_mul(31);
                i += 1;
            }
            sum
        } => Some(sum),
    }
}

async fn a_pinned_sleep(n: u64) {
    let sleep = sleep(SECOND);
    tokio::pin!(sleep);
    select! {
        () = &mut sleep => {}
        _ = compute(n) => {}
    }
}

async fn a_thread_that_sleeps(mut jobs: mpsc::Receiver<u64>) {
    select! {
        () = sleep(SECOND) => {}
        () = async {
            while let Some(job) = jobs.recv().await {
                std::thread::sleep(Duration::from_secs(job));
            }
        } => {}
    }
}

async fn a_sleep_in_a_block(n: u64) {
    select! {
        () = async { sleep(SECOND).await } => {}
        _ = compute(n) => {}
    }
}
