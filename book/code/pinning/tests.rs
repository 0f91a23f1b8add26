use super::*;
use std::pin::pin;
use tokio::time::sleep;

#[tokio::test]
async fn both_give_the_output_and_a_time() {
    let ((), by_hand) = Timed::new(sleep(Duration::from_millis(5))).await;
    let projected = TimedSafely {
        future: sleep(Duration::from_millis(5)),
        started: None,
    };
    let ((), projected) = projected.await;
    assert!(by_hand >= Duration::from_millis(4) && projected >= Duration::from_millis(4));
}

// ANCHOR: pin
#[tokio::test(start_paused = true)]
async fn pinned_in_place_and_on_the_heap() {
    // In place: safe, no allocation, and it cannot leave this function.
    let mut here = pin!(sleep(Duration::from_secs(1)));
    // On the heap: costs an allocation, and the box may be moved, stored and returned.
    let mut there = Box::pin(sleep(Duration::from_secs(2)));
    tokio::select! {
        () = &mut here => {}
        () = &mut there => unreachable!("it takes longer"),
    }
}
// ANCHOR_END: pin

fn is_unpin<T: Unpin>(_: &T) -> bool {
    true
}

#[test]
fn a_box_is_unpin_whatever_is_in_it() {
    let boxed = Box::pin(async {});
    assert!(is_unpin(&boxed));
}
