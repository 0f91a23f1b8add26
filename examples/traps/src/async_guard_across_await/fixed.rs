//! All awaits come first; then the two bookings are made with nothing in between where a cancel
//! could fall. Where that cannot be, `async_patterns::sync::CancelPoisonMutex` marks the data.
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
    audit_log().await;
    let mut accounts = accounts.lock().await;
    accounts.alice -= amount;
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
    match accounts.alice + accounts.bob {
        100 => println!("fine: in time: {in_time}, and nothing is lost"),
        left => println!(
            "symptom: in time: {in_time}, and {} of 100 are lost",
            100 - left
        ),
    }
}
