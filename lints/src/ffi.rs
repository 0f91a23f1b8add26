//! Lints about the border to other languages and to the system.

mod ffi_panic_aborts;

pub(crate) use ffi_panic_aborts::FfiPanicAborts;
