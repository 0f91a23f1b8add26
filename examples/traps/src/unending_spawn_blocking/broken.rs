//! A configuration watcher polls a file for ever on the blocking pool.
//!
//! Nothing can abort a blocking thread. The runtime waits for it when it is dropped, so the program
//! is done and does not end.
// ANCHOR: program
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::watchdog;

fn look_at_the_file() {
    thread::sleep(Duration::from_millis(5));
}

async fn serve() {
    let (looked, first_look) = oneshot::channel();
    spawn_blocking(move || {
        look_at_the_file();
        // An error means that nobody waits for the first look any more; the watcher goes on.
        let _ = looked.send(());
        loop {
            look_at_the_file();
        }
    });
    first_look.await.expect("the watcher looks"); // the program's real work
}

pub fn main() {
    watchdog::arm(
        Duration::from_secs(1),
        "does not end: the runtime waits for a thread that never returns",
    );
    let runtime = Runtime::new().expect("a runtime starts");
    runtime.block_on(serve());
    drop(runtime);
    println!("fine: ended");
}
