//! Sending into a sink in two steps, so that a cancel cannot lose the item in between.
//!
//! Answers the trap [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
//!
//! `futures::SinkExt::send` takes the item first and waits for room then. Dropped while it
//! waits, it takes the item with it, and the caller cannot tell whether it was sent. Here the
//! wait comes first: [`ReserveExt::reserve`] waits for room and holds no item, and the
//! [`Permit`] it returns sends without waiting.
//!
//! For tokio's own channel, [`tokio::sync::mpsc::Sender::reserve`] is enough.

mod permit;
mod reserve;
mod reserve_ext;

pub use permit::Permit;
pub use reserve::{FlushReserve, Reserve};
pub use reserve_ext::ReserveExt;
