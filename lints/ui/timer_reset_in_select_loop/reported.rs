//! Timers that never fire, or are no limit.
#![allow(dead_code)]

use std::time::Duration;

use futures::FutureExt as _;
use tokio::{
    sync::mpsc,
    time::{self, Instant, interval, sleep, sleep_until, timeout},
};

const FLUSH: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(100);
const DEADLINE: Duration = Duration::from_secs(30);

/// How long the import may take in total.
const IMPORT_TIME: Duration = Duration::from_secs(60);

fn work(_job: u32) {}

async fn shorter_interval(mut jobs: mpsc::Receiver<u32>) {
    let mut poll = interval(POLL);
    loop {
        tokio::select! {
            _ = poll.tick() => work(1),
            Some(job) = jobs.recv() => work(job),
            () = sleep(FLUSH) => work(0),
        }
    }
}

async fn shorter_sleep() {
    loop {
        tokio::select! {
            () = sleep(Duration::from_secs(1)) => work(1),
            () = sleep(Duration::from_secs(60)) => break,
        }
    }
}

async fn shorter_by_arithmetic() {
    let short = 2 * 50;
    let mut poll = time::interval_at(Instant::now(), Duration::from_millis(short));
    poll.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = poll.tick() => work(1),
            () = sleep(FLUSH * 2) => work(0),
        }
    }
}

async fn always_ready() {
    loop {
        tokio::select! {
            () = tokio::task::yield_now() => work(1),
            () = sleep(FLUSH) => work(0),
        }
    }
}

async fn ready_block(mut count: u32) {
    loop {
        tokio::select! {
            () = async { count += 1 } => {}
            () = sleep(FLUSH) => break,
        }
    }
    work(count);
}

async fn named_deadline(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(DEADLINE) => break,
        }
    }
}

async fn documented_total(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = time::sleep(IMPORT_TIME) => break,
        }
    }
}

struct Settings {
    total_timeout: Duration,
    max_runtime_secs: u64,
}

async fn named_field(settings: &Settings, mut jobs: mpsc::Receiver<u32>) -> Result<(), String> {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(settings.total_timeout) => return Err("too late".to_owned()),
        }
    }
}

async fn named_inside_a_constructor(settings: Settings, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(settings.max_runtime_secs)) => break,
        }
    }
}

async fn named_parameter(deadline: Duration, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            job = timeout(deadline, jobs.recv()) => match job {
                Ok(Some(job)) => work(job),
                _ => break,
            },
            () = tokio::signal::ctrl_c().map(|_| ()) => work(0),
        }
    }
}

async fn moving_time(mut jobs: mpsc::Receiver<u32>, limit: Duration) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep_until(Instant::now() + limit) => break,
        }
    }
}

async fn moving_time_in_a_variable(mut jobs: mpsc::Receiver<u32>, limit: Duration) {
    loop {
        let end = Instant::now() + limit;
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep_until(end) => break,
        }
    }
}

async fn pinned_inside_the_loop(mut jobs: mpsc::Receiver<u32>) {
    loop {
        let limit = sleep(DEADLINE);
        tokio::pin!(limit);
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = &mut limit => break,
        }
    }
}

async fn in_an_async_block(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = async { sleep(DEADLINE).await } => break,
        }
    }
}

async fn of_futures(mut jobs: mpsc::Receiver<u32>) {
    loop {
        futures::select! {
            job = jobs.recv().fuse() => work(job.unwrap_or(0)),
            () = sleep(DEADLINE).fuse() => break,
        }
    }
}

#[async_trait::async_trait]
trait Import {
    async fn run(&self, mut jobs: mpsc::Receiver<u32>);
}

#[async_trait::async_trait]
impl Import for Settings {
    async fn run(&self, mut jobs: mpsc::Receiver<u32>) {
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(self.total_timeout) => break,
            }
        }
    }
}

fn main() {}
