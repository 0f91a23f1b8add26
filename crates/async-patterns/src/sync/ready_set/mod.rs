//! Many wakers, one task: which of them fired?
//!
//! Invariants, cited here and in the submodules (`queue.rs` has its own, Q1 to Q4):
//!
//! - **R1** `QUEUED` in a node's state says that its link is in the queue or that one producer is
//!   about to put it there. Only the call that turned it on pushes; only the consumer turns it
//!   off, after it has taken the link. So a link is never pushed twice (Q2).
//! - **R2** A queued link is never freed (Q3): the set holds a count of each registered node, and
//!   when a queued one is removed, that count passes to the queue until the link is taken.
//!   `removed_in_queue` says how many such counts there are.
//! - **R3** The task is woken after the push, and it registers before it looks at the queue. So
//!   either it sees the link, or the wake finds its waker. A half-way push hides the links behind
//!   it, but its own wake is still to come.
//! - **R4** A retired node is never reported, and a waker points at its node for good. So a waker
//!   that outlives its source marks nothing, whatever took the source's place since.
//! - **R5** The queue keeps no count of a node that is registered, and nodes keep the shared part
//!   alive, not the other way round: no cycle. When the set goes, it retires all nodes and takes
//!   those that are queued.

mod queue;
mod set;
mod source;

#[cfg(all(test, async_patterns_loom))]
mod loom_tests;

pub use set::ReadySet;
pub use source::SourceId;
