//! Broadcast channels on which a lost message cannot be overlooked.
//!
//! Answers the trap [`lagged_ignored`](https://async-patterns.github.io/book/traps/lagged_ignored.html).
//!
//! Two ways to send every message to every receiver, for two kinds of message:
//!
//! | | [`tokio::sync::broadcast`] + [`LagAware`] | [`Fanout`] |
//! |---|---|---|
//! | a slow receiver | misses the oldest messages and is told so | holds every sender back |
//! | sending | never waits | waits for the slowest subscriber |
//! | memory | one ring buffer for all | one bounded queue for each subscriber |
//! | made for | prices, metrics, cache hints, state that can be read again | audit logs, ledgers, replication |
//!
//! # Which item is enough
//!
//! - [`tokio::sync::broadcast::Receiver`] alone is enough where the loop already matches on
//!   `RecvError::Lagged` and does the right thing there. The trap is a loop over
//!   `while let Ok(message) = rx.recv().await`, which ends at the first lag, or one that treats
//!   every error as "closed".
//! - [`tokio::sync::watch`] is enough, and better, where only the newest value counts.
//! - One [`tokio::sync::mpsc`] channel is enough where there is one receiver.
//! - The crate `async-broadcast` is enough where backpressure is wanted and neither of
//!   [`Fanout`]'s additions is: it cannot name or evict the subscriber that everyone waits for, a
//!   cancelled `broadcast` drops the message with it, and any handle can turn on its overflow mode,
//!   which loses messages.

mod error;
mod fanout;
mod lag_aware;
mod note_wait;
mod permit;
mod policy;
mod shared;
#[cfg(feature = "stream")]
mod stream;
mod subscriber;

pub use error::{
    NoSubscribers, RecvError, SendTimeoutError, TryRecvError, TrySendError, Unsubscribed,
};
pub use fanout::Fanout;
pub use lag_aware::{Event, LagAware, LagCounts};
pub use permit::Permit;
pub use policy::{Lag, LagPolicy, ResyncHook};
pub use shared::{Backlog, SubscriberId};
#[cfg(feature = "stream")]
pub use stream::LagAwareStream;
pub use subscriber::Subscriber;
