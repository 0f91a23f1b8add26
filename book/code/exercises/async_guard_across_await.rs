use std::time::Duration;

use async_patterns::sync::CancelPoisonMutex;
use tokio::time::{sleep, timeout};

#[derive(Debug, PartialEq, Eq)]
struct Accounts {
    alice: u32,
    bob: u32,
}

// ANCHOR: solution
async fn transfer(accounts: &CancelPoisonMutex<Accounts>, amount: u32) {
    let Ok(mut accounts) = accounts.lock().await else {
        return; // somebody was cut in the middle: whoever owns the data has to mend them first
    };
    accounts.alice -= amount;
    sleep(Duration::from_millis(200)).await; // cannot be moved out of the middle
    accounts.bob += amount;
    accounts.commit();
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn a_cut_transfer_is_noticed() {
    let accounts = CancelPoisonMutex::new(Accounts { alice: 100, bob: 0 });
    let cut = timeout(Duration::from_millis(100), transfer(&accounts, 40)).await;
    assert!(cut.is_err());
    assert!(accounts.is_poisoned());

    transfer(&accounts, 10).await; // refuses
    let guard = accounts.lock().await.unwrap_err().into_inner();
    assert_eq!(*guard, Accounts { alice: 60, bob: 0 });
}
