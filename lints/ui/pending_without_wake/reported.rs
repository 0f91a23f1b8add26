//! `Pending` with nobody told whom to wake, in functions of every form.
#![allow(unused, clippy::all)]

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::Stream;
use tokio::io::{AsyncRead, ReadBuf};

struct Flag(Arc<AtomicBool>);

impl Future for Flag {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        if self.0.load(Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<u32>>,
}

impl Queue {
    async fn pop(&self) -> u32 {
        poll_fn(|_| match self.jobs.lock().unwrap().pop_front() {
            Some(job) => Poll::Ready(job),
            None => Poll::Pending,
        })
        .await
    }

    fn poll_pop(&self, _: &mut Context<'_>) -> Poll<u32> {
        let mut jobs = self.jobs.lock().unwrap();
        let Some(job) = jobs.pop_front() else {
            return Poll::Pending;
        };
        Poll::Ready(job)
    }
}

impl Stream for Queue {
    type Item = u32;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        let job = self.jobs.lock().unwrap().pop_front();
        if job.is_some() {
            return Poll::Ready(job);
        }
        Poll::Pending
    }
}

struct Delay {
    until: Instant,
}

impl Future for Delay {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.until {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        Poll::Pending
    }
}

struct Countdown(u32);

impl Future for Countdown {
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<&'static str> {
        if self.0 == 0 {
            return Poll::Ready("liftoff");
        }
        self.0 -= 1;
        Poll::Pending
    }
}

enum State {
    Start,
    Waiting,
}

struct Machine {
    state: State,
}

impl Future for Machine {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
        let this = self.get_mut();
        match this.state {
            State::Start => {
                this.state = State::Waiting;
                Poll::Pending
            }
            State::Waiting => Poll::Ready(3),
        }
    }
}

struct Jobs<T> {
    receiver: mpsc::Receiver<T>,
}

impl<T> Unpin for Jobs<T> {}

impl<T> Future for Jobs<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        match self.receiver.try_recv() {
            Ok(job) => Poll::Ready(Some(job)),
            Err(mpsc::TryRecvError::Disconnected) => Poll::Ready(None),
            Err(mpsc::TryRecvError::Empty) => Poll::Pending,
        }
    }
}

/// Some ways wake, one does not.
struct Retry {
    tries: u32,
    flag: Arc<AtomicBool>,
}

impl Future for Retry {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if self.flag.load(Ordering::Relaxed) {
            return Poll::Ready(true);
        }
        self.tries += 1;
        if self.tries < 3 {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// The first state polls with the context, the second one waits for a flag.
struct TwoStates<F> {
    connect: Option<F>,
    ready: Arc<AtomicBool>,
}

impl<F: Future<Output = ()> + Unpin> Future for TwoStates<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(connect) = &mut self.connect {
            return Pin::new(connect).poll(context);
        }
        if self.ready.load(Ordering::SeqCst) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// The waker is made and thrown away.
struct Forgets(Arc<AtomicBool>);

impl Future for Forgets {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let _waker = context.waker().clone();
        if self.0.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

struct Source(Arc<Mutex<Vec<u8>>>);

impl AsyncRead for Source {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let mut bytes = self.0.lock().unwrap();
        if bytes.is_empty() {
            return Poll::Pending;
        }
        let count = bytes.len().min(buffer.remaining());
        buffer.put_slice(&bytes[..count]);
        bytes.drain(..count);
        Poll::Ready(Ok(()))
    }
}

struct Shared {
    done: Cell<bool>,
}

impl Shared {
    fn is_done(&self) -> bool {
        self.done.get()
    }
}

fn through_a_local_function(shared: Rc<Shared>) -> impl Future<Output = ()> {
    poll_fn(move |_| {
        if shared.is_done() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

macro_rules! ready_when {
    ($condition:expr) => {
        if $condition { Poll::Ready(()) } else { Poll::Pending }
    };
}

fn in_a_macro(flag: Arc<AtomicBool>) -> impl Future<Output = ()> {
    poll_fn(move |_| ready_when!(flag.load(Ordering::Relaxed)))
}

async fn a_child(mut child: std::process::Child) -> std::process::ExitStatus {
    poll_fn(|_| match child.try_wait() {
        Ok(Some(status)) => Poll::Ready(status),
        _ => Poll::Pending,
    })
    .await
}

async fn a_thread(handle: std::thread::JoinHandle<u8>) -> u8 {
    poll_fn(|_| {
        if handle.is_finished() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    handle.join().unwrap()
}

mod nested {
    use std::task::{Context as Cx, Poll as P};

    pub struct Renamed(pub std::sync::Arc<std::sync::atomic::AtomicUsize>);

    impl Renamed {
        pub fn poll_ready(&self, _: &mut Cx<'_>) -> P<usize> {
            let count = self.0.load(std::sync::atomic::Ordering::SeqCst);
            let answer = if count > 0 { P::Ready(count) } else { P::Pending };
            answer
        }
    }
}

async fn first_poll_only() {
    let mut first = true;
    poll_fn(|_| {
        if first {
            first = false;
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await
}

async fn nothing_handed_over(count: &Mutex<u64>) {
    let mut polls = 0;
    poll_fn(|_| {
        polls += 1;
        if polls > 3 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    *count.lock().unwrap() += polls;
}

struct Gate {
    open: bool,
}

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.open { Poll::Ready(()) } else { Poll::Pending }
    }
}

struct AtLeast {
    count: u32,
    least: u32,
}

impl Future for AtLeast {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        if self.count < self.least {
            return Poll::Pending;
        }
        Poll::Ready(self.count)
    }
}

fn main() {}
