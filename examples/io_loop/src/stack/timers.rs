//! When smoltcp wants to be polled, for each flow.

use std::task::{Context, Poll};

use async_patterns::sync::SourceId;
use tokio::time::Instant;
use tokio_util::time::{DelayQueue, delay_queue::Key};

/// At most one timer for each flow.
#[derive(Default)]
pub(crate) struct Timers {
    queue: DelayQueue<SourceId>,
}

/// A flow's timer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    key: Key,
    at: Instant,
}

impl Timers {
    /// Sees to it that a flow's timer fires at `at` or earlier.
    ///
    /// One that is too early is left: under traffic the wanted time moves with each packet, and one
    /// wake-up too many costs less than moving the timer each time.
    pub(super) fn set(&mut self, timer: &mut Option<Timer>, id: SourceId, at: Instant) {
        match timer {
            Some(timer) if timer.at <= at => {}
            Some(timer) => {
                self.queue.reset_at(&timer.key, at);
                timer.at = at;
            }
            None => {
                let key = self.queue.insert_at(id, at);
                *timer = Some(Timer { key, at });
            }
        }
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.queue.remove(&timer.key);
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The next flow whose timer has fired, which it then has no longer. Waits while there is none.
    pub(crate) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<SourceId> {
        match self.queue.poll_expired(cx) {
            Poll::Ready(Some(expired)) => Poll::Ready(expired.into_inner()),
            // An empty queue is not an event.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
