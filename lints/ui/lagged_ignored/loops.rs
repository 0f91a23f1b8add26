//! Loops in which `Lagged` ends the loop or vanishes.
#![allow(dead_code)]

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};

fn work(_order: u32) {}

async fn while_let(mut orders: broadcast::Receiver<u32>) {
    while let Ok(order) = orders.recv().await {
        work(order);
    }
}

async fn err_breaks(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(_) => break,
        }
    }
}

async fn err_continues(orders: &mut broadcast::Receiver<String>) {
    loop {
        match orders.recv().await {
            Ok(order) => println!("{order}"),
            Err(_) => {
                eprintln!("no order");
                continue;
            }
        }
    }
}

async fn unused_error(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(_error) => return,
        }
    }
}

async fn if_let(mut orders: broadcast::Receiver<u32>, rounds: u32) {
    for _ in 0..rounds {
        if let Ok(order) = orders.recv().await {
            work(order);
        }
    }
}

async fn let_else(mut orders: broadcast::Receiver<u32>) {
    loop {
        let Ok(order) = orders.recv().await else {
            break;
        };
        work(order);
    }
}

async fn by_ok(mut orders: broadcast::Receiver<u32>) {
    while let Some(order) = orders.recv().await.ok() {
        work(order);
    }
}

async fn by_ok_and_question_mark(orders: &mut broadcast::Receiver<u32>) -> Option<u32> {
    loop {
        let order = orders.recv().await.ok()?;
        if order > 10 {
            return Some(order);
        }
    }
}

async fn made_an_option(mut orders: broadcast::Receiver<u32>) {
    loop {
        let order = match orders.recv().await {
            Ok(order) => Some(order),
            Err(_) => None,
        };
        let Some(order) = order else { break };
        work(order);
    }
}

async fn through_a_variable(mut orders: broadcast::Receiver<u32>) {
    loop {
        let result = orders.recv().await;
        if let Ok(order) = result {
            work(order);
        }
    }
}

async fn with_a_default(mut orders: broadcast::Receiver<u32>) {
    loop {
        work(orders.recv().await.unwrap_or_default());
    }
}

async fn under_a_timeout(mut orders: broadcast::Receiver<u32>) {
    let limit = Duration::from_secs(1);
    while let Ok(Ok(order)) = tokio::time::timeout(limit, orders.recv()).await {
        work(order);
    }
}

async fn timeout_first(mut orders: broadcast::Receiver<u32>) {
    loop {
        let Ok(received) = tokio::time::timeout(Duration::from_secs(1), orders.recv()).await else {
            continue;
        };
        match received {
            Ok(order) => work(order),
            Err(_) => return,
        }
    }
}

async fn only_closed_is_not_enough_when_a_wildcard_follows(mut orders: broadcast::Receiver<u32>) {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            _ => break,
        }
    }
}

async fn quiet_success(mut orders: broadcast::Receiver<u32>) -> Result<(), RecvError> {
    loop {
        match orders.recv().await {
            Ok(order) => work(order),
            Err(_) => return Ok(()),
        }
    }
}

struct Cache {
    changes: broadcast::Receiver<(u32, u32)>,
    entries: Vec<u32>,
}

impl Cache {
    async fn keep(&mut self) {
        while let Ok((key, _)) = self.changes.recv().await {
            self.entries.push(key);
        }
    }

    fn keep_blocking(&mut self) {
        while let Ok((_, value)) = self.changes.blocking_recv() {
            self.entries.push(value);
        }
    }
}

fn spawned<T: Clone + Send + Into<u64> + 'static>(mut changes: broadcast::Receiver<T>) {
    tokio::spawn(async move {
        let mut sum = 0;
        while let Ok(change) = changes.recv().await {
            sum += change.into();
        }
        sum
    });
}

fn in_a_closure(mut changes: broadcast::Receiver<u32>) -> impl AsyncFnMut() {
    async move || {
        while let Ok(change) = changes.recv().await {
            work(change);
        }
    }
}

#[async_trait::async_trait]
trait Listener {
    async fn listen(&self, mut changes: broadcast::Receiver<u32>);
}

#[async_trait::async_trait]
impl Listener for Cache {
    async fn listen(&self, mut changes: broadcast::Receiver<u32>) {
        while let Ok(change) = changes.recv().await {
            work(change);
        }
    }
}

macro_rules! forever {
    ($receiver:ident) => {
        while let Ok(order) = $receiver.recv().await {
            work(order);
        }
    };
}

async fn in_a_macro_of_the_crate(mut orders: broadcast::Receiver<u32>) {
    forever!(orders);
}

async fn drain(mut orders: broadcast::Receiver<u32>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        while let Ok(order) = orders.try_recv() {
            work(order);
        }
    }
}

fn drain_until_error(orders: &mut broadcast::Receiver<u32>) {
    loop {
        match orders.try_recv() {
            Ok(order) => work(order),
            Err(broadcast::error::TryRecvError::Empty) => std::thread::yield_now(),
            Err(_) => break,
        }
    }
}

async fn outlives_the_outer_loop(mut orders: broadcast::Receiver<u32>, shops: u32) {
    for _shop in 0..shops {
        while let Ok(order) = orders.recv().await {
            if order == 0 {
                break;
            }
            work(order);
        }
    }
}

fn main() {}
