//! `BroadcastStream`, whose only error is `Lagged`.
#![allow(dead_code)]

use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

fn work(_order: u32) {}

mod of_tokio {
    use tokio_stream::{Stream, StreamExt as _};

    use super::*;

    fn ok_function(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        BroadcastStream::new(orders).filter_map(Result::ok)
    }

    fn ok_method(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        BroadcastStream::new(orders).filter_map(|order| order.ok())
    }

    async fn ends_early(mut orders: BroadcastStream<u32>) {
        while let Some(Ok(order)) = orders.next().await {
            work(order);
        }
    }

    async fn vanishes(mut orders: BroadcastStream<u32>) {
        while let Some(received) = orders.next().await {
            if let Ok(order) = received {
                work(order);
            }
        }
    }

    fn silent_when_logged(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        BroadcastStream::new(orders).filter_map(|order| match order {
            Ok(order) => Some(order),
            Err(error) => {
                eprintln!("{error}");
                None
            }
        })
    }

    async fn silent_when_named(mut orders: BroadcastStream<u32>) {
        while let Some(received) = orders.next().await {
            match received {
                Ok(order) => work(order),
                Err(BroadcastStreamRecvError::Lagged(missed)) => println!("missed {missed}"),
            }
        }
    }

    async fn silent_when_said(mut orders: BroadcastStream<u32>) {
        while let Some(received) = orders.next().await {
            match received {
                Ok(order) => work(order),
                Err(_) => println!("too slow"),
            }
        }
    }

    fn silent_signals(signals: broadcast::Receiver<()>) -> impl Stream<Item = ()> {
        BroadcastStream::new(signals).filter_map(Result::ok)
    }

    fn silent_passed_on(
        orders: broadcast::Receiver<u32>,
    ) -> impl Stream<Item = Result<u64, BroadcastStreamRecvError>> {
        BroadcastStream::new(orders).map(|order| order.map(u64::from))
    }

    fn silent_other_results(numbers: Vec<Result<u32, String>>) -> Vec<u32> {
        numbers.into_iter().filter_map(Result::ok).collect()
    }
}

mod of_futures {
    use std::future::ready;

    use futures::{Stream, StreamExt as _};

    use super::*;

    fn async_closure(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        BroadcastStream::new(orders).filter_map(|order| async move { order.ok() })
    }

    fn ready_closure(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        BroadcastStream::new(orders).filter_map(|order| ready(order.ok()))
    }

    fn matched(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        BroadcastStream::new(orders).filter_map(|order| async move {
            match order {
                Ok(order) => Some(order),
                Err(_) => None,
            }
        })
    }

    async fn for_each(orders: broadcast::Receiver<u32>) {
        BroadcastStream::new(orders)
            .for_each(|order| async move {
                if let Ok(order) = order {
                    work(order);
                }
            })
            .await;
    }

    fn unfolded(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        futures::stream::unfold(orders, |mut orders| async move {
            match orders.recv().await {
                Ok(order) => Some((order, orders)),
                Err(_) => None,
            }
        })
    }

    fn unfolded_by_ok(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        futures::stream::unfold(orders, |mut orders| async move {
            let order = orders.recv().await.ok()?;
            Some((order, orders))
        })
    }

    fn silent_unfolded(orders: broadcast::Receiver<u32>) -> impl Stream<Item = u32> {
        futures::stream::unfold(orders, |mut orders| async move {
            loop {
                match orders.recv().await {
                    Ok(order) => return Some((order, orders)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        })
    }

    async fn silent_for_each(orders: broadcast::Receiver<u32>) {
        BroadcastStream::new(orders)
            .for_each(|order| async move {
                match order {
                    Ok(order) => work(order),
                    Err(error) => eprintln!("{error}"),
                }
            })
            .await;
    }

    async fn silent_single(orders: &mut BroadcastStream<u32>) -> Option<u32> {
        orders.next().await?.ok()
    }
}

fn main() {}
