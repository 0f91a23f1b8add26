use std::collections::BTreeMap;

use async_patterns::broadcast::{Event, LagAware};
use tokio::sync::broadcast;

type Prices = BTreeMap<&'static str, u32>;

// ANCHOR: solution
/// Follows the changes; after a gap it starts over from a snapshot.
async fn follow(
    changes: broadcast::Receiver<(&'static str, u32)>,
    snapshot: impl Fn() -> Prices,
) -> Prices {
    let mut changes = LagAware::new(changes);
    let mut prices = snapshot();
    while let Ok(event) = changes.recv().await {
        match event {
            Event::Message((name, price)) => drop(prices.insert(name, price)),
            Event::Lagged { .. } => prices = snapshot(),
        }
    }
    prices
}
// ANCHOR_END: solution

#[tokio::test]
async fn a_change_that_was_missed_is_in_the_snapshot() {
    let (sender, receiver) = broadcast::channel(2);
    let now = Prices::from([("tea", 3), ("ink", 9), ("oil", 4), ("rye", 2)]);
    for (name, price) in &now {
        sender.send((*name, *price)).unwrap();
    }
    drop(sender);
    let at_first = std::cell::Cell::new(true);
    let snapshot = || {
        if at_first.replace(false) {
            Prices::new()
        } else {
            now.clone()
        }
    };
    assert_eq!(follow(receiver, snapshot).await, now);
}
