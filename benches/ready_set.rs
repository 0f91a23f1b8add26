//! `ReadySet`: the cost of a turn follows what is ready, not what is registered.
//!
//! Instruction counts under valgrind, which do not vary from run to run. The bound: 100 marks among
//! 10 000 sources cost at most twice the same 100 among 100. The `flags` rows are what one would
//! write instead, a flag per source and a scan of them all.
#![expect(
    unused_qualifications,
    reason = "gungraun's attribute writes qualified paths"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

use async_patterns::sync::ReadySet;
use gungraun::{library_benchmark, library_benchmark_group, main};

const MARKED: usize = 100;

struct Ready {
    set: ReadySet<usize>,
    /// Of the sources that are to be marked, spread over all.
    wakers: Vec<Waker>,
}

fn ready(registered: usize) -> Ready {
    let mut set = ReadySet::with_capacity(registered);
    let wakers = (0..registered)
        .filter_map(|key| {
            let id = set.insert(key);
            let waker = set.waker(id).cloned();
            waker.filter(|_| key % (registered / MARKED) == 0)
        })
        .collect();
    let mut ready = Ready { set, wakers };
    // Once before it is counted, so that lazy initialisation is not.
    turn(&mut ready);
    ready
}

/// Marks all wakers' sources and takes the marks.
fn turn(Ready { set, wakers }: &mut Ready) -> usize {
    for waker in wakers {
        waker.wake_by_ref();
    }
    set.drain(usize::MAX, |set, id| {
        black_box(set[id]);
    })
}

struct Flags {
    flags: Vec<AtomicBool>,
    to_mark: Vec<usize>,
}

fn flags(registered: usize) -> Flags {
    Flags {
        flags: (0..registered).map(|_| AtomicBool::new(false)).collect(),
        to_mark: (0..registered).step_by(registered / MARKED).collect(),
    }
}

fn marked(registered: usize) -> Ready {
    let ready = ready(registered);
    for waker in &ready.wakers {
        waker.wake_by_ref();
    }
    ready
}

#[library_benchmark]
#[bench::of_100(args = (100), setup = ready)]
#[bench::of_10_000(args = (10_000), setup = ready)]
fn mark_and_drain_100(mut ready: Ready) -> Ready {
    assert_eq!(turn(black_box(&mut ready)), MARKED);
    // Given back, so that its drop is not counted.
    ready
}

#[library_benchmark]
#[bench::first(args = (100), setup = ready)]
#[bench::repeated(args = (100), setup = marked)]
fn mark_100(ready: Ready) -> Ready {
    for waker in black_box(&ready.wakers) {
        waker.wake_by_ref();
    }
    ready
}

#[library_benchmark]
#[bench::of_100(args = (100), setup = flags)]
#[bench::of_10_000(args = (10_000), setup = flags)]
fn flags_100(flags: Flags) -> Flags {
    for &index in black_box(&flags.to_mark) {
        flags.flags[index].store(true, Ordering::Release);
    }
    let mut found = 0;
    for (index, flag) in black_box(&flags.flags).iter().enumerate() {
        if flag.load(Ordering::Relaxed) && flag.swap(false, Ordering::AcqRel) {
            black_box(index);
            found += 1;
        }
    }
    assert_eq!(found, MARKED);
    flags
}

library_benchmark_group!(
    name = ready_set,
    benchmarks = [mark_and_drain_100, mark_100, flags_100]
);

main!(library_benchmark_groups = ready_set);
