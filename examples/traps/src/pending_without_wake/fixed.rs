//! The queue keeps the waker of whoever waits, under the same lock as the jobs, and wakes it when a
//! job comes. (One waiter is enough here; for more there is `tokio::sync::Notify`.)
// ANCHOR: program
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::time::sleep;

use crate::lanes::InLane as _;
use crate::watchdog;

#[derive(Default)]
struct Queue {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    jobs: VecDeque<u32>,
    waiting: Option<Waker>,
}

impl Queue {
    fn push(&self, job: u32) {
        let waiting = {
            let mut inner = self
                .inner
                .lock()
                .expect("no thread panics with the lock held");
            inner.jobs.push_back(job);
            inner.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    async fn pop(&self) -> u32 {
        poll_fn(|context| {
            let mut inner = self
                .inner
                .lock()
                .expect("no thread panics with the lock held");
            if let Some(job) = inner.jobs.pop_front() {
                return Poll::Ready(job);
            }
            // Anew in each poll: the task may have moved, and its waker with it.
            inner.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    watchdog::arm(Duration::from_secs(10), "hangs");
    let queue = Arc::new(Queue::default());
    let worker = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { queue.pop().await }.in_lane("worker")
    });
    sleep(Duration::from_millis(20)).await;
    queue.push(7);
    println!(
        "fine: job {} done",
        worker.await.expect("the worker does not panic")
    );
}
