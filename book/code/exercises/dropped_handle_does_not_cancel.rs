use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

// ANCHOR: solution
/// Waits so long for the task, and then ends it: returns only when it has ended.
async fn or_abort<T>(mut task: JoinHandle<T>, limit: Duration) -> Option<T> {
    if let Ok(ended) = timeout(limit, &mut task).await {
        return ended.ok();
    }
    task.abort();
    // An abort takes effect at the task's next await; it may also have finished just now.
    task.await.ok()
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn the_quick_answers_and_the_slow_is_ended() {
    let answers_after = |seconds| {
        tokio::spawn(async move {
            sleep(Duration::from_secs(seconds)).await;
            seconds
        })
    };
    let limit = Duration::from_secs(10);
    assert_eq!(or_abort(answers_after(1), limit).await, Some(1));
    assert_eq!(or_abort(answers_after(60), limit).await, None);
}
