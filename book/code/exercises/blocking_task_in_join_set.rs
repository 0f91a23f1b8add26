use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use async_patterns::task::{BlockingLimiter, TaskScope};

/// One folder in many steps of a millisecond.
fn pack(is_stopped: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if is_stopped() {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

// ANCHOR: solution
/// Packs four folders until it is told to stop, and returns when no thread works any more.
async fn back_up(at_work: &Arc<AtomicU32>, stop: impl Future<Output = ()>) -> bool {
    let scope = TaskScope::builder().name("backup").build();
    let limiter = BlockingLimiter::new(4);
    for folder in 1..=4 {
        let at_work = Arc::clone(at_work);
        scope.spawn_blocking(format!("folder {folder}"), &limiter, move |token| {
            at_work.fetch_add(1, Ordering::SeqCst);
            pack(|| token.is_cancelled());
            at_work.fetch_sub(1, Ordering::SeqCst);
        });
    }
    stop.await;
    scope.shutdown(Duration::from_secs(30)).await.is_clean()
}
// ANCHOR_END: solution

#[tokio::test]
async fn no_thread_is_left() {
    let at_work = Arc::new(AtomicU32::new(0));
    let all_at_work = async {
        while at_work.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
    };
    assert!(back_up(&at_work, all_at_work).await);
    assert_eq!(at_work.load(Ordering::SeqCst), 0);
}
