//! Public traits with async methods, awaited through a bound in a spawned task.
#![warn(spawn_needs_send_variant)]
#![allow(unused, async_fn_in_trait)]

use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

pub trait Service {
    async fn call(&self) -> u32;
}

struct One;

impl Service for One {
    async fn call(&self) -> u32 {
        tokio::task::yield_now().await;
        1
    }
}

async fn serve<S: Service>(service: S) -> u32 {
    service.call().await
}

pub fn in_a_function() {
    tokio::spawn(serve(One));
}

pub trait Store {
    fn name(&self) -> &str;
    fn load(&self, key: u32) -> impl Future<Output = u32>;
}

impl Store for One {
    fn name(&self) -> &str {
        "one"
    }

    async fn load(&self, key: u32) -> u32 {
        key
    }
}

pub struct Server<S> {
    store: S,
}

impl<S: Store> Server<S> {
    async fn run(self) -> u32 {
        self.step().await
    }

    async fn step(&self) -> u32 {
        self.store.load(3).await
    }
}

pub fn in_a_method(runtime: &Runtime) {
    runtime.spawn(Server { store: One }.run());
}

pub trait Handler {
    async fn handle(&mut self);
}

impl Handler for One {
    async fn handle(&mut self) {}
}

async fn drive(mut handler: impl Handler) {
    handler.handle().await;
}

pub fn in_an_async_block(tasks: &mut JoinSet<()>) {
    tasks.spawn(async {
        drive(One).await;
    });
}

pub mod nested {
    pub trait Source {
        async fn next(&self) -> Option<u8>;
    }

    impl Source for u8 {
        async fn next(&self) -> Option<u8> {
            Some(*self)
        }
    }

    pub async fn drain<S>(source: S)
    where
        S: Source,
    {
        while source.next().await.is_some() {}
    }
}

fn spawn_it<F>(future: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(future);
}

pub fn through_a_helper() {
    spawn_it(nested::drain(3));
}

/// The variant is for another trait.
pub trait Half {
    async fn first(&self);
    async fn second(&self);
}

pub trait SendHalf: Send {
    fn first(&self) -> impl Future<Output = ()> + Send;
}

impl Half for One {
    async fn first(&self) {}
    async fn second(&self) {}
}

async fn both<H: Half>(half: H) {
    half.first().await;
    half.second().await;
}

pub fn half() {
    tokio::spawn(both(One));
}
