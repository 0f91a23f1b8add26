//! The `session` module as a host uses it.
//!
//! Bodies tell the test where they are through channels, and wait to be released by them: no test
//! here sleeps to let something happen.
#![cfg(not(async_patterns_loom))]

mod support;

#[cfg(unix)]
mod fds;
mod ffi;
mod host_thread;
mod life;
mod model;
mod registry;
mod runtime;
