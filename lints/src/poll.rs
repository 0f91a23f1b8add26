//! Lints about futures written by hand.

mod outside;
mod pending;
mod pending_without_wake;

pub(crate) use pending_without_wake::PendingWithoutWake;
