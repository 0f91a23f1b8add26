//! Changes on both sides of an await, in every form of body and with every guard.
#![warn(async_guard_across_await)]
#![allow(unused, clippy::all)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard, RwLock, RwLockWriteGuard};
use tokio::time::{sleep, timeout};

#[derive(Default)]
struct Accounts {
    alice: u32,
    bob: u32,
}

async fn audit_log() {
    sleep(Duration::from_millis(1)).await;
}

async fn free_function(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
}

struct Bank {
    accounts: Arc<Mutex<Accounts>>,
    rates: RwLock<HashMap<String, u32>>,
}

impl Bank {
    async fn method(&self) {
        let mut accounts = self.accounts.lock().await;
        accounts.alice = 0;
        audit_log().await;
        accounts.bob = 0;
    }

    async fn owned(&self) {
        let mut accounts: OwnedMutexGuard<Accounts> = Arc::clone(&self.accounts).lock_owned().await;
        accounts.alice = 0;
        audit_log().await;
        accounts.bob = 0;
    }

    async fn write_lock(&self) {
        let mut rates = self.rates.write().await;
        rates.clear();
        audit_log().await;
        rates.insert("eur".to_owned(), 3);
    }

    async fn mapped(&self) {
        let accounts = self.accounts.lock().await;
        let mut pair = MutexGuard::map(accounts, |accounts| accounts);
        pair.alice += 1;
        audit_log().await;
        pair.bob += 1;
    }
}

fn block(accounts: Arc<Mutex<Accounts>>) -> impl Future<Output = ()> {
    async move {
        let mut accounts = accounts.lock().await;
        accounts.alice -= 1;
        audit_log().await;
        accounts.bob += 1;
    }
}

async fn closure(accounts: &Mutex<Accounts>) {
    let book = async |amount: u32| {
        let mut accounts = accounts.lock().await;
        accounts.alice -= amount;
        audit_log().await;
        accounts.bob += amount;
    };
    book(3).await;
}

#[async_trait]
trait Transfer {
    async fn transfer(&self, amount: u32);
}

#[async_trait]
impl Transfer for Bank {
    async fn transfer(&self, amount: u32) {
        let mut accounts = self.accounts.lock().await;
        accounts.alice -= amount;
        audit_log().await;
        accounts.bob += amount;
    }
}

async fn generic<T: Default>(slot: &Mutex<Vec<T>>) {
    let mut slots = slot.lock().await;
    slots.push(T::default());
    audit_log().await;
    slots.push(T::default());
}

async fn by_a_reference_to_the_data(accounts: &Mutex<Accounts>) {
    let mut guard = accounts.lock().await;
    let accounts = &mut *guard;
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
}

async fn two_calls(stream: &Mutex<tokio::net::TcpStream>) -> std::io::Result<()> {
    let mut stream = stream.lock().await;
    stream.write_all(b"header").await?;
    stream.write_all(b"body").await
}

impl Accounts {
    async fn book(&mut self) {
        self.alice -= 1;
        audit_log().await;
        self.bob += 1;
        audit_log().await;
    }
}

async fn a_long_change_behind_a_call(accounts: &Mutex<Accounts>) {
    accounts.lock().await.book().await;
}

async fn in_a_loop(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    for _ in 0..3 {
        accounts.alice += 1;
        audit_log().await;
    }
}

async fn in_select(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    accounts.alice += 1;
    tokio::select! {
        () = audit_log() => accounts.bob -= 1,
        () = sleep(Duration::from_secs(1)) => accounts.bob -= 2,
    }
}

struct Session<'a> {
    accounts: MutexGuard<'a, Accounts>,
    name: String,
}

async fn in_a_struct(accounts: &Mutex<Accounts>) {
    let mut session = Session {
        accounts: accounts.lock().await,
        name: String::new(),
    };
    session.accounts.alice -= 1;
    audit_log().await;
    session.accounts.bob += 1;
}

async fn with_futures(accounts: &futures::lock::Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
}

async fn with_async_lock(accounts: &async_lock::RwLock<Accounts>) {
    let mut accounts = accounts.write().await;
    accounts.alice -= 1;
    audit_log().await;
    accounts.bob += 1;
}

async fn only_on_one_way(accounts: &Mutex<Accounts>, slow: bool) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    if slow {
        audit_log().await;
    }
    accounts.bob += 1;
}

async fn swapped_out(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    let old = std::mem::take(&mut *accounts);
    audit_log().await;
    *accounts = old;
}

macro_rules! logged {
    ($body:block) => {{
        audit_log().await;
        $body
    }};
}

async fn in_a_macro(accounts: &Mutex<Accounts>) {
    let mut accounts = accounts.lock().await;
    accounts.alice -= 1;
    logged!({
        accounts.bob += 1;
    });
}

#[tokio::main]
async fn main() {}
