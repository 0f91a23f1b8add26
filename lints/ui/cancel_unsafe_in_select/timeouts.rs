//! Timeouts after which the same stream is read again.
#![allow(dead_code, unused_must_use)]

use std::{io, time::Duration};

use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    sync::mpsc,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::{future::FutureExt as _, sync::CancellationToken};

const SECOND: Duration = Duration::from_secs(1);

async fn read_message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn goes_on(mut stream: TcpStream) -> io::Result<()> {
    loop {
        match timeout(SECOND, read_message(&mut stream)).await {
            Ok(Ok(message)) => drop(message),
            Ok(Err(error)) => return Err(error),
            Err(_) => continue,
        }
    }
}

async fn if_let(stream: &mut TcpStream) {
    loop {
        if let Ok(message) = timeout_at(Instant::now() + SECOND, read_message(stream)).await {
            drop(message);
        }
    }
}

async fn as_a_method(stream: &mut TcpStream) {
    let mut header = [0; 8];
    loop {
        let read = stream.read_exact(&mut header).timeout(SECOND).await;
        if read.is_err() {
            println!("slow");
        }
    }
}

async fn once_more(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    if let Ok(message) = timeout(SECOND, read_message(stream)).await {
        return message;
    }
    println!("slow");
    read_message(stream).await
}

async fn until_cancelled(stream: &mut TcpStream, token: &CancellationToken) -> io::Result<u8> {
    let first = token.run_until_cancelled(read_message(stream)).await;
    match first {
        Some(message) => Ok(message?[0]),
        None => stream.read_u8().await,
    }
}

async fn a_job(jobs: &mut mpsc::Receiver<String>) -> Option<String> {
    let job = jobs.recv().await?;
    sleep(SECOND).await;
    Some(job)
}

async fn jobs(mut jobs: mpsc::Receiver<String>) {
    while !jobs.is_closed() {
        let Ok(Some(job)) = timeout(SECOND, a_job(&mut jobs)).await else {
            continue;
        };
        drop(job);
    }
}

fn main() {}
