//! Lints about code that blocks the thread of an executor.

mod block_in_place_in_test;

pub(crate) use block_in_place_in_test::BlockInPlaceInTest;
