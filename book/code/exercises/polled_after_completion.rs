use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

async fn refresh() -> u32 {
    sleep(Duration::from_millis(30)).await;
    1
}

// ANCHOR: solution
/// Refreshes again and again, and ticks meanwhile, until `end`.
async fn run(end: Instant) -> (u32, u32) {
    let mut refreshing = pin!(refresh());
    let mut tick = interval(Duration::from_millis(10));
    let (mut refreshed, mut ticks) = (0, 0);
    while Instant::now() < end {
        tokio::select! {
            n = &mut refreshing => {
                refreshed += n;
                refreshing.set(refresh()); // the old one has finished: put a new one in its place
            }
            _ = tick.tick() => ticks += 1,
        }
    }
    (refreshed, ticks)
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn it_refreshes_more_than_once() {
    let (refreshed, ticks) = run(Instant::now() + Duration::from_millis(100)).await;
    assert!(refreshed >= 2 && ticks >= 9, "{refreshed} and {ticks}");
}
