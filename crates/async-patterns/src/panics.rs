//! What a caught panic said, and how to get rid of it.

use std::any::Any;
#[cfg(any(feature = "cancel-debug", feature = "session"))]
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The text of a panic's payload, as `panic!` and `assert!` make it.
pub(crate) fn payload_text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "(a panic payload that is not text)"
    }
}

/// Drops a panic payload. A payload may have a destructor, and that may panic too
/// (`std::panic::panic_any` takes any type); the second payload is leaked rather than dropped,
/// because it may do the same for ever.
#[cfg(any(feature = "cancel-debug", feature = "session"))]
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        std::mem::forget(second);
    }
}
