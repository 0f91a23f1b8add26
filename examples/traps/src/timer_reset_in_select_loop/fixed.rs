//! The log shipper has one `interval` for the whole loop: no line that arrives can put it off.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep};

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
    let mut ship = interval(SHIP_AFTER);
    let mut batch = Vec::new();
    let mut oldest = None;
    let mut longest = Duration::ZERO;
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => {
                    oldest.get_or_insert_with(Instant::now);
                    batch.push(line);
                }
                None => break,
            },
            _ = ship.tick() => {
                batch.clear(); // sent
                longest = longest.max(oldest.take().map_or(Duration::ZERO, |line: Instant| line.elapsed()));
            }
        }
    }
    if longest <= SHIP_AFTER {
        println!(
            "fine: no line waited longer than {} ms",
            longest.as_millis()
        );
    } else {
        println!("symptom: a line waited {} ms", longest.as_millis());
    }
}
