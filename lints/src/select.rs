//! Lints for futures that `select!` and timeouts give up.

mod cancel_unsafe_in_select;
mod futurelock;
mod queue_place_lost_in_select;
mod survivors;
mod timed;

pub(crate) use cancel_unsafe_in_select::CancelUnsafeInSelect;
pub(crate) use futurelock::Futurelock;
pub(crate) use queue_place_lost_in_select::QueuePlaceLostInSelect;
