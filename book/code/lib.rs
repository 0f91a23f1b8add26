//! The code of the book's chapters that is not in the gallery. Each module belongs to a chapter,
//! which includes it by anchors; what a chapter claims, a test here asserts.

#![expect(
    missing_docs,
    missing_debug_implementations,
    reason = "the chapters explain the code"
)]

pub mod actor;
pub mod adopting;
pub mod async_traits;
pub mod cancel_safety;
pub mod delay;
pub mod errors;
pub mod executor;
mod exercises;
pub mod limits;
pub mod middleware;
pub mod model;
pub mod observability;
pub mod performance;
pub mod pinning;
pub mod runtimes;
pub mod select;
pub mod sessions;
pub mod shutdown;
pub mod sizes;
pub mod state_machine;
pub mod streams;
pub mod testing;
