//! `CancelDebug` allocates only what its switches ask for. In a test binary of its own, because
//! it counts the allocations of the whole program.
#![cfg(feature = "cancel-debug")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::pin;
use std::task::{Context, Waker};

use async_patterns::cancel::{CancelCounter, CancelDebugExt};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are those `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

static COUNTER: CancelCounter = CancelCounter::new();

#[test]
fn without_a_switch_nothing_is_allocated() {
    let count = allocations(|| {
        let mut future = pin!(pending::<()>().cancel_debug("plain").with_sink(&COUNTER));
        for _ in 0..10 {
            let _ = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
        }
    });
    assert_eq!(count, 0);
    assert_eq!(COUNTER.cancelled(), 1);
}

#[test]
fn the_timing_switches_share_one_box() {
    static COUNTER: CancelCounter = CancelCounter::new();
    let count = allocations(|| {
        let future = pending::<()>().cancel_debug("timed").with_idle_time();
        let mut future = pin!(future.with_longest_poll().with_sink(&COUNTER));
        for _ in 0..10 {
            let _ = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
        }
    });
    assert_eq!(count, 1);
}
