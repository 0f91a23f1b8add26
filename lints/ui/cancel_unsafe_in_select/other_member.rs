// aux-build:protocol.rs
//! Functions of another member of the workspace.
#![allow(dead_code, unused_must_use)]

extern crate protocol;

use protocol::Inbox;
use tokio::{io::DuplexStream, select, time::Interval};

async fn a_function(mut stream: DuplexStream, mut ping: Interval) {
    loop {
        select! {
            message = protocol::read_message(&mut stream) => drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn a_method(mut inbox: Inbox, mut ping: Interval) {
    loop {
        select! {
            job = inbox.next_slowly() => drop(job),
            _ = ping.tick() => {}
        }
    }
}

async fn received_then_an_await(inbox: &mut Inbox) -> Option<String> {
    let job = inbox.next().await?;
    tokio::task::yield_now().await;
    Some(job)
}

async fn a_wrapper(mut inbox: Inbox, mut ping: Interval) {
    loop {
        select! {
            job = received_then_an_await(&mut inbox) => drop(job),
            _ = ping.tick() => {}
        }
    }
}

async fn safe(mut stream: DuplexStream, mut inbox: Inbox, mut ping: Interval) {
    let mut buffer = [0; 64];
    loop {
        select! {
            job = inbox.next() => drop(job),
            read = protocol::read_some(&mut stream, &mut buffer) => drop(read),
            _ = ping.tick() => {}
        }
    }
}

async fn pinned(mut stream: DuplexStream, mut ping: Interval) {
    let mut message = std::pin::pin!(protocol::read_message(&mut stream));
    loop {
        select! {
            message = &mut message => return drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn an_inbox_of_the_pass(mut make: impl FnMut() -> Inbox, mut ping: Interval) {
    loop {
        let mut inbox = make();
        select! {
            job = inbox.next_slowly() => drop(job),
            _ = ping.tick() => {}
        }
    }
}

fn main() {}
