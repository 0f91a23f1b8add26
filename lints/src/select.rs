//! Lints about `select!`.

mod polled_after_completion;
mod select_loop_without_cancellation;

pub(crate) use polled_after_completion::PolledAfterCompletion;
pub(crate) use select_loop_without_cancellation::SelectLoopWithoutCancellation;
