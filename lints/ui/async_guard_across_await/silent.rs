//! A cancel leaves nothing half changed, or cannot come, or is remembered.
#![warn(async_guard_across_await)]
#![allow(unused, clippy::all)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_patterns::sync::CancelPoisonMutex;
use tokio::io::AsyncReadExt;
use tokio::sync::{Mutex, RwLock, mpsc};
use tokio::time::sleep;

#[derive(Default, Clone)]
struct Accounts {
    alice: u32,
    bob: u32,
}

async fn audit_log() {
    sleep(Duration::from_millis(1)).await;
}

async fn dropped_first(accounts: &Mutex<Accounts>) {
    let mut guard = accounts.lock().await;
    guard.alice -= 1;
    drop(guard);
    audit_log().await;
    accounts.lock().await.bob += 1;
}

async fn scoped(accounts: &Mutex<Accounts>) {
    {
        let mut accounts = accounts.lock().await;
        accounts.alice -= 1;
        accounts.bob += 1;
    }
    audit_log().await;
}

async fn awaits_first(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    audit_log().await;
    accounts.alice -= 1;
    accounts.bob += 1;
}

async fn awaits_last(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    accounts.bob += 1;
    audit_log().await;
}

async fn only_reads(accounts: &Mutex<Accounts>) -> u32 {
    let accounts = accounts.lock().await;
    let alice = accounts.alice;
    audit_log().await;
    alice + accounts.bob
}

async fn reads_after(accounts: &Mutex<Accounts>) -> u32 {
    let mut accounts = accounts.lock().await;
    accounts.alice += 1;
    audit_log().await;
    accounts.bob
}

async fn read_guard(accounts: &RwLock<Accounts>) -> u32 {
    let accounts = accounts.read().await;
    audit_log().await;
    accounts.bob
}

async fn serialises(turn: &Mutex<()>) {
    let _turn = turn.lock().await;
    audit_log().await;
    audit_log().await;
}

async fn shared_receiver(jobs: &Mutex<mpsc::Receiver<u32>>) -> Option<u32> {
    jobs.lock().await.recv().await
}

async fn shared_receiver_in_a_loop(jobs: Arc<Mutex<mpsc::Receiver<u32>>>) {
    loop {
        let job = { jobs.lock().await.recv().await };
        let Some(job) = job else { return };
        audit_log().await;
    }
}

async fn remembered(accounts: &CancelPoisonMutex<Accounts>) {
    let Ok(mut accounts) = accounts.lock().await else {
        return;
    };
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
    accounts.commit();
}

async fn on_a_copy(accounts: &Mutex<Accounts>) {
    let mut guard = accounts.lock().await;
    let mut copy = guard.clone();
    copy.alice -= 1;
    audit_log().await;
    copy.bob += 1;
    *guard = copy;
}

async fn anew_in_each_round(accounts: &Mutex<Accounts>) {
    loop {
        let mut accounts = accounts.lock().await;
        audit_log().await;
        accounts.alice += 1;
    }
}

async fn last_in_each_round(accounts: &Mutex<Accounts>) {
    for _ in 0..3 {
        let mut accounts = accounts.lock().await;
        accounts.alice += 1;
        audit_log().await;
    }
}

async fn two_guards(one: &Mutex<Accounts>, other: &Mutex<Accounts>) {
    one.lock().await.alice -= 1;
    other.lock().await.alice += 1;
}

async fn second_lock_under_the_first(one: &Mutex<Accounts>, other: &Mutex<Accounts>) {
    let mut one = one.lock().await;
    let mut other = other.lock().await;
    one.alice -= 1;
    other.alice += 1;
}

async fn argument_is_awaited(cache: &Mutex<HashMap<u32, u32>>) {
    async fn fetch() -> u32 {
        audit_log().await;
        3
    }
    cache.lock().await.insert(3, fetch().await);
}

async fn fills_if_missing(cache: &Mutex<HashMap<u32, u32>>) -> u32 {
    let mut cache = cache.lock().await;
    if let Some(known) = cache.get(&3) {
        return *known;
    }
    audit_log().await;
    cache.insert(3, 7);
    7
}

async fn given_away(accounts: Arc<Mutex<Accounts>>) {
    let mut accounts = accounts.lock_owned().await;
    accounts.alice -= 1;
    tokio::task::spawn_blocking(move || accounts.bob += 1)
        .await
        .unwrap();
}

async fn changes_on_other_ways(accounts: &Mutex<Accounts>, slow: bool) {
    let mut accounts = accounts.lock().await;
    if slow {
        audit_log().await;
        accounts.alice += 1;
    } else {
        accounts.alice -= 1;
        accounts.bob += 1;
    }
}

#[tokio::test]
async fn in_a_test() {
    let accounts = Mutex::new(Accounts::default());
    let mut accounts = accounts.lock().await;
    accounts.alice += 1;
    audit_log().await;
    accounts.bob -= 1;
}

#[allow(async_guard_across_await)]
async fn allowed(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
}

async fn allowed_at_the_guard(accounts: &Mutex<Accounts>) {
    #[allow(async_guard_across_await)]
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
}

#[tokio::main]
async fn main() {
    let accounts = Mutex::new(Accounts::default());
    let mut accounts = accounts.lock().await;
    accounts.alice += 1;
    audit_log().await;
    accounts.bob -= 1;
}
