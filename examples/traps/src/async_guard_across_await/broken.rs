//! A bank moves money under a tokio mutex, with an await between the two bookings.
//!
//! The lock is held across the await, which is what a tokio mutex is for. The customer's time-out
//! drops the future there: the lock opens, nothing is poisoned, and 40 are gone.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::lanes::InLane as _;

struct Accounts {
    alice: u32,
    bob: u32,
}

async fn audit_log() {
    sleep(Duration::from_millis(200)).await;
}

async fn transfer(accounts: &Mutex<Accounts>, amount: u32) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= amount;
    audit_log().await;
    accounts.bob += amount;
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let accounts = Mutex::new(Accounts { alice: 100, bob: 0 });
    let limit = Duration::from_millis(100);
    let in_time = timeout(limit, transfer(&accounts, 40).in_lane("transfer"))
        .await
        .is_ok();
    let accounts = accounts.lock().await;
    let left = accounts.alice + accounts.bob;
    println!(
        "symptom: in time: {in_time}, and {} of 100 are lost",
        100 - left
    );
}
