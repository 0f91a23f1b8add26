//! What the benches share: futures that are run without a runtime, so that only they are counted.

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
