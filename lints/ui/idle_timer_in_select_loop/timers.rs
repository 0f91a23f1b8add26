//! Timers that end the loop and are restarted by the other branches.
#![allow(dead_code)]
#![warn(idle_timer_in_select_loop)]

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(30);

fn work(_job: u32) {}

async fn breaks(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(PATIENCE) => break,
        }
    }
}

async fn returns(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) -> Result<(), String> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            job = jobs.recv() => match job {
                Some(job) => work(job),
                None => return Ok(()),
            },
            () = sleep(PATIENCE) => return Err("nothing came".to_owned()),
        }
    }
}

async fn of_unknown_length(mut jobs: mpsc::Receiver<u32>, patience: Duration) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(patience) => break,
        }
    }
}

struct Session {
    jobs: mpsc::Receiver<u32>,
    patience: Duration,
}

impl Session {
    async fn run(&mut self) {
        loop {
            tokio::select! {
                Some(job) = self.jobs.recv() => work(job),
                () = sleep(self.patience) => return,
            }
        }
    }
}

async fn silent_pinned(mut jobs: mpsc::Receiver<u32>) {
    let idle = sleep(PATIENCE);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => {
                work(job);
                idle.as_mut().reset(Instant::now() + PATIENCE);
            }
            () = &mut idle => break,
        }
    }
}

async fn silent_goes_on(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(PATIENCE) => work(0),
        }
    }
}

async fn silent_rest(mut jobs: mpsc::Receiver<u32>) {
    let start = Instant::now();
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(PATIENCE.saturating_sub(start.elapsed())) => break,
        }
    }
}

async fn silent_fixed_time(mut jobs: mpsc::Receiver<u32>, end: Instant) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep_until(end) => break,
        }
    }
}

async fn silent_interval(mut jobs: mpsc::Receiver<u32>) {
    let mut tick = interval(PATIENCE);
    tick.tick().await;
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            _ = tick.tick() => break,
        }
    }
}

async fn silent_nothing_restarts_it(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            _ = jobs.recv() => break,
            () = sleep(PATIENCE) => break,
        }
    }
}

async fn reported_by_the_other_lint(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(DEADLINE) => break,
        }
    }
}

fn main() {}
