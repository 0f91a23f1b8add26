//! The waker is woken, kept or given on, or the future has nothing to wait for.
#![allow(unused, clippy::all)]

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

use futures::Stream;
use futures::task::AtomicWaker;

#[derive(Default)]
struct Shared {
    done: bool,
    waker: Option<Waker>,
}

struct Kept(Arc<Mutex<Shared>>);

impl Future for Kept {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.lock().unwrap();
        if shared.done {
            return Poll::Ready(());
        }
        shared.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

struct KeptIfOther(Arc<Mutex<Shared>>);

impl Future for KeptIfOther {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.lock().unwrap();
        if shared.done {
            return Poll::Ready(());
        }
        match &shared.waker {
            Some(waker) if waker.will_wake(context.waker()) => {}
            _ => shared.waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

/// Kept by an earlier poll.
struct KeptOnce {
    registered: bool,
    shared: Arc<Mutex<Shared>>,
}

impl Future for KeptOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.shared);
        let mut shared = shared.lock().unwrap();
        if shared.done {
            return Poll::Ready(());
        }
        if !self.registered {
            self.registered = true;
            shared.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

struct Flag {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Flag {
    async fn wait(&self) {
        poll_fn(|context| {
            if self.set.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            self.waker.register(context.waker());
            if self.set.load(Ordering::Acquire) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await
    }

    /// The caller keeps the waker.
    fn poll_set(&self, _context: &mut Context<'_>) -> Poll<()> {
        if self.set.load(Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn poll_wait(&self, context: &mut Context<'_>) -> Poll<()> {
        self.waker.register(context.waker());
        self.poll_set(context)
    }
}

struct YieldNow(bool);

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn wakes_a_clone(flag: Arc<AtomicBool>) {
    poll_fn(|context| {
        if flag.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        context.waker().clone().wake();
        Poll::Pending
    })
    .await
}

async fn given_to_a_thread(flag: Arc<AtomicBool>) {
    poll_fn(move |context| {
        if flag.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        std::thread::spawn(move || waker.wake());
        Poll::Pending
    })
    .await
}

struct Inner<F> {
    future: F,
    stop: Arc<AtomicBool>,
}

impl<F: Future + Unpin> Future for Inner<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(value) = Pin::new(&mut self.future).poll(context) {
            return Poll::Ready(Some(value));
        }
        if self.stop.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl<S: Stream + Unpin> Stream for Inner<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let item = ready!(Pin::new(&mut self.future).poll_next(context));
        Poll::Ready(item)
    }
}

/// Pending for ever once it has ended.
struct Fuse<F> {
    future: Option<F>,
}

impl<F: Future + Unpin> Future for Fuse<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(future) = &mut self.future else {
            return Poll::Pending;
        };
        let output = ready!(Pin::new(future).poll(context));
        self.future = None;
        Poll::Ready(output)
    }
}

struct UntilDone<F> {
    future: F,
    done: Arc<AtomicBool>,
}

impl<F: Future + Unpin> Future for UntilDone<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.done.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        let output = ready!(Pin::new(&mut self.future).poll(context));
        self.done.store(true, Ordering::Relaxed);
        Poll::Ready(output)
    }
}

struct Once<T>(Option<T>);

impl<T> Unpin for Once<T> {}

impl<T> Future for Once<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match self.0.take() {
            Some(value) => Poll::Ready(value),
            None => Poll::Pending,
        }
    }
}

struct Terminated {
    done: bool,
}

impl Future for Terminated {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.done {
            return Poll::Pending;
        }
        self.done = true;
        Poll::Ready(())
    }
}

struct Never {
    polls: u32,
}

impl Future for Never {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.polls += 1;
        Poll::Pending
    }
}

async fn never_in_a_closure() {
    poll_fn::<(), _>(|_| Poll::Pending).await
}

struct All<F> {
    futures: Vec<F>,
}

impl<F: Future<Output = ()> + Unpin> Future for All<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut left = 0;
        for future in &mut self.futures {
            if Pin::new(future).poll(context).is_pending() {
                left += 1;
            }
        }
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

struct Budget<S> {
    stream: S,
    count: usize,
}

impl<S: Stream + Unpin> Future for Budget<S> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        for _ in 0..64 {
            match Pin::new(&mut self.stream).poll_next(context) {
                Poll::Ready(Some(_)) => self.count += 1,
                Poll::Ready(None) => return Poll::Ready(self.count),
                Poll::Pending => return Poll::Pending,
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

trait Registry {
    fn register(&self, context: &mut Context<'_>, key: u32);
}

struct Registered<R> {
    registry: R,
    done: Arc<AtomicBool>,
}

impl<R: Registry> Registered<R> {
    fn poll_done(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.done.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        self.registry.register(context, 3);
        Poll::Pending
    }

    fn poll_kept_in_a_closure(&self, context: &mut Context<'_>, later: &mut Vec<Box<dyn Fn()>>) -> Poll<()> {
        if self.done.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        later.push(Box::new(move || waker.wake_by_ref()));
        Poll::Pending
    }
}

/// Not a poll: nobody gives it a context.
fn try_pop(jobs: &Mutex<VecDeque<u32>>) -> Poll<u32> {
    match jobs.lock().unwrap().pop_front() {
        Some(job) => Poll::Ready(job),
        None => Poll::Pending,
    }
}

fn traced(flag: &AtomicBool, value: &mut Option<u8>, context: &mut Context<'_>) -> Poll<u8> {
    static VERBOSE: AtomicBool = AtomicBool::new(false);
    if VERBOSE.load(Ordering::Relaxed) {
        eprintln!("polled");
    }
    match value.take() {
        Some(value) => Poll::Ready(value),
        None => Poll::Pending,
    }
}

#[allow(pending_without_wake)]
fn poll_allowed(flag: &AtomicBool, _: &mut Context<'_>) -> Poll<()> {
    if flag.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
}

fn poll_allowed_inside(flag: &AtomicBool, _: &mut Context<'_>) -> Poll<()> {
    if flag.load(Ordering::Relaxed) {
        return Poll::Ready(());
    }
    #[allow(pending_without_wake)]
    {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Mock(Arc<AtomicBool>);

    impl Future for Mock {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            if self.0.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
}

#[tokio::test]
async fn in_a_test() {
    let flag = AtomicBool::new(true);
    poll_fn(|_| if flag.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Polled by whoever calls its other methods, after each of them.
trait Behaviour {
    fn add(&mut self, event: u32);
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<u32>;
}

struct Events {
    queue: VecDeque<u32>,
    announced: bool,
}

impl Behaviour for Events {
    fn add(&mut self, event: u32) {
        self.queue.push_back(event);
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<u32> {
        if let Some(event) = self.queue.pop_front() {
            return Poll::Ready(event);
        }
        if !self.announced {
            self.announced = true;
        }
        Poll::Pending
    }
}

struct Optional(Option<u32>);

impl Future for Optional {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        match self.0 {
            Some(value) => Poll::Ready(value),
            None => Poll::Pending,
        }
    }
}

/// Half of a generator: who polls it takes the item when the answer is `Pending`.
struct Yielder<T> {
    item: Arc<Mutex<Option<T>>>,
}

impl<T> Yielder<T> {
    async fn give(&self, item: T) {
        self.item.lock().unwrap().replace(item);
        let mut given = false;
        poll_fn(|_| {
            if given {
                return Poll::Ready(());
            }
            given = true;
            Poll::Pending
        })
        .await
    }
}

async fn give_in_a_cell(item: &std::cell::Cell<Option<u8>>) {
    item.set(Some(1));
    let mut polls = 0;
    poll_fn(move |_| {
        polls += 1;
        if polls == 1 { Poll::Pending } else { Poll::Ready(()) }
    })
    .await
}

fn main() {}

async fn own_variable_only_read() {
    let ended = std::env::args().count() > 3;
    poll_fn(|_| if ended { Poll::Pending } else { Poll::Ready(()) }).await
}
