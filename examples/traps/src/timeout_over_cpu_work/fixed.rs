//! The check runs on the blocking pool and looks at a flag that the timeout raises: the handler is
//! told in time, and the thread comes back.
// ANCHOR: program
use std::time::{Duration, Instant};

use async_patterns::timeout::{StopFlag, blocking_timeout};

use crate::lanes::InLane as _;

const LIMIT: Duration = Duration::from_millis(100);

/// Stretches a password into a key. A real one does a fixed number of rounds; this one goes on for
/// a fixed time, so that the demonstration takes as long on every machine.
fn stretch(password: &str, effort: Duration, stop: &StopFlag) -> Option<u64> {
    let started = Instant::now();
    let mut key = 0xcbf2_9ce4_8422_2325_u64;
    while started.elapsed() < effort {
        if stop.is_raised() {
            return None;
        }
        for byte in password.bytes() {
            key = (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Some(key)
}

#[tokio::main]
pub async fn main() {
    let started = Instant::now();
    let key = blocking_timeout(LIMIT, |stop| {
        stretch("correct horse", Duration::from_secs(10), &stop)
    });
    // A busy machine may let the thread come back late; ten seconds is how long it would take.
    let outcome = key
        .with_grace(Duration::from_secs(5))
        .in_lane("timeout")
        .await;
    match outcome {
        Err(error) if error.has_stopped() && started.elapsed() < Duration::from_secs(6) => {
            println!("fine: the handler was told in time, and the thread has stopped");
        }
        outcome => println!(
            "symptom: {:?} after {:?}",
            outcome.is_ok(),
            started.elapsed()
        ),
    }
}
