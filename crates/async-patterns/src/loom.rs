//! The seam between this crate's own atomics and loom.
//!
//! Everything of ours that is lock-free, or whose correctness rests on the order of two locks,
//! takes its primitives from here. Under `--cfg async_patterns_loom` they are loom's; otherwise
//! they are std's. The cfg is our own because a bare `--cfg loom` takes parts of tokio away, and
//! because a dependent's loom run must not change this crate under its feet.

#[cfg(async_patterns_loom)]
pub(crate) use ::loom::{sync, thread};

#[cfg(not(async_patterns_loom))]
pub(crate) use std::{sync, thread};

/// futures-style `AtomicWaker`: `register` before you look, change before you `wake`.
pub(crate) mod future {
    #[cfg(not(async_patterns_loom))]
    pub(crate) use atomic_waker::AtomicWaker;

    /// loom's own, under the name and signature of the crate used outside of loom.
    #[cfg(async_patterns_loom)]
    #[derive(Debug, Default)]
    pub(crate) struct AtomicWaker(::loom::future::AtomicWaker);

    #[cfg(async_patterns_loom)]
    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        pub(crate) fn register(&self, waker: &std::task::Waker) {
            self.0.register_by_ref(waker);
        }

        pub(crate) fn wake(&self) {
            self.0.wake();
        }
    }
}
