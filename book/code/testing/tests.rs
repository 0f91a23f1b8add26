use super::*;
use async_patterns::testing::cancel_at_every_poll;
use tokio::time::Instant;

// ANCHOR: paused
#[tokio::test(start_paused = true)]
async fn it_ends_after_a_minute_of_silence() {
    let (sender, readings) = mpsc::channel(8);
    let started = Instant::now();
    tokio::spawn(async move {
        sender.send(1).await.unwrap();
        sleep(Duration::from_secs(59)).await;
        sender.send(2).await.unwrap();
        sleep(Duration::from_secs(3600)).await; // keeps the channel open
    });
    assert_eq!(collect(readings).await, [1, 2]);
    assert_eq!(started.elapsed().as_secs(), 59 + 60);
}
// ANCHOR_END: paused

// ANCHOR: sweep
#[test]
fn forwarding_loses_nothing_wherever_it_is_cut() {
    cancel_at_every_poll(
        || {
            let (to_us, inbox) = mpsc::channel(4);
            let (outbox, at_them) = mpsc::channel(4);
            for message in [1, 2, 3] {
                to_us.try_send(message).unwrap();
            }
            drop(to_us);
            (inbox, outbox, at_them)
        },
        async |(inbox, outbox, _)| forward(inbox, outbox).await,
    )
    .check(|_, (mut inbox, _, mut at_them)| {
        let mut all: Vec<u32> = std::iter::from_fn(|| at_them.try_recv().ok()).collect();
        all.extend(std::iter::from_fn(|| inbox.try_recv().ok()));
        assert_eq!(all, [1, 2, 3]);
    });
}
// ANCHOR_END: sweep

#[tokio::test(start_paused = true)]
async fn paused_time_jumps() {
    let started = Instant::now();
    nap(Duration::from_secs(3600)).await;
    assert_eq!(started.elapsed().as_secs(), 3600);
}
