//! Exported functions that run what may panic in their own frame.
#![allow(unused, clippy::all)]

use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{mpsc, oneshot};

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

async fn decode(id: u64) -> i32 {
    tokio::task::yield_now().await;
    [1, 2, 3][id as usize]
}

#[unsafe(no_mangle)]
pub extern "C" fn direct(id: u64) -> i32 {
    runtime().block_on(decode(id))
}

#[unsafe(export_name = "session_run")]
pub extern "system" fn by_export_name(id: u64) -> i32 {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { decode(id).await })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn with_a_handle(handle: *const Handle, id: u64) -> i32 {
    let handle = unsafe { &*handle };
    handle.block_on(decode(id))
}

fn run(id: u64) -> i32 {
    let local = 3;
    run_on(runtime(), id + local)
}

fn run_on(runtime: &Runtime, id: u64) -> i32 {
    runtime.block_on(decode(id))
}

#[unsafe(no_mangle)]
pub extern "C" fn through_functions(id: u64) -> i32 {
    run(id)
}

#[unsafe(no_mangle)]
pub extern "C" fn inside_a_closure(id: u64) -> i32 {
    Some(id).map(|id| runtime().block_on(decode(id))).unwrap_or(-1)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn receives(receiver: *mut mpsc::Receiver<u32>) -> u32 {
    unsafe { &mut *receiver }.blocking_recv().unwrap_or(0)
}

#[unsafe(no_mangle)]
pub extern "C" fn another_executor(id: u64) -> i32 {
    futures::executor::block_on(decode(id))
}

pub struct Session {
    on_event: Box<dyn Fn(u32) + Send + Sync>,
    hook: fn(u32),
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn calls_a_closure(session: *const Session) {
    let session = unsafe { &*session };
    (session.on_event)(3);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn calls_a_function_pointer(session: *const Session) {
    let session = unsafe { &*session };
    (session.hook)(3);
}

impl Session {
    #[unsafe(no_mangle)]
    pub extern "C" fn associated(id: u64) -> i32 {
        runtime().block_on(decode(id))
    }

    fn run(&self) -> i32 {
        runtime().block_on(decode(3))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn through_a_method(session: *const Session) -> i32 {
    unsafe { &*session }.run()
}

trait Runs {
    fn run_it(&self) -> i32;
}

impl Runs for u64 {
    fn run_it(&self) -> i32 {
        runtime().block_on(decode(*self))
    }
}

fn generic<R: Runs>(what: R) -> i32 {
    what.run_it()
}

#[unsafe(no_mangle)]
pub extern "C" fn through_a_trait(id: u64) -> i32 {
    generic(id)
}

#[unsafe(no_mangle)]
pub extern "C" fn catches_only_one_part(id: u64) -> i32 {
    let first = std::panic::catch_unwind(|| runtime().block_on(decode(id))).unwrap_or(-1);
    first + runtime().block_on(decode(0))
}

macro_rules! export {
    ($name:ident, $body:expr) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(id: u64) -> i32 {
            let body: fn(u64) -> i32 = $body;
            runtime().block_on(decode(id))
        }
    };
}

export!(made_by_a_macro, |id| id as i32);

mod nested {
    #[unsafe(no_mangle)]
    pub extern "C" fn in_a_module(id: u64) -> i32 {
        super::runtime().block_on(super::decode(id))
    }
}

fn main() {}
