//! The seam between this crate's own atomics and loom.
//!
//! Everything of ours that is lock-free, or whose correctness rests on the order of two locks,
//! takes its primitives from here. Under `--cfg async_patterns_loom` they are loom's; otherwise
//! they are std's. The cfg is our own because a bare `--cfg loom` takes parts of tokio away, and
//! because a dependent's loom run must not change this crate under its feet.

#[cfg(async_patterns_loom)]
pub(crate) use ::loom::sync;

#[cfg(not(async_patterns_loom))]
pub(crate) use std::sync;
