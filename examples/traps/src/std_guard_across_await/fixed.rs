//! The cache locks its map for the look-up and for the insert, never in between.
//!
//! Two requests for one session may both ask the database; `entry` keeps the first answer. Where
//! that must not happen, the lock to hold across the await is `tokio::sync::Mutex`.
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
        if let Some(user) = self.cached(session) {
            return user;
        }
        let user = load_from_database(session).await;
        let mut users = self
            .users
            .lock()
            .expect("no thread panics with the lock held");
        users.entry(session).or_insert(user).clone()
    }

    /// The guard ends with this function, so no caller can hold it across an await.
    fn cached(&self, session: u64) -> Option<String> {
        let users = self
            .users
            .lock()
            .expect("no thread panics with the lock held");
        users.get(&session).cloned()
    }
}

async fn load_from_database(session: u64) -> String {
    tokio::time::sleep(Duration::from_millis(20)).await;
    format!("user-{session}")
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    watchdog::arm(Duration::from_secs(10), "deadlocked");
    let cache = SessionCache::default();
    let (first, second) = tokio::join!(
        cache.user(1).in_lane("request 1"),
        cache.user(2).in_lane("request 2")
    );
    println!("fine: served {first} and {second}");
}
