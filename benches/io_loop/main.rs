//! `io_loop`: the ready set against the no-op waker, and the whole loop against published stacks.
//!
//! Everything runs in this process and on one thread: the applications' stack, the loop, and
//! upstreams that are pipes or bottomless. So the figures have no kernel in them, and what they are
//! divided by was measured in the same run, a minute apart at most.
//!
//! `cargo bench -p benches --features peers --bench io_loop -- latency bulk idle memory` runs some
//! of it; without names, all; without the feature, without the published stacks. Times vary from run
//! to run and with the load of the machine, so nothing here fails: a bound that is missed is marked.

#![expect(
    unreachable_pub,
    reason = "nothing of a program can be reached; `pub` says here what a module offers"
)]

mod bulk;
mod harness;
mod idle;
mod latency;
mod memory;
#[cfg(feature = "peers")]
mod peers;

use std::time::Duration;

#[global_allocator]
static ALLOCATOR: harness::Counting = harness::Counting;

fn main() {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|other| other == name);
    for (name, run) in [
        ("latency", latency::run as fn()),
        ("bulk", bulk::run),
        ("idle", idle::run),
        ("memory", memory::run),
    ] {
        if wanted(name) {
            run();
        }
    }
}

/// Whether a ratio keeps its bound.
fn verdict(keeps: bool) -> &'static str {
    if keeps { "" } else { " (missed)" }
}

fn micros(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}
