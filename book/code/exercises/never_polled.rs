use std::sync::atomic::{AtomicU32, Ordering};

use futures::{StreamExt as _, stream};

async fn send_receipt(_order: u32, sent: &AtomicU32) {
    tokio::task::yield_now().await;
    sent.fetch_add(1, Ordering::Relaxed);
}

// ANCHOR: solution
async fn send_receipts(orders: &[u32], sent: &AtomicU32) {
    stream::iter(orders)
        .for_each_concurrent(4, |order| send_receipt(*order, sent))
        .await;
}
// ANCHOR_END: solution

#[tokio::test]
async fn all_are_sent() {
    let sent = AtomicU32::new(0);
    let orders: Vec<u32> = (0..10).collect();
    send_receipts(&orders, &sent).await;
    assert_eq!(sent.into_inner(), 10);
}
