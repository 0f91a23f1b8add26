//! Ends a program that is stuck, and says so.

use std::time::Duration;
use std::{process, thread};

use crate::lanes;

/// What a stuck broken program exits with: 124, as `timeout(1)` does.
const STUCK: i32 = 124;

/// Prints `symptom` and ends the process if it is still running after `limit`.
///
/// A plain thread, because the runtime it watches may be the thing that is stuck.
pub fn arm(limit: Duration, symptom: &'static str) {
    thread::spawn(move || {
        thread::sleep(limit);
        println!("symptom: {symptom}");
        lanes::deliver();
        process::exit(STUCK);
    });
}
