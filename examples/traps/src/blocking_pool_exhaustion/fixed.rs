//! A semaphore keeps the printers from taking more than half of the pool. What waits for a printer
//! waits as a task, which costs no thread.
//!
//! `async_patterns::task::spawn_cancellable_blocking` takes such a limiter.
// ANCHOR: program
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::lanes::blocking;

const POOL: usize = 4;
const PRINTERS: usize = 8;

fn print_job() {
    thread::sleep(Duration::from_millis(1_500));
}

async fn serve() -> Duration {
    let started = Arc::new(Semaphore::new(0));
    let limit = Arc::new(Semaphore::new(POOL / 2));
    for _ in 0..PRINTERS {
        let (started, limit) = (Arc::clone(&started), Arc::clone(&limit));
        tokio::spawn(async move {
            let permit = limit
                .acquire_owned()
                .await
                .expect("the semaphore stays open");
            spawn_blocking(blocking("printer", move || {
                started.add_permits(1);
                print_job();
                drop(permit);
            }));
        });
    }
    let busy = started
        .acquire_many(u32::try_from(POOL / 2).expect("a small number"))
        .await;
    busy.expect("the semaphore stays open").forget();

    let asked = Instant::now();
    // What `tokio::net::lookup_host` and `tokio::fs` do inside.
    spawn_blocking(blocking("look-up", || "127.0.0.1"))
        .await
        .expect("the look-up does not panic");
    asked.elapsed()
}

pub fn main() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder
        .max_blocking_threads(POOL)
        .build()
        .expect("a runtime starts");
    let waited = runtime.block_on(serve());
    // A busy machine may take a while to start a thread, but not as long as a printer.
    if waited < Duration::from_secs(1) {
        println!("fine: the look-up did not wait for a printer");
    } else {
        println!(
            "symptom: a look-up took {} ms, behind the printers",
            waited.as_millis()
        );
    }
}
