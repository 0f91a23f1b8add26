//! Connections to slow printers block on the blocking pool for as long as the printers like. The
//! pool is full, so an unrelated look-up of a name, which needs it for a moment, waits behind them.
//!
//! tokio's pool has 512 threads; this runtime has four, to show in seconds what else takes a while.
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
    for _ in 0..PRINTERS {
        let started = Arc::clone(&started);
        spawn_blocking(blocking("printer", move || {
            started.add_permits(1);
            print_job();
        }));
    }
    let full = started
        .acquire_many(u32::try_from(POOL).expect("a small number"))
        .await;
    full.expect("the semaphore stays open").forget();

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
    println!(
        "symptom: a look-up took {} ms, behind the printers",
        waited.as_millis()
    );
}
