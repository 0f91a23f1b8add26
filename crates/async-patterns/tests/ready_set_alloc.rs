//! Marking, waiting and draining allocate nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::task::{Context, Waker};

use async_patterns::sync::ReadySet;

thread_local! {
    /// Of this thread only, so that the test harness does not count.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: hands everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn a_turn_allocates_nothing_and_a_source_once() {
    let mut set = ReadySet::with_capacity(200);
    let mut ids = Vec::with_capacity(100);
    let inserting = allocations(|| ids.extend((0..100).map(|key| set.insert(key))));
    assert_eq!(inserting, 100);

    let wakers: Vec<Waker> = ids
        .iter()
        .map(|&id| set.waker(id).unwrap().clone())
        .collect();
    let by_value = wakers.clone();
    let turn = allocations(|| {
        let mut task = Context::from_waker(Waker::noop());
        assert!(set.poll_ready(&mut task).is_pending());
        wakers.iter().for_each(Waker::wake_by_ref);
        by_value.into_iter().for_each(Waker::wake);
        assert!(set.poll_ready(&mut task).is_ready());
        let mut drained = 0;
        while set.drain(16, |_, _| drained += 1) > 0 {}
        assert_eq!(drained, 100);
        set.mark(ids[0]);
        assert!(set.remove(ids[0]).is_some());
    });
    assert_eq!(turn, 0);
}
