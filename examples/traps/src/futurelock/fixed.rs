//! The sync is a task of its own, so it is polled whatever its starter waits for, and the mutex
//! passes from hand to hand.
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
    watchdog::arm(Duration::from_secs(10), "deadlocked");
    let connection = Connection::default();
    tokio::spawn(long_upload(connection.clone()).in_lane("upload"));
    sleep(Duration::from_millis(10)).await;

    let mut sync = tokio::spawn(send(connection.clone(), "sync").in_lane("sync"));
    tokio::select! {
        _ = &mut sync => {}
        () = sleep(Duration::from_millis(10)) => {
            send(connection.clone(), "heartbeat").in_lane("heartbeat").await;
            sync.await.expect("the sync does not panic");
        }
    }
    println!("fine: sent {:?}", connection.lock().await);
}
