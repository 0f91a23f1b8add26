//! The crawler has at most 64 visits under way, however many links a page has.
// ANCHOR: program
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::time::sleep;

#[derive(Default)]
struct Server {
    visitors: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    async fn visit(&self, _link: usize) {
        let now = self.visitors.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(Duration::from_millis(20)).await;
        self.visitors.fetch_sub(1, Ordering::Relaxed);
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let server = Server::default();
    stream::iter(0..5_000)
        .for_each_concurrent(64, |link| server.visit(link))
        .await;
    match server.most.into_inner() {
        most @ ..=100 => println!("fine: never more than {most} visitors"),
        most => println!("symptom: {most} visitors at once, the server bears 100"),
    }
}
