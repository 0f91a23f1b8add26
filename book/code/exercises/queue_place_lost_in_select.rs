use std::pin::pin;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{interval, sleep};

// ANCHOR: solution
/// Waits for its turn, calls `still_waiting` on each tick, and keeps its place meanwhile.
async fn turn(
    printer: &Semaphore,
    tick: Duration,
    mut still_waiting: impl FnMut(),
) -> Option<SemaphorePermit<'_>> {
    let mut turn = pin!(printer.acquire());
    let mut ticks = interval(tick);
    ticks.tick().await; // the first one is immediate
    loop {
        tokio::select! {
            turn = &mut turn => return turn.ok(),
            _ = ticks.tick() => still_waiting(), // no await: the place in the queue is polled again at once
        }
    }
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn the_one_who_waits_is_served_before_those_who_come_later() {
    let printer = Semaphore::new(0);
    let mut ticks = 0;
    let waits = async {
        let _turn = turn(&printer, Duration::from_millis(10), || ticks += 1).await;
        "first"
    };
    let comes_later = async {
        sleep(Duration::from_millis(50)).await;
        let _turn = printer.acquire().await;
        "second"
    };
    let opens = async {
        sleep(Duration::from_millis(105)).await;
        printer.add_permits(1);
        std::future::pending::<&str>().await
    };
    let served = tokio::select! {
        who = waits => who,
        who = comes_later => who,
        who = opens => who,
    };
    assert_eq!((served, ticks), ("first", 10));
}
