//! The futures become tasks, so they borrow nothing from here.

use async_patterns::stream::SpawnBufferedExt;
use futures::{StreamExt, stream};

fn main() {
    let text = String::from("here");
    let work = stream::iter(0..3).map(|_| async { text.len() });
    let _ = work.spawn_buffered(2);
}
