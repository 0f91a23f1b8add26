//! Timers that fire, and mean what they say.
#![allow(dead_code)]

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, interval, sleep, sleep_until, timeout},
};

const FLUSH: Duration = Duration::from_millis(500);
const DEADLINE: Duration = Duration::from_secs(30);
const IDLE_DEADLINE: Duration = Duration::from_secs(30);

/// The longest silence between two jobs, not a total.
const SILENCE: Duration = Duration::from_secs(60);

fn work(_job: u32) {}

async fn pinned_outside(mut jobs: mpsc::Receiver<u32>) {
    let deadline = sleep(DEADLINE);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = &mut deadline => break,
        }
    }
}

async fn an_interval(mut jobs: mpsc::Receiver<u32>) {
    let mut poll = interval(Duration::from_millis(100));
    let mut flush = interval(FLUSH);
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            _ = poll.tick() => work(1),
            _ = flush.tick() => work(0),
        }
    }
}

async fn until_a_fixed_time(mut jobs: mpsc::Receiver<u32>) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep_until(deadline) => break,
        }
    }
}

async fn what_is_left(mut jobs: mpsc::Receiver<u32>) {
    let start = Instant::now();
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(DEADLINE - start.elapsed()) => break,
        }
    }
}

async fn what_is_left_in_a_variable(mut jobs: mpsc::Receiver<u32>) {
    let start = Instant::now();
    loop {
        let deadline = DEADLINE.saturating_sub(start.elapsed());
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(deadline) => break,
        }
    }
}

async fn counted_down(mut jobs: mpsc::Receiver<u32>) {
    let mut deadline = DEADLINE;
    loop {
        let start = Instant::now();
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(deadline) => break,
        }
        deadline -= start.elapsed();
    }
}

async fn reset_on_purpose(mut jobs: mpsc::Receiver<u32>) {
    let idle = sleep(FLUSH);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => {
                work(job);
                idle.as_mut().reset(Instant::now() + FLUSH);
            }
            () = &mut idle => break,
        }
    }
}

async fn periodic_work(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(FLUSH) => work(0),
        }
    }
}

async fn periodic_work_by_time(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep_until(Instant::now() + FLUSH) => work(0),
        }
    }
}

async fn longer_interval() {
    let mut report = interval(Duration::from_secs(10));
    loop {
        tokio::select! {
            _ = report.tick() => work(1),
            () = sleep(FLUSH) => work(0),
        }
    }
}

async fn interval_of_unknown_length(period: Duration) {
    let mut report = interval(period);
    loop {
        tokio::select! {
            _ = report.tick() => work(1),
            () = sleep(FLUSH) => work(0),
        }
    }
}

async fn interval_that_is_reset() {
    let mut report = interval(Duration::from_millis(1));
    loop {
        tokio::select! {
            _ = report.tick() => work(1),
            () = sleep(FLUSH) => report.reset_after(FLUSH * 10),
        }
    }
}

async fn shorter_branch_may_be_off(mut on: bool) {
    let mut poll = interval(Duration::from_millis(1));
    loop {
        tokio::select! {
            _ = poll.tick(), if on => on = false,
            () = sleep(FLUSH) => on = true,
        }
    }
}

async fn shorter_branch_leaves() {
    loop {
        tokio::select! {
            () = sleep(Duration::from_millis(1)) => break,
            () = sleep(FLUSH) => work(0),
        }
    }
}

async fn idle_by_name(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(IDLE_DEADLINE) => break,
        }
    }
}

async fn idle_by_documentation(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(SILENCE) => break,
        }
    }
}

async fn nothing_restarts_it(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            _ = jobs.recv() => break,
            () = sleep(DEADLINE) => work(0),
        }
    }
}

async fn without_a_loop(mut jobs: mpsc::Receiver<u32>) {
    tokio::select! {
        _ = jobs.recv() => {}
        () = sleep(DEADLINE) => {}
    }
}

async fn an_operation_with_a_limit_of_its_own(mut jobs: mpsc::Receiver<u32>, io_timeout: Duration) {
    while let Ok(Some(job)) = timeout(io_timeout, jobs.recv()).await {
        work(job);
    }
}

async fn backoff(mut jobs: mpsc::Receiver<u32>) {
    let mut delay = Duration::from_millis(10);
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => {
                work(job);
                delay = Duration::from_millis(10);
            }
            () = sleep(delay) => delay *= 2,
        }
    }
}

async fn allowed(mut jobs: mpsc::Receiver<u32>) {
    #[allow(timer_reset_in_select_loop)]
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(DEADLINE) => break,
        }
    }
}

fn main() {}
