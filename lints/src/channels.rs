//! Lints about channels.

mod lagged_ignored;

pub(crate) use lagged_ignored::LaggedIgnored;
