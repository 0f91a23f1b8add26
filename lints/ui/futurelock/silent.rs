//! Nobody waits behind a future that is not polled.
#![allow(dead_code, unused_must_use)]

use std::{sync::Arc, time::Duration};

use tokio::{
    pin, select,
    sync::{Mutex, Semaphore, mpsc, oneshot},
    time::{Interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const BEAT: Duration = Duration::from_secs(1);

type Connection = Arc<Mutex<Vec<&'static str>>>;

async fn send(connection: Connection, message: &'static str) {
    connection.lock().await.push(message);
}

async fn a_task(connection: Connection) {
    let mut sync = tokio::spawn(send(connection.clone(), "sync"));
    select! {
        _ = &mut sync => {}
        () = sleep(BEAT) => send(connection.clone(), "heartbeat").await,
    }
}

async fn owned(connection: Connection) {
    select! {
        () = send(connection.clone(), "sync") => {}
        () = sleep(BEAT) => send(connection.clone(), "heartbeat").await,
    }
}

async fn dropped_first(connection: Connection) {
    let mut sync = Box::pin(send(connection.clone(), "sync"));
    select! {
        () = &mut sync => {}
        () = sleep(BEAT) => {
            drop(sync);
            send(connection.clone(), "heartbeat").await;
        }
    }
}

async fn replaced_first(connection: Connection) {
    let mut sync = Box::pin(send(connection.clone(), "sync"));
    loop {
        select! {
            () = &mut sync => break,
            () = sleep(BEAT) => {
                sync = Box::pin(send(connection.clone(), "again"));
                send(connection.clone(), "heartbeat").await;
            }
        }
    }
}

async fn done_first(connection: Connection) {
    let sync = send(connection.clone(), "sync");
    pin!(sync);
    select! {
        () = &mut sync => {}
        () = sleep(BEAT) => {
            sync.await;
            send(connection.clone(), "heartbeat").await;
        }
    }
}

async fn no_await(connection: Connection) {
    let sync = send(connection.clone(), "sync");
    pin!(sync);
    select! {
        () = &mut sync => {}
        () = sleep(BEAT) => println!("{}", connection.try_lock().is_ok()),
    }
}

async fn its_own_handler(connection: Connection) {
    let sync = send(connection.clone(), "sync");
    pin!(sync);
    select! {
        () = &mut sync => send(connection.clone(), "done").await,
        () = sleep(BEAT) => {}
    }
}

async fn futures_that_hold_nothing(
    connection: Connection,
    token: CancellationToken,
    mut answer: oneshot::Receiver<u8>,
    mut ticks: Interval,
) {
    let limit = sleep(BEAT);
    pin!(limit);
    let cancelled = token.cancelled();
    pin!(cancelled);
    loop {
        select! {
            () = &mut limit => break,
            () = &mut cancelled => break,
            answer = &mut answer => {
                drop(answer);
                break;
            }
            _ = ticks.tick() => send(connection.clone(), "tick").await,
        }
    }
}

struct Server {
    table: Mutex<Vec<u8>>,
    other: Mutex<Vec<u8>>,
    permits: Semaphore,
}

impl Server {
    async fn add(&self, byte: u8) {
        self.table.lock().await.push(byte);
    }

    async fn add_to_other(&self, byte: u8) {
        self.other.lock().await.push(byte);
    }

    async fn two_fields(&self) {
        let adding = self.add(1);
        pin!(adding);
        select! {
            () = &mut adding => {}
            () = sleep(BEAT) => self.add_to_other(2).await,
        }
    }

    async fn two_fields_directly(&self) {
        let mut adding = std::pin::pin!(self.table.lock());
        select! {
            _ = &mut adding => {}
            () = sleep(BEAT) => self.other.lock().await.push(1),
        }
    }

    async fn another_kind(&self) {
        let adding = self.add(1);
        pin!(adding);
        select! {
            () = &mut adding => {}
            () = sleep(BEAT) => {
                let _permit = self.permits.acquire().await;
            }
        }
    }

    async fn with_a_limit(&self) {
        let adding = self.add(1);
        pin!(adding);
        select! {
            () = &mut adding => {}
            () = sleep(BEAT) => {
                let _ = timeout(BEAT, self.add(2)).await;
            }
        }
    }

    async fn polled_meanwhile(&self) {
        let adding = self.add(1);
        pin!(adding);
        select! {
            () = &mut adding => {}
            () = sleep(BEAT) => {
                tokio::join!(self.add(2), &mut adding);
            }
        }
    }

    async fn in_a_task(self: Arc<Self>) {
        let adding = self.add(1);
        pin!(adding);
        select! {
            () = &mut adding => {}
            () = sleep(BEAT) => {
                let server = Arc::clone(&self);
                tokio::spawn(async move { server.add(2).await });
            }
        }
    }
}

async fn two_variables(one: Connection, two: Connection) {
    let sync = send(one, "sync");
    pin!(sync);
    select! {
        () = &mut sync => {}
        () = sleep(BEAT) => send(two, "heartbeat").await,
    }
}

async fn own_lock(mut ticks: Interval) {
    async fn work() {
        let lock = Mutex::new(1);
        *lock.lock().await += 1;
    }
    let working = work();
    pin!(working);
    select! {
        () = &mut working => {}
        _ = ticks.tick() => work().await,
    }
}

async fn two_channels(one: mpsc::Sender<u8>, two: mpsc::Sender<u8>) {
    let sending = one.send(1);
    pin!(sending);
    select! {
        sent = &mut sending => sent.unwrap(),
        () = sleep(BEAT) => two.send(2).await.unwrap(),
    }
}

async fn other_types(one: &Mutex<u8>, two: &Mutex<u16>) {
    let mut waiting = std::pin::pin!(one.lock());
    select! {
        guard = &mut waiting => drop(guard),
        () = sleep(BEAT) => *two.lock().await += 1,
    }
}

fn main() {}
