//! What the benches share: futures that are run without a runtime, so that only they are counted.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A future in its place, made before the counting starts.
pub type Pinned<F> = Pin<Box<F>>;

/// Polls a future that needs no runtime until it is done, and gives it back, so that its drop is
/// not counted.
///
/// # Panics
///
/// If it is still not done after a million polls.
#[inline]
pub fn run<F: Future<Output = ()>>(mut future: Pinned<F>) -> Pinned<F> {
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(()) = future.as_mut().poll(&mut cx) {
            return future;
        }
    }
    panic!("the future waits for something that does not come");
}

/// A future that is polled once before the counting starts, so that lazy initialisation is not
/// counted.
pub fn warm<F: Future<Output = ()>>(future: F) -> Pinned<F> {
    let mut future = Box::pin(future);
    poll(&mut future, 1);
    future
}

/// Polls a future that stays pending.
///
/// # Panics
///
/// If it does not.
#[inline]
pub fn poll<F: Future<Output = ()>>(future: &mut Pinned<F>, times: usize) {
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..times {
        assert!(black_box(future.as_mut().poll(&mut cx)).is_pending());
    }
}
