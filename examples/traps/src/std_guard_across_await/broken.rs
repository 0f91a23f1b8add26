//! A session cache keeps its map locked while it asks the database.
//!
//! The first request suspends with the `std` mutex locked. The second one runs on the same thread
//! and calls `lock`, which blocks the thread: now nothing can wake the first. `tokio::spawn` would
//! have refused this program (the guard is not `Send`); `join!`, a `LocalSet` and `block_on` do not.

#![expect(
    clippy::await_holding_lock,
    reason = "this is the trap that the program shows"
)]
// ANCHOR: program
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::lanes::InLane as _;
use crate::watchdog;

#[derive(Default)]
struct SessionCache {
    users: Mutex<HashMap<u64, String>>,
}

impl SessionCache {
    async fn user(&self, session: u64) -> String {
        let mut users = self
            .users
            .lock()
            .expect("no thread panics with the lock held");
        if let Some(user) = users.get(&session) {
            return user.clone();
        }
        let user = load_from_database(session).await;
        users.insert(session, user.clone());
        user
    }
}

async fn load_from_database(session: u64) -> String {
    tokio::time::sleep(Duration::from_millis(20)).await;
    format!("user-{session}")
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    watchdog::arm(
        Duration::from_secs(1),
        "deadlocked: the second request blocks the thread that the first one needs",
    );
    let cache = SessionCache::default();
    let (first, second) = tokio::join!(
        cache.user(1).in_lane("request 1"),
        cache.user(2).in_lane("request 2")
    );
    println!("fine: served {first} and {second}");
}
