//! Blocking calls that do not run on an executor's thread.
#![allow(dead_code, unused)]

use std::{fs, io, sync::OnceLock, thread, time::Duration};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::{self, LocalSet},
};

const LONG: Duration = Duration::from_secs(1);

fn synchronous() {
    thread::sleep(LONG);
    let _ = fs::read("a");
}

fn calls_synchronous() {
    synchronous();
}

async fn on_the_blocking_pool() {
    let _ = task::spawn_blocking(|| thread::sleep(LONG)).await;
    let _ = task::spawn_blocking(synchronous).await;
    let _ = task::spawn_blocking(move || {
        synchronous();
        fs::read("a")
    })
    .await;
    let _ = Handle::current().spawn_blocking(synchronous).await;
}

async fn in_place() {
    task::block_in_place(|| thread::sleep(LONG));
    task::block_in_place(synchronous);
    let text = task::block_in_place(|| {
        let _ = fs::read_to_string("a");
        synchronous();
    });
}

fn helper_in_place() {
    task::block_in_place(|| synchronous());
}

async fn a_function_that_does_it_in_place() {
    helper_in_place();
}

async fn on_a_thread() {
    thread::spawn(|| thread::sleep(LONG));
    thread::spawn(synchronous);
    let _ = thread::Builder::new().spawn(move || fs::read("a"));
    thread::scope(|scope| {
        scope.spawn(|| thread::sleep(LONG));
    });
}

async fn in_a_set() {
    let mut set = task::JoinSet::new();
    set.spawn_blocking(synchronous);
    while set.join_next().await.is_some() {}
    let tracker = tokio_util::task::TaskTracker::new();
    tracker.spawn_blocking(synchronous);
}

static CONFIG: OnceLock<String> = OnceLock::new();

async fn done_once() -> &'static str {
    CONFIG.get_or_init(|| fs::read_to_string("a").unwrap_or_default())
}

async fn a_closure_that_is_only_made() -> impl Fn() {
    || thread::sleep(LONG)
}

async fn a_closure_for_someone_else(callbacks: &mut Vec<Box<dyn Fn() + Send>>) {
    callbacks.push(Box::new(|| thread::sleep(LONG)));
}

async fn a_function_inside() {
    fn inner() {
        thread::sleep(LONG);
    }
    let _ = task::spawn_blocking(inner).await;
}

fn a_thread_with_a_runtime_of_its_own() {
    thread::spawn(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            thread::sleep(LONG);
            tokio::task::yield_now().await;
            thread::sleep(LONG);
        });
    });
}

async fn only_on_that_thread() {
    thread::sleep(LONG);
    deeper_on_that_thread().await;
}

async fn deeper_on_that_thread() {
    synchronous();
}

fn worker() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let local = LocalSet::new();
    local.block_on(&runtime, only_on_that_thread());
}

fn starts_the_worker() {
    thread::Builder::new().name("worker".to_owned()).spawn(worker).unwrap();
}

async fn the_handle_on_a_blocking_thread(handle: Handle) {
    let _ = task::spawn_blocking(move || {
        handle.block_on(async {
            thread::sleep(LONG);
        })
    })
    .await;
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        let _ = fs::remove_file("a");
    }
}

struct Cleaner;

async fn what_a_drop_does() {
    let cleaner = Cleaner;
    tokio::task::yield_now().await;
    drop(cleaner);
}

/// A loop on a thread of its own that polls by itself.
struct OwnLoop(std::sync::mpsc::Receiver<u8>);

impl OwnLoop {
    fn start(mut self) {
        thread::spawn(move || {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            while self.turn(&mut context) {}
        });
    }

    fn turn(&mut self, context: &mut std::task::Context<'_>) -> bool {
        let mut pending = std::pin::pin!(task::yield_now());
        let _ = std::future::Future::poll(pending.as_mut(), context);
        self.0.recv().is_ok()
    }
}

const fn in_const_code() -> u32 {
    1
}

fn main() {}
