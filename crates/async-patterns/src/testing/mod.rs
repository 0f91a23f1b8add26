//! Proof of "cancel safe": cancel a future at every poll and check what is left.
//!
//! Answers the trap [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
//!
//! A future can be dropped wherever it is suspended, so a claim of cancel safety is a claim about
//! each of its suspension points. [`cancel_at_every_poll`] goes to all of them. It makes the
//! future afresh, polls it 0, 1, 2 … times, drops it, and hands what is left to a check, until
//! the future completes. No clock and no luck is involved.
//!
//! ```
//! use async_patterns::testing::cancel_at_every_poll;
//! use tokio::sync::mpsc;
//!
//! // `mpsc::Receiver::recv` is cancel safe: whatever it did not return is still in the channel.
//! cancel_at_every_poll(
//!     || (mpsc::channel::<u32>(1), None),
//!     async |((_, rx), got)| *got = rx.recv().await,
//! )
//! .drive(|((tx, _), _)| {
//!     let tx = tx.clone();
//!     move |_poll| tx.try_send(7).unwrap()
//! })
//! .check(|at, ((_, mut rx), got)| {
//!     let left = rx.try_recv().ok();
//!     let sent = at.polls() > 1 || at.is_woken();
//!     assert_eq!(got.or(left), sent.then_some(7));
//! });
//! ```
//!
//! # Two ways to be cut
//!
//! At each suspension a future is cut twice, in two rounds:
//!
//! - [`CancelPoint::Suspended`]: dropped right after the poll that returned `Pending`;
//! - [`CancelPoint::Woken`]: dropped after its waker was woken, but before it was polled again.
//!   What was handed to the future in between (a message, a permit, the lock) must go back to
//!   where others find it. Hand-written futures forget this one.
//!
//! # Which await was cut
//!
//! Wrap the awaits inside in [`CancelDebug`](crate::cancel::CancelDebug) and a violation names
//! the ones that were cut, from the outermost to the innermost. While a sweep runs, the default
//! sink of these wrappers is silent; other sinks still get their reports.
//!
//! # When a lighter tool is enough
//!
//! To assert on single polls and wake counts, `tokio_test::task::spawn` and
//! `futures_test::task::new_count_waker` are all that is needed. For a future that touches
//! nothing but itself there is nothing to check.

mod cut;
mod point;
mod round;
mod sweep;

pub use point::{CancelPoint, Violation, ViolationKind, Visited};
pub use sweep::{CancelAtEveryPoll, cancel_at_every_poll};
