//! Branches of a `select!` in a loop.
#![allow(dead_code)]

use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::{broadcast, mpsc};

fn work(_order: u32) {}

async fn refutable_pattern(mut orders: broadcast::Receiver<u32>, mut stop: mpsc::Receiver<()>) {
    loop {
        tokio::select! {
            Ok(order) = orders.recv() => work(order),
            _ = stop.recv() => break,
        }
    }
}

async fn if_let(mut orders: broadcast::Receiver<u32>, mut stop: mpsc::Receiver<()>) {
    loop {
        tokio::select! {
            received = orders.recv() => {
                if let Ok(order) = received {
                    work(order);
                }
            }
            _ = stop.recv() => return,
        }
    }
}

async fn matched(mut orders: broadcast::Receiver<u32>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            biased;
            _ = tick.tick() => {}
            received = orders.recv() => match received {
                Ok(order) => work(order),
                Err(_) => break,
            },
        }
    }
}

struct Node {
    orders: broadcast::Receiver<u32>,
    stop: mpsc::Receiver<()>,
}

impl Node {
    async fn run(mut self) {
        loop {
            tokio::select! {
                received = self.orders.recv() => {
                    let Ok(order) = received else { return };
                    work(order);
                }
                _ = self.stop.recv() => return,
            }
        }
    }
}

async fn of_futures(mut orders: broadcast::Receiver<u32>, mut stop: mpsc::Receiver<()>) {
    loop {
        futures::select! {
            received = orders.recv().fuse() => {
                if let Ok(order) = received {
                    work(order);
                }
            }
            _ = stop.recv().fuse() => break,
        }
    }
}

async fn silent_when_named(mut orders: broadcast::Receiver<u32>, mut stop: mpsc::Receiver<()>) {
    loop {
        tokio::select! {
            received = orders.recv() => match received {
                Ok(order) => work(order),
                Err(broadcast::error::RecvError::Lagged(missed)) => println!("missed {missed}"),
                Err(_) => break,
            },
            _ = stop.recv() => break,
        }
    }
}

async fn silent_shutdown(mut stop: broadcast::Receiver<String>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            _ = stop.recv() => break,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_reason(mut stop: broadcast::Receiver<String>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            reason = stop.recv() => {
                if let Ok(reason) = reason {
                    println!("stopped because of {reason}");
                }
                break;
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_unit(mut wake: broadcast::Receiver<()>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        tokio::select! {
            Ok(()) = wake.recv() => work(0),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_helper(mut orders: broadcast::Receiver<u32>, mut stop: mpsc::Receiver<()>) {
    fn handle(_received: Result<u32, broadcast::error::RecvError>) {}
    loop {
        tokio::select! {
            received = orders.recv() => handle(received),
            _ = stop.recv() => break,
        }
    }
}

async fn silent_without_loop(mut orders: broadcast::Receiver<u32>, mut stop: mpsc::Receiver<()>) {
    tokio::select! {
        Ok(order) = orders.recv() => work(order),
        _ = stop.recv() => {}
    }
}

async fn silent_first_answer(mut answers: broadcast::Receiver<u32>) -> u32 {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Ok(answer) = answers.recv() => return answer,
            _ = tick.tick() => println!("still waiting"),
        }
    }
}

async fn silent_fresh_receiver(sender: broadcast::Sender<u32>, mut stop: mpsc::Receiver<()>) {
    loop {
        let mut orders = sender.subscribe();
        tokio::select! {
            Ok(order) = orders.recv() => work(order),
            _ = stop.recv() => break,
        }
    }
}

fn main() {}
