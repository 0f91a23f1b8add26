//! Timeouts that can fire, or that have nothing to do with long work.
#![allow(dead_code, unused_must_use, dropping_copy_types, for_loops_over_fallibles)]

use std::{
    collections::HashMap,
    future::{Future, ready},
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    select,
    sync::{Notify, mpsc, oneshot},
    task::{JoinSet, spawn_blocking, yield_now},
    time::{interval, sleep, timeout},
};
use tokio_util::future::FutureExt;

const SECOND: Duration = Duration::from_secs(1);
const FEW: usize = 3;

fn fib(n: u32) -> u64 {
    if n < 2 { u64::from(n) } else { fib(n - 1) + fib(n - 2) }
}

fn sum_to(limit: u64) -> u64 {
    (0..limit).sum()
}

async fn waits(mut jobs: mpsc::Receiver<u32>, done: oneshot::Receiver<()>, notify: Notify) {
    timeout(SECOND, jobs.recv()).await;
    timeout(SECOND, async { jobs.recv().await }).await;
    timeout(SECOND, notify.notified()).await;
    timeout(SECOND, done).await;
    timeout(SECOND, sleep(SECOND)).await;
    timeout(SECOND, std::future::pending::<()>()).await;
}

async fn computes_after_a_wait(mut jobs: mpsc::Receiver<u32>) {
    timeout(SECOND, async {
        let n = jobs.recv().await.unwrap();
        fib(n)
    })
    .await;
}

async fn on_another_thread(n: u64) {
    timeout(SECOND, spawn_blocking(move || sum_to(n))).await;
    timeout(SECOND, async move { spawn_blocking(move || sum_to(n)).await }).await;
    timeout(SECOND, tokio::spawn(async move { sum_to(n) })).await;
    timeout(SECOND, async move {
        let mut set = JoinSet::new();
        set.spawn_blocking(move || sum_to(n));
        set.join_next().await
    })
    .await;
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || sender.send(sum_to(n)));
    timeout(SECOND, receiver).await;
}

async fn run_blocking<F, R>(f: F) -> R
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    spawn_blocking(f).await.unwrap()
}

async fn on_another_thread_through_a_helper() {
    timeout(SECOND, run_blocking(|| std::thread::sleep(SECOND))).await;
    timeout(SECOND, run_blocking(|| fib(40))).await;
}

async fn yields_in_each_round(n: u64) {
    timeout(SECOND, async {
        let mut sum = 0;
        for i in 0..n {
            sum += sum_to(i);
            yield_now().await;
        }
        sum
    })
    .await;
    timeout(SECOND, async {
        for chunk in [1_u8; 4096].chunks(64) {
            drop(chunk.to_vec());
            tokio::task::consume_budget().await;
        }
    })
    .await;
}

async fn retries_until_it_works() {
    timeout(SECOND, async {
        loop {
            if TcpStream::connect("127.0.0.1:1").await.is_ok() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    timeout(SECOND, async {
        let mut ticks = interval(SECOND);
        for _ in 0..1_000_000 {
            ticks.tick().await;
        }
    })
    .await;
}

async fn read(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    timeout(SECOND, async {
        let mut total = 0;
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            total += read;
        }
        total
    })
    .await;
}

trait Store {
    async fn get(&self, key: u32) -> Option<String>;
    async fn find(&self, value: &str) -> Option<u32>;
}

#[derive(Default)]
struct Memory {
    entries: Mutex<HashMap<u32, String>>,
}

impl Store for Memory {
    async fn get(&self, key: u32) -> Option<String> {
        self.entries.lock().unwrap().get(&key).cloned()
    }

    async fn find(&self, value: &str) -> Option<u32> {
        for (key, entry) in self.entries.lock().unwrap().iter() {
            if entry == value {
                return Some(*key);
            }
        }
        None
    }
}

#[async_trait::async_trait]
trait Repository {
    async fn all(&self) -> Vec<String>;
}

#[async_trait::async_trait]
impl Repository for Memory {
    async fn all(&self) -> Vec<String> {
        let mut all = Vec::new();
        for entry in self.entries.lock().unwrap().values() {
            all.push(entry.clone());
        }
        all
    }
}

async fn kept_in_memory(memory: Memory) {
    timeout(SECOND, memory.get(1)).await;
    timeout(SECOND, memory.find("a")).await;
    timeout(SECOND, async { memory.all().await.len() }).await;
}

async fn of_unknown_type<S: Store, F: Future>(store: S, future: F, boxed: Pin<Box<dyn Future<Output = ()>>>) {
    timeout(SECOND, store.get(1)).await;
    timeout(SECOND, future).await;
    timeout(SECOND, boxed).await;
    timeout(SECOND, async {
        sum_to(1_000_000);
        store.get(1).await
    })
    .await;
}

async fn nothing_to_do() {
    timeout(SECOND, ready(1)).await;
    timeout(SECOND, async {}).await;
    timeout(SECOND, async { 1 + 1 }).await;
    timeout(SECOND, futures::future::ready(())).await;
    ready(()).timeout(SECOND).await;
}

async fn only_a_few_rounds() {
    timeout(SECOND, async {
        let mut sum = 0;
        for i in 0..10 {
            sum += i;
        }
        for i in 0..FEW {
            sum += i;
        }
        for i in [1, 2, 3] {
            sum += i;
        }
        for i in vec![1, 2, 3].iter().rev() {
            sum += i;
        }
        for c in "abc".chars() {
            sum += c as usize;
        }
        for i in (0..).take(5) {
            sum += i;
        }
        let mut left = 0;
        while left < 5 {
            left += 1;
        }
        for value in Some(1) {
            sum += value;
        }
        loop {
            if sum > 3 {
                sum += 1;
            }
            break sum;
        }
    })
    .await;
}

async fn cheap_iterators(values: Vec<u64>, names: HashMap<u64, String>) {
    timeout(SECOND, async { values.iter().map(|n| n + 1).sum::<u64>() }).await;
    timeout(SECOND, async { names.values().cloned().collect::<Vec<_>>() }).await;
}

struct ByHand;

impl Future for ByHand {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        while sum_to(10) > 3 {}
        Poll::Pending
    }
}

async fn futures_by_hand() {
    timeout(SECOND, ByHand).await;
    timeout(SECOND, std::future::poll_fn(|_| {
        fib(10);
        Poll::<()>::Pending
    }))
    .await;
}

async fn long_work_before_the_timeout(n: u64, mut jobs: mpsc::Receiver<u64>) {
    let sum = sum_to(n);
    timeout(Duration::from_millis(sum), jobs.recv()).await;
    let work = || sum_to(n);
    timeout(SECOND, sleep(SECOND)).await;
    work();
}

async fn selects(n: u64, mut jobs: mpsc::Receiver<u64>) {
    select! {
        job = jobs.recv() => {
            fib(40);
            drop(job);
        }
        () = sleep(SECOND) => { sum_to(n); }
    }
    select! {
        _ = spawn_blocking(move || sum_to(n)) => {}
        () = sleep(SECOND) => {}
    }
    select! {
        _ = async { sum_to(n) } => {}
        _ = jobs.recv() => {}
    }
    let _: Vec<u64> = select! {
        values = async { vec![1, 2] } => values,
        () = sleep(SECOND) => vec![],
    };
}

fn timeout_of_our_own(_: Duration, work: impl Future) -> impl Future {
    work
}

async fn another_timeout(n: u64) {
    timeout_of_our_own(SECOND, async move { sum_to(n) }).await;
}

async fn a_spin_that_awaits(flag: std::sync::atomic::AtomicBool) {
    timeout(SECOND, async {
        while !flag.load(std::sync::atomic::Ordering::Relaxed) {
            yield_now().await;
        }
    })
    .await;
}

#[allow(timeout_over_cpu_work)]
async fn allowed_for_the_function(n: u64) {
    timeout(SECOND, async move { fib(n as u32) }).await;
}

async fn allowed_at_the_statement(n: u64) {
    #[allow(timeout_over_cpu_work)]
    let _ = timeout(SECOND, async move { fib(n as u32) }).await;
}
