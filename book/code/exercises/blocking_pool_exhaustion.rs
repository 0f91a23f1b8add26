use std::sync::{Arc, mpsc};

use async_patterns::task::{BlockingLimiter, spawn_cancellable_blocking};
use tokio::task::{JoinSet, spawn_blocking};

// ANCHOR: solution
struct Logins {
    hashing: BlockingLimiter, // BlockingLimiter::new(number of cores)
}

impl Logins {
    async fn is_right(&self, password: String, check: Check) -> bool {
        let checked = spawn_cancellable_blocking(&self.hashing, move |token| {
            // A login that was cancelled in the queue costs no hash.
            !token.is_cancelled() && check(&password)
        });
        checked.await.expect("the check does not panic")
    }
}
// ANCHOR_END: solution

type Check = Arc<dyn Fn(&str) -> bool + Send + Sync>;

#[test]
fn a_full_limiter_leaves_the_pool_free() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.max_blocking_threads(2).build().unwrap();
    runtime.block_on(async {
        let logins = Arc::new(Logins {
            hashing: BlockingLimiter::new(1),
        });
        // Each check blocks until it is let go.
        let (let_go, held) = mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        let check: Check = Arc::new(move |password| {
            let held = held.lock().unwrap();
            held.recv().is_ok() && password == "right"
        });
        let mut tasks = JoinSet::new();
        for password in ["right", "wrong", "right"] {
            let (logins, check) = (Arc::clone(&logins), Arc::clone(&check));
            tasks.spawn(async move { logins.is_right(password.into(), check).await });
        }
        while logins.hashing.running() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(spawn_blocking(|| true).await.unwrap(), "a look-up");
        for _ in 0..3 {
            let_go.send(()).unwrap();
        }
        let right = tasks.join_all().await;
        assert_eq!(right.into_iter().filter(|right| *right).count(), 2);
    });
}
