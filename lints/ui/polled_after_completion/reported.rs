//! Futures that the next pass polls again after they have completed.
#![allow(dead_code)]

use std::{future::Future, pin::Pin, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::sleep,
};

async fn load() -> u32 {
    sleep(Duration::from_millis(1)).await;
    7
}

fn work(_job: u32) {}

async fn pinned_on_the_stack(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    loop {
        tokio::select! {
            entries = &mut index => println!("{entries}"),
            Some(job) = jobs.recv() => work(job),
            else => break,
        }
    }
}

async fn by_std_pin(mut jobs: mpsc::Receiver<u32>) {
    let mut index = std::pin::pin!(load());
    loop {
        tokio::select! {
            biased;
            entries = index.as_mut() => println!("{entries}"),
            job = jobs.recv() => match job {
                Some(job) => work(job),
                None => return,
            },
        }
    }
}

async fn boxed(mut jobs: mpsc::Receiver<u32>) {
    let mut index: Pin<Box<dyn Future<Output = u32> + Send>> = Box::pin(load());
    while let Some(round) = jobs.recv().await {
        tokio::select! {
            entries = &mut index => work(entries + round),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn join_handle(mut task: JoinHandle<u32>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            result = &mut task => println!("{result:?}"),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn oneshot_receiver(mut answer: oneshot::Receiver<u32>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            answer = &mut answer => {
                if let Ok(answer) = answer {
                    work(answer);
                }
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

struct Supervisor {
    task: JoinHandle<()>,
    jobs: mpsc::Receiver<u32>,
}

impl Supervisor {
    async fn run(&mut self) {
        loop {
            tokio::select! {
                _ = &mut self.task => eprintln!("the task ended"),
                Some(job) = self.jobs.recv() => work(job),
            }
        }
    }
}

async fn generic<F: Future<Output = u32> + Unpin>(mut future: F, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            value = &mut future => work(value),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn leaves_only_sometimes(mut jobs: mpsc::Receiver<u32>) {
    let index = load();
    tokio::pin!(index);
    loop {
        tokio::select! {
            entries = &mut index => {
                if entries > 3 {
                    break;
                }
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

fn in_an_async_block(mut jobs: mpsc::Receiver<u32>) {
    tokio::spawn(async move {
        let index = async { load().await + 1 };
        tokio::pin!(index);
        loop {
            tokio::select! {
                entries = &mut index => work(entries),
                Some(job) = jobs.recv() => work(job),
            }
        }
    });
}

async fn under_a_timeout(mut jobs: mpsc::Receiver<u32>) {
    let index = tokio::time::timeout(Duration::from_secs(1), load());
    tokio::pin!(index);
    loop {
        tokio::select! {
            entries = &mut index => println!("{entries:?}"),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn inner_loop_of_two(mut jobs: mpsc::Receiver<u32>) {
    let mut task = tokio::spawn(load());
    loop {
        loop {
            tokio::select! {
                _ = &mut task => break,
                Some(job) = jobs.recv() => work(job),
            }
        }
    }
}

async fn ends_with_an_error(mut jobs: mpsc::Receiver<u32>) {
    let worker = async {
        loop {
            let page: u32 = "7".parse()?;
            work(page + load().await);
        }
        #[expect(unreachable_code)]
        Ok::<(), std::num::ParseIntError>(())
    };
    tokio::pin!(worker);
    loop {
        tokio::select! {
            _ = &mut worker => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

fn main() {}
