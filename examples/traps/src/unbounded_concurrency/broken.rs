//! A crawler visits every link of a page at once. The page has 5 000 links; the server it visits
//! bears 100 visitors.
// ANCHOR: program
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
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
    join_all((0..5_000).map(|link| server.visit(link))).await;
    println!(
        "symptom: {} visitors at once, the server bears 100",
        server.most.into_inner()
    );
}
