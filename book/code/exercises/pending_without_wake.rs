use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures::task::AtomicWaker;

// ANCHOR: solution
/// Set once, from any thread; anybody may wait, one at a time.
#[derive(Default)]
struct Flag {
    is_set: AtomicBool,
    waiting: AtomicWaker,
}

impl Flag {
    fn set(&self) {
        self.is_set.store(true, Ordering::Release);
        self.waiting.wake();
    }

    async fn wait(&self) {
        poll_fn(|context| {
            // First the waker, then the look: a `set` in between is seen by the one or the other.
            self.waiting.register(context.waker());
            if self.is_set.load(Ordering::Acquire) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
// ANCHOR_END: solution

#[tokio::test]
async fn whoever_waits_is_woken_from_another_thread() {
    for _ in 0..100 {
        let flag = Arc::new(Flag::default());
        let setter = Arc::clone(&flag);
        let thread = std::thread::spawn(move || setter.set());
        flag.wait().await;
        thread.join().unwrap();
    }
}
