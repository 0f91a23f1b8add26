//! Handlers that wait behind a future which nobody polls.
#![allow(dead_code, unused_must_use)]

use std::{sync::Arc, time::Duration};

use futures::FutureExt as _;
use tokio::{
    pin, select,
    sync::{Mutex, RwLock, Semaphore, mpsc},
    time::sleep,
};

const BEAT: Duration = Duration::from_secs(1);

type Connection = Arc<Mutex<Vec<&'static str>>>;

async fn send(connection: Connection, message: &'static str) {
    connection.lock().await.push(message);
}

async fn through_functions(connection: Connection) {
    let sync = send(connection.clone(), "sync");
    pin!(sync);
    select! {
        () = &mut sync => {}
        () = sleep(BEAT) => {
            send(connection.clone(), "heartbeat").await;
            sync.await;
        }
    }
}

async fn directly(lock: &Mutex<u64>) {
    let mut waiting = std::pin::pin!(lock.lock());
    select! {
        mut guard = &mut waiting => *guard += 1,
        () = sleep(BEAT) => *lock.lock().await += 2,
    }
}

async fn in_a_loop(lock: Arc<RwLock<String>>) {
    let mut writing = Box::pin(async {
        let mut text = lock.write().await;
        sleep(BEAT).await;
        text.push('x');
    });
    loop {
        select! {
            biased;
            () = writing.as_mut() => break,
            () = sleep(BEAT) => println!("{}", lock.read().await),
        }
    }
}

async fn permits(permits: Arc<Semaphore>) {
    let job = async {
        let _permit = permits.acquire().await;
        sleep(BEAT).await;
    };
    pin!(job);
    select! {
        () = &mut job => {}
        () = sleep(BEAT) => {
            let _permit = permits.clone().acquire_owned().await;
        }
    }
}

async fn channels(sender: mpsc::Sender<u8>) {
    let other = sender.clone();
    let sending = other.send(1);
    pin!(sending);
    select! {
        sent = &mut sending => sent.unwrap(),
        () = sleep(BEAT) => {
            sender.send(2).await.unwrap();
            sending.await.unwrap();
        }
    }
}

struct Server {
    table: Mutex<Vec<u8>>,
    other: Mutex<Vec<u8>>,
}

impl Server {
    async fn add(&self, byte: u8) {
        self.table.lock().await.push(byte);
    }

    async fn later(&self, byte: u8) {
        sleep(BEAT).await;
        self.add(byte).await;
    }

    async fn methods(&self) {
        let later = self.later(1);
        pin!(later);
        select! {
            () = &mut later => {}
            () = sleep(BEAT) => self.add(2).await,
        }
    }

    async fn a_reference_is_dropped(&self) {
        let later = self.later(1);
        pin!(later);
        select! {
            () = &mut later => {}
            () = sleep(BEAT) => {
                drop(later);
                self.add(2).await;
            }
        }
    }

    async fn with_the_macro_of_futures(&self) {
        let mut later = Box::pin(self.later(1)).fuse();
        let mut beat = Box::pin(sleep(BEAT)).fuse();
        futures::select! {
            () = later => {}
            () = beat => self.add(2).await,
        }
    }
}

static GLOBAL: Mutex<u64> = Mutex::const_new(0);

async fn count() {
    *GLOBAL.lock().await += 1;
}

async fn statics() {
    let counting = count();
    pin!(counting);
    select! {
        () = &mut counting => {}
        () = sleep(BEAT) => count().await,
    }
}

struct Jobs {
    running: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
    table: Arc<Mutex<u64>>,
}

async fn a_boxed_future(table: Arc<Mutex<u64>>) {
    async fn job(table: Arc<Mutex<u64>>) {
        *table.lock().await += 1;
    }
    let mut running: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(job(table.clone()));
    loop {
        select! {
            () = &mut running => return,
            () = sleep(BEAT) => job(table.clone()).await,
        }
    }
}

#[allow(unknown_lints, futurelock)]
async fn allowed(lock: &Mutex<u64>) {
    let mut waiting = std::pin::pin!(lock.lock());
    select! {
        mut guard = &mut waiting => *guard += 1,
        () = sleep(BEAT) => *lock.lock().await += 2,
    }
}

fn main() {}
