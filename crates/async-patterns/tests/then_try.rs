//! The `then_try` family: everything runs to its end, the first error is told.
#![cfg(feature = "stream")]

mod common;

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use async_patterns::poll::try_poll;
use async_patterns::stream::{ThenTryExt, join_all_then_try, join_then_try};
use common::on_both_flavors;
use futures::future::FusedFuture;
use futures::{StreamExt, stream};
use tokio::task::yield_now;

/// Ends after `yields` turns and notes that it did.
async fn work(
    yields: usize,
    outcome: Result<u32, u32>,
    ended: &RefCell<Vec<u32>>,
) -> Result<u32, u32> {
    for _ in 0..yields {
        yield_now().await;
    }
    ended
        .borrow_mut()
        .push(outcome.unwrap_or_else(|error| error));
    outcome
}

on_both_flavors! {
    async fn collect_goes_on_after_an_error() {
        let polled = Cell::new(0);
        let results = |results: Vec<Result<u32, u32>>| {
            stream::iter(results).inspect(|_| polled.set(polled.get() + 1))
        };
        let all: Result<Vec<_>, u32> = results(vec![Ok(1), Ok(2)]).collect_then_try().await;
        assert_eq!(all, Ok(vec![1, 2]));
        polled.set(0);
        let all: Result<Vec<_>, u32> =
            results(vec![Ok(1), Err(2), Ok(3), Err(4)]).collect_then_try().await;
        assert_eq!((all, polled.get()), (Err(2), 4));
    }

    async fn for_each_runs_the_siblings_of_an_error_to_their_end() {
        let ended = RefCell::new(Vec::new());
        let result = stream::iter([Ok(1), Ok(2), Ok(3)])
            .for_each_concurrent_then_try(None, |n| {
                let ended = &ended;
                async move {
                    let outcome = if n == 2 { Err(n) } else { Ok(n) };
                    work(if n == 2 { 0 } else { 3 }, outcome, ended).await.map(drop)
                }
            })
            .await;
        assert_eq!(result, Err(2));
        let mut ended = ended.take();
        assert_eq!(ended.remove(0), 2);
        ended.sort_unstable();
        assert_eq!(ended, [1, 3]);
    }

    /// An error of the stream itself, with nothing under way: nobody else would wake the future.
    async fn for_each_goes_on_after_an_error_of_the_stream() {
        let ended = RefCell::new(Vec::new());
        let result = stream::iter([Err(1), Ok(2), Err(3), Ok(4)])
            .for_each_concurrent_then_try(1, async |n| work(1, Ok(n), &ended).await.map(drop))
            .await;
        assert_eq!(result, Err(1));
        assert_eq!(*ended.borrow(), [2, 4]);
    }

    async fn for_each_of_nothing_ends() {
        let none = stream::empty::<Result<u32, ()>>();
        assert_eq!(none.for_each_concurrent_then_try(1, async |_| Ok(())).await, Ok(()));
    }

    async fn join_runs_all_and_tells_the_first_in_the_list() {
        let ended = RefCell::new(Vec::new());
        let result = join_then_try!(
            work(2, Ok(1), &ended),
            work(3, Err(2), &ended),
            work(0, Err(3), &ended),
        );
        assert_eq!(result, Err(2));
        assert_eq!(*ended.borrow(), [3, 1, 2]);

        let mixed = join_then_try!(
            async { Ok::<_, u32>(1_u8) },
            async { Ok("two") },
            work(1, Ok(3), &ended)
        );
        assert_eq!(mixed, Ok((1, "two", 3)));
        assert_eq!(join_then_try!(work(1, Ok(4), &ended)), Ok((4,)));
    }

    async fn join_polls_in_turn_or_as_listed() {
        let polls = RefCell::new(String::new());
        let step = async |name: char| {
            for _ in 0..2 {
                polls.borrow_mut().push(name);
                yield_now().await;
            }
            Ok::<_, ()>(())
        };
        join_then_try!(biased; step('a'), step('b')).unwrap();
        assert_eq!(polls.take(), "abab");
        join_then_try!(step('a'), step('b')).unwrap();
        assert_eq!(polls.take(), "abba");
    }

    async fn join_all_is_in_order_for_few_and_for_many() {
        for count in [0, 1, 29, 30, 31, 200] {
            let ended = RefCell::new(Vec::new());
            let sound = (0..count).map(|n| work(n as usize % 3, Ok(n), &ended));
            assert_eq!(join_all_then_try(sound).await, Ok((0..count).collect()));

            let ended = RefCell::new(Vec::new());
            // The last to end is the first in the list.
            let broken = (0..count).map(|n| work((count - n) as usize, Err(n), &ended));
            let expected = if count == 0 { Ok(vec![]) } else { Err(0) };
            assert_eq!(join_all_then_try(broken).await, expected);
            assert_eq!(ended.borrow().len(), count as usize);
        }
    }
}

/// At most `limit` at a time, and always that many while there are.
#[tokio::test]
async fn for_each_keeps_its_limit_and_uses_it() {
    for limit in [Some(1), Some(3), None] {
        let (now, most) = (Cell::new(0), Cell::new(0));
        stream::iter((0..10).map(Ok::<_, ()>))
            .for_each_concurrent_then_try(limit, async |_| {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                yield_now().await;
                now.set(now.get() - 1);
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(most.get(), limit.unwrap_or(10));
    }
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let none = stream::empty::<Result<u32, ()>>();
        drop(none.for_each_concurrent_then_try(0, async |_| Ok(())));
    }))
    .unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("pass at least 1, or None"), "{message}");
}

#[test]
fn finished_futures_say_so_and_stay_pending() {
    let mut collect = pin!(stream::iter([Ok::<_, ()>(1)]).collect_then_try::<Vec<_>>());
    assert!(!collect.is_terminated());
    assert!(try_poll(collect.as_mut()).is_ready());
    assert!(collect.is_terminated());
    assert!(try_poll(collect.as_mut()).is_pending());

    let none = stream::empty::<Result<u32, ()>>();
    let mut each = pin!(none.for_each_concurrent_then_try(1, async |_| Ok(())));
    assert!(!each.is_terminated());
    assert!(try_poll(each.as_mut()).is_ready());
    assert!(each.is_terminated());
    assert!(try_poll(each.as_mut()).is_pending());
    assert!(format!("{each:?}").starts_with("ForEachConcurrentThenTry"));
}

fn ready(value: u32) -> std::future::Ready<Result<u32, ()>> {
    std::future::ready(Ok(value))
}

fn pending_result() -> std::future::Pending<Result<(), ()>> {
    pending()
}

/// The names inside the macro are its own, and so are those of the caller.
#[tokio::test]
async fn the_macro_is_hygienic() {
    #![expect(dead_code, reason = "names that a careless macro would pick up")]
    mod tokio {}
    mod async_patterns {}
    enum Ok {}
    enum Err {}
    enum Result {}

    let result = 1;
    let value = 2;
    let error = 3;
    let sum = join_then_try!(ready(result + value), ready(error));
    assert_eq!(sum.unwrap_or_default(), (3, 3));

    // A `break` and a `?` in a future's expression are the caller's.
    let left = 'outer: {
        let never = join_then_try!(if result == 1 {
            break 'outer 7;
        } else {
            pending_result()
        });
        never.map_or(0, |_| 0)
    };
    assert_eq!(left, 7);
}

#[test]
fn all_is_send_when_its_parts_are() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&stream::iter([Ok::<_, ()>(1)]).collect_then_try::<Vec<_>>());
    is_send(&stream::iter([Ok::<_, ()>(1)]).for_each_concurrent_then_try(1, |_| async { Ok(()) }));
    is_send(&join_all_then_try([async { Ok::<_, ()>(1) }]));
    is_send(&async { join_then_try!(async { Ok::<_, ()>(1) }) });
}
