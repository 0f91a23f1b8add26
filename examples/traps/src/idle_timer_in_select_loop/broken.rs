//! A server gives each session 30 seconds. The client sends a keep-alive every 5 seconds, each pass
//! of the loop makes the timer anew, and the session never ends: the limit has become an idle limit.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const SESSION_TIME: Duration = Duration::from_secs(30);

/// A client that stays for ten minutes.
async fn client(keep_alive: mpsc::Sender<()>) {
    for _ in 0..120 {
        sleep(Duration::from_secs(5)).await;
        if keep_alive.send(()).await.is_err() {
            return;
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (sender, mut keep_alives) = mpsc::channel(4);
    tokio::spawn(client(sender));
    let started = Instant::now();
    loop {
        tokio::select! {
            keep_alive = keep_alives.recv() => if keep_alive.is_none() {
                break; // the client has gone
            },
            () = sleep(SESSION_TIME) => break,
        }
    }
    println!(
        "symptom: the session took {:?} instead of {SESSION_TIME:?}",
        started.elapsed()
    );
}
