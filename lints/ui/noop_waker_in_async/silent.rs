//! One look, and nobody waits for what it saw; or somebody else wakes.
#![allow(unused, clippy::all)]

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures::FutureExt;
use tokio::io::{AsyncRead, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{interval, sleep};

async fn work() -> u8 {
    sleep(Duration::from_millis(1)).await;
    3
}

fn look(connection: &mut DuplexStream, packet: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(connection).poll_read(&mut context, packet)
}

fn synchronous_tick(connection: &mut DuplexStream) -> usize {
    let mut bytes = [0; 64];
    let mut packet = ReadBuf::new(&mut bytes);
    match look(connection, &mut packet) {
        Poll::Ready(_) => packet.filled().len(),
        Poll::Pending => 0,
    }
}

fn synchronous_loop() -> u8 {
    let mut work = pin!(work());
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}

async fn ticks(connection: &mut DuplexStream) {
    let mut tick = interval(Duration::from_millis(16));
    let mut bytes = [0; 64];
    loop {
        let mut packet = ReadBuf::new(&mut bytes);
        if let Poll::Ready(Ok(())) = look(connection, &mut packet) {
            println!("{}", packet.filled().len());
        }
        tick.tick().await;
    }
}

async fn ticks_with_a_match(connection: &mut DuplexStream) {
    let mut tick = interval(Duration::from_millis(16));
    let mut bytes = [0; 64];
    loop {
        tick.tick().await;
        let mut packet = ReadBuf::new(&mut bytes);
        match look(connection, &mut packet) {
            Poll::Ready(_) => println!("a packet"),
            Poll::Pending => println!("none"),
        }
    }
}

async fn one_look_then_waits_as_it_should() -> u8 {
    let mut work = pin!(work());
    let first = work
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    match first {
        Poll::Ready(value) => value,
        Poll::Pending => work.await,
    }
}

async fn one_look_and_no_more() -> Option<u8> {
    let mut work = pin!(work());
    let mut context = Context::from_waker(Waker::noop());
    match work.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => {
            yield_now().await;
            None
        }
    }
}

async fn never_mind_the_answer() {
    let mut work = pin!(work());
    let _ = work
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    yield_now().await;
}

async fn now_or_never_in_a_loop() -> u8 {
    loop {
        if let Some(value) = work().now_or_never() {
            return value;
        }
        yield_now().await;
    }
}

async fn of_the_library(mut connection: DuplexStream) -> usize {
    let mut bytes = [0; 64];
    loop {
        let read = async_patterns::poll::try_poll_read(&mut connection, &mut bytes);
        if let Poll::Ready(Ok(read)) = read {
            return read;
        }
        yield_now().await;
    }
}

async fn with_its_own_context() -> u8 {
    let mut work = pin!(work());
    poll_fn(|context| work.as_mut().poll(context)).await
}

struct Wakes<F>(F);

impl<F: Future + Unpin> Future for Wakes<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut own = Context::from_waker(Waker::noop());
        if let Poll::Ready(value) = Pin::new(&mut self.0).poll(&mut own) {
            return Poll::Ready(value);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

struct Looks<F, G>(F, G);

impl<F: Future + Unpin, G: Future + Unpin> Future for Looks<F, G> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut own = Context::from_waker(Waker::noop());
        if Pin::new(&mut self.0).poll(&mut own).is_ready() {
            return Poll::Ready(());
        }
        ready!(Pin::new(&mut self.1).poll(context));
        Poll::Ready(())
    }
}

struct ReadyAnyway<F>(F);

impl<F: Future + Unpin> Future for ReadyAnyway<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut own = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.0).poll(&mut own) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Poll::Ready(None),
        }
    }
}

async fn drains(receiver: &mut mpsc::Receiver<u8>) {
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(item)) = receiver.poll_recv(&mut context) {
        println!("{item}");
        yield_now().await;
    }
}

async fn for_another_use() {
    let waker = Waker::noop().clone();
    sleep(Duration::from_millis(1)).await;
    waker.wake();
}

#[allow(noop_waker_in_async)]
async fn allowed() {
    let mut work = pin!(work());
    let mut context = Context::from_waker(Waker::noop());
    while work.as_mut().poll(&mut context).is_pending() {
        yield_now().await;
    }
}

#[tokio::test]
async fn in_a_test() {
    let mut work = pin!(work());
    let mut context = Context::from_waker(Waker::noop());
    while work.as_mut().poll(&mut context).is_pending() {
        yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    async fn helper() {
        let mut work = std::pin::pin!(super::work());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while work.as_mut().poll(&mut context).is_pending() {
            super::yield_now().await;
        }
    }
}

fn main() {}
