//! The queue of marked sources: intrusive, many producers, one consumer.
//!
//! The algorithm is Dmitry Vyukov's non-blocking MPSC queue ("Intrusive MPSC node-based queue",
//! 1024cores.net), which futures' `FuturesUnordered` uses too. A hierarchical bitset would mark
//! with as few operations, but it reuses an index while a stale waker may still point at it, needs
//! room for its words before a source comes, and reports in the order of the indices, so that low
//! ones could keep high ones waiting. Here a source is its own queue entry: nothing grows, nothing
//! is allocated by a push, and the order is first come, first served.
//!
//! Invariants, cited below:
//!
//! - **Q1** The links from the consumer's `Head` on, followed through `next`, are all pushed links
//!   in order. The chain may be cut where a producer has swapped itself in as `tail` but not yet
//!   stored itself in its predecessor's `next`: its push is *half-way*. What is behind a cut is
//!   invisible until that producer stores the one pointer it owes.
//! - **Q2** A link is in the queue at most once. (The caller's duty for sources; the consumer's for
//!   the stub, which it pushes only when it saw that the stub is not in the queue.)
//! - **Q3** A link that is in the queue stays allocated. (The caller's duty.)
//! - **Q4** The last link is never taken: the stub is pushed behind it first. So the `tail` that a
//!   producer swaps out is still in the queue, and by Q3 allocated, when the producer stores into
//!   its `next`.

use std::ptr;

use crate::loom::sync::atomic::{AtomicPtr, Ordering};

/// What makes a struct a queue entry: its first field, under `#[repr(C)]`.
pub(super) struct Link {
    next: AtomicPtr<Link>,
    /// Touched wherever the link's memory is, so that loom sees a use that races with the drop.
    #[cfg(async_patterns_loom)]
    memory: loom::cell::UnsafeCell<()>,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            next: AtomicPtr::new(ptr::null_mut()),
            #[cfg(async_patterns_loom)]
            memory: loom::cell::UnsafeCell::new(()),
        }
    }

    fn next(&self) -> *mut Self {
        self.touch();
        self.next.load(Ordering::Acquire)
    }

    #[cfg(async_patterns_loom)]
    fn touch(&self) {
        self.memory.with(|_| ());
    }

    #[cfg(not(async_patterns_loom))]
    #[expect(clippy::unused_self, reason = "only loom looks at the memory")]
    fn touch(&self) {}
}

// SAFETY: there is nothing in `memory`.
#[cfg(async_patterns_loom)]
unsafe impl Sync for Link {}

#[cfg(async_patterns_loom)]
impl Drop for Link {
    fn drop(&mut self) {
        self.memory.with_mut(|_| ());
    }
}

/// The shared half: producers push here. It must not move once it has been [opened](Queue::open).
pub(super) struct Queue {
    tail: AtomicPtr<Link>,
    stub: Link,
}

/// The consumer's half: the first link that was not yet taken, or the stub.
pub(super) struct Head(*mut Link);

// SAFETY: the pointer is followed only through `&mut Head`, and only to links, which are Sync.
unsafe impl Send for Head {}
// SAFETY: as above; a `&Head` gives access to nothing.
unsafe impl Sync for Head {}

impl Queue {
    /// A queue that must be [opened](Self::open) at its final address before anything is pushed.
    pub(super) fn new() -> Self {
        Self {
            tail: AtomicPtr::new(ptr::null_mut()),
            stub: Link::new(),
        }
    }

    pub(super) fn open(&self) -> Head {
        self.tail.store(self.stub(), Ordering::Relaxed);
        Head(self.stub())
    }

    fn stub(&self) -> *mut Link {
        ptr::from_ref(&self.stub).cast_mut()
    }

    /// Puts `link` behind the last one. Wait-free: one swap and two stores.
    ///
    /// # Safety
    ///
    /// `link` is not in the queue (Q2) and stays allocated until it has been taken (Q3). The
    /// pointer is good for the whole struct that the link is the first field of, as the consumer
    /// gets it back.
    pub(super) unsafe fn push(&self, link: *mut Link) {
        // SAFETY: allocated by Q3.
        unsafe { &*link }
            .next
            .store(ptr::null_mut(), Ordering::Relaxed);
        // Release: who stores into our `next` must see it null. Acquire: the same from the other
        // side.
        let last = self.tail.swap(link, Ordering::AcqRel);
        // From here to the store below the push is half-way (Q1).
        // SAFETY: allocated by Q4.
        let last = unsafe { &*last };
        last.touch();
        last.next.store(link, Ordering::Release);
    }

    /// The link that [`take`](Self::take) may take, if there is one. `None` also when only
    /// half-way pushes are left; their producers are about to finish them.
    ///
    /// # Safety
    ///
    /// `head` is this queue's.
    pub(super) unsafe fn first(&self, head: &mut Head) -> Option<*mut Link> {
        let stub = self.stub();
        if head.0 == stub {
            let next = self.stub.next();
            if next.is_null() {
                return None;
            }
            head.0 = next;
        }
        let first = head.0;
        // SAFETY: in the queue (Q1), so allocated by Q3.
        let first_link = unsafe { &*first };
        if first_link.next().is_null() {
            if self.tail.load(Ordering::Acquire) != first {
                return None;
            }
            // SAFETY: the stub lives as long as the queue. It is not in it: `head` has passed it,
            // and had it been pushed again since, it would be the tail or somewhere behind `first`,
            // which is the tail (Q2).
            unsafe { self.push(stub) };
            if first_link.next().is_null() {
                return None;
            }
        }
        Some(first)
    }

    /// Takes the link that [`first`](Self::first) has just returned out of the queue.
    ///
    /// # Safety
    ///
    /// `first` returned a link, and the head has not moved since.
    pub(super) unsafe fn take(head: &mut Head) -> *mut Link {
        let first = head.0;
        // SAFETY: still in the queue, so allocated by Q3. Its `next` is not null (Q4): `first` saw
        // to it.
        head.0 = unsafe { &*first }.next();
        first
    }
}
