//! Timed futures that never suspend and have nothing long to do, or do it elsewhere.
#![allow(dead_code, unused_must_use)]

use std::{
    collections::{BTreeMap, HashMap},
    future::{Future, Ready, ready},
    pin::Pin,
    sync::{Arc, Mutex, RwLock},
    thread,
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{
    select,
    sync::{mpsc, oneshot},
    task,
    time::{interval, sleep, timeout},
};

const SECOND: Duration = Duration::from_secs(1);

fn sum_to(limit: u64) -> u64 {
    let mut sum = 0_u64;
    for i in 0..limit {
        sum = sum.wrapping_add(i);
    }
    sum
}

trait Cache {
    async fn get(&self, key: &str) -> Option<String>;
    async fn keys(&self) -> Vec<String>;
    fn len(&self) -> impl Future<Output = usize>;
    fn first(&self) -> Ready<Option<String>>;
    fn boxed(&self) -> BoxFuture<'_, Vec<String>>;
}

#[derive(Default)]
struct Memory {
    entries: RwLock<BTreeMap<String, String>>,
    log: Mutex<Vec<String>>,
}

impl Cache for Memory {
    async fn get(&self, key: &str) -> Option<String> {
        self.log.lock().unwrap().push(key.to_owned());
        self.entries.read().unwrap().get(key).cloned()
    }

    async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for key in self.entries.read().unwrap().keys() {
            keys.push(key.clone());
        }
        keys.sort();
        keys
    }

    async fn len(&self) -> usize {
        self.entries.read().unwrap().len()
    }

    fn first(&self) -> Ready<Option<String>> {
        ready(self.entries.read().unwrap().values().next().cloned())
    }

    fn boxed(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async move {
            let mut found = vec![];
            for (key, value) in &*self.entries.read().unwrap() {
                if key == value {
                    found.push(key.clone());
                }
            }
            found
        })
    }
}

impl Memory {
    async fn put(&self, key: &str, value: &str) {
        self.entries.write().unwrap().insert(key.to_owned(), value.to_owned());
    }

    async fn total(&self) -> usize {
        self.entries.read().unwrap().values().map(String::len).sum()
    }
}

#[tokio::test]
async fn a_cache_in_memory() {
    let memory = Memory::default();
    timeout(SECOND, memory.put("a", "b")).await.unwrap();
    timeout(SECOND, memory.get("a")).await.unwrap();
    timeout(SECOND, memory.keys()).await.unwrap();
    timeout(SECOND, memory.len()).await.unwrap();
    timeout(SECOND, memory.first()).await.unwrap();
    timeout(SECOND, memory.boxed()).await.unwrap();
    timeout(SECOND, memory.total()).await.unwrap();
}

async fn through_generics<C: Cache>(cache: &C) -> usize {
    cache.keys().await.len() + cache.len().await
}

#[tokio::test]
async fn a_generic_function_over_a_cache_in_memory() {
    timeout(SECOND, through_generics(&Memory::default())).await.unwrap();
}

async fn values(name: &str, numbers: &[u64], map: &HashMap<u64, u64>) {
    timeout(SECOND, async { format!("{name}: {}", numbers.len()) }).await;
    timeout(SECOND, async { numbers.iter().copied().max() }).await;
    timeout(SECOND, async { numbers.contains(&3) }).await;
    timeout(SECOND, async { map.get(&1).copied() }).await;
    timeout(SECOND, async {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    })
    .await;
    timeout(SECOND, async { name.parse::<u64>() }).await;
    timeout(SECOND, async { name.split(',').map(str::to_owned).collect::<Vec<_>>() }).await;
}

async fn started_but_not_run(n: u64) {
    timeout(SECOND, async move {
        let _work = move || sum_to(n);
        let later = async move { sum_to(n) };
        drop(later);
    })
    .await;
    timeout(SECOND, async move { Box::new(move || sum_to(n)) as Box<dyn FnOnce() -> u64> }).await;
}

async fn on_other_threads(n: u64) {
    timeout(SECOND, async move { thread::spawn(move || sum_to(n)) }).await;
    timeout(SECOND, async move { task::spawn(async move { sum_to(n) }) }).await;
    timeout(SECOND, async move {
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            thread::sleep(SECOND);
            sender.send(sum_to(n))
        });
        receiver.await
    })
    .await;
    timeout(SECOND, async move {
        let local = task::LocalSet::new();
        local.spawn_local(async move { task::spawn_blocking(move || sum_to(n)).await });
        local.await;
    })
    .await;
}

async fn beside_the_timeout(n: u64) -> u64 {
    let before = sum_to(n);
    let received = timeout(SECOND, async { before + 1 }).await.unwrap_or_default();
    sum_to(received)
}

async fn selects(n: u64, mut jobs: mpsc::Receiver<u64>) {
    let mut ticks = interval(SECOND);
    for _ in 0..n {
        select! {
            _ = ticks.tick() => { sum_to(n); }
            job = jobs.recv() => { sum_to(job.unwrap_or_default()); }
        }
    }
    select! {
        value = async { n + 1 } => { sum_to(value); }
        () = sleep(SECOND) => {}
    }
    select! {
        _ = async { sum_to(n) } => {}
        _ = ticks.tick() => {}
    }
    select! {
        () = async { sleep(SECOND).await; sum_to(n); } => {}
        () = sleep(SECOND) => {}
    }
}

fn far_away() {
    std::fs::create_dir_all("cache").unwrap();
}

fn prepare() {
    far_away();
}

async fn load() -> u64 {
    prepare();
    sleep(SECOND).await;
    1
}

async fn a_file_access_far_from_the_timeout() {
    timeout(SECOND, async { load().await }).await;
}

type Job = Pin<Box<dyn Future<Output = u64> + Send>>;

struct Queue {
    jobs: Vec<Job>,
    handlers: Arc<[fn(u64) -> u64]>,
}

impl Queue {
    async fn run_one(&mut self) -> Option<u64> {
        Some(self.jobs.pop()?.await)
    }

    async fn handle(&self, n: u64) -> Option<u64> {
        Some(self.handlers.first()?(n))
    }
}

async fn work_that_is_not_known(mut queue: Queue) {
    timeout(SECOND, queue.run_one()).await;
    timeout(SECOND, queue.handle(1)).await;
}

mod names {
    use super::*;

    async fn timeout<F: Future>(_: Duration, future: F) -> F::Output {
        future.await
    }

    async fn a_function_of_the_same_name(n: u64) {
        timeout(SECOND, async move { sum_to(n) }).await;
    }
}
