//! Tasks and threads that end when their owner does.
//!
//! Answers the traps [`detached_task`](https://async-patterns.github.io/book/traps/detached_task.html), [`dropped_handle_does_not_cancel`](https://async-patterns.github.io/book/traps/dropped_handle_does_not_cancel.html), [`unending_spawn_blocking`](https://async-patterns.github.io/book/traps/unending_spawn_blocking.html), [`blocking_task_in_join_set`](https://async-patterns.github.io/book/traps/blocking_task_in_join_set.html) and [`blocking_pool_exhaustion`](https://async-patterns.github.io/book/traps/blocking_pool_exhaustion.html).
//!
//! - [`TaskScope`]: children that are cancelled, drained, aborted and accounted for.
//! - [`spawn_cancellable_blocking`]: blocking work that is asked to stop when nobody waits for it
//!   any more, with a [`BlockingLimiter`] so that it cannot fill tokio's blocking pool.
//! - [`spawn_dedicated`]: a named thread for blocking work without end.
//! - `ShutdownSignals` (feature `signal`): ctrl-c and SIGTERM as one.
//!
//! # Which item is enough
//!
//! | what you need | enough | what is added here |
//! |---|---|---|
//! | a handful of tasks, their values in the order they finish | [`tokio::task::JoinSet`] | |
//! | the same, found by a key | [`tokio_util::task::JoinMap`](https://docs.rs/tokio-util/latest/tokio_util/task/struct.JoinMap.html) | |
//! | wait until any number of tasks is done, without values | [`tokio_util::task::TaskTracker`] | |
//! | one task that must not outlive its owner | [`tokio_util::task::AbortOnDropHandle`] | |
//! | tell tasks to stop | [`tokio_util::sync::CancellationToken`] | |
//! | stop all within a bounded time and know what became of each | | [`TaskScope::shutdown`], [`ShutdownReport`] |
//! | abort everything when the owner is dropped, blocking threads named | | [`TaskScope`] |
//! | short blocking work | [`tokio::task::spawn_blocking`] | |
//! | blocking work that can be told to stop | | [`spawn_cancellable_blocking`] |
//! | CPU work that splits into many pieces | rayon's pool and a [`tokio::sync::oneshot`] | |

mod blocking;
mod board;
mod builder;
mod child;
mod dedicated;
mod event;
mod handle;
#[cfg(all(test, async_patterns_loom))]
mod loom_tests;
mod outcome;
mod panic;
mod report;
mod scope;
mod shared;
#[cfg(feature = "signal")]
mod signal;
mod table;

pub use blocking::{
    BlockingError, BlockingLimiter, CancellableBlocking, spawn_cancellable_blocking,
};
pub use builder::TaskScopeBuilder;
pub use child::ChildHandle;
pub use dedicated::{DedicatedThread, spawn_dedicated};
pub use event::ScopeEvent;
pub use handle::{ScopeHandle, SpawnError};
pub use outcome::{ChildKind, Outcome, TaskOutput};
pub use panic::TaskPanic;
pub use report::{ChildReport, ShutdownReport, ShutdownStage, Totals, UncleanShutdown};
pub use scope::TaskScope;
#[cfg(feature = "signal")]
pub use signal::{ShutdownSignal, ShutdownSignals, shutdown_signal};
