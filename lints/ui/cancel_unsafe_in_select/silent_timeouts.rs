//! Timeouts after which nobody misses what was read.
#![allow(dead_code, unused_must_use)]

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_util::{future::FutureExt as _, sync::CancellationToken};

const SECOND: Duration = Duration::from_secs(1);

async fn read_message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn returned(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    timeout(SECOND, read_message(stream)).await?
}

async fn ends_the_loop(mut stream: TcpStream) -> io::Result<()> {
    loop {
        match timeout(SECOND, read_message(&mut stream)).await {
            Ok(message) => drop(message?),
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

async fn ends_the_loop_with_a_question_mark(mut stream: TcpStream) -> Result<(), String> {
    loop {
        let message = timeout(SECOND, read_message(&mut stream))
            .await
            .map_err(|_| "slow".to_owned())?;
        drop(message);
    }
}

async fn while_let(mut stream: TcpStream) {
    while let Ok(Ok(message)) = timeout(SECOND, read_message(&mut stream)).await {
        drop(message);
    }
}

async fn let_else(mut stream: TcpStream) {
    loop {
        let Ok(message) = read_message(&mut stream).timeout(SECOND).await else {
            break;
        };
        drop(message);
    }
}

async fn is_err(mut stream: TcpStream) {
    loop {
        let message = timeout(SECOND, read_message(&mut stream)).await;
        if message.is_err() {
            return;
        }
    }
}

async fn unwrapped(mut stream: TcpStream) {
    loop {
        let message = timeout(SECOND, read_message(&mut stream)).await.unwrap();
        drop(message);
    }
}

async fn an_answer_and_the_end(mut stream: TcpStream) -> io::Result<()> {
    match timeout(SECOND, read_message(&mut stream)).await {
        Ok(message) => drop(message?),
        Err(_) => {
            stream.write_all(b"408").await?;
            stream.shutdown().await?;
        }
    }
    Ok(())
}

async fn a_stream_of_the_pass(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        if let Ok(message) = timeout(SECOND, read_message(&mut stream)).await {
            drop(message);
        }
    }
}

async fn read_own(mut stream: TcpStream) -> io::Result<Vec<u8>> {
    read_message(&mut stream).await
}

async fn an_owned_stream(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let _ = timeout(SECOND, read_own(stream)).await;
    }
}

async fn cancel_safe(mut jobs: mpsc::Receiver<String>) {
    loop {
        if let Ok(Some(job)) = timeout(SECOND, jobs.recv()).await {
            drop(job);
        }
    }
}

async fn by_reference(mut stream: TcpStream) {
    let mut message = std::pin::pin!(read_message(&mut stream));
    loop {
        if let Ok(message) = timeout(SECOND, &mut message).await {
            return drop(message);
        }
    }
}

async fn reconnects(mut stream: TcpStream) -> io::Result<()> {
    loop {
        match timeout(SECOND, read_message(&mut stream)).await {
            Ok(message) => drop(message?),
            Err(_) => stream = TcpStream::connect("localhost:1").await?,
        }
    }
}

async fn until_cancelled(mut stream: TcpStream, token: CancellationToken) {
    while let Some(message) = token.run_until_cancelled(read_message(&mut stream)).await {
        drop(message);
    }
}

async fn sends(mut inbox: mpsc::Receiver<String>, outbox: mpsc::Sender<String>) {
    while let Some(message) = inbox.recv().await {
        if timeout(SECOND, outbox.send(message)).await.is_err() {
            break;
        }
    }
}

async fn shed(mut inbox: mpsc::Receiver<String>, outbox: mpsc::Sender<String>) {
    while let Some(message) = inbox.recv().await {
        if timeout(SECOND, outbox.send(message)).await.is_err() {
            println!("a slow receiver, the message is dropped");
        }
    }
}

async fn work(job: String) -> usize {
    tokio::time::sleep(SECOND).await;
    job.len()
}

async fn gives_a_job_up(mut jobs: mpsc::Receiver<String>) {
    while let Some(job) = jobs.recv().await {
        let _ = timeout(SECOND, work(job)).await;
    }
}

fn main() {}
