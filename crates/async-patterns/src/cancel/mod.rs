//! See a cancellation, or keep it away.
//!
//! Answers the traps [`never_polled`](https://async-patterns.github.io/book/traps/never_polled.html) and [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
//!
//! Dropping a future cancels it: the code after the current `.await` never runs, and nothing says
//! so. The loser of a `select!`, the inside of a `timeout` that elapsed, an aborted task and a
//! future that was made and never awaited all end this way.
//!
//! - [`CancelDebug`] wraps a future and reports when it is dropped before it completed:
//!   [`fut.cancel_debug("name")`](CancelDebugExt::cancel_debug) or
//!   [`cancel_debug!(expression)`](crate::cancel_debug!).
//! - [`shield`] runs a future to completion even when its caller is cancelled;
//!   [`ShieldRegistry`] waits for such futures at shutdown.
//!
//! To cancel on purpose, use [`CancellationToken`]; to stop a task with its handle, use
//! [`AbortOnDropHandle`]. To prove that a future can be cancelled without loss, see the `testing`
//! module.
//!
//! # The `cancel-debug` feature
//!
//! It is on by default. Without it everything here still compiles, a [`CancelDebug`] is exactly
//! as large as the future inside, adds no code to its poll, and reports nothing.
//!
//! [`CancellationToken`]: tokio_util::sync::CancellationToken
//! [`AbortOnDropHandle`]: tokio_util::task::AbortOnDropHandle

mod debug;
mod report;
mod shield;
mod sink;

#[cfg(feature = "cancel-debug")]
mod extras;
#[cfg(feature = "cancel-debug")]
mod nesting;
#[cfg(all(feature = "cancel-debug", feature = "testing"))]
pub(crate) mod observe;
#[cfg(feature = "cancel-debug")]
mod poll_count;

#[cfg(feature = "cancel-debug")]
mod watch;
#[cfg(not(feature = "cancel-debug"))]
#[path = "watch_off.rs"]
mod watch;

pub use crate::cancel_debug;
pub use debug::{CancelDebug, CancelDebugExt};
pub use report::{CancelKind, CancelReport};
pub use shield::{Shield, ShieldRegistry, ShieldSummary, shield};
pub use sink::{CancelCounter, DefaultSink, ReportSink};
