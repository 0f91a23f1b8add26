//! `FusedTimeout` against `tokio::time::timeout`.
//!
//! Instruction counts under valgrind, which do not vary from run to run. Two bounds: 1 000 polls
//! cost at most what 1 000 polls of tokio's cost; 1 000 passes of a `select!` loop cost at most
//! half of those of a loop that makes its timer anew in each pass.
#![expect(
    unused_qualifications,
    reason = "gungraun's attribute writes qualified paths"
)]

use std::future::{Pending, pending, ready};
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use async_patterns::timeout::{FusedTimeout, fused_timeout};
use gungraun::{library_benchmark, library_benchmark_group, main};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Timeout, timeout};

const PASSES: usize = 1_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// A future and the runtime its timer belongs to.
struct OnRuntime<F> {
    future: Pin<Box<F>>,
    runtime: Runtime,
}

fn on_runtime<F: Future>(make: impl FnOnce() -> F) -> OnRuntime<F> {
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime with time");
    let future = {
        let _context = runtime.enter();
        Box::pin(make())
    };
    let mut on_runtime = OnRuntime { future, runtime };
    // Once before it is counted: the first poll registers the timer.
    on_runtime.poll(1);
    on_runtime
}

impl<F: Future> OnRuntime<F> {
    #[inline]
    fn poll(&mut self, times: usize) {
        let _context = self.runtime.enter();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..times {
            assert!(black_box(self.future.as_mut().poll(&mut cx)).is_pending());
        }
    }
}

fn tokio_timeout() -> OnRuntime<Timeout<Pending<()>>> {
    on_runtime(|| timeout(HOUR, pending()))
}

fn fused() -> OnRuntime<FusedTimeout<Pending<()>>> {
    on_runtime(|| fused_timeout(HOUR, pending()))
}

fn fused_with_poll_budget() -> OnRuntime<FusedTimeout<Pending<()>>> {
    on_runtime(|| fused_timeout(HOUR, pending()).with_poll_budget(HOUR))
}

#[library_benchmark]
#[bench::tokio_timeout(setup = tokio_timeout)]
#[bench::fused_timeout(setup = fused)]
#[bench::with_poll_budget(setup = fused_with_poll_budget)]
fn polls<F: Future>(mut on_runtime: OnRuntime<F>) -> OnRuntime<F> {
    on_runtime.poll(PASSES);
    // Given back, so that its drop is not counted.
    on_runtime
}

#[library_benchmark]
#[bench::tokio_timeout(setup = idle)]
fn timer_made_in_each_pass(on_runtime: OnRuntime<Pending<()>>) -> OnRuntime<Pending<()>> {
    let OnRuntime {
        mut future,
        runtime,
    } = on_runtime;
    runtime.block_on(async {
        #[cfg_attr(
            dylint_lib = "async_patterns_lints",
            allow(timer_reset_in_select_loop, reason = "it is what is measured")
        )]
        for _ in 0..PASSES {
            tokio::select! {
                biased;
                _ = timeout(HOUR, &mut future) => unreachable!("an hour has not passed"),
                () = ready(()) => {}
            }
        }
    });
    OnRuntime { future, runtime }
}

#[library_benchmark]
#[bench::fused_timeout(setup = fused)]
fn one_timer_for_all_passes(
    on_runtime: OnRuntime<FusedTimeout<Pending<()>>>,
) -> OnRuntime<FusedTimeout<Pending<()>>> {
    let OnRuntime {
        mut future,
        runtime,
    } = on_runtime;
    runtime.block_on(async {
        for _ in 0..PASSES {
            tokio::select! {
                biased;
                _ = &mut future => unreachable!("an hour has not passed"),
                () = ready(()) => {}
            }
        }
    });
    OnRuntime { future, runtime }
}

fn idle() -> OnRuntime<Pending<()>> {
    on_runtime(pending)
}

library_benchmark_group!(
    name = fused_timeout_group,
    benchmarks = [polls, timer_made_in_each_pass, one_timer_for_all_passes]
);

main!(library_benchmark_groups = fused_timeout_group);
