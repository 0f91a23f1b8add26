//! Futures that are not polled again, or may be.
#![allow(dead_code)]

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt as _, future::FusedFuture};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

async fn load() -> u32 {
    sleep(Duration::from_millis(1)).await;
    7
}

fn work(_job: u32) {}

async fn fused(mut jobs: mpsc::Receiver<u32>) {
    let index = load().fuse();
    tokio::pin!(index);
    loop {
        tokio::select! {
            entries = &mut index => work(entries),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn generic_fused<F>(mut future: F, mut jobs: mpsc::Receiver<u32>)
where
    F: FusedFuture<Output = u32> + Unpin,
{
    loop {
        tokio::select! {
            value = &mut future => work(value),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn guarded(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    let mut done = false;
    loop {
        tokio::select! {
            entries = &mut index, if !done => {
                done = true;
                work(entries);
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn leaves(mut jobs: mpsc::Receiver<u32>) -> u32 {
    let index = load();
    tokio::pin!(index);
    loop {
        tokio::select! {
            entries = &mut index => return entries,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn leaves_by_the_value(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    loop {
        let event = tokio::select! {
            entries = &mut index => Err(entries),
            Some(job) = jobs.recv() => Ok(job),
        };
        match event {
            Ok(job) => work(job),
            Err(entries) => {
                work(entries);
                break;
            }
        }
    }
}

async fn leaves_by_the_condition(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    let mut running = true;
    while running {
        tokio::select! {
            entries = &mut index => {
                work(entries);
                running = false;
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn leaves_after_the_select(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    let mut loaded = None;
    loop {
        tokio::select! {
            entries = &mut index => loaded = Some(entries),
            Some(job) = jobs.recv() => work(job),
        }
        if loaded.is_some() {
            break;
        }
    }
}

async fn rearmed_by_set(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    loop {
        tokio::select! {
            entries = &mut index => {
                work(entries);
                index.set(load());
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn rearmed_by_assignment(mut jobs: mpsc::Receiver<u32>) {
    let mut index = Box::pin(load());
    loop {
        tokio::select! {
            entries = &mut index => {
                work(entries);
                index = Box::pin(load());
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

fn restart(task: &mut JoinHandle<u32>) {
    *task = tokio::spawn(load());
}

async fn rearmed_by_a_function(mut task: JoinHandle<u32>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            _ = &mut task => restart(&mut task),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

struct Supervisor {
    task: JoinHandle<u32>,
    jobs: mpsc::Receiver<u32>,
}

impl Supervisor {
    fn restart(&mut self) {
        self.task = tokio::spawn(load());
    }

    async fn run(&mut self) {
        loop {
            tokio::select! {
                _ = &mut self.task => self.restart(),
                Some(job) = self.jobs.recv() => work(job),
            }
        }
    }
}

async fn a_timer_stays_ready(mut jobs: mpsc::Receiver<u32>) {
    let timer = sleep(Duration::from_secs(1));
    tokio::pin!(timer);
    loop {
        tokio::select! {
            () = &mut timer => work(0),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn a_timer_that_is_reset(mut jobs: mpsc::Receiver<u32>) {
    let timer = sleep(Duration::from_secs(1));
    tokio::pin!(timer);
    loop {
        tokio::select! {
            () = &mut timer => timer.as_mut().reset(Instant::now() + Duration::from_secs(1)),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn a_token_stays_cancelled(token: CancellationToken, mut jobs: mpsc::Receiver<u32>) {
    let cancelled = token.cancelled();
    tokio::pin!(cancelled);
    loop {
        tokio::select! {
            () = &mut cancelled => work(0),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn made_in_each_pass(mut jobs: mpsc::Receiver<u32>) {
    loop {
        let index = load();
        tokio::pin!(index);
        tokio::select! {
            entries = &mut index => work(entries),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn owned(mut jobs: mpsc::Receiver<u32>, mut other: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = other.recv() => work(job),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn without_a_loop(mut task: JoinHandle<u32>, mut jobs: mpsc::Receiver<u32>) {
    tokio::select! {
        _ = &mut task => {}
        Some(job) = jobs.recv() => work(job),
    }
    task.abort();
}

async fn the_select_of_futures(mut jobs: mpsc::Receiver<u32>) {
    let index = load().fuse();
    futures::pin_mut!(index);
    loop {
        futures::select! {
            entries = index => work(entries),
            job = jobs.recv().fuse() => work(job.unwrap_or(0)),
        }
    }
}

struct AlwaysReady;

impl Future for AlwaysReady {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready(1)
    }
}

async fn a_future_of_the_crate(mut jobs: mpsc::Receiver<u32>) {
    let mut always = AlwaysReady;
    loop {
        tokio::select! {
            value = &mut always => work(value),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn asked_whether_it_is_done(mut task: JoinHandle<u32>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        if task.is_finished() {
            break;
        }
        tokio::select! {
            _ = &mut task => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn guarded_by_an_if_around(mut answer: oneshot::Receiver<u32>, mut jobs: mpsc::Receiver<u32>) {
    let mut answered = false;
    loop {
        if answered {
            if let Some(job) = jobs.recv().await {
                work(job);
            }
        } else {
            tokio::select! {
                _ = &mut answer => answered = true,
                Some(job) = jobs.recv() => work(job),
            }
        }
    }
}

async fn never_ends(mut jobs: mpsc::Receiver<u32>) {
    let heartbeat = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            work(0);
        }
    };
    tokio::pin!(heartbeat);
    loop {
        tokio::select! {
            _ = &mut heartbeat => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn beat() {
    loop {
        sleep(Duration::from_secs(1)).await;
    }
}

async fn function_that_never_ends(mut jobs: mpsc::Receiver<u32>) {
    let mut heartbeat = Box::pin(beat());
    loop {
        tokio::select! {
            () = &mut heartbeat => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn without_a_value(
    mut server: Pin<Box<dyn Future<Output = std::convert::Infallible>>>,
    mut jobs: mpsc::Receiver<u32>,
) {
    loop {
        tokio::select! {
            _ = &mut server => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn allowed(mut task: JoinHandle<u32>, mut jobs: mpsc::Receiver<u32>) {
    #[allow(polled_after_completion)]
    loop {
        tokio::select! {
            _ = &mut task => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

fn main() {}
