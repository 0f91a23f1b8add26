use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn the_third_is_told_that_it_is_busy() {
    let door = Door::new(2);
    let request = || sleep(Duration::from_secs(1));
    let (first, second, third) = tokio::join!(
        door.serve(request()),
        door.serve(request()),
        door.serve(request()),
    );
    assert_eq!((first, second, third), (Ok(()), Ok(()), Err(Busy)));
}

#[tokio::test(start_paused = true)]
async fn a_bounded_channel_makes_the_producer_wait() {
    let (sender, mut receiver) = mpsc::channel(4);
    let ahead = Arc::new(AtomicUsize::new(0));
    let sent = Arc::clone(&ahead);
    tokio::spawn(async move {
        for number in 0..100 {
            sender.send(number).await.expect("the consumer listens");
            sent.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut taken = 0;
    while receiver.recv().await.is_some() {
        taken += 1;
        sleep(Duration::from_millis(1)).await;
        assert!(ahead.load(Ordering::Relaxed) <= taken + 4);
    }
    assert_eq!(taken, 100);
}

// ANCHOR: join_set
#[tokio::test(start_paused = true)]
async fn a_join_set_with_a_limit() {
    const LIMIT: usize = 8;
    let mut visits = JoinSet::new();
    let mut most = 0;
    for _link in 0..100 {
        if visits.len() == LIMIT {
            visits.join_next().await.unwrap().unwrap(); // room for one more
        }
        visits.spawn(sleep(Duration::from_millis(20)));
        most = most.max(visits.len());
    }
    visits.join_all().await;
    assert_eq!(most, LIMIT);
}
// ANCHOR_END: join_set
