//! Timeouts that survive `select!` loops, say how late they fired, and stop CPU work.
//!
//! Answers the traps [`timer_reset_in_select_loop`](https://async-patterns.github.io/book/traps/timer_reset_in_select_loop.html), [`polled_after_completion`](https://async-patterns.github.io/book/traps/polled_after_completion.html) and [`timeout_over_cpu_work`](https://async-patterns.github.io/book/traps/timeout_over_cpu_work.html).
//!
//! - [`fused_timeout`] wraps a future once; polled by `&mut` in any number of `select!` passes it
//!   keeps its one timer, where a timer made inside the loop starts over in each pass and may
//!   never fire.
//! - [`Deadline`] is one point in time shared by several operations.
//! - [`blocking_timeout`] runs CPU work on the blocking pool, hands it a [`StopFlag`], and says on
//!   expiry whether the thread has stopped.
//!
//! A timeout is cooperative: it is looked at between two polls of the future inside. Work that
//! does not yield cannot be timed out, only found out: [`TimeoutError::Elapsed`] carries the time
//! by which the timeout was late, and [`FusedTimeout::with_poll_budget`] names the poll that was
//! too long.
//!
//! # When tokio's own is enough
//!
//! For a future that is awaited once, in one place, use [`tokio::time::timeout`] (or
//! `tokio_util::future::FutureExt::timeout`). For one point in time in a `select!` loop, pin one
//! [`tokio::time::sleep`] outside of the loop.

mod blocking;
mod deadline;
mod error;
mod fused;
mod stop_flag;

#[cfg(all(test, async_patterns_loom))]
mod loom_tests;

pub use blocking::{BlockingTimeout, BlockingWork, blocking_timeout};
pub use deadline::Deadline;
pub use error::{BlockingTimeoutError, TimeoutError};
pub use fused::{FusedTimeout, fused_timeout, fused_timeout_at};
pub use stop_flag::{StopFlag, Stopped};
