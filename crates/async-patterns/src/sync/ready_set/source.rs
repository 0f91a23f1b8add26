//! A source's node: the state that its wakers share with the set.

use std::fmt;
use std::task::{Wake, Waker};

use super::queue::{Link, Queue};
use crate::loom::future::AtomicWaker;
use crate::loom::sync::Arc;
use crate::loom::sync::atomic::{AtomicU8, Ordering};

/// Names one source of a [`ReadySet`](super::ReadySet).
///
/// Ids are never used twice in a process, so an id that is kept after its source was removed
/// names nothing, in this set or any other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId {
    /// Never repeats; also what orders ids by age.
    pub(super) serial: u64,
    /// Where the set keeps the source. Reused.
    pub(super) index: usize,
}

impl fmt::Debug for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceId({})", self.serial)
    }
}

/// What all sources of a set share.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) task: AtomicWaker,
}

/// The source is in the queue, or its push is half-way.
const QUEUED: u8 = 0b01;
/// The source has left the set. Never taken back.
const RETIRED: u8 = 0b10;

/// One source. `repr(C)`: a pointer to the node is a pointer to its link.
#[repr(C)]
pub(super) struct Node {
    link: Link,
    state: AtomicU8,
    pub(super) id: SourceId,
    shared: Arc<Shared>,
}

impl Node {
    pub(super) fn new(id: SourceId, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            link: Link::new(),
            state: AtomicU8::new(0),
            id,
            shared,
        })
    }

    /// Puts the source into the queue unless it is there already or has left the set, and wakes the
    /// task. Says whether it did.
    pub(super) fn mark(this: &Arc<Self>) -> bool {
        // Release: what happened before the mark is seen by the task that clears it, also when
        // another mark came first. Acquire: a push must come after the take that cleared QUEUED.
        if this.state.fetch_or(QUEUED, Ordering::AcqRel) != 0 {
            return false;
        }
        let link: *mut Link = Arc::as_ptr(this).cast::<Link>().cast_mut();
        // SAFETY: not in the queue, because this call is the one that turned QUEUED on, and
        // the consumer turns it off only after it has taken the link (R1). Allocated until taken,
        // because the set keeps a count until then (R2). The pointer is to the whole node.
        unsafe { this.shared.queue.push(link) };
        // After the push (R3).
        this.shared.task.wake();
        true
    }

    /// Turns QUEUED off.
    pub(super) fn clear(&self) {
        self.state.fetch_and(!QUEUED, Ordering::AcqRel);
    }

    /// Takes the source out of service: no mark from now on queues it. Says whether it is in the
    /// queue or on its way there.
    pub(super) fn retire(&self) -> bool {
        self.state.fetch_or(RETIRED, Ordering::AcqRel) & QUEUED != 0
    }

    /// Only for the consumer, which is also the one that retires.
    pub(super) fn is_retired(&self) -> bool {
        self.state.load(Ordering::Relaxed) & RETIRED != 0
    }

    pub(super) fn waker(this: &Arc<Self>) -> Waker {
        #[cfg(not(async_patterns_loom))]
        return Waker::from(this.clone());
        // loom's Arc is none that std's `Wake` knows.
        #[cfg(async_patterns_loom)]
        return Waker::from(std::sync::Arc::new(Marker(this.clone())));
    }

    /// The node that a link of the queue belongs to.
    pub(super) fn of(link: *mut Link) -> *const Self {
        link.cast_const().cast()
    }
}

#[cfg(not(async_patterns_loom))]
impl Wake for Node {
    fn wake(self: Arc<Self>) {
        Self::mark(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Self::mark(self);
    }
}

#[cfg(async_patterns_loom)]
struct Marker(Arc<Node>);

#[cfg(async_patterns_loom)]
impl Wake for Marker {
    fn wake(self: std::sync::Arc<Self>) {
        Node::mark(&self.0);
    }

    fn wake_by_ref(self: &std::sync::Arc<Self>) {
        Node::mark(&self.0);
    }
}
