use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const SESSION_TIME: Duration = Duration::from_secs(30);
const IDLE_TIME: Duration = Duration::from_secs(10);

// ANCHOR: solution
async fn session(mut messages: mpsc::Receiver<()>) -> &'static str {
    let mut session = pin!(sleep(SESSION_TIME));
    let mut idle = pin!(sleep(IDLE_TIME));
    loop {
        tokio::select! {
            () = &mut session => return "out of time",
            () = &mut idle => return "idle",
            message = messages.recv() => match message {
                Some(()) => idle.as_mut().reset(Instant::now() + IDLE_TIME),
                None => return "gone",
            },
        }
    }
}
// ANCHOR_END: solution

/// How a session ends, and when, with a client that says something every `pause`.
async fn with_client(pause: Duration) -> (&'static str, u64) {
    let (sender, messages) = mpsc::channel(1);
    let client = tokio::spawn(async move {
        loop {
            sleep(pause).await;
            if sender.send(()).await.is_err() {
                return;
            }
        }
    });
    let started = Instant::now();
    let end = session(messages).await;
    client.abort();
    (end, started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn both_limits_hold() {
    assert_eq!(
        with_client(Duration::from_secs(4)).await,
        ("out of time", 30)
    );
    assert_eq!(with_client(Duration::from_secs(60)).await, ("idle", 10));
}
