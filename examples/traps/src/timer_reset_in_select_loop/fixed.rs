//! The log shipper has one `interval` for the whole loop: no look for new lines can put it off.
// ANCHOR: program
use std::time::Duration;

use tokio::time::{Instant, interval};

const LOOK_EVERY: Duration = Duration::from_millis(60);
const SHIP_AFTER: Duration = Duration::from_millis(100);
const LINES: usize = 20;

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let mut look = interval(LOOK_EVERY);
    let mut ship = interval(SHIP_AFTER);
    let mut written = 0;
    let mut batch = Vec::new();
    let mut oldest = None;
    let mut longest = Duration::ZERO;
    loop {
        tokio::select! {
            _ = look.tick() => {
                oldest.get_or_insert_with(Instant::now);
                batch.push(format!("line {written}"));
                written += 1;
                if written == LINES {
                    break; // the application stops
                }
            }
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
