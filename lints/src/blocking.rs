//! Lints about code that blocks the thread of an executor.

mod block_in_place_in_join;
mod block_in_place_in_test;
mod block_on_in_async;
mod blocking_call_in_async;

pub(crate) use block_in_place_in_join::BlockInPlaceInJoin;
pub(crate) use block_in_place_in_test::BlockInPlaceInTest;
pub(crate) use block_on_in_async::BlockOnInAsync;
pub(crate) use blocking_call_in_async::BlockingCallInAsync;
