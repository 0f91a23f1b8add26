//! `CancelDebug`: what a poll costs, bare and with each switch on.
//!
//! Instruction counts under valgrind, which do not vary from run to run: 1 000 polls of a future
//! that does one `yield_now` per poll. The bound: at most 1.10 × the bare future. Every row goes
//! through the same boxed, pinned future, polled from the same loop.

use async_patterns::cancel::{CancelCounter, CancelDebug, CancelDebugExt};
use benches::{Pinned, poll, warm};
use gungraun::{library_benchmark, library_benchmark_group, main};

const POLLS: usize = 1_000;

static SINK: CancelCounter = CancelCounter::new();

async fn yields() {
    loop {
        tokio::task::yield_now().await;
    }
}

fn bare() -> Pinned<impl Future<Output = ()>> {
    warm(yields())
}

fn watched() -> CancelDebug<impl Future<Output = ()>, &'static CancelCounter> {
    yields().cancel_debug("yields").with_sink(&SINK)
}

fn plain() -> Pinned<impl Future<Output = ()>> {
    warm(watched())
}

fn creation_backtrace() -> Pinned<impl Future<Output = ()>> {
    warm(watched().with_creation_backtrace())
}

fn drop_backtrace() -> Pinned<impl Future<Output = ()>> {
    warm(watched().with_drop_backtrace())
}

fn idle_time() -> Pinned<impl Future<Output = ()>> {
    warm(watched().with_idle_time())
}

fn longest_poll() -> Pinned<impl Future<Output = ()>> {
    warm(watched().with_longest_poll())
}

fn parents() -> Pinned<impl Future<Output = ()>> {
    warm(watched().with_parents())
}

#[library_benchmark]
#[bench::bare(setup = bare)]
#[bench::cancel_debug(setup = plain)]
#[bench::with_creation_backtrace(setup = creation_backtrace)]
#[bench::with_drop_backtrace(setup = drop_backtrace)]
#[bench::with_idle_time(setup = idle_time)]
#[bench::with_longest_poll(setup = longest_poll)]
#[bench::with_parents(setup = parents)]
fn polls<F: Future<Output = ()>>(mut future: Pinned<F>) -> Pinned<F> {
    poll(&mut future, POLLS);
    // Given back, so that its drop is not counted.
    future
}

library_benchmark_group!(name = cancel_debug, benchmarks = polls);

main!(library_benchmark_groups = cancel_debug);
