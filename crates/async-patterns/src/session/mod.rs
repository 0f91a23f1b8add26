//! Asynchronous work inside a synchronous host: a C program, a JVM, an app.
//!
//! Answers the traps [`ffi_panic_aborts`](https://async-patterns.github.io/book/traps/ffi_panic_aborts.html), [`raw_fd_into_task`](https://async-patterns.github.io/book/traps/raw_fd_into_task.html) and [`block_on_in_async`](https://async-patterns.github.io/book/traps/block_on_in_async.html).
//!
//! The host knows threads, integers and file descriptors. It starts a *session*, asks how it is
//! doing, stops it, and expects that nothing of it is left: no thread, no descriptor, no handle
//! that means something else tomorrow.
//!
//! | item | what it is for |
//! |---|---|
//! | [`RuntimeProfile`], [`SharedRuntime`] | one tokio runtime for all sessions: few threads, small stacks, names; built when needed, shut down within a limit |
//! | [`Session`], [`SessionBody`], [`SessionContext`] | one piece of work, its life and what it is given |
//! | [`SessionState`], [`SessionOutcome`] | where it is in its life, and how its last run ended |
//! | [`SessionError`], [`ErrorCode`], [`OutcomeCode`] | what went wrong; the same as numbers for a C header |
//! | [`SessionRegistry`], [`SessionHandle`] | sessions behind integers that never dangle |
//! | [`SessionFds`] | duplicates of the host's file descriptors (unix) |
//! | [`ffi_guard`], [`last_error`] | exported functions out of which no panic gets |
//!
//! A whole library of this kind, with a C header, Java classes and a test host in each language, is
//! the example [`session_bridge`] of the repository.
//!
//! [`session_bridge`]: https://github.com/async-patterns/async-patterns/tree/main/examples/session_bridge
//!
//! # Two ways to run
//!
//! [`Session::start`] runs the body on a thread of its own and returns at once: right for a host
//! whose callback thread must not block (an app's main thread, a JVM's callback).
//! [`Session::run_on_this_thread`] runs it on the caller's thread, for hosts that bring one. In both
//! the body is driven by [`Handle::block_on`](tokio::runtime::Handle::block_on) inside a
//! [`catch_unwind`](std::panic::catch_unwind), and what it spawns runs on the shared runtime.
//!
//! Code that must stay synchronous (a library with its own event loop) wants a thread and no
//! session; see [`task`](crate::task).
//!
//! # Panics
//!
//! There are two places to catch them, and a host needs both: the body's, which a session has built
//! in, and each exported function's, which is [`ffi_guard`]'s. A panic that reaches the edge of an
//! `extern "C"` function aborts the process, so no caller can catch it any more. Both leave the
//! panic hook alone.
//!
//! # When tokio is enough
//!
//! A host written in Rust that only wants to call some async function needs
//! [`Runtime::block_on`](tokio::runtime::Runtime::block_on) and no session; tokio's guide has a
//! page on it ([Bridging with sync code]). Tasks inside an async program are
//! [`task`](crate::task)'s.
//!
//! [Bridging with sync code]: https://tokio.rs/tokio/topics/bridging

mod body;
mod context;
mod control;
#[cfg(unix)]
mod descriptors;
mod error;
mod ffi;
mod gate;
mod last_error;
mod lifecycle;
mod locks;
mod panics;
mod profile;
mod registry;
mod run;
mod runtime;
mod slots;
mod state;
mod stats;
mod threads;

#[cfg(all(test, async_patterns_loom))]
mod loom_tests;

pub use body::{BoxError, LocalSessionBody, SessionBody};
pub use context::{Counter, SessionContext};
pub use control::Session;
#[cfg(unix)]
pub use descriptors::SessionFds;
pub use error::{ErrorCode, SessionError};
pub use ffi::{ffi_guard, ffi_guard_with, last_error, set_last_error, take_last_error};
pub use last_error::LastError;
pub use profile::RuntimeProfile;
pub use registry::{SessionHandle, SessionRegistry};
pub use runtime::{RuntimeShutdown, SharedRuntime};
pub use state::{OutcomeCode, SessionOutcome, SessionState};
pub use stats::SessionStats;
