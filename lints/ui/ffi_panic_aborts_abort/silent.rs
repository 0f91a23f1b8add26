//! With `panic = "abort"` every panic ends the process, and whoever chose that knows.
#![allow(unused, clippy::all)]

#[unsafe(no_mangle)]
pub extern "C" fn direct() -> i32 {
    futures::executor::block_on(async { 3 })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn calls(hook: *const fn(u32)) {
    unsafe { (*hook)(3) };
}

fn main() {}
