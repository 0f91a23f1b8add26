//! A poll with a waker that does nothing, and somebody waits.
#![allow(unused, clippy::all)]

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use async_trait::async_trait;
use futures::Stream;
use futures::task::{noop_waker, noop_waker_ref};
use tokio::io::{AsyncRead, DuplexStream, ReadBuf};
use tokio::task::yield_now;
use tokio::time::sleep;

async fn work() -> u8 {
    sleep(Duration::from_millis(1)).await;
    3
}

async fn sleeps_in_between() -> u8 {
    let mut work = pin!(work());
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn yields_in_between() {
    let mut work = pin!(work());
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    while work.as_mut().poll(&mut context).is_pending() {
        yield_now().await;
    }
}

async fn if_let_in_a_loop() -> u8 {
    let mut work = pin!(work());
    loop {
        let mut context = Context::from_waker(noop_waker_ref());
        if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
            break value;
        }
        yield_now().await;
    }
}

fn block() -> impl Future<Output = u8> {
    async {
        let mut work = pin!(work());
        loop {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
                return value;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

fn look(connection: &mut DuplexStream, packet: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(connection).poll_read(&mut context, packet)
}

async fn through_a_function(connection: &mut DuplexStream) -> usize {
    let mut bytes = [0; 64];
    let mut packet = ReadBuf::new(&mut bytes);
    poll_fn(|_task| look(connection, &mut packet))
        .await
        .unwrap();
    packet.filled().len()
}

fn look_mapped(connection: &mut DuplexStream, packet: &mut ReadBuf<'_>) -> Poll<bool> {
    look(connection, packet).map(|read| read.is_ok())
}

async fn through_two_functions(connection: &mut DuplexStream) -> bool {
    let mut bytes = [0; 64];
    let mut packet = ReadBuf::new(&mut bytes);
    loop {
        if let Poll::Ready(read) = look_mapped(connection, &mut packet) {
            return read;
        }
        yield_now().await;
    }
}

struct Wrapper<F>(F);

impl<F: Future + Unpin> Future for Wrapper<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<F::Output> {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.0).poll(&mut context)
    }
}

impl<S: Stream + Unpin> Stream for Wrapper<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut own = Context::from_waker(Waker::noop());
        let item = ready!(Pin::new(&mut self.0).poll_next(&mut own));
        Poll::Ready(item)
    }
}

struct Matches<F>(F, u32);

impl<F: Future + Unpin> Future for Matches<F> {
    type Output = (F::Output, u32);

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = noop_waker();
        let mut context = Context::from_waker(&waker);
        let tries = self.1;
        match Pin::new(&mut self.0).poll(&mut context) {
            Poll::Ready(value) => Poll::Ready((value, tries)),
            Poll::Pending => {
                self.1 += 1;
                Poll::Pending
            }
        }
    }
}

#[async_trait]
trait Service {
    async fn run(&self) -> u8;
}

#[async_trait]
impl Service for Wrapper<u8> {
    async fn run(&self) -> u8 {
        let mut work = Box::pin(work());
        loop {
            let answer = {
                let mut context = Context::from_waker(Waker::noop());
                work.as_mut().poll(&mut context)
            };
            match answer {
                Poll::Ready(value) => return value,
                Poll::Pending => yield_now().await,
            }
        }
    }
}

macro_rules! poll_once {
    ($future:expr) => {{
        let mut context = Context::from_waker(Waker::noop());
        $future.as_mut().poll(&mut context)
    }};
}

async fn in_a_macro() -> u8 {
    let mut work = pin!(work());
    loop {
        if let Poll::Ready(value) = poll_once!(work) {
            return value;
        }
        yield_now().await;
    }
}

fn main() {}
