//! The six phases of a turn, a file each. [`IoLoop::run`](crate::IoLoop::run) calls them in order.
//!
//! | phase | file | what it does |
//! |---|---|---|
//! | 1 drain | `drain.rs` | takes packets from the device and says what each is |
//! | 2 poll | `poll.rs` | shows them to smoltcp, makes sockets for new flows, sweeps old ones |
//! | 3 accept | `accept.rs` | gives a session to each flow that became established |
//! | 4 bridge | `bridge.rs` | moves bytes between sockets and sessions |
//! | 5 flush | `flush.rs` | lets smoltcp send, and hands its packets to the device |
//! | 6 wait | `wait.rs` | waits, in one `select!`, for a reason for another turn |
//!
//! Only the sixth awaits. So a cancellation takes effect within one turn, and a turn is bounded by
//! its budgets.

mod accept;
mod bridge;
pub(crate) mod drain;
mod flush;
mod poll;
mod wait;

pub use wait::{NOOP_SLEEP, Wake};
