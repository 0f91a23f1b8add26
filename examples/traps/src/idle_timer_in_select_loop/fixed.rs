//! One timer for the whole session, pinned outside of the loop. (Where an idle limit is meant, the
//! same timer with `reset` in the other branch says so.)
// ANCHOR: program
use std::pin::pin;
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
    let mut limit = pin!(sleep(SESSION_TIME));
    loop {
        tokio::select! {
            keep_alive = keep_alives.recv() => if keep_alive.is_none() {
                break; // the client has gone
            },
            () = &mut limit => break,
        }
    }
    if started.elapsed() <= SESSION_TIME + Duration::from_secs(1) {
        println!("fine: the session ended after {SESSION_TIME:?}");
    } else {
        println!("symptom: the session took {:?}", started.elapsed());
    }
}
