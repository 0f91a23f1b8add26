//! The inside of an exported function.

use std::cell::RefCell;

use super::error::ErrorCode;
use super::last_error::LastError;
use super::panics::catch;

thread_local! {
    static LAST_ERROR: RefCell<Option<LastError>> = const { RefCell::new(None) };
}

/// Runs the inside of an exported function, so that neither an error nor a panic leaves it: either
/// is recorded as the calling thread's [`last_error`], and the function returns `error_value`.
///
/// Answers the trap [`ffi_panic_aborts`](https://async-patterns.github.io/book/traps/ffi_panic_aborts.html).
///
/// # Why the guard stands inside the exported function
///
/// Since Rust 1.81 a panic that reaches the edge of an `extern "C"` function aborts the process
/// ([release notes], "Abort on uncaught panics in `extern "C"` functions"). So a `catch_unwind` of
/// the *caller*, in Rust or by way of a wrapper, comes too late: the catch has to stand in the
/// exported frame itself, around everything that function does.
///
/// ```
/// use async_patterns::session::{ErrorCode, ffi_guard, last_error};
///
/// extern "C" fn checked_div(a: i32, b: i32) -> i32 {
///     ffi_guard(-1, || Ok(a / b))
/// }
///
/// assert_eq!(checked_div(6, 3), 2);
/// assert_eq!(checked_div(6, 0), -1);
/// let error = last_error().expect("the panic was recorded");
/// assert_eq!(error.code(), ErrorCode::Panicked);
/// assert_eq!(error.message(), "attempt to divide by zero");
/// ```
///
/// Inside, `?` takes any error. A call whose result is the function's own is written
/// `Ok(call()?)`:
///
/// ```
/// use async_patterns::session::{ErrorCode, ffi_guard, last_error};
///
/// fn parse(text: &str) -> i32 {
///     ffi_guard(-1, || Ok(text.parse()?))
/// }
///
/// assert_eq!(parse("one"), -1);
/// assert_eq!(last_error().unwrap().code(), ErrorCode::Failed);
/// ```
///
/// # What it cannot do
///
/// Nothing catches a stack overflow, an abort, a panic while another unwinds, or any panic in a
/// program built with `panic = "abort"`. The panic hook is left as it is and runs before the
/// unwinding, so its message is printed as always. What `f` was changing when it panicked may be
/// left half changed: the closure is taken to be unwind safe, because at an exported function there
/// is nobody left to ask.
///
/// Guards nest: each catches what is inside it, and the thread's last error is that of the last
/// guard that caught something. A success leaves it as it is, like C's `errno`.
///
/// # Panics
///
/// Only if dropping `error_value` does, after a success. Use a plain number or pointer.
///
/// [release notes]: https://doc.rust-lang.org/stable/releases.html#version-1810-2024-09-05
pub fn ffi_guard<T>(error_value: T, f: impl FnOnce() -> Result<T, LastError>) -> T {
    match guarded(f) {
        Ok(value) => value,
        Err(_) => error_value,
    }
}

/// [`ffi_guard`] for functions whose error value says what went wrong: it is made from the error.
///
/// # Panics
///
/// If `error_value` does. It stands outside the catch, because there would be no value to return.
///
/// # Examples
///
/// ```
/// use async_patterns::session::{SessionHandle, ffi_guard_with};
///
/// extern "C" fn check(handle: i64) -> i32 {
///     ffi_guard_with(
///         |error| error.code() as i32,
///         || {
///             SessionHandle::try_from(handle)?;
///             Ok(0)
///         },
///     )
/// }
///
/// assert_eq!(check(0), -4);
/// ```
pub fn ffi_guard_with<T>(
    error_value: impl FnOnce(&LastError) -> T,
    f: impl FnOnce() -> Result<T, LastError>,
) -> T {
    guarded(f).unwrap_or_else(|error| error_value(&error))
}

fn guarded<T>(f: impl FnOnce() -> Result<T, LastError>) -> Result<T, LastError> {
    catch(f)
        .unwrap_or_else(|message| Err(LastError::new(ErrorCode::Panicked, message)))
        .inspect_err(|error| set_last_error(error.clone()))
}

/// The last error a guard recorded on this thread; `None` if there was none, or if it was taken.
///
/// # Examples
///
/// An exported function that copies the message to the host:
///
/// ```
/// use async_patterns::session::{ErrorCode, LastError, ffi_guard, last_error};
///
/// /// Returns the length of the whole message; 0 if there is none.
/// ///
/// /// # Safety
/// ///
/// /// `buffer` must be valid for writes of `size` initialized bytes.
/// unsafe extern "C" fn demo_last_error(buffer: *mut u8, size: usize) -> usize {
///     ffi_guard(0, || {
///         // SAFETY: the caller's promise.
///         let buffer = unsafe { std::slice::from_raw_parts_mut(buffer, size) };
///         Ok(last_error().map_or(0, |error| error.copy_message(buffer)))
///     })
/// }
///
/// ffi_guard((), || Err(LastError::new(ErrorCode::Failed, "no route")));
/// let mut buffer = [0; 16];
/// // SAFETY: the pointer and the size are those of `buffer`.
/// let length = unsafe { demo_last_error(buffer.as_mut_ptr(), buffer.len()) };
/// assert_eq!(&buffer[..=length], b"no route\0");
/// ```
pub fn last_error() -> Option<LastError> {
    // A guard may run in the destructor of another thread-local, when this one is gone.
    LAST_ERROR
        .try_with(|last| last.borrow().clone())
        .unwrap_or_default()
}

/// [`last_error`], and forgets it.
///
/// # Examples
///
/// ```
/// use async_patterns::session::{ErrorCode, LastError, set_last_error, take_last_error};
///
/// set_last_error(LastError::new(ErrorCode::Failed, "once"));
/// assert_eq!(take_last_error().map(|error| error.to_string()), Some("once".into()));
/// assert_eq!(take_last_error(), None);
/// ```
pub fn take_last_error() -> Option<LastError> {
    LAST_ERROR
        .try_with(|last| last.borrow_mut().take())
        .unwrap_or_default()
}

/// Records an error as this thread's last, for exported functions that do without a guard.
///
/// # Examples
///
/// ```
/// use async_patterns::session::{SessionError, last_error, set_last_error};
///
/// set_last_error(SessionError::RuntimeGone.into());
/// assert!(last_error().is_some());
/// ```
pub fn set_last_error(error: LastError) {
    let _ = LAST_ERROR.try_with(|last| last.borrow_mut().replace(error));
}
