//! Cancellation-safe helpers for tokio: what to write instead of each async trap.
//!
//! Async Rust fails silently. A future is dropped half way and takes a message with it, a timeout
//! never fires, a lagging receiver ends its loop, a task outlives the program's shutdown. Each item
//! here answers one such trap, in one line at the place where it happens, and says in its
//! documentation what it does when it is cancelled. Those sentences are tested: every future is
//! dropped at each of its suspension points, and what is left is checked (with [`testing`], which
//! you can use on your own code).
//!
//! ```
//! use async_patterns::task::TaskScope;
//! use async_patterns::timeout::fused_timeout;
//! use std::pin::pin;
//! use tokio::time::{Duration, interval, sleep};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let scope = TaskScope::builder().name("worker").build();
//! scope.spawn("heartbeat", |token| async move {
//!     let mut beat = interval(Duration::from_secs(1));
//!     let work = sleep(Duration::from_secs(60)); // something slow
//!     // One timer for all passes of the loop.
//!     let mut work = pin!(fused_timeout(Duration::from_secs(10), work));
//!     loop {
//!         tokio::select! {
//!             done = &mut work => return done,
//!             _ = beat.tick() => {}
//!             () = token.cancelled() => return Ok(()),
//!         }
//!     }
//! });
//!
//! // Cancel, drain, abort; and every child is accounted for by name.
//! let report = scope.shutdown(Duration::from_secs(5)).await;
//! assert!(report.is_clean(), "{report}");
//! # }
//! ```
//!
//! # From the trap to the item
//!
//! | what goes wrong | item |
//! |---|---|
//! | a future is dropped half way, or never polled, and nothing says so | [`cancel::CancelDebug`], [`cancel_debug!`] |
//! | a commit or a second write is torn off by a cancel | [`cancel::shield`](fn@cancel::shield), [`cancel::ShieldRegistry`] |
//! | a timer made in a `select!` loop starts over in each pass; a finished branch is polled again | [`timeout::fused_timeout`] |
//! | three timeouts in a row take three times as long | [`timeout::Deadline`] |
//! | a timeout around CPU work cannot fire | [`timeout::blocking_timeout`] |
//! | a slow receiver misses messages, or its loop ends, without a word | [`broadcast::LagAware`] |
//! | no receiver may miss a message | [`broadcast::Fanout`] |
//! | tasks, closures and threads outlive a shutdown; their panics are lost | [`task::TaskScope`] |
//! | nobody can stop a blocking closure, or it fills the pool that all share | [`task::spawn_cancellable_blocking`], [`task::BlockingLimiter`] |
//! | blocking work without end holds up the runtime's shutdown | [`task::spawn_dedicated`] |
//! | the program dies at SIGTERM before it has shut down | [`task::ShutdownSignals`] |
//! | a cancel under a lock leaves the data half changed | [`sync::CancelPoisonMutex`], [`sync::CancelPoisonRwLock`] |
//! | one task drives thousands of sources and must poll only those that were woken | [`sync::ReadySet`] |
//! | synchronous code wants what is there now | [`poll`] |
//! | a slow consumer stalls its own `buffered` futures | [`stream::SpawnBufferedExt`] |
//! | the first error drops the siblings where they stand | [`stream::ThenTryExt`], [`stream::join_all_then_try`], [`join_then_try!`] |
//! | `SinkExt::send` loses its item to a cancel | [`sink::ReserveExt`] |
//! | a future is too large for its stack | [`size::future_size_of`], [`assert_future_size!`] |
//! | a C or JNI host starts and stops async work | [`session::Session`], [`session::ffi_guard`], [`session::SessionFds`] |
//! | "cancel safe" is claimed and was never checked | [`testing::cancel_at_every_poll`] |
//!
//! # When something else is enough
//!
//! What tokio, tokio-util and futures already do well is not offered again here. Take theirs where
//! the middle column fits, and ours where you need the right one.
//!
//! | theirs | is enough | ours adds |
//! |---|---|---|
//! | [`tokio::time::timeout`], [`FutureExt::timeout`] | the future is awaited once, in one place | [`FusedTimeout`](timeout::FusedTimeout): polled by `&mut` in a loop, fused, resumable after expiry, says how late it fired |
//! | [`tokio::time::interval`] | something is due every so often, whatever else happens | |
//! | [`CancellationToken`], its [`run_until_cancelled`] | tasks are told to stop, and a future may be dropped at any await | the token is handed out by [`TaskScope`](task::TaskScope), which also waits, aborts and reports |
//! | [`AbortOnDropHandle`] | one task must not outlive its owner | |
//! | [`TaskTracker`] | wait for tasks whose values and panics are of no interest | names, outcomes, a deadline, blocking closures and threads: [`TaskScope`](task::TaskScope) |
//! | [`JoinSet`](tokio::task::JoinSet), [`JoinMap`] | the values of tasks are wanted, one by one or by key | a bounded shutdown and its [report](task::ShutdownReport) |
//! | [`tokio::spawn`] | the work must survive its caller, and a `JoinError` is wanted | [`shield`](fn@cancel::shield): the value itself, panics carried on, a registry to wait for |
//! | [`tokio::task::spawn_blocking`] | blocking work that is short | a token, and a limit of its own: [`spawn_cancellable_blocking`](task::spawn_cancellable_blocking) |
//! | [`tokio::sync::broadcast`] | the loop matches on `Lagged` and does the right thing | a lag that the types do not let you overlook: [`LagAware`](broadcast::LagAware) |
//! | [`tokio::sync::Mutex`] | no `await` in the critical section, or a half change does no harm | poison by cancel: [`CancelPoisonMutex`](sync::CancelPoisonMutex) |
//! | [`mpsc::Sender::reserve`](tokio::sync::mpsc::Sender::reserve) | the sink is tokio's channel | the same for any `Sink`: [`ReserveExt`](sink::ReserveExt) |
//! | futures' `buffered` | the consumer is quick, or the futures borrow | tasks of their own: [`SpawnBufferedExt`](stream::SpawnBufferedExt) |
//! | futures' `FuturesUnordered` | the futures are polled by the one task and come and go with it | sources that are no futures, an engine that is stepped: [`ReadySet`](sync::ReadySet) |
//! | `futures::FutureExt::now_or_never` | a future that may be dropped after one poll | one poll of what is kept, outside of tokio's budget: [`poll`] |
//!
//! [`FutureExt::timeout`]: https://docs.rs/tokio-util/latest/tokio_util/future/trait.FutureExt.html
//! [`CancellationToken`]: tokio_util::sync::CancellationToken
//! [`run_until_cancelled`]: tokio_util::sync::CancellationToken::run_until_cancelled
//! [`AbortOnDropHandle`]: tokio_util::task::AbortOnDropHandle
//! [`TaskTracker`]: tokio_util::task::TaskTracker
//! [`JoinMap`]: https://docs.rs/tokio-util/latest/tokio_util/task/struct.JoinMap.html
//!
//! # Coming from another crate
//!
//! | theirs | here |
//! |---|---|
//! | `RobustMutex` of cancel-safe-futures | [`sync::CancelPoisonMutex`], with a guard as well as `perform` |
//! | its `collect_then_try`, `join_then_try!`, `reserve` and the like | the same names, in [`stream`] and [`sink`] |
//! | its `coop_cancel` | [`CancellationToken`]; to wait until the request was obeyed, [`TaskScope::shutdown`](task::TaskScope::shutdown); for a reason along with the request, a [`tokio::sync::watch`] channel |
//! | `Toplevel` and `SubsystemBuilder` of tokio-graceful-shutdown | [`task::TaskScope`] and [`task::ShutdownSignals`]; a nested subsystem is a scope with a [`parent`](task::TaskScopeBuilder::parent) |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cancel-debug` | yes | the reports of [`cancel::CancelDebug`]; without it the wrapper is the bare future |
//! | `stream` | | [`stream`], [`sink`], [`LagAware::into_stream`](broadcast::LagAware::into_stream); needs futures-util |
//! | `session` | | [`session`] |
//! | `signal` | | [`task::ShutdownSignals`] |
//! | `testing` | | [`testing`]; for `dev-dependencies`, because it turns on tokio's `test-util` |
//! | `tracing` | | reports go to `tracing` instead of stderr |
//! | `full` | | all of these |
//!
//! ```toml
//! [dependencies]
//! async-patterns = { version = "0.1", features = ["stream", "tracing"] }
//!
//! [dev-dependencies]
//! async-patterns = { version = "0.1", features = ["testing"] }
//! ```
//!
//! Features add; none changes what an item of another does. The runtime is yours: tokio's `rt`,
//! `sync` and `time` are what this crate needs of it, with the timer enabled.
//!
//! # Rust version
//!
//! Rust 1.85, which is tokio's and that of the 2024 edition. A release that needs a newer one is a
//! minor release.
//!
//! # How this is tested
//!
//! - Each sentence under "Cancel safety" by [`testing::cancel_at_every_poll`], on both flavors of
//!   runtime where that makes a difference.
//! - The atomics and locks of this crate by [loom], under a cfg of its own, because a plain
//!   `--cfg loom` takes parts of tokio away:
//!   `RUSTFLAGS="--cfg async_patterns_loom" cargo test --release --lib --all-features loom_`. It
//!   changes nothing for a dependent that runs loom on its own code.
//! - All tests under the address sanitizer, which looks for leaks at the end.
//! - What each wrapper costs by instruction counts, which do not vary from run to run; see
//!   [performance], which also compares with the crates named above.
//!
//! [loom]: https://docs.rs/loom
//! [performance]: https://github.com/async-patterns/async-patterns/blob/main/docs/performance.md
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The tables above link to items of every feature.
#![cfg_attr(
    not(all(
        feature = "session",
        feature = "signal",
        feature = "stream",
        feature = "testing"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

/// The examples of the README, compiled and run.
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod broadcast;
pub mod cancel;
mod loom;
#[cfg(any(feature = "cancel-debug", not(feature = "tracing")))]
mod note;
mod panics;
pub mod poll;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "stream")]
pub mod sink;
pub mod size;
#[cfg(feature = "stream")]
pub mod stream;
pub mod sync;
pub mod task;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timeout;

/// What our macros expand to. No part of the API.
#[doc(hidden)]
#[cfg(feature = "stream")]
pub mod __private {
    pub use std::result::Result;
    // Not the whole of tokio: compilers would print paths through here.
    pub use tokio::join;
}
