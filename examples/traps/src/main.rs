//! The traps of async Rust as small programs: a broken one that shows its symptom, and a fixed
//! one that shows its absence.
//!
//! `cargo run -p traps` lists them; `cargo run -p traps -- std_guard_across_await --broken` runs
//! one. A broken program ends by itself, or a watchdog ends it and names the symptom.

#![expect(
    unreachable_pub,
    reason = "nothing of a program can be reached; `pub` says here what a module offers"
)]
#![expect(
    clippy::unused_async,
    reason = "async functions that never await are what several traps are about"
)]

mod catalog;
mod lanes;
mod refused;
mod watchdog;

mod async_guard_across_await;
mod block_in_place_in_join;
mod block_in_place_in_test;
mod block_on_in_async;
mod blocking_call_in_async;
mod blocking_pool_exhaustion;
mod blocking_task_in_join_set;
mod buffered_stream_stall;
mod callback_with_one_lifetime;
mod cancel_unsafe_in_select;
mod completion_read_cancelled;
mod detached_task;
mod dropped_handle_does_not_cancel;
mod ffi_panic_aborts;
mod futurelock;
mod idle_timer_in_select_loop;
mod impl_trait_captures;
mod lagged_ignored;
mod large_value_across_await;
mod never_polled;
mod no_parallelism_without_spawn;
mod noop_waker_in_async;
mod pending_without_wake;
mod pinned_handle_moved;
mod polled_after_completion;
mod queue_place_lost_in_select;
#[cfg(unix)]
mod raw_fd_into_task;
mod select_loop_without_cancellation;
mod spawn_needs_send_variant;
mod stack_overflow_by_future;
mod state_in_two_futures;
mod std_guard_across_await;
mod timeout_over_cpu_work;
mod timer_reset_in_select_loop;
mod unbounded_concurrency;
mod unending_spawn_blocking;

use std::path::PathBuf;
use std::process::ExitCode;

use catalog::{Catalog, Trap};
use clap::Parser;
use lanes::Lanes;

/// A trap's two programs.
struct Demo {
    /// The demo's name, which is the `demo` field of `traps.toml`.
    name: &'static str,
    broken: fn(),
    fixed: fn(),
    /// What `--timeline` can draw of them.
    lanes: Lanes,
}

/// Every demo. `tests/gallery.rs` holds this list against `traps.toml`, in both directions.
const DEMOS: &[Demo] = &[
    async_guard_across_await::DEMO,
    block_in_place_in_join::DEMO,
    block_in_place_in_test::DEMO,
    block_on_in_async::DEMO,
    blocking_call_in_async::DEMO,
    blocking_pool_exhaustion::DEMO,
    blocking_task_in_join_set::DEMO,
    buffered_stream_stall::DEMO,
    callback_with_one_lifetime::DEMO,
    cancel_unsafe_in_select::DEMO,
    completion_read_cancelled::DEMO,
    detached_task::DEMO,
    dropped_handle_does_not_cancel::DEMO,
    ffi_panic_aborts::DEMO,
    futurelock::DEMO,
    idle_timer_in_select_loop::DEMO,
    impl_trait_captures::DEMO,
    lagged_ignored::DEMO,
    large_value_across_await::DEMO,
    never_polled::DEMO,
    no_parallelism_without_spawn::DEMO,
    noop_waker_in_async::DEMO,
    pending_without_wake::DEMO,
    pinned_handle_moved::DEMO,
    polled_after_completion::DEMO,
    queue_place_lost_in_select::DEMO,
    #[cfg(unix)]
    raw_fd_into_task::DEMO,
    select_loop_without_cancellation::DEMO,
    spawn_needs_send_variant::DEMO,
    stack_overflow_by_future::DEMO,
    state_in_two_futures::DEMO,
    std_guard_across_await::DEMO,
    timeout_over_cpu_work::DEMO,
    timer_reset_in_select_loop::DEMO,
    unbounded_concurrency::DEMO,
    unending_spawn_blocking::DEMO,
];

/// Runs the traps gallery. Without a trap it lists them.
#[derive(Parser)]
struct Args {
    /// The trap to run, as the list names it
    trap: Option<String>,
    /// Run the broken program, which shows the symptom
    #[arg(long, conflicts_with = "fixed", requires = "trap")]
    broken: bool,
    /// Run the fixed program (the default)
    #[arg(long, requires = "trap")]
    fixed: bool,
    /// Write a picture of what the futures did: SVG, or a Chrome trace if FILE ends in .json
    #[arg(long, value_name = "FILE", requires = "trap")]
    timeline: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let catalog = Catalog::load();
    let Some(name) = &args.trap else {
        catalog.print();
        return ExitCode::SUCCESS;
    };
    let (Some(trap), Some(demo)) = (catalog.find(name), find_demo(name)) else {
        eprintln!("traps: there is no trap called `{name}`; run without arguments to see the list");
        return ExitCode::from(2);
    };
    if let Some(file) = &args.timeline {
        let which = if args.broken { "broken" } else { "fixed" };
        let title = format!("{} ({which})", trap.title);
        if let Err(reason) = lanes::order(file, name, title, demo.lanes) {
            eprintln!("traps: {reason}");
            return ExitCode::from(2);
        }
    }
    run(trap, demo, args.broken);
    ExitCode::SUCCESS
}

fn find_demo(name: &str) -> Option<&'static Demo> {
    DEMOS.iter().find(|demo| demo.name == name)
}

/// Runs one program and says where to read on. The pointer comes first, because a broken program
/// may never return.
fn run(trap: &Trap, demo: &Demo, broken: bool) {
    println!("{}: {}", trap.id, trap.title);
    println!("instead: {}", trap.helper);
    if let Some(chapter) = &trap.chapter {
        println!("why: book/src/{chapter}");
    }
    println!();
    let program = if broken { demo.broken } else { demo.fixed };
    let _picture = lanes::AtTheEnd;
    program();
}
