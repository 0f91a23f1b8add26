//! A background sync and a heartbeat share one connection behind a tokio mutex.
//!
//! `select!` polls the sync by `&mut`. It queues for the mutex and is given its place. Then the
//! heartbeat's branch wins, and its handler asks for the same mutex: the sync is first in the queue
//! but nobody polls it while the handler waits. Each waits for the other.
// ANCHOR: program
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::lanes::InLane as _;
use crate::watchdog;

type Connection = Arc<Mutex<Vec<&'static str>>>;

async fn send(connection: Connection, message: &'static str) {
    connection.lock().await.push(message);
}

/// Somebody else who has the connection for a moment.
async fn long_upload(connection: Connection) {
    let mut connection = connection.lock().await;
    sleep(Duration::from_millis(50)).await;
    connection.push("upload");
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    watchdog::arm(
        Duration::from_secs(1),
        "deadlocked: the sync has the next place in the mutex's queue, and nobody polls it",
    );
    let connection = Connection::default();
    tokio::spawn(long_upload(connection.clone()).in_lane("upload"));
    sleep(Duration::from_millis(10)).await;

    let sync = send(connection.clone(), "sync").in_lane("sync");
    tokio::pin!(sync);
    tokio::select! {
        () = &mut sync => {}
        () = sleep(Duration::from_millis(10)) => {
            send(connection.clone(), "heartbeat").in_lane("heartbeat").await;
            sync.await;
        }
    }
    println!("fine: sent {:?}", connection.lock().await);
}
