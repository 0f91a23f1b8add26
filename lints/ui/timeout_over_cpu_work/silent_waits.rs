//! Timed futures that really wait, in many forms.
#![allow(dead_code, unused_must_use)]

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use futures::{FutureExt, SinkExt, StreamExt, future, stream};
use tokio::{
    fs,
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Mutex, Semaphore, broadcast, mpsc, watch},
    task::{self, JoinHandle, JoinSet},
    time::{Instant, interval, sleep, sleep_until, timeout, timeout_at},
};

const SECOND: Duration = Duration::from_secs(1);

fn sum_to(limit: u64) -> u64 {
    let mut sum = 0_u64;
    for i in 0..limit {
        sum = sum.wrapping_add(i);
    }
    sum
}

async fn echo(mut stream: TcpStream) -> std::io::Result<u64> {
    let mut buffer = [0; 1024];
    let mut total = 0;
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(total);
        }
        for byte in &mut buffer[..read] {
            *byte = byte.to_ascii_uppercase();
        }
        stream.write_all(&buffer[..read]).await?;
        total += read as u64;
    }
}

async fn sockets(listener: TcpListener, stream: TcpStream) {
    timeout(SECOND, listener.accept()).await;
    timeout(SECOND, echo(stream)).await;
    timeout(SECOND, TcpStream::connect("localhost:1")).await;
    timeout(SECOND, async {
        let mut lines = BufReader::new(TcpStream::connect("localhost:1").await.unwrap()).lines();
        let mut counts: HashMap<String, u32> = HashMap::new();
        while let Ok(Some(line)) = lines.next_line().await {
            for word in line.split_whitespace() {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
        }
        counts
    })
    .await;
}

async fn channels(
    mut jobs: mpsc::Receiver<u64>,
    done: mpsc::Sender<u64>,
    mut events: broadcast::Receiver<u64>,
    mut state: watch::Receiver<u64>,
) {
    timeout(SECOND, events.recv()).await;
    timeout(SECOND, state.changed()).await;
    timeout(SECOND, done.send(sum_to(10))).await;
    timeout(SECOND, async {
        while let Some(job) = jobs.recv().await {
            done.send(sum_to(job)).await.unwrap();
        }
    })
    .await;
    timeout(SECOND, state.wait_for(|value| sum_to(*value) > 3)).await;
}

async fn locks(mutex: Arc<Mutex<Vec<u64>>>, permits: Semaphore) {
    timeout(SECOND, mutex.lock()).await;
    timeout(SECOND, async {
        for n in mutex.lock().await.iter() {
            sum_to(*n);
        }
    })
    .await;
    timeout(SECOND, permits.acquire()).await;
}

async fn tasks(handle: JoinHandle<u64>, handles: Vec<JoinHandle<u64>>) {
    timeout(SECOND, handle).await;
    timeout(SECOND, future::join_all(handles)).await;
    timeout(SECOND, async {
        let mut set = JoinSet::new();
        for n in 0..1_000 {
            set.spawn(async move { sum_to(n) });
        }
        while set.join_next().await.is_some() {}
    })
    .await;
    timeout(SECOND, task::spawn(async { std::thread::sleep(SECOND) })).await;
}

async fn streams(events: broadcast::Receiver<u64>) {
    let mut numbers = Box::pin(stream::iter(0..1_000_000_u64).then(|n| async move {
        task::yield_now().await;
        sum_to(n)
    }));
    timeout(SECOND, async { while numbers.next().await.is_some() {} }).await;
    timeout(SECOND, numbers.collect::<Vec<_>>()).await;
    let (mut sink, source) = futures::channel::mpsc::channel::<u64>(1);
    timeout(SECOND, sink.send(1)).await;
    timeout(SECOND, source.fold(0, |sum, n| async move { sum + sum_to(n) })).await;
    drop(events);
}

async fn files_and_processes() {
    timeout(SECOND, fs::read_to_string("input")).await;
    timeout(SECOND, Command::new("make").status()).await;
    timeout(SECOND, async {
        let text = fs::read_to_string("input").await?;
        fs::write("output", text.to_uppercase()).await
    })
    .await;
}

async fn timers() {
    timeout(SECOND, async {
        let mut ticks = interval(SECOND);
        loop {
            ticks.tick().await;
            sum_to(1_000);
        }
    })
    .await;
    timeout_at(Instant::now() + SECOND, sleep_until(Instant::now() + SECOND)).await;
    timeout(SECOND, timeout(SECOND, sleep(SECOND))).await;
}

async fn adapters(mut jobs: mpsc::Receiver<u64>) {
    timeout(SECOND, jobs.recv().map(|job| job.map(sum_to))).await;
    timeout(SECOND, future::join(sleep(SECOND), async { sum_to(1_000_000) })).await;
    timeout(SECOND, async { tokio::join!(sleep(SECOND), async { sum_to(1_000_000) }) }).await;
    timeout(SECOND, async {
        tokio::select! {
            job = jobs.recv() => sum_to(job.unwrap()),
            () = sleep(SECOND) => 0,
        }
    })
    .await;
}

fn countdown(n: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if n > 0 {
            task::yield_now().await;
            countdown(n - 1).await;
        }
    })
}

async fn recursion_that_waits() {
    timeout(SECOND, countdown(1_000_000)).await;
}

#[async_trait::async_trait]
trait Backend: Send + Sync {
    async fn fetch(&self, key: u64) -> Option<u64>;
}

struct Remote;

#[async_trait::async_trait]
impl Backend for Remote {
    async fn fetch(&self, key: u64) -> Option<u64> {
        sleep(SECOND).await;
        Some(sum_to(key))
    }
}

async fn trait_objects(backend: Arc<dyn Backend>, boxed: Box<dyn Future<Output = ()> + Unpin>) {
    timeout(SECOND, backend.fetch(1)).await;
    timeout(SECOND, Remote.fetch(1)).await;
    timeout(SECOND, boxed).await;
}

async fn generic<B, F, Fut>(backend: B, make: F) -> Option<u64>
where
    B: Backend,
    F: FnOnce(u64) -> Fut,
    Fut: Future<Output = u64>,
{
    timeout(SECOND, backend.fetch(1)).await.ok()?;
    timeout(SECOND, make(1)).await.ok()?;
    timeout(SECOND, async {
        let value = make_value(&backend).await;
        sum_to(value)
    })
    .await
    .ok()
}

async fn make_value<B: Backend>(backend: &B) -> u64 {
    backend.fetch(1).await.unwrap_or_default()
}

async fn with_limit<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    timeout(limit, future).await.ok()
}

async fn a_wrapper_around_timeout(jobs: &mut mpsc::Receiver<u64>) {
    with_limit(SECOND, jobs.recv()).await;
    with_limit(SECOND, async { jobs.recv().await.map(sum_to) }).await;
}

/// A channel without a bound has the same type, and its `send` does not wait.
async fn a_sender_that_may_have_no_bound(sender: crossbeam_channel::Sender<u64>) {
    timeout(SECOND, async { sender.send(1) }).await;
}
