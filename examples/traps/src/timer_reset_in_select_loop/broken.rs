//! A log shipper collects lines and wants to send what it has after 100 ms at the latest.
//!
//! The `sleep` is made anew in each pass. A line comes every 60 ms, so it never fires: nothing is
//! shipped until the application stops.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::lanes::InLane as _;

const SHIP_AFTER: Duration = Duration::from_millis(100);

async fn application(lines: mpsc::Sender<String>) {
    for number in 0..20 {
        sleep(Duration::from_millis(60)).await;
        if lines.send(format!("line {number}")).await.is_err() {
            return;
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (sender, mut lines) = mpsc::channel(16);
    tokio::spawn(application(sender).in_lane("application"));
    let mut batch = Vec::new();
    let mut oldest = None;
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => {
                    oldest.get_or_insert_with(Instant::now);
                    batch.push(line);
                }
                None => break,
            },
            () = sleep(SHIP_AFTER).in_lane("timer") => {
                batch.clear(); // sent
                oldest = None;
            }
        }
    }
    if let Some(oldest) = oldest {
        let missed_by = oldest.elapsed().saturating_sub(SHIP_AFTER).as_millis();
        println!(
            "symptom: {} lines unsent, deadline missed by {missed_by} ms",
            batch.len()
        );
    }
}
