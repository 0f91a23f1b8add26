use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

// ANCHOR: solution
/// What arrives, in batches: each is handed out `limit` after its *first* item, or at the end.
async fn batches(mut items: mpsc::Receiver<u32>, limit: Duration) -> Vec<Vec<u32>> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut due = pin!(sleep(limit));
    loop {
        tokio::select! {
            item = items.recv() => match item {
                Some(item) => {
                    if batch.is_empty() {
                        due.as_mut().reset(Instant::now() + limit);
                    }
                    batch.push(item);
                }
                None => break,
            },
            () = &mut due, if !batch.is_empty() => batches.push(std::mem::take(&mut batch)),
        }
    }
    batches.extend((!batch.is_empty()).then_some(batch));
    batches
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn a_batch_is_due_after_its_first_item() {
    let (sender, items) = mpsc::channel(8);
    tokio::spawn(async move {
        for (item, pause) in [(1, 60), (2, 60), (3, 500), (4, 1)] {
            sender.send(item).await.unwrap();
            sleep(Duration::from_millis(pause)).await;
        }
    });
    let batches = batches(items, Duration::from_millis(100)).await;
    assert_eq!(batches, [vec![1, 2], vec![3], vec![4]]);
}
