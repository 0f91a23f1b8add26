use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

async fn download(page: u32) -> u32 {
    sleep(Duration::from_millis(100)).await;
    page
}

async fn store(_page: u32) {
    sleep(Duration::from_millis(100)).await;
}

// ANCHOR: solution
/// Without tasks: downloading and storing are two futures with a bounded channel between them, and
/// `join!` polls both.
async fn copy(pages: u32) {
    let (sender, mut downloaded) = mpsc::channel(4);
    let downloading = async move {
        let mut downloads = stream::iter(0..pages).map(download).buffered(4);
        while let Some(page) = downloads.next().await {
            if sender.send(page).await.is_err() {
                return;
            }
        }
    };
    let storing = async {
        while let Some(page) = downloaded.recv().await {
            store(page).await;
        }
    };
    tokio::join!(downloading, storing);
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn downloads_go_on_while_a_page_is_stored() {
    let started = Instant::now();
    copy(8).await;
    assert_eq!(started.elapsed().as_millis(), 100 + 8 * 100);
}
