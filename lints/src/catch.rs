//! Keeps a panic in one lint from ending the whole compilation.
//!
//! rustc's panic hook prints "the compiler unexpectedly panicked" with a request to report it to
//! rustc's developers. For a panic of ours that is wrong twice: the compiler can go on, and the
//! report belongs to this project. The hook installed here stays quiet while [`guarded`] runs and
//! keeps the message; everything else goes to the hook that was there before.

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    sync::Once,
};

use rustc_span::fatal_error::FatalErrorMarker;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Puts our panic hook in front of the compiler's. Further calls do nothing.
pub(crate) fn install_hook() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.get() {
                LAST_PANIC.replace(Some(describe(info)));
            } else {
                previous(info);
            }
        }));
    });
}

/// Runs `call`; a panic in it becomes `Err` with its message and place.
///
/// rustc's own way to stop a compilation, an unwind with [`FatalErrorMarker`], passes through.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let outer = GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    outcome.map_err(|payload| {
        if payload.is::<FatalErrorMarker>() {
            panic::resume_unwind(payload);
        }
        LAST_PANIC
            .take()
            .unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    match info.location() {
        Some(location) => format!("{message} ({location})"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_message_and_place() {
        install_hook();
        let error = guarded(|| panic!("no such {}", "local")).unwrap_err();
        assert!(error.starts_with("no such local ("), "{error}");
        assert!(error.contains("catch.rs"), "{error}");
    }

    #[test]
    fn the_value_comes_back_and_the_flag_is_reset() {
        assert_eq!(guarded(|| guarded(|| 7)), Ok(Ok(7)));
        assert!(!GUARDED.get());
    }

    #[test]
    fn a_fatal_error_of_the_compiler_passes_through() {
        install_hook();
        let payload = panic::catch_unwind(|| {
            let _ = guarded(|| rustc_span::fatal_error::FatalError.raise());
        })
        .unwrap_err();
        assert!(payload.is::<FatalErrorMarker>());
        assert!(!GUARDED.get());
    }
}
