//! Chapter "Testing": time that does not pass, and a cancel at every await.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

// ANCHOR: under_test
/// Collects what comes until nothing comes for a minute.
pub async fn collect(mut readings: mpsc::Receiver<u32>) -> Vec<u32> {
    let mut collected = Vec::new();
    while let Ok(Some(reading)) = timeout(Duration::from_secs(60), readings.recv()).await {
        collected.push(reading);
    }
    collected
}
// ANCHOR_END: under_test

/// Moves what is in `inbox` to `outbox`, one by one.
pub async fn forward(inbox: &mut mpsc::Receiver<u32>, outbox: &mpsc::Sender<u32>) {
    // ANCHOR: forward
    // The room first, then the message, and no await between taking and giving.
    while let Ok(room) = outbox.reserve().await {
        match inbox.recv().await {
            Some(message) => room.send(message),
            None => return,
        }
    }
    // ANCHOR_END: forward
}

/// Sleeps, for a test that measures paused time.
pub async fn nap(duration: Duration) {
    sleep(duration).await;
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn forwarding_loses_nothing_wherever_it_is_cut() {
        // ANCHOR: sweep
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
        // ANCHOR_END: sweep
    }

    #[tokio::test(start_paused = true)]
    async fn paused_time_jumps() {
        let started = Instant::now();
        nap(Duration::from_secs(3600)).await;
        assert_eq!(started.elapsed().as_secs(), 3600);
    }
}
