//! Work without end gets a named thread of its own, a flag to stop by, and somebody who joins it.
// ANCHOR: program
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::watchdog;

fn look_at_the_file() {
    thread::sleep(Duration::from_millis(5));
}

struct Watcher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watcher {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let watch = move || {
            while !seen.load(Ordering::Relaxed) {
                look_at_the_file();
            }
        };
        let thread = thread::Builder::new()
            .name("config-watcher".into())
            .spawn(watch);
        Self {
            stop,
            thread: thread.expect("a thread starts"),
        }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the watcher does not panic");
    }
}

async fn serve() {
    tokio::task::yield_now().await; // the program's real work
}

pub fn main() {
    watchdog::arm(Duration::from_secs(10), "does not end");
    let runtime = Runtime::new().expect("a runtime starts");
    let watcher = Watcher::start();
    runtime.block_on(serve());
    watcher.stop();
    drop(runtime);
    println!("fine: ended");
}
