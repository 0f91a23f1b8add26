//! The `then_try` adapters and `reserve` against those of cancel-safe-futures, and against the
//! adapters of futures that stop at the first error.
//!
//! Instruction counts under valgrind, which do not vary from run to run: 1 000 items. No item is an
//! error, so all do the same work; each future of `for_each` and `join_all` is pending once.
#![expect(
    unused_qualifications,
    reason = "gungraun's attribute writes qualified paths"
)]

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::hint::black_box;
use std::task::Poll;

use async_patterns::join_then_try as our_join_then_try;
use async_patterns::sink::ReserveExt;
use async_patterns::stream::{ThenTryExt, join_all_then_try as our_join_all_then_try};
use benches::{Pinned, run};
use cancel_safe_futures::future::join_all_then_try;
use cancel_safe_futures::join_then_try;
use cancel_safe_futures::sink::SinkExt as TheirSinkExt;
use cancel_safe_futures::stream::TryStreamExt as TheirTryStreamExt;
use futures::future::try_join_all;
use futures::stream::{self, Stream, TryStreamExt};
use gungraun::{library_benchmark, library_benchmark_group, main};

const ITEMS: u64 = 1_000;
const AT_ONCE: usize = 8;

type Fallible<T> = Result<T, Infallible>;

fn items() -> impl Stream<Item = Fallible<u64>> {
    stream::iter((0..ITEMS).map(|n| Ok(black_box(n))))
}

/// Pending once, as work that waits for something.
async fn work(n: u64) -> Fallible<()> {
    let mut waited = false;
    poll_fn(|cx| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    black_box(n);
    Ok(())
}

async fn try_collect() {
    let all: Fallible<Vec<_>> = items().try_collect().await;
    black_box(all).expect("no item is an error");
}

async fn their_collect() {
    let all: Fallible<Vec<_>> = TheirTryStreamExt::collect_then_try(items()).await;
    black_box(all).expect("no item is an error");
}

async fn our_collect() {
    let all: Fallible<Vec<_>> = ThenTryExt::collect_then_try(items()).await;
    black_box(all).expect("no item is an error");
}

async fn try_for_each_concurrent() {
    let done = items().try_for_each_concurrent(AT_ONCE, work).await;
    done.expect("no item is an error");
}

async fn their_for_each() {
    let done =
        TheirTryStreamExt::for_each_concurrent_then_try(Box::pin(items()), AT_ONCE, work).await;
    done.expect("no item is an error");
}

async fn our_for_each() {
    let done = ThenTryExt::for_each_concurrent_then_try(Box::pin(items()), AT_ONCE, work).await;
    done.expect("no item is an error");
}

async fn try_join() {
    let all = try_join_all((0..ITEMS).map(work)).await;
    black_box(all).expect("no item is an error");
}

async fn their_join() {
    let all = join_all_then_try((0..ITEMS).map(work)).await;
    black_box(all).expect("no item is an error");
}

async fn our_join() {
    let all = our_join_all_then_try((0..ITEMS).map(work)).await;
    black_box(all).expect("no item is an error");
}

fn one() -> impl Future<Output = Fallible<u64>> {
    ready(Ok(black_box(1)))
}

async fn tokio_macro() {
    for _ in 0..ITEMS {
        let all: Fallible<_> = tokio::try_join!(one(), one(), one());
        black_box(all).expect("none is an error");
    }
}

async fn their_macro() {
    for _ in 0..ITEMS {
        let all: Fallible<_> = join_then_try!(one(), one(), one());
        black_box(all).expect("none is an error");
    }
}

async fn our_macro() {
    for _ in 0..ITEMS {
        let all: Fallible<_> = our_join_then_try!(one(), one(), one());
        black_box(all).expect("none is an error");
    }
}

async fn feed() {
    let mut sink = Vec::with_capacity(1_000);
    for n in 0..ITEMS {
        let fed = futures::SinkExt::feed(&mut sink, black_box(n)).await;
        fed.expect("a Vec takes everything");
    }
    black_box(sink);
}

async fn their_reserve() {
    let mut sink = Vec::with_capacity(1_000);
    for n in 0..ITEMS {
        let permit = TheirSinkExt::reserve(&mut sink).await;
        let fed = permit.and_then(|permit| permit.feed(black_box(n)));
        fed.expect("a Vec takes everything");
    }
    black_box(sink);
}

async fn our_reserve() {
    let mut sink = Vec::with_capacity(1_000);
    for n in 0..ITEMS {
        let permit = ReserveExt::reserve(&mut sink).await;
        let fed = permit.and_then(|permit| permit.feed(black_box(n)));
        fed.expect("a Vec takes everything");
    }
    black_box(sink);
}

#[library_benchmark]
#[bench::futures(Box::pin(try_collect()))]
#[bench::cancel_safe_futures(Box::pin(their_collect()))]
#[bench::ours(Box::pin(our_collect()))]
fn collect<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

#[library_benchmark]
#[bench::futures(Box::pin(try_for_each_concurrent()))]
#[bench::cancel_safe_futures(Box::pin(their_for_each()))]
#[bench::ours(Box::pin(our_for_each()))]
fn for_each_concurrent<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

#[library_benchmark]
#[bench::futures(Box::pin(try_join()))]
#[bench::cancel_safe_futures(Box::pin(their_join()))]
#[bench::ours(Box::pin(our_join()))]
fn join_all<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

#[library_benchmark]
#[bench::tokio(Box::pin(tokio_macro()))]
#[bench::cancel_safe_futures(Box::pin(their_macro()))]
#[bench::ours(Box::pin(our_macro()))]
fn join_macro<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

#[library_benchmark]
#[bench::futures(Box::pin(feed()))]
#[bench::cancel_safe_futures(Box::pin(their_reserve()))]
#[bench::ours(Box::pin(our_reserve()))]
fn reserve<F: Future<Output = ()>>(future: Pinned<F>) -> Pinned<F> {
    run(future)
}

library_benchmark_group!(
    name = then_try,
    benchmarks = [collect, for_each_concurrent, join_all, join_macro, reserve]
);

main!(library_benchmark_groups = then_try);
