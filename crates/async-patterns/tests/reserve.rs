//! Reserving room in a sink: nothing is lost, whenever it is dropped.
#![cfg(feature = "stream")]

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use async_patterns::poll::try_poll;
use async_patterns::sink::ReserveExt;
use futures::future::FusedFuture;
use futures::{Sink, SinkExt};
use tokio_util::sync::PollSender;

/// A sink with room for one item, which a flush moves out.
#[derive(Debug, Default)]
struct Slot {
    held: Option<u32>,
    out: VecDeque<u32>,
    /// How many times `poll_flush` and `poll_ready` make the caller wait.
    waits: usize,
    /// The same for `poll_flush` alone.
    flush_waits: usize,
    flushes: usize,
    broken: bool,
}

impl Slot {
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        if self.broken {
            return Poll::Ready(Err("broken"));
        }
        if self.waits > 0 {
            self.waits -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.out.extend(self.held.take());
        Poll::Ready(Ok(()))
    }
}

impl Sink<u32> for Slot {
    type Error = &'static str;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if self.held.is_none() && !self.broken && self.waits == 0 {
            return Poll::Ready(Ok(()));
        }
        self.wait(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: u32) -> Result<(), Self::Error> {
        assert!(self.held.replace(item).is_none(), "sent without room");
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.flushes += 1;
        if self.flush_waits > 0 {
            self.flush_waits -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.wait(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_flush(cx)
    }
}

#[tokio::test]
async fn feed_and_send_put_the_item_in_and_send_flushes() {
    let mut sink = Slot::default();
    sink.reserve().await.unwrap().feed(1).unwrap();
    assert_eq!((sink.held, sink.out.len()), (Some(1), 0));
    let flush = sink.reserve().await.unwrap().send(2).unwrap();
    flush.await.unwrap();
    assert_eq!((sink.held, &sink.out), (None, &VecDeque::from([1, 2])));
}

#[tokio::test]
async fn send_puts_the_item_in_before_the_flush_is_polled() {
    let mut sink = Slot::default();
    drop(sink.reserve().await.unwrap().send(1).unwrap());
    assert_eq!(sink.held, Some(1));
}

#[tokio::test]
async fn flush_reserve_flushes_first() {
    let mut sink = Slot::default();
    sink.feed(1).await.unwrap();
    let permit = sink.flush_reserve().await.unwrap();
    drop(permit);
    assert_eq!(
        (sink.held, &sink.out, sink.flushes),
        (None, &VecDeque::from([1]), 1)
    );
}

#[tokio::test]
async fn a_dropped_permit_sends_nothing() {
    let mut sink = Slot::default();
    drop(sink.reserve().await.unwrap());
    assert_eq!((sink.held, sink.out.len()), (None, 0));
}

#[tokio::test]
async fn errors_of_the_sink_come_through() {
    let mut sink = Slot {
        broken: true,
        ..Slot::default()
    };
    assert_eq!(sink.reserve().await.unwrap_err(), "broken");
    assert_eq!(sink.flush_reserve().await.unwrap_err(), "broken");
}

#[test]
fn a_finished_future_says_so_and_stays_pending() {
    let mut sink = Slot {
        waits: 1,
        ..Slot::default()
    };
    {
        let mut reserve = pin!(sink.reserve());
        assert!(try_poll(reserve.as_mut()).is_pending());
        assert!(!reserve.is_terminated());
        assert!(try_poll(reserve.as_mut()).is_ready());
        assert!(reserve.is_terminated());
        assert!(try_poll(reserve.as_mut()).is_pending());
    }
    for broken in [false, true] {
        sink.broken = broken;
        let mut reserve = pin!(sink.flush_reserve());
        assert!(!reserve.is_terminated());
        assert!(try_poll(reserve.as_mut()).is_ready());
        assert!(reserve.is_terminated());
        assert!(try_poll(reserve.as_mut()).is_pending());
    }
}

/// A sink that keeps a place in something shared: the permit uses the place that was reserved.
#[tokio::test]
async fn a_channel_keeps_its_place_for_the_permit() {
    let (tx, mut rx) = tokio::sync::mpsc::channel(1);
    let mut sink = PollSender::new(tx.clone());
    let permit = sink.reserve().await.unwrap();
    assert!(tx.try_send(9).is_err(), "the place is taken");
    permit.feed(1).unwrap();
    assert_eq!(rx.recv().await, Some(1));
}

#[test]
fn auto_traits() {
    fn is_send_and_unpin<T: Send + Unpin>(_: &T) {}
    let mut sink = Slot::default();
    is_send_and_unpin(&sink.reserve());
    is_send_and_unpin(&sink.flush_reserve());
}

#[cfg(feature = "testing")]
#[test]
fn reserving_is_cancel_safe() {
    use async_patterns::testing::cancel_at_every_poll;

    for flushes in [false, true] {
        let visited = cancel_at_every_poll(
            || {
                let sink = Slot {
                    held: Some(1),
                    waits: 2,
                    ..Slot::default()
                };
                (sink, Some(2))
            },
            async |(sink, item): &mut (Slot, Option<u32>)| {
                let permit = if flushes {
                    sink.flush_reserve().await.unwrap()
                } else {
                    sink.reserve().await.unwrap()
                };
                permit.feed(item.take().unwrap()).unwrap();
            },
        )
        .check(|at, (sink, item)| {
            let kept: Vec<u32> = sink.out.into_iter().chain(sink.held).chain(item).collect();
            assert_eq!(kept, [1, 2], "lost or doubled");
            assert_eq!(item.is_none(), at.is_completed());
        });
        assert_eq!(visited.suspensions(), 2);
    }
}

#[cfg(feature = "testing")]
#[test]
fn the_flush_after_send_is_cancel_safe() {
    use async_patterns::testing::cancel_at_every_poll;

    let visited = cancel_at_every_poll(
        || Slot {
            flush_waits: 2,
            ..Slot::default()
        },
        async |sink| {
            let permit = sink.reserve().await.unwrap();
            permit.send(1).unwrap().await.unwrap();
        },
    )
    .check(|at, sink| {
        assert_eq!(sink.out.is_empty(), !at.is_completed());
        let kept: Vec<u32> = sink.out.into_iter().chain(sink.held).collect();
        assert_eq!(kept.len(), usize::from(at.polls() > 0), "lost or doubled");
    });
    assert_eq!(visited.suspensions(), 2);
}
