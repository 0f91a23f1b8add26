use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

// ANCHOR: solution
/// Visits all links as tasks, at most `limit` at once over all callers that share the semaphore.
async fn visit_all(links: usize, turns: &Arc<Semaphore>, visitors: &Arc<Visitors>) {
    let mut visits = JoinSet::new();
    for _ in 0..links {
        // Before the spawn: what has no turn yet is no task yet, and costs nothing.
        let turn = Arc::clone(turns).acquire_owned().await;
        let turn = turn.expect("nobody closes the semaphore");
        let visitors = Arc::clone(visitors);
        visits.spawn(async move {
            visitors.visit().await;
            drop(turn); // moved in, so that it is given back however the task ends
        });
    }
    visits.join_all().await;
}
// ANCHOR_END: solution

#[derive(Default)]
struct Visitors {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Visitors {
    async fn visit(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(Duration::from_millis(10)).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn two_crawlers_share_one_limit() {
    let turns = Arc::new(Semaphore::new(16));
    let visitors = Arc::new(Visitors::default());
    tokio::join!(
        visit_all(200, &turns, &visitors),
        visit_all(200, &turns, &visitors),
    );
    assert_eq!(visitors.most.load(Ordering::Relaxed), 16);
}
