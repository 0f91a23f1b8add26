//! The futures become tasks, so they are `Send`.

use std::rc::Rc;

use async_patterns::stream::SpawnBufferedExt;
use futures::{StreamExt, stream};

fn main() {
    let shared = Rc::new(1);
    let work = stream::iter(0..3).map(move |_| {
        let shared = shared.clone();
        async move {
            tokio::task::yield_now().await;
            drop(shared);
        }
    });
    let _ = work.spawn_buffered(2);
}
