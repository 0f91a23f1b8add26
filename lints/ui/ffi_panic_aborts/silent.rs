//! A panic is caught in the frame, or cannot come.
#![allow(unused, clippy::all)]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use async_patterns::session::ffi_guard;
use futures::FutureExt;
use tokio::runtime::Runtime;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

async fn decode(id: u64) -> i32 {
    tokio::task::yield_now().await;
    [1, 2, 3][id as usize]
}

#[unsafe(no_mangle)]
pub extern "C" fn caught(id: u64) -> i32 {
    catch_unwind(|| runtime().block_on(decode(id))).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub extern "C" fn caught_with_assertion(id: u64) -> i32 {
    let id = &id;
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime().block_on(decode(*id))));
    outcome.unwrap_or(-1)
}

fn guarded<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

#[unsafe(no_mangle)]
pub extern "C" fn caught_by_a_helper(id: u64) -> i32 {
    guarded(-1, || runtime().block_on(decode(id)))
}

fn run_caught(id: u64) -> i32 {
    catch_unwind(|| runtime().block_on(decode(id))).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub extern "C" fn caught_between(id: u64) -> i32 {
    run_caught(id)
}

#[unsafe(no_mangle)]
pub extern "C" fn caught_by_the_library(id: u64) -> i32 {
    ffi_guard(-1, || Ok(runtime().block_on(decode(id))))
}

#[unsafe(no_mangle)]
pub extern "C" fn to_a_thread(id: u64) {
    std::thread::spawn(move || runtime().block_on(decode(id)));
}

#[unsafe(no_mangle)]
pub extern "C" fn to_a_joined_thread(id: u64) -> i32 {
    std::thread::spawn(move || runtime().block_on(decode(id)))
        .join()
        .unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub extern "C" fn to_a_task(id: u64) {
    runtime().spawn(decode(id));
}

#[unsafe(no_mangle)]
pub extern "C" fn waits_for_a_task(id: u64) -> i32 {
    let task = runtime().spawn(decode(id));
    runtime().block_on(task).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub extern "C" fn the_future_catches(id: u64) -> i32 {
    let decoded = AssertUnwindSafe(decode(id)).catch_unwind();
    runtime().block_on(decoded).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub extern "C-unwind" fn may_unwind(id: u64) -> i32 {
    runtime().block_on(decode(id))
}

#[unsafe(no_mangle)]
pub fn of_rust(id: u64) -> i32 {
    runtime().block_on(decode(id))
}

extern "C" fn not_exported(id: u64) -> i32 {
    runtime().block_on(decode(id))
}

#[unsafe(no_mangle)]
pub extern "C" fn does_not_block(a: i32, b: i32) -> i32 {
    a.checked_add(b).unwrap()
}

#[unsafe(no_mangle)]
pub extern "C" fn calls_back_into_c(callback: extern "C" fn(*mut c_void), data: *mut c_void) {
    callback(data);
}

#[unsafe(no_mangle)]
pub extern "C" fn calls_back_into_c_if_given(callback: Option<unsafe extern "C" fn(i32)>) {
    if let Some(callback) = callback {
        unsafe { callback(3) };
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn calls_its_own_closure(a: i32) -> i32 {
    let double = |n: i32| n.wrapping_mul(2);
    [1, 2].iter().map(|n| double(*n)).sum()
}

#[unsafe(no_mangle)]
pub extern "C" fn sleeps(milliseconds: u64) {
    std::thread::sleep(std::time::Duration::from_millis(milliseconds));
}

#[allow(ffi_panic_aborts)]
#[unsafe(no_mangle)]
pub extern "C" fn allowed(id: u64) -> i32 {
    runtime().block_on(decode(id))
}

#[cfg(test)]
mod tests {
    #[unsafe(no_mangle)]
    extern "C" fn in_tests(id: u64) -> i32 {
        super::runtime().block_on(super::decode(id))
    }
}

fn main() {}
