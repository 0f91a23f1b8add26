//! The C functions. `include/session_bridge.h` is made from this file; a test compares them.
//!
//! Each returns an `int32_t`: what it says, or a negative `session_bridge_error`, whose message
//! [`session_bridge_last_error`] has for the calling thread.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use async_patterns::session::{LastError, SessionHandle, ffi_guard, ffi_guard_with, last_error};

use crate::figures::Stats;
use crate::host;
use crate::options::{Options, invalid};

/// The version of this interface. It changes when a function or a struct does.
pub const ABI_VERSION: i32 = 1;

/// More of a message is not copied, however much room there is.
const LONGEST_MESSAGE: usize = 64 * 1024;

// ANCHOR: guarded
/// The inside of every function that returns a number or an error code.
fn guarded(f: impl FnOnce() -> Result<i32, LastError>) -> i32 {
    ffi_guard_with(|error| error.code() as i32, f)
}
// ANCHOR_END: guarded

fn limit(milliseconds: u32) -> Duration {
    Duration::from_millis(milliseconds.into())
}

/// `what` names the argument.
///
/// # Safety
///
/// `pointer` must be null, or valid for reads of a `T`, for as long as the result is used.
unsafe fn read<'a, T>(what: &str, pointer: *const T) -> Result<&'a T, LastError> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| is_null(what))
}

fn is_null(what: &str) -> LastError {
    invalid(format!("{what} is null; it is needed"))
}

/// Copies an error to the caller; returns the length of its message.
///
/// # Safety
///
/// `code` must be null or valid for a write; `buffer` must be null, or valid for writes of `size`
/// bytes.
unsafe fn tell(error: Option<&LastError>, code: *mut i32, buffer: *mut c_char, size: usize) -> i32 {
    if !code.is_null() {
        // SAFETY: not null, so valid by the caller's promise.
        unsafe { code.write(error.map_or(0, |error| error.code() as i32)) };
    }
    let room = if buffer.is_null() { 0 } else { size };
    // The caller's buffer need not be initialized, so the text is made in one that is.
    let mut text = vec![0; room.min(LONGEST_MESSAGE)];
    let length = match error {
        Some(error) => error.copy_message(&mut text),
        None => 0,
    };
    if room > 0 {
        let copied = text.iter().position(|byte| *byte == 0).unwrap_or(0) + 1;
        // SAFETY: `buffer` is valid for `size` bytes, of which `copied` are at most all; the two do
        // not overlap, as one is ours.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), buffer, copied) };
    }
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// The version of this interface, to be compared with `SESSION_BRIDGE_ABI_VERSION` of the header.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_abi_version() -> i32 {
    ABI_VERSION
}

/// Makes a session and returns its handle, which is never 0; 0 is an error.
///
/// The name is part of the names of its threads; it must be UTF-8 and not empty. Free the session
/// with `session_bridge_destroy`.
///
/// # Safety
///
/// `name` must be null or a string that ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_bridge_create(name: *const c_char) -> u64 {
    ffi_guard(0, || {
        if name.is_null() {
            return Err(is_null("name"));
        }
        // SAFETY: the caller's promise.
        let name = unsafe { CStr::from_ptr(name) };
        let name = name
            .to_str()
            .map_err(|error| invalid(format!("name is not UTF-8: {error}")))?;
        Ok(host::create(name)?.into())
    })
}

// ANCHOR: start
/// Starts the session and returns 0 at once, before it has done anything. Null options are those of
/// `SESSION_BRIDGE_OPTIONS_INIT`: the memory device.
///
/// A session that has ended can be started again.
///
/// # Safety
///
/// `options` must be null or point to such a struct; a descriptor in it must be open, and yours to
/// use, until this returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_bridge_start(handle: u64, options: *const Options) -> i32 {
    guarded(|| {
        let handle = SessionHandle::try_from(handle)?;
        let default = Options::default();
        // SAFETY: the caller's promise.
        let options = unsafe { options.as_ref() }.unwrap_or(&default);
        // SAFETY: the caller's promise.
        unsafe { host::start(handle, options) }?;
        Ok(0)
    })
}
// ANCHOR_END: start

/// Asks the session to stop and returns 0 at once. One that is stopping or has ended is left as it
/// is.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_request_stop(handle: u64) -> i32 {
    guarded(|| {
        host::request_stop(SessionHandle::try_from(handle)?)?;
        Ok(0)
    })
}

/// Asks the session to stop, waits for its end, and returns how it ended: a `session_bridge_outcome`.
///
/// `SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED` says that it has not ended in time; it will, and you may
/// wait again.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_stop(handle: u64, deadline_ms: u32) -> i32 {
    guarded(|| {
        let outcome = host::stop(SessionHandle::try_from(handle)?, limit(deadline_ms))?;
        Ok(outcome as i32)
    })
}

/// Waits for the end of the session's run without asking for it, and returns how it ended: a
/// `session_bridge_outcome`.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_wait(handle: u64, deadline_ms: u32) -> i32 {
    guarded(|| {
        let outcome = host::wait(SessionHandle::try_from(handle)?, limit(deadline_ms))?;
        Ok(outcome as i32)
    })
}

/// Where the session is in its life: a `session_bridge_state`.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_get_state(handle: u64) -> i32 {
    guarded(|| host::state(SessionHandle::try_from(handle)?))
}

/// Copies the session's figures and returns 0.
///
/// # Safety
///
/// `stats` must be null or point to such a struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_bridge_get_stats(handle: u64, stats: *mut Stats) -> i32 {
    guarded(|| {
        // SAFETY: the caller's promise. The size comes first in every version of the struct, and
        // nothing else is read before it is known to be ours.
        let size = unsafe { read("stats", stats.cast::<u32>().cast_const()) }?;
        Stats::check_size(*size)?;
        let now = host::stats(SessionHandle::try_from(handle)?)?;
        // SAFETY: the caller's promise; not null, as it was just read.
        unsafe { stats.write(now) };
        Ok(0)
    })
}

/// The last error of the session's own work: that its body failed or panicked, or could not be
/// started. Calls that were refused are not among these.
///
/// Returns the length of the whole message without its NUL, and 0 if there was no error. `code`, if
/// it is not null, is set to the `session_bridge_error`, or 0. `buffer`, if it is not null, is given as
/// much of the message as fits into `size` bytes, and a NUL.
///
/// # Safety
///
/// `code` must be null or point to an `int32_t`; `buffer` must be null or have room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_bridge_session_error(
    handle: u64,
    code: *mut i32,
    buffer: *mut c_char,
    size: usize,
) -> i32 {
    guarded(|| {
        let error = host::session_error(SessionHandle::try_from(handle)?)?;
        // SAFETY: the caller's promise.
        Ok(unsafe { tell(error.as_ref(), code, buffer, size) })
    })
}

/// The error of the last call of the calling thread that returned one. A call that succeeds leaves
/// it as it is, like errno.
///
/// Returns and copies what `session_bridge_session_error` does.
///
/// # Safety
///
/// As for `session_bridge_session_error`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_bridge_last_error(
    code: *mut i32,
    buffer: *mut c_char,
    size: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    guarded(|| Ok(unsafe { tell(last_error().as_ref(), code, buffer, size) }))
}

/// Takes the handle out of use, asks the session to stop, waits for its end and returns 0.
///
/// After `SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED` the handle is out of use, too, and the session ends
/// when it can; `session_bridge_shutdown` waits for it once more.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_destroy(handle: u64, deadline_ms: u32) -> i32 {
    guarded(|| {
        host::destroy(SessionHandle::try_from(handle)?, limit(deadline_ms))?;
        Ok(0)
    })
}

/// Destroys all sessions, ends every thread of this library and returns 0. Call it when no other
/// thread creates or starts sessions.
///
/// `SESSION_BRIDGE_ERROR_DEADLINE_EXCEEDED` says that something has not ended in time; the message
/// names it. In any case the library is as it was at first: sessions can be created again, and none
/// of them will have a handle that was there before.
#[unsafe(no_mangle)]
pub extern "C" fn session_bridge_shutdown(deadline_ms: u32) -> i32 {
    guarded(|| {
        host::shutdown(limit(deadline_ms))?;
        Ok(0)
    })
}
