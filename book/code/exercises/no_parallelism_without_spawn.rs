use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::{JoinSet, yield_now};

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

async fn thumbnail(photo: u32) -> u32 {
    let under_way = UNDER_WAY.fetch_add(1, Ordering::Relaxed) + 1;
    MOST.fetch_max(under_way, Ordering::Relaxed);
    for _ in 0..10 {
        yield_now().await;
    }
    UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    photo * 10
}

// ANCHOR: solution
async fn thumbnails(photos: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut running = JoinSet::new();
    let mut made = Vec::new();
    for photo in photos {
        if running.len() == 4 {
            let one = running.join_next().await.expect("four are running");
            made.push(one.expect("no thumbnail panics"));
        }
        running.spawn(thumbnail(photo));
    }
    made.extend(running.join_all().await);
    made
}
// ANCHOR_END: solution

#[tokio::test]
async fn four_are_under_way_at_once() {
    let mut made = thumbnails(0..10).await;
    made.sort_unstable();
    assert_eq!(made, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    assert_eq!(MOST.load(Ordering::Relaxed), 4);
}
