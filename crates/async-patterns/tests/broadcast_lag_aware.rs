//! `LagAware`: every policy, every cancel point, and a model for schedules of operations.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_patterns::broadcast::{Event, LagAware, LagCounts, LagPolicy, RecvError, TryRecvError};
use async_patterns::testing::cancel_at_every_poll;
use common::on_both_flavors;
use counting::counting_waker;
use futures::{FutureExt, StreamExt};
use proptest::prelude::*;
use tokio::sync::{Notify, broadcast};

type Lossy = LagAware<broadcast::Receiver<u64>>;

fn lagged(skipped: u64, total: u64) -> Event<u64> {
    Event::Lagged { skipped, total }
}

/// A receiver of a channel of `capacity` through which `1..=sent` went.
fn behind(capacity: usize, sent: u64, policy: LagPolicy) -> (broadcast::Sender<u64>, Lossy) {
    let (tx, rx) = broadcast::channel(capacity);
    for n in 1..=sent {
        tx.send(n).unwrap();
    }
    (tx, LagAware::with_policy(rx, policy))
}

on_both_flavors! {
    async fn report_yields_the_lag_and_goes_on_with_the_oldest_left() {
        let (tx, mut rx) = behind(2, 5, LagPolicy::default());
        assert_eq!(rx.recv().await, Ok(lagged(3, 3)));
        assert_eq!(rx.recv().await, Ok(Event::Message(4)));
        assert_eq!(rx.recv().await, Ok(Event::Message(5)));
        for n in 6..=8 {
            tx.send(n).unwrap();
        }
        assert_eq!(rx.recv().await, Ok(lagged(1, 4)));
        drop(tx);
        assert_eq!(rx.recv().await, Ok(Event::Message(7)));
        assert_eq!(rx.recv().await, Ok(Event::Message(8)));
        assert_eq!(rx.recv().await, Err(RecvError::Closed));
        assert_eq!(rx.recv().await, Err(RecvError::Closed));
        let counts = rx.counts();
        assert_eq!((counts.received, counts.lags, counts.skipped), (4, 2, 4));
    }

    async fn skip_to_live_counts_what_it_discards() {
        let (tx, mut rx) = behind(2, 5, LagPolicy::SkipToLive);
        assert_eq!(rx.recv().await, Ok(lagged(5, 5)));
        assert!(rx.recv().now_or_never().is_none());
        tx.send(6).unwrap();
        assert_eq!(rx.recv().await, Ok(Event::Message(6)));
    }

    async fn fail_is_for_good_until_resubscribed() {
        let (tx, mut rx) = behind(1, 3, LagPolicy::Fail);
        let error = RecvError::Lagged { skipped: 2, total: 2 };
        assert_eq!(rx.recv().await, Err(error));
        assert_eq!(rx.recv().await, Err(error));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged { skipped: 2, total: 2 }));
        let mut fresh = rx.resubscribe();
        assert_eq!(fresh.counts(), LagCounts::default());
        tx.send(4).unwrap();
        assert_eq!(fresh.recv().await, Ok(Event::Message(4)));
        tx.send(5).unwrap();
        tx.send(6).unwrap();
        // The policy came along.
        assert!(matches!(fresh.recv().await, Err(RecvError::Lagged { skipped: 1, .. })));
    }

    async fn resync_keeps_what_is_sent_while_the_hook_runs() {
        let (tx, rx) = broadcast::channel(2);
        let from_hook = tx.clone();
        let policy = LagPolicy::resync(move |lag| {
            let tx = from_hook.clone();
            async move {
                assert_eq!((lag.skipped, lag.total), (4, 4));
                tx.send(100).unwrap();
            }
        });
        let mut rx = LagAware::with_policy(rx, policy);
        for n in 1..=4 {
            tx.send(n).unwrap();
        }
        assert_eq!(
            rx.try_recv(),
            Err(TryRecvError::ResyncPending { skipped: 4, total: 4 })
        );
        assert_eq!(rx.recv().await, Ok(lagged(4, 4)));
        assert_eq!(rx.recv().await, Ok(Event::Message(100)));
    }

    async fn the_stream_yields_lags_and_ends_when_closed() {
        let (tx, rx) = behind(2, 4, LagPolicy::Report);
        drop(tx);
        let events: Vec<_> = rx.into_stream().collect().await;
        assert_eq!(events, [Ok(lagged(2, 2)), Ok(Event::Message(3)), Ok(Event::Message(4))]);
    }

    async fn the_stream_ends_after_a_failure() {
        let (_tx, rx) = behind(1, 2, LagPolicy::Fail);
        let mut stream = rx.into_stream();
        assert_eq!(stream.next().await, Some(Err(RecvError::Lagged { skipped: 1, total: 1 })));
        assert_eq!(stream.next().await, None);
        assert!(futures::stream::FusedStream::is_terminated(&stream));
    }
}

/// "A cancelled call has received no message."
#[test]
fn a_cancelled_recv_takes_no_message() {
    let visited = cancel_at_every_poll(
        || {
            let (tx, rx) = broadcast::channel(4);
            (tx, LagAware::new(rx), None)
        },
        async |(_, rx, got)| *got = Some(rx.recv().await),
    )
    .drive(|(tx, ..)| {
        let tx = tx.clone();
        move |_| drop(tx.send(7_u64))
    })
    .also_multi_thread(20)
    .check(|at, (tx, mut rx, got)| {
        let next = got.or_else(|| rx.recv().now_or_never());
        // The hook sends after the first poll, unless the round ends there.
        let sent = at.is_woken() || at.is_completed();
        assert_eq!(next, sent.then_some(Ok(Event::Message(7))));
        drop(tx);
    });
    assert_eq!(visited.suspensions(), 1);
}

/// "A lag that it had seen is not forgotten", and "the hook is called again".
#[test]
fn a_lag_survives_a_cancel_at_every_await_of_its_hook() {
    struct State {
        rx: Lossy,
        hooked: Arc<AtomicU64>,
        _tx: broadcast::Sender<u64>,
    }
    let make = || {
        let hooked = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&hooked);
        let policy = LagPolicy::resync(move |lag| {
            let count = Arc::clone(&count);
            async move {
                assert_eq!(lag.skipped, 3);
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let (tx, rx) = behind(1, 3, policy);
        State {
            rx,
            hooked,
            _tx: tx,
        }
    };
    let visited = cancel_at_every_poll(make, async |state| {
        assert_eq!(state.rx.recv().await, Ok(lagged(3, 3)));
    })
    .check_async(async |at, mut state| {
        if at.is_completed() {
            assert_eq!(state.hooked.load(Ordering::SeqCst), 1);
        } else {
            assert_eq!(state.hooked.load(Ordering::SeqCst), 0);
            assert_eq!(state.rx.recv().await, Ok(lagged(3, 3)));
            // The hook ran to its end once, however often it was begun.
            assert_eq!(state.hooked.load(Ordering::SeqCst), 1);
        }
        assert!(
            state.rx.recv().now_or_never().is_none(),
            "the lag is told once"
        );
    });
    assert_eq!(visited.suspensions(), 2);
}

/// Dropping a `next()` loses nothing, and a hook that has begun goes on in the stream.
#[test]
fn the_stream_resumes_its_hook() {
    let make = || {
        let begun = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&begun);
        let policy = LagPolicy::resync(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now()
        });
        let (tx, rx) = behind(1, 3, policy);
        (rx.into_stream(), begun, tx)
    };
    cancel_at_every_poll(make, async |(stream, ..)| stream.next().await).check_async(
        async |at, (mut stream, begun, _tx)| {
            if !at.is_completed() {
                assert_eq!(stream.next().await, Some(Ok(lagged(3, 3))));
            }
            assert_eq!(begun.load(Ordering::SeqCst), 1);
        },
    );
}

#[tokio::test]
async fn a_hook_that_panicked_runs_again() {
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let policy = LagPolicy::resync(move |_| {
        let call = count.fetch_add(1, Ordering::SeqCst);
        async move { assert!(call > 0, "the first call fails") }
    });
    let (_tx, mut rx) = behind(1, 2, policy);
    let panicked = std::panic::AssertUnwindSafe(rx.recv()).catch_unwind().await;
    assert!(panicked.is_err());
    assert_eq!(rx.recv().await, Ok(lagged(2, 2)));
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_waiting_recv_is_woken_once_by_a_message() {
    let (tx, rx) = broadcast::channel(4);
    let mut rx = LagAware::new(rx);
    let (waker, count) = counting_waker();
    let mut cx = std::task::Context::from_waker(&waker);
    {
        let mut recv = std::pin::pin!(rx.recv());
        assert!(recv.as_mut().poll(&mut cx).is_pending());
        assert_eq!(count(), 0);
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        assert_eq!(count(), 1);
        assert!(recv.as_mut().poll(&mut cx).is_ready());
    }
    tx.send(3).unwrap();
    assert_eq!(count(), 1, "nobody waits");
}

#[tokio::test]
async fn the_hook_is_awaited_not_only_started() {
    let gate = Arc::new(Notify::new());
    let hold = Arc::clone(&gate);
    let policy = LagPolicy::resync(move |_| {
        let hold = Arc::clone(&hold);
        async move { hold.notified().await }
    });
    let (_tx, mut rx) = behind(1, 2, policy);
    {
        let mut recv = std::pin::pin!(rx.recv());
        assert!(futures::poll!(recv.as_mut()).is_pending());
        gate.notify_one();
        assert_eq!(recv.await, Ok(lagged(2, 2)));
    }
    assert!(matches!(
        rx.into_inner().try_recv(),
        Err(broadcast::error::TryRecvError::Empty)
    ));
}

#[derive(Debug, Clone)]
enum Step {
    Send(u8),
    Recv,
    CancelledRecv,
    TryRecv,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1..6_u8).prop_map(Step::Send),
        3 => Just(Step::Recv),
        1 => Just(Step::CancelledRecv),
        1 => Just(Step::TryRecv),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    /// Whatever the schedule and the policy: every message sent is received or counted as skipped,
    /// in order, and nothing twice.
    #[test]
    fn every_message_is_received_or_counted(
        steps in steps(),
        capacity in 1..5_usize,
        policy in 0..3_u8,
    ) {
        let policy = match policy {
            0 => LagPolicy::Report,
            1 => LagPolicy::SkipToLive,
            _ => LagPolicy::resync(|_| tokio::task::yield_now()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (tx, rx) = broadcast::channel(capacity);
            let mut rx = LagAware::with_policy(rx, policy);
            let mut sent = 0_u64;
            // The number of the last message that was received or skipped.
            let mut accounted = 0_u64;
            let mut account = |event: Event<u64>| match event {
                Event::Message(n) => {
                    assert_eq!(n, accounted + 1);
                    accounted = n;
                }
                Event::Lagged { skipped, .. } => {
                    assert!(skipped > 0);
                    accounted += skipped;
                }
            };
            for step in steps {
                match step {
                    Step::Send(n) => {
                        for _ in 0..n {
                            sent += 1;
                            tx.send(sent).unwrap();
                        }
                    }
                    Step::Recv => {
                        // Two polls are enough for the hook of the resync.
                        let mut recv = Box::pin(rx.recv());
                        for _ in 0..2 {
                            if let Some(event) = (&mut recv).now_or_never() {
                                account(event.unwrap());
                                break;
                            }
                        }
                    }
                    Step::CancelledRecv => {
                        if let Some(event) = rx.recv().now_or_never() {
                            account(event.unwrap());
                        }
                    }
                    Step::TryRecv => {
                        if let Ok(event) = rx.try_recv() {
                            account(event);
                        }
                    }
                }
            }
            drop(tx);
            while let Ok(event) = rx.recv().await {
                account(event);
            }
            assert_eq!(accounted, sent);
            let counts = rx.counts();
            assert_eq!(counts.received + counts.skipped, sent);
        });
    }
}
