//! Which loops count as long, and which do not.
#![allow(dead_code, unused_must_use, for_loops_over_fallibles)]

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);
const ROUNDS: u32 = 4;
const MANY: u32 = 4 * 1024 * 1024;
const TABLE: [u32; 4] = [1, 2, 3, 4];
const NAMES: &[&str] = &["a", "b"];

struct Settings;

impl Settings {
    const RETRIES: usize = 3;
}

fn spin(n: u32) {
    std::hint::black_box(n);
}

async fn long_loops(n: u32, data: &[u32], flag: &AtomicBool) {
    timeout(SECOND, async { for i in 0..MANY { spin(i) } }).await;
    timeout(SECOND, async { for i in 0..=n { spin(i) } }).await;
    timeout(SECOND, async { for i in 0..1_000 { for j in 0..100 { spin(i * j) } } }).await;
    timeout(SECOND, async { for i in 0..90 { for j in 0..90 { for k in 0..90 { spin(i * j * k) } } } })
        .await;
    timeout(SECOND, async { for i in (0..n).rev().step_by(2) { spin(i) } }).await;
    timeout(SECOND, async { for pair in data.windows(2) { spin(pair[0]) } }).await;
    timeout(SECOND, async { while !flag.load(Ordering::Acquire) { std::hint::spin_loop() } }).await;
    timeout(SECOND, async {
        let mut left = n;
        while left > 0 {
            left -= 1;
            spin(left);
        }
    })
    .await;
    timeout(SECOND, async {
        let mut queue = VecDeque::from([n]);
        while let Some(next) = queue.pop_front() {
            if next > 1 {
                queue.push_back(next / 2);
                queue.push_back(next / 3);
            }
        }
    })
    .await;
    timeout(SECOND, async { (1..=n).fold(1_u32, |product, i| product.wrapping_mul(i)) }).await;
    timeout(SECOND, async { std::iter::repeat(n).find(|n| n % 7 == 3) }).await;
    timeout(SECOND, async {
        let mut i = 0_u32;
        loop {
            i += 1;
            if i.count_ones() > 20 {
                break;
            }
        }
    })
    .await;
}

async fn short_loops<const N: usize>(array: [u32; N], option: Option<u32>, counter: &AtomicU64) {
    timeout(SECOND, async { for i in 0..ROUNDS { spin(i) } }).await;
    timeout(SECOND, async { for i in 0..ROUNDS * 2 + 1 { spin(i) } }).await;
    timeout(SECOND, async { for _ in 0..Settings::RETRIES { spin(1) } }).await;
    timeout(SECOND, async { for i in TABLE { spin(i) } }).await;
    timeout(SECOND, async { for (i, n) in TABLE.iter().enumerate().rev() { spin(*n + i as u32) } })
        .await;
    timeout(SECOND, async { for name in NAMES { spin(name.len() as u32) } }).await;
    timeout(SECOND, async { for i in array { spin(i) } }).await;
    timeout(SECOND, async { for i in option { spin(i) } }).await;
    timeout(SECOND, async { for line in "a\nb".lines() { spin(line.len() as u32) } }).await;
    timeout(SECOND, async { for i in 0..10 { for j in 0..10 { spin(i * j) } } }).await;
    timeout(SECOND, async { (0..10).map(|i| i * 2).sum::<u32>() }).await;
    timeout(SECOND, async {
        let attempts = 3;
        for i in 1..=attempts {
            spin(i);
        }
    })
    .await;
    timeout(SECOND, async {
        let items = vec![1, 2, 3];
        for i in &items {
            spin(*i);
        }
        for i in vec![0; 5] {
            spin(i);
        }
    })
    .await;
    timeout(SECOND, async {
        let mut i = 0;
        while i < 10 {
            i += 1;
        }
    })
    .await;
    timeout(SECOND, async {
        let mut next = option;
        while let Some(n) = next.take() {
            spin(n);
        }
    })
    .await;
    timeout(SECOND, async {
        let mut seen = counter.load(Ordering::Relaxed);
        while let Err(now) =
            counter.compare_exchange_weak(seen, seen + 1, Ordering::AcqRel, Ordering::Relaxed)
        {
            seen = now;
        }
    })
    .await;
    timeout(SECOND, async { for i in std::iter::repeat(1).take(3) { spin(i) } }).await;
    timeout(SECOND, async { for i in (0..3).chain([7, 8]).zip(1..) { spin(i.0) } }).await;
}
