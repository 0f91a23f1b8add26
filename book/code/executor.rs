//! Chapter "An executor in 100 lines".

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

// ANCHOR: block_on
/// Wakes by unparking the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs one future on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}
// ANCHOR_END: block_on

// ANCHOR: executor
/// Runs many futures on one thread, one task for each.
pub struct Executor {
    ready: Receiver<Arc<Task>>,
    spawner: Spawner,
}

#[derive(Clone)]
pub struct Spawner {
    queue: Sender<Arc<Task>>,
    unfinished: Arc<AtomicUsize>,
}

struct Task {
    /// `None` when it is finished.
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    /// Whether it is in the queue, so that ten wakes make one poll.
    queued: AtomicBool,
    queue: Sender<Arc<Task>>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let queue = self.queue.clone();
            // An error means that the executor has gone, and nobody is there to be woken.
            let _ = queue.send(self);
        }
    }
}

impl Spawner {
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        let task = Arc::new(Task {
            future: Mutex::new(Some(Box::pin(future))),
            queued: AtomicBool::new(false),
            queue: self.queue.clone(),
        });
        task.wake();
    }
}

impl Executor {
    pub fn new() -> Self {
        let (queue, ready) = mpsc::channel();
        let unfinished = Arc::default();
        Self {
            ready,
            spawner: Spawner { queue, unfinished },
        }
    }

    pub fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    /// Returns when every task is finished.
    pub fn run(&self) {
        while self.spawner.unfinished.load(Ordering::Relaxed) > 0 {
            // It waits as long as it takes: the executor itself holds a sender.
            let Ok(task) = self.ready.recv() else { return };
            // Before the poll: a wake that comes during the poll must queue the task again.
            task.queued.store(false, Ordering::Release);
            let mut slot = task.future.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(future) = slot.as_mut() else {
                continue;
            };
            let waker = Waker::from(Arc::clone(&task));
            if future
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_ready()
            {
                *slot = None;
                self.spawner.unfinished.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}
// ANCHOR_END: executor

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delay::Delay;
    use crate::model::Doorbell;
    use std::time::Duration;

    #[test]
    fn tasks_take_turns() {
        let executor = Executor::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let door = Doorbell::default();
        let note = |text| {
            let order = Arc::clone(&order);
            move || order.lock().unwrap().push(text)
        };
        let (waits, goes_on, rings) = (note("host waits"), note("host opens"), note("guest rings"));
        executor.spawner().spawn({
            let door = door.clone();
            async move {
                waits();
                door.await;
                goes_on();
            }
        });
        executor.spawner().spawn(async move {
            rings();
            door.ring();
        });
        executor.run();
        let order = order.lock().unwrap();
        assert_eq!(*order, ["host waits", "guest rings", "host opens"]);
    }

    #[test]
    fn a_wake_from_another_thread_comes_through() {
        let executor = Executor::new();
        executor
            .spawner()
            .spawn(Delay::new(Duration::from_millis(5)));
        executor.run();
    }

    #[test]
    fn block_on_returns_the_output() {
        assert_eq!(block_on(async { 6 * 7 }), 42);
    }
}
