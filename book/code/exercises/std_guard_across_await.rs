use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

type Users = Mutex<HashMap<u64, &'static str>>;

fn locked(users: &Users) -> MutexGuard<'_, HashMap<u64, &'static str>> {
    users.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn greet(name: &str) -> String {
    sleep(Duration::from_millis(10)).await;
    format!("hello {name}")
}

// ANCHOR: solution
async fn greeting(users: &Users, id: u64) -> Option<String> {
    // A statement of its own: the temporary guard ends at its semicolon.
    let name = locked(users).get(&id).copied()?;
    Some(greet(name).await)
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn two_greetings_at_once() {
    let users = Mutex::new(HashMap::from([(1, "Ada"), (2, "Grace")]));
    let both = async { tokio::join!(greeting(&users, 1), greeting(&users, 2)) };
    let both = timeout(Duration::from_secs(1), both).await.unwrap();
    assert_eq!(both, (Some("hello Ada".into()), Some("hello Grace".into())));
}
