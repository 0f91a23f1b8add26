//! A mail server reads through a completion-based interface such as `io_uring`: it names a buffer,
//! and the kernel writes into it when a packet comes.
//!
//! A time limit drops Alice's read. That frees the buffer, but it does not reach the kernel. Bob's
//! reply gets the same memory, and then Alice's packet comes.
// ANCHOR: program
use std::time::Duration;

use tokio::time::timeout;

use super::machine::{Buffer, Machine};
use crate::lanes::InLane as _;

async fn read(machine: &Machine) -> Buffer {
    let buffer = machine.allocate("");
    let completed = machine.read_into(&buffer);
    completed.await.expect("the kernel completes every read");
    buffer
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let machine = Machine::default();
    let alice = timeout(Duration::from_millis(100), read(&machine).in_lane("read")).await;
    assert!(alice.is_err(), "her packet is late");

    let reply = machine.allocate("250 OK, bob");
    machine.packet("PASS alices-secret");
    println!("symptom: bob is sent {:?}", reply.text());
}
