//! `spawn_buffered` against `buffered`, for a consumer that takes its time over each item.
//!
//! The clock is virtual, so the figures are exact and the same on every machine. The bound: for
//! work in several steps and a consumer about as slow as the work, at most 0.6 × the time.

use std::time::Duration;

use async_patterns::stream::SpawnBufferedExt;
use futures::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep};

/// A stream of `items` pieces of work, each of `steps` awaits of `step` each, `ahead` of which may
/// run at a time, and a consumer that needs `consume` per item.
#[derive(Clone, Copy)]
struct Workload {
    name: &'static str,
    items: u32,
    steps: u32,
    step: Duration,
    ahead: usize,
    consume: Duration,
    /// Whether the bound is for it: a quick consumer has nothing to gain.
    slow_consumer: bool,
}

const WORKLOADS: [Workload; 3] = [
    Workload {
        name: "4 steps of 20 ms, consumer 20 ms",
        items: 100,
        steps: 4,
        step: Duration::from_millis(20),
        ahead: 4,
        consume: Duration::from_millis(20),
        slow_consumer: true,
    },
    Workload {
        name: "10 steps of 10 ms, consumer 50 ms",
        items: 100,
        steps: 10,
        step: Duration::from_millis(10),
        ahead: 2,
        consume: Duration::from_millis(50),
        slow_consumer: true,
    },
    Workload {
        name: "4 steps of 20 ms, consumer 0 ms",
        items: 100,
        steps: 4,
        step: Duration::from_millis(20),
        ahead: 4,
        consume: Duration::ZERO,
        slow_consumer: false,
    },
];

impl Workload {
    fn work(self) -> impl Stream<Item = impl Future<Output = ()> + Send + 'static> {
        stream::iter(0..self.items).map(move |_| async move {
            for _ in 0..self.steps {
                sleep(self.step).await;
            }
        })
    }

    async fn consume(self, outputs: impl Stream<Item = ()>) -> Duration {
        let start = Instant::now();
        outputs.for_each(|()| pause(self.consume)).await;
        start.elapsed()
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!("| workload | `buffered` | `spawn_buffered` | ratio |");
    println!("|---|---|---|---|");
    for load in WORKLOADS {
        let buffered = load.consume(load.work().buffered(load.ahead)).await;
        let spawned = load.consume(load.work().spawn_buffered(load.ahead)).await;
        let ratio = spawned.as_secs_f64() / buffered.as_secs_f64();
        println!(
            "| {}, {} ahead | {} ms | {} ms | {ratio:.2} |",
            load.name,
            load.ahead,
            buffered.as_millis(),
            spawned.as_millis(),
        );
        let bound = if load.slow_consumer { 0.6 } else { 1.01 };
        assert!(
            ratio <= bound,
            "{}: {ratio:.2} is more than {bound}",
            load.name
        );
    }
}
