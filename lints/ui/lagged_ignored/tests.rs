//! Tests receive what they sent before.
#![allow(dead_code)]

use tokio::sync::broadcast;

fn work(_order: u32) {}

#[tokio::test]
async fn in_a_test() {
    let (sender, mut orders) = broadcast::channel(4);
    sender.send(1).unwrap();
    drop(sender);
    while let Ok(order) = orders.recv().await {
        work(order);
    }
}

#[test]
fn in_a_synchronous_test() {
    let (sender, mut orders) = broadcast::channel(4);
    sender.send(1).unwrap();
    while let Ok(order) = orders.try_recv() {
        work(order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn helper(mut orders: broadcast::Receiver<u32>) {
        while let Ok(order) = orders.recv().await {
            work(order);
        }
    }
}
