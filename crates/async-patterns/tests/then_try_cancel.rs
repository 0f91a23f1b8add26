//! What a cancelled `then_try` future leaves behind: none of them is cancel safe, and these tests
//! say what is lost and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_patterns::stream::{ThenTryExt, join_all_then_try, join_then_try};
use async_patterns::testing::{CancelPoint, cancel_at_every_poll};
use futures::{Stream, StreamExt, stream};
use tokio::task::yield_now;

/// Pieces of work: how many have begun, how many have ended, and how many are alive.
#[derive(Clone, Default)]
struct Work {
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    alive: Arc<()>,
}

impl Work {
    async fn piece(self, turns: usize) -> Result<(), &'static str> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        for _ in 0..turns {
            yield_now().await;
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
        if turns == 1 {
            Err("the quick one")
        } else {
            Ok(())
        }
    }

    /// "The futures are dropped with it": what had begun and not ended is gone, none goes on.
    fn check(self, at: CancelPoint) {
        assert_eq!(Arc::strong_count(&self.alive), 1, "one is still alive");
        let (begun, ended) = (
            self.begun.load(Ordering::SeqCst),
            self.ended.load(Ordering::SeqCst),
        );
        assert_eq!(begun, if at.polls() == 0 { 0 } else { 3 });
        assert_eq!(ended == 3, at.is_completed());
    }
}

#[test]
fn a_cut_join_all_drops_its_futures() {
    let visited = cancel_at_every_poll(Work::default, async |work| {
        let pieces = (1..=3).map(|turns| work.clone().piece(turns));
        let result = join_all_then_try(pieces).await;
        assert_eq!(result, Err("the quick one"));
    })
    .also_multi_thread(3)
    .check(|at, work| work.check(at));
    assert_eq!(visited.suspensions(), 3);
}

#[test]
fn a_cut_join_drops_its_futures() {
    let visited = cancel_at_every_poll(Work::default, async |work| {
        let piece = |turns| work.clone().piece(turns);
        let result = join_then_try!(piece(1), piece(2), piece(3));
        assert_eq!(result, Err("the quick one"));
    })
    .also_multi_thread(3)
    .check(|at, work| work.check(at));
    assert_eq!(visited.suspensions(), 3);
}

#[test]
fn a_cut_for_each_drops_the_futures_under_way() {
    let visited = cancel_at_every_poll(Work::default, async |work| {
        let pieces = stream::iter((1..=3).map(Ok));
        let result = pieces
            .for_each_concurrent_then_try(3, |turns| work.clone().piece(turns))
            .await;
        assert_eq!(result, Err("the quick one"));
    })
    .also_multi_thread(3)
    .check(|at, work| work.check(at));
    assert_eq!(visited.suspensions(), 3);
}

/// 1, 2, 3, with a wait before each.
fn slow_numbers() -> impl Stream<Item = Result<u32, ()>> + Send + Unpin {
    Box::pin(stream::iter(1..=3).then(|n| async move {
        yield_now().await;
        Ok(n)
    }))
}

/// "What was collected is lost with the future": the stream is where it was cut, and gives the rest.
#[test]
fn a_cut_collect_loses_what_it_had() {
    let make = || (slow_numbers(), None);
    let visited = cancel_at_every_poll(make, async |(numbers, all)| {
        *all = numbers.collect_then_try::<Vec<_>>().await.ok();
    })
    .check_async(async |at, (numbers, all)| {
        assert_eq!(all.is_some(), at.is_completed());
        let left: Vec<_> = numbers.map(Result::unwrap_or_default).collect().await;
        // The poll that takes a number out goes on to wait for the next one.
        let taken = at.polls().saturating_sub(1).min(3);
        assert_eq!(left, [1, 2, 3][taken..]);
    });
    assert_eq!(visited.suspensions(), 3);
}

/// "To keep it, iterate over `&mut stream`": then nothing is lost wherever it is cut.
#[test]
fn what_is_taken_one_by_one_is_kept() {
    let make = || (slow_numbers(), Vec::new());
    cancel_at_every_poll(make, async |(numbers, kept)| {
        while let Some(number) = numbers.next().await {
            kept.push(number.unwrap_or_default());
        }
    })
    .check_async(async |_, (numbers, kept)| {
        let left: Vec<_> = numbers.map(Result::unwrap_or_default).collect().await;
        assert_eq!([kept, left].concat(), [1, 2, 3]);
    });
}
