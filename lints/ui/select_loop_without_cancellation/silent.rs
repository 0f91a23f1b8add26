//! Loops that look at their token, or pass it on, or have none.
#![allow(dead_code)]

use std::time::Duration;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

fn work(_job: u32) {}

async fn branch(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn pinned_outside(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let stopped = stop.cancelled();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn block_pinned_outside(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let stopped = async {
        stop.cancelled().await;
        sleep(Duration::from_secs(1)).await;
    };
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => break,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn asked_in_the_loop(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        if stop.is_cancelled() {
            break;
        }
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn condition_of_the_loop(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn run_until_cancelled(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    stop.run_until_cancelled(async {
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    })
    .await;
}

async fn select_around(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let run = async {
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = run => {}
    }
}

async fn handle(job: u32, stop: &CancellationToken) {
    if !stop.is_cancelled() {
        work(job);
    }
}

async fn passed_on_to_what_is_awaited(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => handle(job, &stop).await,
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn passed_on_before(listener: TcpListener, stop: CancellationToken) {
    async fn accept(listener: TcpListener, stop: CancellationToken) -> Option<TcpStream> {
        stop.run_until_cancelled(listener.accept()).await?.ok().map(|(stream, _)| stream)
    }
    let accepted = accept(listener, stop.clone());
    tokio::pin!(accepted);
    loop {
        tokio::select! {
            _ = &mut accepted => break,
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn cancels_it_itself(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => work(job),
                None => {
                    stop.cancel();
                    break;
                }
            },
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn owns_it(mut jobs: mpsc::Receiver<u32>) {
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move { stop.cancelled().await }
    });
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => break,
        }
    }
    stop.cancel();
}

async fn guard(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let _guard = stop.drop_guard();
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => break,
        }
    }
}

async fn drains_after_cancel(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    stop.cancel();
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => work(job),
                None => break,
            },
            () = sleep(Duration::from_secs(1)) => break,
        }
    }
}

async fn drains_after_it_was_cancelled(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    stop.cancelled().await;
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => work(job),
                None => break,
            },
            () = sleep(Duration::from_secs(1)) => break,
        }
    }
}

struct Worker {
    jobs: mpsc::Receiver<u32>,
    stop: CancellationToken,
}

impl Worker {
    fn is_over(&self) -> bool {
        self.stop.is_cancelled()
    }

    async fn next(&mut self) -> Option<u32> {
        self.stop.run_until_cancelled(self.jobs.recv()).await?
    }

    async fn field(&mut self) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(job) = self.jobs.recv() => work(job),
            }
        }
    }

    async fn through_a_method(&mut self) {
        let mut tick = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                Some(job) = self.jobs.recv() => work(job),
                _ = tick.tick() => {
                    if self.is_over() {
                        break;
                    }
                }
            }
        }
    }

    async fn through_an_awaited_method(&mut self) {
        let mut tick = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                Some(job) = self.next() => work(job),
                _ = tick.tick() => work(0),
                else => break,
            }
        }
    }
}

async fn without_a_token(mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

async fn spawned_without_the_token(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let task = tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    });
    stop.cancelled().await;
    task.abort();
}

async fn without_a_loop(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    tokio::select! {
        Some(job) = jobs.recv() => work(job),
        () = sleep(Duration::from_secs(1)) => work(0),
    }
}

async fn ends_in_its_first_pass(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    loop {
        tokio::select! {
            _ = jobs.recv() => break,
            () = sleep(Duration::from_secs(1)) => return,
        }
    }
}

async fn child(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    let child = stop.child_token();
    loop {
        tokio::select! {
            () = child.cancelled() => break,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn unused_on_purpose(mut jobs: mpsc::Receiver<u32>, _stop: CancellationToken) {
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

struct Supervised {
    jobs: mpsc::Receiver<u32>,
    stop: CancellationToken,
}

impl Supervised {
    async fn run(&mut self) {
        loop {
            tokio::select! {
                Some(job) = self.jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    }

    async fn start(mut self) {
        let stop = self.stop.clone();
        stop.run_until_cancelled(self.run()).await;
    }
}

mod through_a_trait {
    use super::*;

    trait Run {
        async fn run(&mut self, stop: CancellationToken);
    }

    struct Plain(mpsc::Receiver<u32>);

    impl Run for Plain {
        async fn run(&mut self, stop: CancellationToken) {
            loop {
                tokio::select! {
                    Some(job) = self.0.recv() => work(job),
                    () = sleep(Duration::from_secs(1)) => work(0),
                }
            }
        }
    }

    async fn between<R: Run>(mut runs: R, stop: CancellationToken) {
        runs.run(stop).await;
    }

    async fn outermost(jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = between(Plain(jobs), stop.clone()) => {}
        }
    }
}

async fn allowed(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
    #[allow(select_loop_without_cancellation)]
    loop {
        tokio::select! {
            Some(job) = jobs.recv() => work(job),
            () = sleep(Duration::from_secs(1)) => work(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn helper(mut jobs: mpsc::Receiver<u32>, stop: CancellationToken) {
        loop {
            tokio::select! {
                Some(job) = jobs.recv() => work(job),
                () = sleep(Duration::from_secs(1)) => work(0),
            }
        }
    }
}

fn main() {}
