//! `Fanout`: all or none, one order, nobody held back by the dead.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_patterns::broadcast::{
    Fanout, NoSubscribers, SendTimeoutError, Subscriber, TrySendError, Unsubscribed,
};
use async_patterns::testing::cancel_at_every_poll;
use common::on_both_flavors;
use counting::counting_waker;
use futures::{FutureExt, StreamExt};
use proptest::prelude::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn drain<T>(subscriber: &mut Subscriber<T>) -> Vec<T> {
    std::iter::from_fn(|| subscriber.try_recv().ok().flatten()).collect()
}

on_both_flavors! {
    async fn every_subscriber_gets_every_message_in_one_order() {
        let fanout = Fanout::new(2);
        let readers: Vec<_> = (0..3)
            .map(|n| {
                let subscriber = fanout.subscribe(format!("reader {n}"));
                tokio::spawn(subscriber.collect::<Vec<u32>>())
            })
            .collect();
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let fanout = fanout.clone();
                tokio::spawn(async move {
                    for n in 0..50 {
                        assert_eq!(fanout.send(sender * 1000 + n).await, Ok(3));
                    }
                })
            })
            .collect();
        drop(fanout);
        for sender in senders {
            sender.await.unwrap();
        }
        let mut orders = Vec::new();
        for reader in readers {
            orders.push(reader.await.unwrap());
        }
        assert_eq!(orders[0].len(), 200);
        assert_eq!(orders[0], orders[1]);
        assert_eq!(orders[1], orders[2]);
    }

    async fn evicting_lets_a_waiting_sender_go_on() {
        let fanout = Fanout::new(1);
        let mut stuck = fanout.subscribe("stuck");
        let mut disk = fanout.subscribe("disk");
        fanout.send(1).await.unwrap();
        assert_eq!(disk.recv().await, Ok(1));
        let mut send = std::pin::pin!(fanout.send(2));
        assert!(futures::poll!(send.as_mut()).is_pending());
        assert!(fanout.evict(stuck.id()));
        assert!(!fanout.evict(stuck.id()), "it is gone already");
        assert_eq!(send.await, Ok(1));
        assert_eq!(disk.recv().await, Ok(2));
        assert_eq!(stuck.recv().await, Ok(1));
        assert_eq!(stuck.recv().await, Err(Unsubscribed::Evicted));
        assert_eq!(stuck.try_recv(), Err(Unsubscribed::Evicted));
    }

    async fn dropping_a_subscriber_lets_a_waiting_sender_go_on() {
        let fanout = Fanout::new(1);
        let dead = fanout.subscribe("dead");
        let mut disk = fanout.subscribe("disk");
        fanout.send(1).await.unwrap();
        assert_eq!(disk.recv().await, Ok(1));
        let mut send = std::pin::pin!(fanout.send(2));
        assert!(futures::poll!(send.as_mut()).is_pending());
        drop(dead);
        assert_eq!(send.await, Ok(1));
        assert_eq!(fanout.subscriber_count(), 1);
    }

    async fn a_pending_recv_is_told_of_its_eviction() {
        let fanout = Fanout::<u8>::new(1);
        let mut subscriber = fanout.subscribe("idle");
        let id = subscriber.id();
        let waiting = tokio::spawn(async move { subscriber.recv().await });
        tokio::task::yield_now().await;
        assert!(fanout.evict(id));
        assert_eq!(waiting.await.unwrap(), Err(Unsubscribed::Evicted));
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_names_who_is_behind_and_hands_the_message_back() {
    let fanout = Fanout::new(2);
    let _stuck = fanout.subscribe("stuck");
    let mut disk = fanout.subscribe("disk");
    fanout.try_send("a").unwrap();
    fanout.try_send("b").unwrap();
    assert_eq!(drain(&mut disk), ["a", "b"]);
    let Err(SendTimeoutError::Elapsed {
        message,
        limit,
        behind,
    }) = fanout.send_timeout("c", Duration::from_secs(3)).await
    else {
        panic!("there is no room")
    };
    assert_eq!((message, limit), ("c", Duration::from_secs(3)));
    assert_eq!(behind.len(), 1);
    assert_eq!(behind[0].to_string(), "`stuck` (2 of 2 queued)");
    assert_eq!(drain(&mut disk), [""; 0], "not half delivered");
}

#[test]
fn nobody_subscribed_hands_the_message_back() {
    let fanout = Fanout::new(1);
    assert!(matches!(
        fanout.try_send(1),
        Err(TrySendError::NoSubscribers(1))
    ));
    assert_eq!(fanout.send(1).now_or_never(), Some(Err(NoSubscribers(1))));
    // Also when everybody leaves between the reservation and the send.
    let only = fanout.subscribe("only");
    let permit = fanout.reserve().now_or_never().unwrap().unwrap();
    drop(only);
    assert_eq!(permit.send(2), Err(NoSubscribers(2)));
}

#[test]
#[should_panic(expected = "the capacity of a Fanout must be between 1 and")]
fn no_capacity_is_refused() {
    let _ = Fanout::<u8>::new(0);
}

/// "A cancelled call has sent to nobody", whoever it waited for; its places are free again.
#[test]
fn a_cancelled_send_is_never_half_delivered() {
    sweep_send(&async |fanout| fanout.send(1).await.unwrap());
}

/// The same of the form with a timeout.
#[test]
fn a_cancelled_send_timeout_is_never_half_delivered() {
    sweep_send(&async |fanout| fanout.send_timeout(1, HOUR).await.unwrap());
}

/// Sends 1 to three full subscribers that make room one after the other.
fn sweep_send(send: &impl AsyncFn(&Fanout<u32>) -> usize) {
    struct State {
        fanout: Fanout<u32>,
        subscribers: Vec<Subscriber<u32>>,
        sent: Option<usize>,
    }
    let make = || {
        let fanout = Fanout::new(1);
        let subscribers: Vec<_> = ["a", "b", "c"]
            .iter()
            .map(|name| fanout.subscribe(*name))
            .collect();
        fanout.try_send(0).unwrap();
        State {
            fanout,
            subscribers,
            sent: None,
        }
    };
    let visited = cancel_at_every_poll(make, async |state| {
        // The readers make room one after the other while the send waits for each in turn.
        let State {
            fanout,
            subscribers,
            sent,
        } = state;
        let read = async {
            for subscriber in subscribers {
                tokio::task::yield_now().await;
                assert_eq!(subscriber.recv().await, Ok(0));
            }
        };
        let send = async { *sent = Some(send(fanout).await) };
        futures::join!(send, read);
    })
    .check(|at, mut state| {
        let got: Vec<usize> = state
            .subscribers
            .iter_mut()
            .map(|subscriber| drain(subscriber).iter().filter(|&&n| n == 1).count())
            .collect();
        let each = usize::from(state.sent.is_some());
        assert_eq!(got, [each; 3], "all or none");
        assert_eq!(at.is_completed(), state.sent.is_some());
        // Everything is drained, so every place must be free.
        assert_eq!(state.fanout.try_send(2).unwrap(), 3);
    });
    assert!(visited.suspensions() >= 3);
}

/// A call that is cancelled while its time runs out gives back the places it had.
#[test]
fn a_cancelled_send_timeout_holds_no_place() {
    let make = || {
        let fanout = Fanout::new(1);
        let free = fanout.subscribe("free");
        let full = fanout.subscribe("full");
        let first = fanout.try_send(0);
        assert_eq!(first.unwrap(), 2);
        (fanout, free, full, None)
    };
    let visited = cancel_at_every_poll(make, async |(fanout, free, _full, error)| {
        assert_eq!(free.try_recv(), Ok(Some(0)));
        *error = fanout.send_timeout(1, HOUR).await.err();
    })
    .check(|at, (fanout, mut free, mut full, error)| {
        assert_eq!(at.is_completed(), error.is_some());
        if let Some(error) = error {
            assert_eq!(error.into_inner(), 1, "the message is handed back");
        }
        drain(&mut free);
        assert_eq!(drain(&mut full), [0], "nothing was sent");
        assert_eq!(fanout.try_send(2).unwrap(), 2, "every place is free");
    });
    assert_eq!(visited.suspensions(), 1);
}

/// "The message stays with the caller until the permit takes it."
#[test]
fn reserve_and_send_loses_no_message() {
    let make = || {
        let fanout = Fanout::new(1);
        let reader = fanout.subscribe("reader");
        fanout.try_send(0).unwrap();
        (fanout, reader, Some(1))
    };
    cancel_at_every_poll(make, async |(fanout, _, message)| {
        let permit = fanout.reserve().await.unwrap();
        permit.send(message.take().unwrap()).unwrap();
    })
    .drive(|(fanout, reader, _)| {
        // Makes room by taking the first message out of the way.
        let (fanout, id) = (fanout.clone(), reader.id());
        let mut reader = Some(std::mem::replace(reader, fanout.subscribe("second")));
        move |_| {
            drop(reader.take());
            assert!(!fanout.evict(id));
        }
    })
    .check(|_, (_, mut reader, message)| {
        let received = drain(&mut reader);
        assert_eq!(received.len() + usize::from(message.is_some()), 1);
    });
}

/// "A cancelled call has received no message."
#[test]
fn a_cancelled_recv_takes_no_message() {
    let visited = cancel_at_every_poll(
        || {
            let fanout = Fanout::new(1);
            let reader = fanout.subscribe("reader");
            (fanout, reader, None)
        },
        async |(_, reader, got)| *got = reader.recv().await.ok(),
    )
    .drive(|(fanout, ..)| {
        let fanout = fanout.clone();
        move |_| drop(fanout.try_send(7))
    })
    .also_multi_thread(20)
    .check(|at, (_fanout, mut reader, got)| {
        // The hook sends after the first poll, unless the round ends there.
        let sent = at.is_woken() || at.is_completed();
        assert_eq!(
            got.or_else(|| reader.try_recv().unwrap()),
            sent.then_some(7)
        );
    });
    assert_eq!(visited.suspensions(), 1);
}

#[test]
fn a_waiting_sender_is_woken_once_for_each_subscriber_it_waits_for() {
    let fanout = Fanout::new(1);
    let mut a = fanout.subscribe("a");
    let mut b = fanout.subscribe("b");
    fanout.try_send(0).unwrap();
    let (waker, count) = counting_waker();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut send = std::pin::pin!(fanout.send(1));
    assert!(send.as_mut().poll(&mut cx).is_pending());
    assert_eq!(b.try_recv(), Ok(Some(0)));
    assert_eq!(count(), 0, "it waits for `a` first");
    assert_eq!(a.try_recv(), Ok(Some(0)));
    assert_eq!(count(), 1);
    assert!(send.as_mut().poll(&mut cx).is_ready());
}

/// A message whose clone panics at the second call.
struct Fragile(Arc<AtomicUsize>);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(self.0.fetch_add(1, Ordering::SeqCst) == 0, "a clone fails");
        Self(Arc::clone(&self.0))
    }
}

#[test]
fn a_panic_in_clone_delivers_to_nobody() {
    let fanout = Fanout::new(1);
    let mut subscribers = ["a", "b", "c"].map(|name| fanout.subscribe(name));
    let message = Fragile(Arc::default());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(fanout.try_send(message));
    }));
    assert!(panicked.is_err());
    for subscriber in &mut subscribers {
        assert!(subscriber.try_recv().unwrap().is_none());
    }
    assert!(fanout.backlogs().iter().all(|backlog| backlog.queued == 0));
}

#[derive(Debug, Clone)]
enum Step {
    Send,
    CancelledSend,
    Read(usize),
    Subscribe,
    Drop(usize),
    Evict(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Send),
        2 => Just(Step::CancelledSend),
        6 => (0..4_usize).prop_map(Step::Read),
        2 => Just(Step::Subscribe),
        1 => (0..4_usize).prop_map(Step::Drop),
        1 => (0..4_usize).prop_map(Step::Evict),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    /// Whatever the schedule: each subscriber sees exactly the accepted messages from its
    /// subscription to its end, in order.
    #[test]
    fn subscribers_see_exactly_what_was_accepted(steps in steps(), capacity in 1..4_usize) {
        let fanout = Fanout::new(capacity);
        let mut accepted: Vec<u32> = Vec::new();
        // Each with the messages it still has to see.
        let mut readers: Vec<(Subscriber<u32>, VecDeque<u32>)> = Vec::new();
        let mut next = 0;
        for step in steps {
            match step {
                Step::Send => {
                    next += 1;
                    match fanout.try_send(next) {
                        Ok(to) => {
                            prop_assert_eq!(to, readers.len());
                            accepted.push(next);
                            for (_, expected) in &mut readers { expected.push_back(next); }
                        }
                        Err(TrySendError::NoSubscribers(_)) => prop_assert!(readers.is_empty()),
                        Err(TrySendError::Full { behind, .. }) => {
                            let full =
                                readers.iter().filter(|(r, _)| r.len() == capacity).count();
                            prop_assert!(full > 0);
                            prop_assert_eq!(behind.len(), full);
                        }
                        Err(_) => unreachable!(),
                    }
                }
                Step::CancelledSend => {
                    // Waits or is done at the first poll; a waiting one is dropped.
                    next += 1;
                    if let Some(Ok(_)) = fanout.send(next).now_or_never() {
                        accepted.push(next);
                        for (_, expected) in &mut readers { expected.push_back(next); }
                    }
                }
                Step::Read(at) => {
                    if let Some((reader, expected)) = readers.get_mut(at) {
                        prop_assert_eq!(reader.try_recv(), Ok(expected.pop_front()));
                    }
                }
                Step::Subscribe => {
                    if readers.len() < 4 {
                        readers.push((fanout.subscribe("reader"), VecDeque::new()));
                    }
                }
                Step::Drop(at) => {
                    if at < readers.len() {
                        readers.remove(at);
                    }
                }
                Step::Evict(at) => {
                    if at < readers.len() {
                        let (mut reader, expected) = readers.remove(at);
                        prop_assert!(fanout.evict(reader.id()));
                        prop_assert_eq!(drain(&mut reader), Vec::from(expected));
                        prop_assert_eq!(reader.try_recv(), Err(Unsubscribed::Evicted));
                    }
                }
            }
            prop_assert_eq!(fanout.subscriber_count(), readers.len());
        }
        for (mut reader, expected) in readers {
            prop_assert_eq!(drain(&mut reader), Vec::from(expected));
        }
    }
}
