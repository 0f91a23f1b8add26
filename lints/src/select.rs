//! Lints about `select!`, and about futures that it or a timeout gives up.

mod cancel_unsafe_in_select;
mod futurelock;
mod polled_after_completion;
mod queue_place_lost_in_select;
mod select_loop_without_cancellation;
mod survivors;
mod timed;

pub(crate) use cancel_unsafe_in_select::CancelUnsafeInSelect;
pub(crate) use futurelock::Futurelock;
pub(crate) use polled_after_completion::PolledAfterCompletion;
pub(crate) use queue_place_lost_in_select::QueuePlaceLostInSelect;
pub(crate) use select_loop_without_cancellation::SelectLoopWithoutCancellation;
