//! The read owns its buffer while it is under way and gives it back with the completion. Dropping
//! the future drops only the way back: the memory stays the kernel's until the kernel is done.
// ANCHOR: program
use std::time::Duration;

use tokio::time::timeout;

use super::machine::{Buffer, Machine};
use crate::lanes::InLane as _;

async fn read(machine: &Machine) -> Buffer {
    let completed = machine.read_owned(machine.allocate(""));
    completed.await.expect("the kernel completes every read")
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let machine = Machine::default();
    let alice = timeout(Duration::from_millis(100), read(&machine).in_lane("read")).await;
    assert!(alice.is_err(), "her packet is late");

    let reply = machine.allocate("250 OK, bob");
    machine.packet("PASS alices-secret");
    match reply.text().as_str() {
        "250 OK, bob" => println!("fine: bob is sent what was meant for him"),
        text => println!("symptom: bob is sent {text:?}"),
    }
}
