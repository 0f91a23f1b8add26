//! Loops that never look at the token which their function has.
#![allow(dead_code)]

use std::{sync::Arc, time::Duration};

use futures::FutureExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

fn work(_job: u32) {}

async fn parameter(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn by_reference(mut jobs: mpsc::Receiver<u32>, stop: &CancellationToken) {
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => work(job),
                None => break,
            },
            _ = tick.tick() => work(0),
        }
    }
}

async fn checked_once(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    if stop.is_cancelled() {
        return;
    }
    let mut tick = interval(Duration::from_secs(1));
    while jobs.capacity() > 0 {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            _ = tick.tick() => work(0),
        }
    }
}

struct Worker {
    jobs: mpsc::Receiver<u32>,
    stop: CancellationToken,
}

impl Worker {
    fn handle(&mut self, job: u32) {
        work(job);
    }

    async fn flush(&self) {
        sleep(Duration::from_millis(1)).await;
    }

    async fn field(&mut self) {
        let mut tick = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                Some(job) = self.jobs.recv() => self.handle(job),
                _ = tick.tick() => self.flush().await,
            }
        }
    }
}

struct Context {
    stop: Option<CancellationToken>,
}

async fn field_of_a_parameter(context: Arc<Context>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn serve(_connection: TcpStream, stop: CancellationToken) {
    stop.cancelled().await;
}

async fn only_for_its_tasks(listener: TcpListener, stop: CancellationToken) {
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Ok((connection, _)) = listener.accept() => {
                let stop = stop.clone();
                tokio::spawn(async move { serve(connection, stop).await });
            }
            _ = tick.tick() => work(0),
        }
    }
}

fn captured(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    tokio::spawn(async move {
        if stop.is_cancelled() {
            return;
        }
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    });
}

async fn of_futures(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        futures::select! {
            job = jobs.recv().fuse() => work(job.unwrap_or(0)),
            () = sleep(Duration::from_secs(1)).fuse() => work(0),
        }
    }
}

#[async_trait::async_trait]
trait Service {
    async fn run(&self, mut jobs: mpsc::Receiver<u32>, stop: CancellationToken);
}

struct Plain;

#[async_trait::async_trait]
impl Service for Plain {
    async fn run(&self, mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
        if stop.is_cancelled() {
            return;
        }
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    }
}

async fn spawned(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn owner_of_the_token(jobs: mpsc::Receiver<u32>) {
    let stop = CancellationToken::new();
    let task = tokio::spawn(spawned(jobs, stop.clone()));
    stop.cancelled().await;
    let _ = task.await;
}

async fn awaited(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn caller_that_only_cancels(jobs: mpsc::Receiver<u32>) {
    let stop = CancellationToken::new();
    awaited(jobs, stop.clone()).await;
    stop.cancel();
}

async fn task_beside_its_owner(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let its_stop = stop.clone();
    let task = tokio::spawn(async move {
        if its_stop.is_cancelled() {
            return;
        }
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    });
    stop.cancelled().await;
    let _ = task.await;
}

fn main() {}
