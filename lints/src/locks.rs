//! Lints about locks.

mod async_guard_across_await;
mod half_changed;
mod release;
mod std_guard_across_await;

pub(crate) use async_guard_across_await::AsyncGuardAcrossAwait;
pub(crate) use std_guard_across_await::StdGuardAcrossAwait;
