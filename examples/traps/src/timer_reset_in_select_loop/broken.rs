//! A log shipper looks for new lines every 60 ms and wants to send what it has after 100 ms at the
//! latest.
//!
//! The `sleep` is made anew in each pass. The next look always comes before it, so it never fires:
//! nothing is shipped until the application stops.
// ANCHOR: program
use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

const LOOK_EVERY: Duration = Duration::from_millis(60);
const SHIP_AFTER: Duration = Duration::from_millis(100);
const LINES: usize = 20;

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let mut look = interval(LOOK_EVERY);
    let mut written = 0;
    let mut batch = Vec::new();
    let mut oldest = None;
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
            () = sleep(SHIP_AFTER) => {
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
