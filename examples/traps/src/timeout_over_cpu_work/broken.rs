//! A login handler gives the password check 100 ms. The check never suspends, so it is over before
//! `timeout` looks at its clock: the limit is missed, and nobody is told.
// ANCHOR: program
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::lanes::InLane as _;

const LIMIT: Duration = Duration::from_millis(100);

/// Stretches a password into a key. A real one does a fixed number of rounds; this one goes on for
/// a fixed time, so that the demonstration takes as long on every machine.
fn stretch(password: &str, effort: Duration) -> u64 {
    let started = Instant::now();
    let mut key = 0xcbf2_9ce4_8422_2325_u64;
    while started.elapsed() < effort {
        for byte in password.bytes() {
            key = (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    key
}

async fn check(password: &str) -> bool {
    stretch(password, Duration::from_millis(600)) != 0
}

#[tokio::main]
pub async fn main() {
    let started = Instant::now();
    let outcome = timeout(LIMIT, check("correct horse"))
        .in_lane("timeout")
        .await;
    let missed_by = started.elapsed().saturating_sub(LIMIT).as_millis();
    println!("symptom: deadline missed by {missed_by} ms, and the answer was {outcome:?}");
}
