//! Chapter "A timer by hand": a naive version, what is wrong with it, a right one.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: naive
/// A timer with a thread of its own. Wrong: see the chapter.
pub struct NaiveDelay {
    deadline: Instant,
    started: bool,
}

impl NaiveDelay {
    pub fn new(delay: Duration) -> Self {
        Self {
            deadline: Instant::now() + delay,
            started: false,
        }
    }
}

impl Future for NaiveDelay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        if !self.started {
            self.started = true;
            let waker = context.waker().clone(); // the waker of the first poll, for ever
            thread::spawn(move || {
                thread::sleep(left);
                waker.wake();
            });
        }
        Poll::Pending
    }
}
// ANCHOR_END: naive

// ANCHOR: right
/// A timer that wakes whoever polled it last.
pub struct Delay {
    deadline: Instant,
    timer: Option<Arc<Timer>>,
}

struct Timer {
    waker: Mutex<Waker>,
}

impl Delay {
    pub fn new(delay: Duration) -> Self {
        Self {
            deadline: Instant::now() + delay,
            timer: None,
        }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(timer) = &self.timer {
            // First the waker, then the clock: the thread cannot fire in between unseen.
            let mut waker = timer.waker.lock().unwrap_or_else(PoisonError::into_inner);
            waker.clone_from(context.waker());
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        if self.timer.is_none() {
            let timer = Arc::new(Timer {
                waker: Mutex::new(context.waker().clone()),
            });
            self.timer = Some(Arc::clone(&timer));
            thread::spawn(move || {
                thread::sleep(left);
                let waker = timer.waker.lock().unwrap_or_else(PoisonError::into_inner);
                waker.wake_by_ref();
            });
        }
        Poll::Pending
    }
}
// ANCHOR_END: right

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::Wake;

    const DELAY: Duration = Duration::from_millis(200);
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Tells its name when it is woken.
    struct Named(&'static str, mpsc::Sender<&'static str>);

    impl Wake for Named {
        fn wake(self: Arc<Self>) {
            let _ = self.1.send(self.0); // the test may be over
        }
    }

    /// Polls from a first task, then from a second: who is woken?
    fn woken(mut delay: Pin<Box<dyn Future<Output = ()>>>) -> &'static str {
        let (sender, woken) = mpsc::channel();
        for name in ["first task", "second task"] {
            let waker = Waker::from(Arc::new(Named(name, sender.clone())));
            let polled = delay.as_mut().poll(&mut Context::from_waker(&waker));
            assert_eq!(polled, Poll::Pending, "200 ms are not over yet");
        }
        woken.recv_timeout(PATIENCE).expect("the timer fires")
    }

    #[test]
    fn the_naive_timer_wakes_a_task_that_has_moved_on() {
        assert_eq!(woken(Box::pin(NaiveDelay::new(DELAY))), "first task");
    }

    #[test]
    fn the_right_one_wakes_who_waits() {
        assert_eq!(woken(Box::pin(Delay::new(DELAY))), "second task");
    }

    #[test]
    fn it_is_ready_when_its_time_is_over() {
        crate::executor::block_on(Delay::new(Duration::from_millis(5)));
    }
}
