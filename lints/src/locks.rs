//! Lints about locks.

mod release;
mod std_guard_across_await;

pub(crate) use std_guard_across_await::StdGuardAcrossAwait;
