//! Traits that generic code can spawn with, or that nobody spawns with.
#![warn(spawn_needs_send_variant)]
#![allow(unused, async_fn_in_trait)]

use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::LocalSet;

pub struct One;

#[trait_variant::make(Service: Send)]
pub trait LocalService {
    async fn call(&self) -> u32;
}

impl Service for One {
    async fn call(&self) -> u32 {
        1
    }
}

async fn serve<S: LocalService>(service: S) -> u32 {
    service.call().await
}

pub fn with_a_variant() {
    tokio::spawn(serve(One));
}

#[trait_variant::make(Send)]
pub trait Rewritten {
    async fn call_it(&self) -> u32;
}

impl Rewritten for One {
    async fn call_it(&self) -> u32 {
        1
    }
}

async fn serve_rewritten<S: Rewritten>(service: S) -> u32 {
    service.call_it().await
}

pub fn rewritten() {
    tokio::spawn(serve_rewritten(One));
}

pub trait SendFutures {
    fn load(&self) -> impl Future<Output = u32> + Send;
}

impl SendFutures for One {
    async fn load(&self) -> u32 {
        2
    }
}

async fn load<S: SendFutures>(from: S) -> u32 {
    from.load().await
}

pub fn send_futures() {
    tokio::spawn(load(One));
}

#[async_trait]
pub trait Boxed {
    async fn run(&self);
}

#[async_trait]
impl Boxed for One {
    async fn run(&self) {}
}

async fn run_boxed<B: Boxed>(boxed: B) {
    boxed.run().await;
}

pub fn boxed() {
    tokio::spawn(run_boxed(One));
}

trait Private {
    async fn call(&self);
}

impl Private for One {
    async fn call(&self) {}
}

async fn call_private<P: Private>(private: P) {
    private.call().await;
}

pub fn private() {
    tokio::spawn(call_private(One));
}

mod hidden {
    pub trait PublicInPrivate {
        async fn call(&self);
    }

    impl PublicInPrivate for super::One {
        async fn call(&self) {}
    }

    pub async fn call<P: PublicInPrivate>(what: P) {
        what.call().await;
    }
}

pub fn public_in_a_private_module() {
    tokio::spawn(hidden::call(One));
}

pub trait NoBound {
    async fn call(&self);
}

impl NoBound for One {
    async fn call(&self) {}
}

pub fn of_a_concrete_type() {
    tokio::spawn(async { One.call_no_bound().await });
}

impl One {
    async fn call_no_bound(&self) {
        NoBound::call(self).await;
    }
}

pub trait NeverSpawned {
    async fn work(&self);
}

impl NeverSpawned for One {
    async fn work(&self) {}
}

pub async fn only_awaited<N: NeverSpawned>(what: N) {
    what.work().await;
}

pub async fn awaits_it() {
    only_awaited(One).await;
}

pub trait OnThisThread {
    async fn work(&self);
}

impl OnThisThread for One {
    async fn work(&self) {}
}

async fn work_here<N: OnThisThread>(what: N) {
    what.work().await;
}

pub fn spawned_locally(set: &LocalSet) {
    set.spawn_local(work_here(One));
    tokio::task::spawn_local(work_here(One));
}

pub trait OtherMethod {
    fn sync(&self) -> u32;
    async fn work(&self);
}

impl OtherMethod for One {
    fn sync(&self) -> u32 {
        3
    }
    async fn work(&self) {}
}

async fn only_the_sync_one<O: OtherMethod>(other: O) -> u32 {
    tokio::task::yield_now().await;
    other.sync()
}

pub fn uses_the_sync_method() {
    tokio::spawn(only_the_sync_one(One));
}

pub trait Written {
    async fn work(&self);
}

pub trait SendWritten {
    fn work(&self) -> impl Future<Output = ()> + Send;
}

impl<T: SendWritten> Written for T {
    async fn work(&self) {
        SendWritten::work(self).await;
    }
}

impl SendWritten for One {
    async fn work(&self) {}
}

async fn written<W: Written>(what: W) {
    what.work().await;
}

pub fn variant_written_by_hand() {
    tokio::spawn(written(One));
}

#[allow(spawn_needs_send_variant)]
pub trait Allowed {
    async fn call(&self);
}

impl Allowed for One {
    async fn call(&self) {}
}

async fn call_allowed<A: Allowed>(allowed: A) {
    allowed.call().await;
}

pub fn allowed() {
    tokio::spawn(call_allowed(One));
}
