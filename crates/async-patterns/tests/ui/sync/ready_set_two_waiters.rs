//! One task waits: two futures of one set cannot be alive at once.

use async_patterns::sync::ReadySet;

async fn wait_twice(set: &mut ReadySet<u32>) {
    let first = set.ready();
    let second = set.ready();
    first.await;
    second.await;
}

fn main() {}
