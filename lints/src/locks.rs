//! Lints about locks.

mod std_guard_across_await;

pub(crate) use std_guard_across_await::StdGuardAcrossAwait;
