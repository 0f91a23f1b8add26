//! Timed futures that compute for long without an await that can suspend.
#![allow(dead_code, unused_must_use)]

use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::{self, Instant, timeout, timeout as limit, timeout_at};
use tokio_util::future::FutureExt;

const SECOND: Duration = Duration::from_secs(1);

fn fib(n: u32) -> u64 {
    if n < 2 { u64::from(n) } else { fib(n - 1) + fib(n - 2) }
}

fn sum_to(limit: u64) -> u64 {
    let mut sum = 0_u64;
    for i in 0..limit {
        sum = sum.wrapping_add(i);
    }
    sum
}

async fn compute(limit: u64) -> u64 {
    sum_to(limit)
}

async fn compute_twice(limit: u64) -> u64 {
    compute(limit).await + compute(limit).await
}

async fn an_async_block(n: u64) {
    timeout(SECOND, async move { sum_to(n) }).await;
}

async fn a_loop_in_the_block(data: Vec<u8>) {
    timeout(SECOND, async {
        let mut hash = 0_u32;
        for byte in &data {
            hash = hash.rotate_left(5) ^ u32::from(*byte);
        }
        hash
    })
    .await;
}

async fn an_async_fn() {
    time::timeout(SECOND, compute(1_000_000_000)).await;
}

async fn through_more_async_fns() {
    tokio::time::timeout(SECOND, compute_twice(1_000_000_000)).await;
}

async fn under_another_name(n: u64) {
    limit(SECOND, compute(n)).await;
}

async fn a_deadline(n: u64) {
    timeout_at(Instant::now() + SECOND, compute(n)).await;
}

async fn the_method_of_tokio_util(n: u64) {
    compute(n).timeout(SECOND).await;
    compute(n).timeout_at(Instant::now() + SECOND).await;
}

async fn recursion() {
    timeout(SECOND, async { fib(50) }).await;
}

async fn a_while_loop(mut n: u64) {
    timeout(SECOND, async move {
        let mut steps = 0_u32;
        while n != 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
        steps
    })
    .await;
}

async fn a_loop_with_a_break(start: u64) {
    timeout(SECOND, async move {
        let mut n = start;
        loop {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if n % 1_000_003 == 0 {
                break n;
            }
        }
    })
    .await;
}

async fn an_iterator_over_a_range() {
    timeout(SECOND, async { (0..100_000_000_u64).map(|n| n * n).sum::<u64>() }).await;
}

async fn an_iterator_with_a_long_closure(blocks: Vec<u64>) {
    timeout(SECOND, async move { blocks.iter().map(|n| sum_to(*n)).max() }).await;
}

async fn blocking_calls() {
    timeout(SECOND, async { std::thread::sleep(Duration::from_secs(5)) }).await;
    timeout(SECOND, async { std::fs::read_to_string("a") }).await;
}

async fn a_boxed_future(n: u64) {
    timeout(SECOND, Box::pin(compute(n))).await;
    let work: Pin<Box<dyn Future<Output = u64>>> = Box::pin(compute(n));
    timeout(SECOND, work).await;
}

async fn a_pinned_future(n: u64) {
    let mut work = std::pin::pin!(compute(n));
    timeout(SECOND, &mut work).await;
}

trait Search {
    async fn search(&self) -> u64;
}

struct Brute {
    size: u64,
}

impl Search for Brute {
    async fn search(&self) -> u64 {
        let mut best = 0;
        for candidate in 0..self.size {
            best = best.max(candidate % 7_919);
        }
        best
    }
}

impl Brute {
    async fn inherent(&self) -> u64 {
        sum_to(self.size)
    }
}

#[async_trait::async_trait]
trait Boxed {
    async fn search(&self) -> u64;
}

#[async_trait::async_trait]
impl Boxed for Brute {
    async fn search(&self) -> u64 {
        fib(40)
    }
}

async fn methods(brute: Brute) {
    timeout(SECOND, Search::search(&brute)).await;
    timeout(SECOND, brute.inherent()).await;
    timeout(SECOND, Boxed::search(&brute)).await;
}

async fn generic<S: Search>(search: S) {
    timeout(SECOND, async {
        search.search().await;
    })
    .await;
    timeout(SECOND, async { sum_to(u64::MAX) }).await;
}

async fn with_limit<F: Future>(future: F) -> Option<F::Output> {
    timeout(SECOND, future).await.ok()
}

async fn a_wrapper_around_timeout(n: u64) {
    with_limit(compute(n)).await;
}

async fn an_async_closure(n: u64) {
    let work = async |n: u64| sum_to(n);
    timeout(SECOND, work(n)).await;
}

async fn awaits_that_are_always_ready(n: u64) {
    timeout(SECOND, async {
        std::future::ready(1).await;
        tokio::join!(compute(n), async { 1 });
        futures::future::join(compute(n), compute(n)).await;
    })
    .await;
}

async fn block_in_place_does_not_help(n: u64) {
    timeout(SECOND, async { tokio::task::block_in_place(|| sum_to(n)) }).await;
}

mod nested {
    macro_rules! timed {
        ($work:expr) => {
            super::timeout(super::SECOND, async { $work }).await
        };
    }

    async fn in_a_macro(n: u64) {
        timed!(super::sum_to(n));
    }
}

#[tokio::test]
async fn in_a_test() {
    timeout(SECOND, compute(10_000_000)).await.unwrap();
}
