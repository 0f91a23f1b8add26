//! Functions of the crate that make an `Option` of the result.
#![allow(dead_code)]

use tokio::sync::{broadcast, mpsc};

fn work(_order: u32) {}

struct Feed {
    orders: broadcast::Receiver<u32>,
}

impl Feed {
    async fn next(&mut self) -> Option<u32> {
        self.orders.recv().await.ok()
    }

    async fn next_by_match(&mut self) -> Option<u32> {
        match self.orders.recv().await {
            Ok(order) => Some(order),
            Err(_) => None,
        }
    }

    async fn next_large(&mut self) -> Option<u64> {
        let order = self.orders.recv().await.ok()?;
        Some(u64::from(order))
    }

    async fn next_by_else(&mut self) -> Option<u32> {
        let Ok(order) = self.orders.recv().await else {
            return None;
        };
        Some(order + 1)
    }

    async fn next_of_next(&mut self) -> Option<u32> {
        self.next().await
    }

    fn try_next(&mut self) -> Option<u32> {
        self.orders.try_recv().ok()
    }

    async fn honest(&mut self) -> Option<u32> {
        loop {
            match self.orders.recv().await {
                Ok(order) => return Some(order),
                Err(broadcast::error::RecvError::Lagged(missed)) => eprintln!("missed {missed}"),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    async fn passes_on(&mut self) -> Result<u32, broadcast::error::RecvError> {
        self.orders.recv().await
    }
}

async fn loops_over_it(mut feed: Feed) {
    while let Some(order) = feed.next().await {
        work(order);
    }
}

async fn loops_over_match(mut feed: Feed) {
    loop {
        match feed.next_by_match().await {
            Some(order) => work(order),
            None => break,
        }
    }
}

async fn loops_over_large(feed: &mut Feed) -> u64 {
    let mut sum = 0;
    while let Some(order) = feed.next_large().await {
        sum += order;
    }
    sum
}

async fn loops_over_else(mut feed: Feed) {
    loop {
        let Some(order) = feed.next_by_else().await else { return };
        work(order);
    }
}

async fn two_functions_away(mut feed: Feed) {
    while let Some(order) = feed.next_of_next().await {
        work(order);
    }
}

fn synchronous(feed: &mut Feed) {
    while let Some(order) = feed.try_next() {
        work(order);
    }
}

async fn in_select(mut feed: Feed, mut stop: mpsc::Receiver<()>) {
    loop {
        tokio::select! {
            Some(order) = feed.next() => work(order),
            _ = stop.recv() => break,
        }
    }
}

async fn passes_on_and_drops(mut feed: Feed) {
    while let Ok(order) = feed.passes_on().await {
        work(order);
    }
}

trait Next {
    async fn next(&mut self) -> Option<u32>;
}

struct Other(broadcast::Receiver<u32>);

impl Next for Other {
    async fn next(&mut self) -> Option<u32> {
        self.0.recv().await.ok()
    }
}

async fn through_a_trait(mut feed: Other) {
    while let Some(order) = feed.next().await {
        work(order);
    }
}

async fn silent_honest(mut feed: Feed) {
    while let Some(order) = feed.honest().await {
        work(order);
    }
}

async fn silent_passed_on(mut feed: Feed) -> Result<(), broadcast::error::RecvError> {
    loop {
        work(feed.passes_on().await?);
    }
}

async fn silent_generic<N: Next>(mut feed: N) {
    while let Some(order) = feed.next().await {
        work(order);
    }
}

async fn silent_single(mut feed: Feed) {
    if let Some(order) = feed.next().await {
        work(order);
    }
}

async fn silent_loud(mut feed: Feed) -> Result<(), String> {
    loop {
        let Some(order) = feed.next().await else {
            return Err("the feed broke off".to_owned());
        };
        work(order);
    }
}

async fn silent_unused(mut feed: Feed) {
    while feed.next().await.is_some() {}
}

fn main() {}
