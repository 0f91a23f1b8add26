//! Lints about futures written by hand.

mod handed_over;
mod noop_polls;
mod noop_waker_in_async;
mod outside;
mod parts;
mod pending;
mod pending_without_wake;

pub(crate) use noop_waker_in_async::NoopWakerInAsync;
pub(crate) use pending_without_wake::PendingWithoutWake;
