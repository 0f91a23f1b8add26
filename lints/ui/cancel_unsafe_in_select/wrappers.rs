//! Functions of the crate that await more than once.
#![allow(dead_code, unused_must_use)]

use std::{collections::VecDeque, future::Future, io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    net::{TcpListener, TcpStream},
    select,
    sync::{Mutex, mpsc},
    time::{Interval, sleep},
};

async fn read_message(stream: &mut DuplexStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u8().await?;
    let mut body = vec![0; usize::from(length)];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn two_reads(stream: &mut DuplexStream, mut ping: Interval) {
    loop {
        select! {
            message = read_message(stream) => drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn read_two_bytes(stream: &mut DuplexStream) -> io::Result<(u8, u8)> {
    Ok((stream.read_u8().await?, stream.read_u8().await?))
}

async fn read_into_an_own_buffer(stream: &mut DuplexStream) -> io::Result<Vec<u8>> {
    let mut buffer = Vec::with_capacity(64);
    while !buffer.ends_with(b"\n") {
        stream.read_buf(&mut buffer).await?;
    }
    Ok(buffer)
}

async fn both(mut stream: DuplexStream, mut ping: Interval) {
    loop {
        select! {
            pair = read_two_bytes(&mut stream) => drop(pair),
            _ = ping.tick() => {}
        }
        select! {
            line = read_into_an_own_buffer(&mut stream) => drop(line),
            _ = ping.tick() => {}
        }
    }
}

async fn one_deeper(stream: &mut DuplexStream) -> io::Result<usize> {
    let message = read_message(stream).await?;
    Ok(message.len())
}

struct Worker {
    jobs: mpsc::Receiver<String>,
    done: Vec<String>,
    log: Arc<Mutex<Vec<String>>>,
    ticks: Interval,
}

async fn work(job: &str) -> usize {
    sleep(Duration::from_millis(1)).await;
    job.len()
}

async fn work_with(job: String) -> usize {
    sleep(Duration::from_millis(1)).await;
    job.len()
}

impl Worker {
    async fn received_then_an_await(&mut self) -> Option<String> {
        let job = self.jobs.recv().await?;
        sleep(Duration::from_millis(1)).await;
        Some(job)
    }

    async fn received_then_given_to_an_await(&mut self) -> Option<()> {
        let job = self.jobs.recv().await?;
        work_with(job).await;
        Some(())
    }

    async fn received_then_lent_to_an_await(&mut self) {
        while let Some(job) = self.jobs.recv().await {
            work(&job).await;
        }
    }

    async fn stored_after_the_await(&mut self) {
        if let Some(job) = self.jobs.recv().await {
            self.log.lock().await.push(job);
        }
    }

    async fn a_batch(&mut self) -> Vec<String> {
        let mut batch = Vec::new();
        while batch.len() < 10 {
            let Some(job) = self.jobs.recv().await else { break };
            batch.push(job);
        }
        batch
    }

    async fn run(&mut self, mut ping: Interval) {
        loop {
            select! {
                job = self.received_then_an_await() => drop(job),
                _ = ping.tick() => {}
            }
            select! {
                _ = self.received_then_given_to_an_await() => {}
                _ = ping.tick() => {}
            }
            select! {
                _ = self.received_then_lent_to_an_await() => {}
                _ = ping.tick() => {}
            }
            select! {
                _ = self.stored_after_the_await() => {}
                _ = ping.tick() => {}
            }
            select! {
                batch = self.a_batch() => self.done.extend(batch),
                _ = ping.tick() => {}
            }
        }
    }
}

async fn deeper(mut stream: DuplexStream, mut ping: Interval) {
    loop {
        select! {
            _ = one_deeper(&mut stream) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn handshake(mut stream: TcpStream) -> io::Result<TcpStream> {
    stream.write_all(b"hello").await?;
    Ok(stream)
}

async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    handshake(stream).await
}

async fn serve(listener: TcpListener, mut ping: Interval) {
    loop {
        select! {
            stream = accept(&listener) => drop(stream),
            _ = ping.tick() => {}
        }
    }
}

fn returns_a_future(stream: &mut DuplexStream) -> impl Future<Output = io::Result<Vec<u8>>> {
    async {
        let mut body = vec![0; 4];
        stream.read_exact(&mut body).await?;
        Ok(body)
    }
}

fn hands_it_on<'a>(
    stream: &'a mut DuplexStream,
    body: &'a mut [u8],
) -> impl Future<Output = io::Result<usize>> + 'a {
    stream.read_exact(body)
}

async fn not_async_fns(mut stream: DuplexStream, mut ping: Interval) {
    let mut body = [0; 4];
    loop {
        select! {
            _ = returns_a_future(&mut stream) => {}
            _ = ping.tick() => {}
        }
        select! {
            _ = hands_it_on(&mut stream, &mut body) => {}
            _ = ping.tick() => {}
        }
    }
}

trait Source {
    async fn next(&mut self) -> Option<String>;
}

impl Source for Worker {
    async fn next(&mut self) -> Option<String> {
        let job = self.jobs.recv().await?;
        self.ticks.tick().await;
        Some(job)
    }
}

#[async_trait::async_trait]
trait Boxed {
    async fn fetch(&mut self) -> Option<String>;
}

#[async_trait::async_trait]
impl Boxed for Worker {
    async fn fetch(&mut self) -> Option<String> {
        let job = self.jobs.recv().await?;
        self.ticks.tick().await;
        Some(job)
    }
}

async fn trait_methods(mut worker: Worker, mut ping: Interval) {
    loop {
        select! {
            _ = worker.next() => {}
            _ = ping.tick() => {}
        }
        select! {
            _ = worker.fetch() => {}
            _ = ping.tick() => {}
        }
    }
}

async fn in_an_async_closure(mut stream: DuplexStream, mut ping: Interval) {
    let mut run = async || {
        loop {
            select! {
                message = read_message(&mut stream) => drop(message),
                _ = ping.tick() => {}
            }
        }
    };
    run().await
}

async fn shared(stream: Arc<Mutex<DuplexStream>>, mut ping: Interval) {
    async fn locked(stream: Arc<Mutex<DuplexStream>>) -> io::Result<Vec<u8>> {
        let mut stream = stream.lock().await;
        read_message(&mut stream).await
    }
    loop {
        select! {
            message = locked(stream.clone()) => drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn forward(to: &mpsc::Sender<String>, message: String) {
    to.send(message).await.unwrap();
}

async fn a_message_that_was_given_away(
    mut waiting: VecDeque<String>,
    to: mpsc::Sender<String>,
    mut ping: Interval,
) {
    while let Some(message) = waiting.pop_front() {
        select! {
            () = forward(&to, message) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn a_select_inside(worker: &mut Worker, stream: &mut DuplexStream) -> Option<Vec<u8>> {
    select! {
        job = worker.jobs.recv() => job.map(String::into_bytes),
        message = read_message(stream) => message.ok(),
    }
}

async fn nested(mut worker: Worker, mut stream: DuplexStream, mut ping: Interval) {
    loop {
        select! {
            _ = a_select_inside(&mut worker, &mut stream) => {}
            _ = ping.tick() => {}
        }
    }
}

/// What is replaced is a number that the future reads, and the pass that loses does not get there.
async fn something_else_is_replaced(mut stream: DuplexStream, mut ping: Interval) {
    let mut limit = 4;
    loop {
        select! {
            message = async {
                let mut body = vec![0; limit];
                stream.read_exact(&mut body).await
            } => drop(message),
            _ = ping.tick() => limit = 8,
        }
    }
}

async fn replaced_on_another_way(mut stream: DuplexStream, mut ping: Interval) {
    loop {
        let message = select! {
            message = read_message(&mut stream) => message,
            _ = ping.tick() => continue,
        };
        if message.is_err() {
            stream = tokio::io::duplex(64).0;
        }
    }
}

fn main() {}
