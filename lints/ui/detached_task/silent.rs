//! Tasks whose handle is kept, awaited, returned or held by a set.
#![allow(dead_code, unused)]

use std::collections::HashMap;

use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

async fn work() {}

async fn awaited() {
    tokio::spawn(work()).await.unwrap();
    let task = tokio::spawn(work());
    task.await.unwrap();
    let _ = tokio::spawn(work()).await;
    let _ = tokio::join!(tokio::spawn(work()), work());
}

fn returned() -> JoinHandle<()> {
    tokio::spawn(work())
}

fn returned_in_a_branch(first: bool) -> JoinHandle<()> {
    if first {
        tokio::spawn(work())
    } else {
        tokio::task::spawn(async {})
    }
}

struct Server {
    tasks: Vec<JoinHandle<()>>,
    task: Option<JoinHandle<()>>,
    by_name: HashMap<String, JoinHandle<()>>,
}

impl Server {
    fn start(&mut self) {
        self.tasks.push(tokio::spawn(work()));
        self.task = Some(tokio::spawn(work()));
        self.by_name.insert("a".to_owned(), tokio::spawn(work()));
    }
}

fn kept_in_a_variable() {
    let task = tokio::spawn(work());
    let _guard = tokio::spawn(work());
    task.abort();
}

fn collected(items: Vec<u32>) -> Vec<JoinHandle<()>> {
    items.into_iter().map(|_| tokio::spawn(work())).collect()
}

fn the_abort_handle_is_kept() -> AbortHandle {
    tokio::spawn(work()).abort_handle()
}

fn aborted_on_drop() -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(work()))
}

fn sets(set: &mut JoinSet<()>, tracker: &TaskTracker) {
    set.spawn(work());
    set.spawn_blocking(|| ());
    tracker.spawn(work());
    let _ = tracker.spawn(work());
}

struct Tracked {
    tracker: TaskTracker,
}

impl Tracked {
    fn spawn(&self) -> JoinHandle<()> {
        self.tracker.spawn(work())
    }

    fn start(&self) {
        self.spawn();
    }
}

fn a_thread() {
    std::thread::spawn(|| ());
}

fn a_runtime_that_waits(runtime: tokio::runtime::Runtime) {
    let task = runtime.spawn(work());
    runtime.block_on(task).unwrap();
}

fn a_macro_of_another_crate() {
    ui_deps::detach!(async {});
}

#[allow(detached_task)]
fn allowed() {
    tokio::spawn(work());
}

fn allowed_on_the_statement() {
    #[allow(detached_task)]
    tokio::spawn(work());
}

fn main() {}
