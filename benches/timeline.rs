//! `async-timeline`: what a recorded poll costs, with the recorder off and on.
//!
//! Instruction counts under valgrind: 1 000 polls of a future that does one `yield_now` per poll,
//! which wakes its waker. Every row goes through the same boxed, pinned future, polled from the same
//! loop. With `--no-default-features` all rows are without the feature `record`. The bound there: the
//! bare future's count, in each row.

use async_timeline::{ManualClock, Recorded, Timeline};
use benches::{Pinned, poll, warm};
use gungraun::{library_benchmark, library_benchmark_group, main};

const POLLS: usize = 1_000;

async fn yields() {
    loop {
        tokio::task::yield_now().await;
    }
}

fn recorded(timeline: &Timeline) -> Pinned<Recorded<impl Future<Output = ()> + use<>>> {
    warm(timeline.record("yields", yields()))
}

fn bare() -> Pinned<impl Future<Output = ()>> {
    warm(yields())
}

fn off() -> Pinned<impl Future<Output = ()>> {
    recorded(&Timeline::off())
}

fn on() -> Pinned<impl Future<Output = ()>> {
    recorded(&Timeline::new())
}

/// Without the two clocks that tokio's time needs.
fn on_with_a_cheap_clock() -> Pinned<impl Future<Output = ()>> {
    recorded(&Timeline::builder().clock(ManualClock::default()).build())
}

/// A recorder that is full counts what it loses.
fn full() -> Pinned<impl Future<Output = ()>> {
    recorded(&Timeline::builder().max_events(2).build())
}

#[library_benchmark]
#[bench::bare(setup = bare)]
#[bench::off(setup = off)]
#[bench::on(setup = on)]
#[bench::on_with_a_cheap_clock(setup = on_with_a_cheap_clock)]
#[bench::full(setup = full)]
fn polls<F: Future<Output = ()>>(mut future: Pinned<F>) -> Pinned<F> {
    poll(&mut future, POLLS);
    // Given back, so that its drop is not counted.
    future
}

library_benchmark_group!(name = timeline, benchmarks = polls);

main!(library_benchmark_groups = timeline);
