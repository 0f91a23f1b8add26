//! A waker that counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A waker, and how often it has been woken so far.
pub(crate) fn counting_waker() -> (Waker, impl Fn() -> usize) {
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    (waker, move || count.0.load(Ordering::SeqCst))
}
