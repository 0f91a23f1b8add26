use std::pin::pin;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

const TICK: Duration = Duration::from_millis(10);

async fn with_connection(pool: &Semaphore, work: Duration) {
    let _connection = pool.acquire().await.expect("the pool stays open");
    sleep(work).await;
}

// ANCHOR: solution
async fn query_with_audit(pool: &Semaphore) {
    let mut query = pin!(with_connection(pool, 3 * TICK));
    let slow = tokio::select! {
        () = &mut query => false,
        () = sleep(TICK) => true, // the handler only says what happened …
    };
    if slow {
        // … and both are polled, so that whoever holds a connection can give it back.
        tokio::join!(query, with_connection(pool, TICK));
    }
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn it_ends_with_a_pool_of_one() {
    let pool = Semaphore::new(1);
    let done = timeout(Duration::from_secs(1), query_with_audit(&pool)).await;
    assert!(done.is_ok());
}
