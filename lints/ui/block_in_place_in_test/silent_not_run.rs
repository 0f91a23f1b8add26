//! Code with `block_in_place` in it that the test does not run, or runs elsewhere.
#![allow(dead_code, unused_must_use)]

use std::{mem, sync::mpsc, thread};

use tokio::task::{self, block_in_place, spawn_blocking};

fn checksum() -> u64 {
    block_in_place(|| 1)
}

struct Worker {
    jobs: mpsc::Sender<Box<dyn FnOnce() + Send>>,
}

impl Worker {
    fn new() -> Self {
        let (jobs, receiver) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        thread::spawn(move || {
            for job in receiver {
                job();
            }
        });
        Self { jobs }
    }

    fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.jobs.send(Box::new(job)).unwrap();
    }
}

#[tokio::test]
async fn a_job_of_another_thread() {
    Worker::new().run(|| {
        checksum();
    });
}

trait Service {
    fn call(&self) -> u64;
}

struct Real;
struct Fake;

impl Service for Real {
    fn call(&self) -> u64 {
        checksum()
    }
}

impl Service for Fake {
    fn call(&self) -> u64 {
        1
    }
}

fn call<S: Service>(service: &S) -> u64 {
    service.call()
}

#[tokio::test]
async fn the_other_implementation() {
    call(&Fake);
    Fake.call();
}

async fn of_any_service(service: &dyn Service) -> u64 {
    service.call()
}

struct Callbacks {
    on_close: Option<fn() -> u64>,
}

#[tokio::test]
async fn a_callback_that_is_only_kept() {
    let callbacks = Callbacks { on_close: Some(checksum) };
    drop(callbacks);
}

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        checksum();
    }
}

#[tokio::test]
async fn a_guard_that_is_dropped_elsewhere() {
    let guard = Guard;
    spawn_blocking(move || drop(guard)).await.unwrap();
    let forgotten = Guard;
    mem::forget(forgotten);
    let kept = mem::ManuallyDrop::new(Guard);
    assert_eq!(size_of_val(&kept), 0);
}

async fn on_the_pool<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    task::spawn_blocking(f).await.unwrap()
}

async fn on_a_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    thread::spawn(move || sender.send(f()));
    receiver.await.unwrap()
}

#[tokio::test]
async fn helpers_that_hand_over() {
    on_the_pool(checksum).await;
    on_the_pool(|| checksum() + 1).await;
    on_a_thread(checksum).await;
    let values = thread::scope(|scope| scope.spawn(|| checksum()).join().unwrap());
    assert_eq!(values, 1);
}

#[tokio::test]
async fn futures_that_are_not_polled() {
    let future = async { checksum() };
    mem::drop(future);
    let boxed: std::pin::Pin<Box<dyn Future<Output = u64>>> = Box::pin(async { checksum() });
    drop(boxed);
    let _ = std::future::ready(checksum as fn() -> u64).await;
}

#[tokio::test]
async fn after_the_end() {
    return;
    #[expect(unreachable_code)]
    {
        checksum();
    }
}

#[test]
fn a_plain_test() {
    checksum();
    Real.call();
    drop(Guard);
}

mod names {
    fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
        f()
    }

    struct Task;

    impl Task {
        fn block_in_place(&self) {}
    }

    #[tokio::test]
    async fn functions_of_the_same_name() {
        block_in_place(|| 1);
        Task.block_in_place();
    }
}
