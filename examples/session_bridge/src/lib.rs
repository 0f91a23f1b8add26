//! Async sessions for a host that is not async: a C ABI and a JNI face over
//! [`async_patterns::session`].
//!
//! What a session runs is the forwarder of the example `io_loop`: in memory, with applications and
//! servers of its own, or on a descriptor that the host hands in.
//!
//! | module | what it is |
//! |---|---|
//! | [`host`] | the sessions of this process and their runtime: all that both faces do |
//! | [`options`] | what a start is told, checked |
//! | [`descriptor`] | the host's descriptor, checked and duplicated |
//! | [`forwarder`] | the body of a session |
//! | [`figures`] | what `stats` tells |
//! | [`c_abi`] | the C functions; `include/session_bridge.h` is made from them |
//! | [`java`] | the native methods of `org.asyncpatterns.bridge` |
//! | [`packet_pair`] | a pair of packet sockets, for Java, which cannot make one |
//!
//! Three rules hold for every exported function:
//!
//! - no panic gets out of it: all that it does stands inside an
//!   [`ffi_guard`](async_patterns::session::ffi_guard);
//! - it takes handles and numbers, and checks them: a wrong one is an error with a message;
//! - none blocks but those that take a deadline.

#![cfg(target_os = "linux")]

pub mod c_abi;
pub mod descriptor;
pub mod figures;
pub mod forwarder;
pub mod host;
pub mod java;
pub mod options;
pub mod packet_pair;
