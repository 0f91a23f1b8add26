//! A job queue of our own, popped by a future of our own.
//!
//! `poll` answers `Pending` when the queue is empty and tells nobody whom to wake. The job that
//! comes later wakes nobody, so the worker sleeps for ever; it does not even use CPU.
// ANCHOR: program
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

use crate::lanes::InLane as _;
use crate::watchdog;

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<u32>>,
}

impl Queue {
    fn push(&self, job: u32) {
        self.jobs
            .lock()
            .expect("no thread panics with the lock held")
            .push_back(job);
    }

    async fn pop(&self) -> u32 {
        poll_fn(|_context| {
            let mut jobs = self
                .jobs
                .lock()
                .expect("no thread panics with the lock held");
            match jobs.pop_front() {
                Some(job) => Poll::Ready(job),
                None => Poll::Pending,
            }
        })
        .await
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    watchdog::arm(
        Duration::from_secs(1),
        "hangs: a job is in the queue, and nobody wakes the worker",
    );
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
