//! Lints about the size of futures.

mod large_value_across_await;

pub(crate) use large_value_across_await::LargeValueAcrossAwait;
