//! Lints about the border to other languages and to the system.

mod fd_source;
mod fd_uses;
mod ffi_panic_aborts;
mod raw_fd_into_task;

pub(crate) use ffi_panic_aborts::FfiPanicAborts;
pub(crate) use raw_fd_into_task::RawFdIntoTask;
