//! `spawn_buffered`: order, bound, what happens on drop and panic, and a consumer that is slow.
#![cfg(feature = "stream")]

mod common;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_patterns::poll::try_poll_next;
use async_patterns::stream::SpawnBufferedExt;
use common::on_both_flavors;
use futures::future::BoxFuture;
use futures::stream::FusedStream;
use futures::{FutureExt, Stream, StreamExt, stream};
use proptest::prelude::*;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

/// How many of these are alive, and the most there ever were.
#[derive(Clone, Default)]
struct Gauge(Arc<[AtomicUsize; 2]>);

struct Alive(Gauge);

impl Gauge {
    fn enter(&self) -> Alive {
        let now = self.0[0].fetch_add(1, Ordering::SeqCst) + 1;
        self.0[1].fetch_max(now, Ordering::SeqCst);
        Alive(self.clone())
    }

    fn now(&self) -> usize {
        self.0[0].load(Ordering::SeqCst)
    }

    fn most(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0[0].fetch_sub(1, Ordering::SeqCst);
    }
}

on_both_flavors! {
    async fn outputs_come_in_the_order_of_the_stream() {
        let gauge = Gauge::default();
        let outputs: Vec<u32> = stream::iter(0..50)
            .map(|n| {
                let alive = gauge.enter();
                async move {
                    let _alive = alive;
                    for _ in 0..(50 - n) % 7 {
                        yield_now().await;
                    }
                    n
                }
            })
            .spawn_buffered(4)
            .collect()
            .await;
        assert_eq!(outputs, (0..50).collect::<Vec<_>>());
        assert!(gauge.most() <= 4 + 1, "one is made, at most, while four are spawned");
    }

    async fn unordered_outputs_are_all_there_once() {
        let mut outputs: Vec<u32> = stream::iter(0..50)
            .map(|n| async move {
                for _ in 0..n % 5 {
                    yield_now().await;
                }
                n
            })
            .spawn_buffered_unordered(8)
            .collect()
            .await;
        outputs.sort_unstable();
        assert_eq!(outputs, (0..50).collect::<Vec<_>>());
    }

    async fn dropping_the_stream_ends_all_its_tasks() {
        for ordered in [true, false] {
            let gauge = Gauge::default();
            let in_task = gauge.clone();
            let started = Arc::new(Semaphore::new(0));
            let on_start = started.clone();
            let work = stream::repeat_with(move || {
                let (alive, started) = (in_task.enter(), started.clone());
                async move {
                    let _alive = alive;
                    started.add_permits(1);
                    pending::<()>().await;
                }
            });
            if ordered {
                let mut tasks = Box::pin(work.spawn_buffered(3));
                assert!(try_poll_next(tasks.as_mut()).is_pending());
                assert_eq!(tasks.in_flight(), 3);
                on_start.acquire_many(3).await.unwrap().forget();
                drop(tasks);
            } else {
                let mut tasks = Box::pin(work.spawn_buffered_unordered(3));
                assert!(try_poll_next(tasks.as_mut()).is_pending());
                on_start.acquire_many(3).await.unwrap().forget();
                drop(tasks);
            }
            tokio::time::timeout(Duration::from_secs(10), async {
                while gauge.now() > 0 {
                    yield_now().await;
                }
            })
            .await
            .expect("aborted tasks end");
        }
    }

    async fn the_panic_of_a_task_reaches_the_consumer_in_its_turn() {
        let futures: Vec<BoxFuture<'static, u32>> =
            vec![async { 1 }.boxed(), async { panic!("task two") }.boxed(), async { 3 }.boxed()];
        let mut outputs = stream::iter(futures).spawn_buffered(3);
        assert_eq!(outputs.next().await, Some(1));
        let panic = AssertUnwindSafe(outputs.next()).catch_unwind().await.unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"task two"));
        assert_eq!(outputs.next().await, Some(3));
        assert!(!outputs.is_terminated() || outputs.in_flight() == 0);
        assert_eq!(outputs.next().await, None);
        assert!(outputs.is_terminated());
        assert_eq!(outputs.next().await, None, "it is fused");
    }

    /// The futures go on, and take the lock in turn, while the consumer holds on to an item. With
    /// `buffered` this is a deadlock: the one that holds the lock is not polled.
    async fn a_consumer_may_wait_for_what_a_future_holds() {
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        let in_tasks = lock.clone();
        let mut items = stream::iter(0..10)
            .map(move |n| {
                let lock = in_tasks.clone();
                async move {
                    let _guard = lock.lock().await;
                    yield_now().await;
                    n
                }
            })
            .spawn_buffered_unordered(4);
        let mut sum = 0;
        while let Some(n) = items.next().await {
            let guard = tokio::time::timeout(Duration::from_secs(10), lock.lock()).await;
            assert!(guard.is_ok(), "deadlock");
            sum += n;
        }
        assert_eq!(sum, 45);
    }
}

#[tokio::test]
async fn a_freed_place_is_used_before_the_item_is_handed_out() {
    let mut tasks = stream::iter(0..10)
        .map(|n| async move { n })
        .spawn_buffered(3);
    assert_eq!(tasks.next().await, Some(0));
    assert_eq!(tasks.in_flight(), 3);
    assert_eq!(tasks.size_hint(), (9, Some(9)));
    assert!(format!("{tasks:?}").contains("in_flight: 3, limit: 3"));
    let rest: Vec<_> = tasks.by_ref().collect().await;
    assert_eq!(rest, (1..10).collect::<Vec<_>>());
    assert_eq!(tasks.size_hint(), (0, Some(0)));
}

/// A source that is slow, or idle for now, is not taken for one that has ended.
#[tokio::test]
async fn a_source_that_is_pending_is_waited_for() {
    let (tx, mut rx) = mpsc::channel(1);
    let source = stream::poll_fn(move |cx| rx.poll_recv(cx)).map(|n: u32| async move { n });
    let mut tasks = Box::pin(source.spawn_buffered_unordered(2));
    assert!(try_poll_next(tasks.as_mut()).is_pending());
    assert_eq!(tasks.in_flight(), 0);
    let feeder = tokio::spawn(async move {
        for n in 0..5 {
            tx.send(n).await.unwrap();
            yield_now().await;
        }
    });
    assert_eq!(tasks.by_ref().count().await, 5);
    assert!(tasks.is_terminated());
    feeder.await.unwrap();
}

#[test]
fn room_for_no_task_is_refused() {
    let panic = catch_unwind(|| drop(stream::iter([async {}]).spawn_buffered(0))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("pass at least 1"), "{message}");
}

#[test]
fn a_runtime_that_is_gone_is_a_clear_panic_and_no_hang() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut tasks = Box::pin(stream::iter([pending::<()>()]).spawn_buffered(1));
    {
        let _entered = runtime.enter();
        assert!(try_poll_next(tasks.as_mut()).is_pending());
    }
    drop(runtime);
    let panic = catch_unwind(AssertUnwindSafe(|| try_poll_next(tasks.as_mut()))).unwrap_err();
    let message = panic.downcast_ref::<&str>().unwrap();
    assert!(message.contains("its runtime has shut down"), "{message}");
}

/// Work in four short steps, and a consumer that takes as long for each item as the work does.
async fn slow_consumer(items: impl Stream<Item = u32>) -> Duration {
    let start = Instant::now();
    let mut items = std::pin::pin!(items);
    let mut expected = 0;
    while let Some(n) = items.next().await {
        assert_eq!(n, expected);
        expected += 1;
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(expected, 40);
    start.elapsed()
}

async fn four_steps(n: u32) -> u32 {
    for _ in 0..4 {
        sleep(Duration::from_millis(20)).await;
    }
    n
}

/// Virtual time, so the figures are exact: see also `benches/`.
#[tokio::test(start_paused = true)]
async fn a_slow_consumer_does_not_stall_the_work() {
    let work = || stream::iter(0..40).map(four_steps);
    let buffered = slow_consumer(work().buffered(4)).await;
    let spawned = slow_consumer(work().spawn_buffered(4)).await;
    // The first item, and from then on the consumer sets the pace.
    assert!(
        spawned <= Duration::from_millis(80 + 40 * 20 + 20),
        "{spawned:?}"
    );
    assert!(
        spawned.as_secs_f64() <= 0.6 * buffered.as_secs_f64(),
        "{spawned:?} against {buffered:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any mix of works, bounds and consumers that come and go: in order, all of it, within the
    /// bound.
    #[test]
    fn any_schedule_keeps_order_and_bound(
        works in prop::collection::vec(0..5_usize, 0..30),
        limit in 1..6_usize,
        pauses in prop::collection::vec(0..3_usize, 1..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let works_len = works.len();
        let (outputs, most) = runtime.block_on(async move {
            let gauge = Gauge::default();
            let running = gauge.clone();
            let tasks = stream::iter(works.into_iter().enumerate()).map(move |(n, yields)| {
                let running = running.clone();
                async move {
                    let _alive = running.enter();
                    for _ in 0..yields {
                        yield_now().await;
                    }
                    n
                }
            });
            let mut tasks = tasks.spawn_buffered(limit);
            let mut outputs = Vec::new();
            let mut pauses = pauses.iter().cycle();
            loop {
                // A `next` that is dropped after one poll must lose nothing.
                let next = match tasks.next().now_or_never() {
                    Some(next) => next,
                    None => tasks.next().await,
                };
                let Some(output) = next else { break };
                assert!(tasks.in_flight() <= limit);
                outputs.push(output);
                for _ in 0..*pauses.next().unwrap() {
                    yield_now().await;
                }
            }
            (outputs, gauge.most())
        });
        prop_assert_eq!(outputs, (0..works_len).collect::<Vec<_>>());
        prop_assert!(most <= limit);
    }
}

#[cfg(feature = "testing")]
#[test]
fn next_is_cancel_safe() {
    use async_patterns::testing::cancel_at_every_poll;

    for limit in [1, 2] {
        let visited = cancel_at_every_poll(
            || {
                let work = stream::iter(0..4).map(|n| async move {
                    yield_now().await;
                    n
                });
                (Box::pin(work.spawn_buffered(limit)), Vec::new())
            },
            async |(tasks, outputs)| {
                while let Some(n) = tasks.next().await {
                    outputs.push(n);
                }
            },
        )
        .check_async(async |_, (tasks, mut outputs)| {
            outputs.extend(tasks.collect::<Vec<_>>().await);
            assert_eq!(outputs, [0, 1, 2, 3]);
        });
        assert!(visited.suspensions() >= 2);
    }
}

#[cfg(feature = "testing")]
#[test]
fn unordered_next_is_cancel_safe() {
    use async_patterns::testing::cancel_at_every_poll;

    let visited = cancel_at_every_poll(
        || {
            let work = stream::iter(0..4).map(|n| async move {
                yield_now().await;
                n
            });
            (Box::pin(work.spawn_buffered_unordered(2)), Vec::new())
        },
        async |(tasks, outputs)| {
            while let Some(n) = tasks.next().await {
                outputs.push(n);
            }
        },
    )
    .check_async(async |_, (tasks, mut outputs)| {
        outputs.extend(tasks.collect::<Vec<_>>().await);
        outputs.sort_unstable();
        assert_eq!(outputs, [0, 1, 2, 3]);
    });
    assert!(visited.suspensions() >= 2);
}
