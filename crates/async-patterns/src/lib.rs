//! Cancellation-safe helpers for tokio.
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

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
