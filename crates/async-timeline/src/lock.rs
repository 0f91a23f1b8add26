//! What a future can say about itself while it is polled: the locks it uses, and plain words.

use std::borrow::Cow;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::current;
use crate::event::{LockId, What};
use crate::recorder::LaneRef;

/// Waits for a lock, and notes on the current lane how long that took and how long it is held.
///
/// `wait` is what waits: `mutex.lock()`, `semaphore.acquire()`, a pool's `get()`. The lane is that
/// of the recorded future which polls it first; elsewhere nothing is noted. The lock is noted as
/// given back when the [`Held`] is dropped.
///
/// # Cancel safety
///
/// That of `wait`. A drop before it completed is noted as given up.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "record")] {
/// use async_timeline::{RecordExt, Timeline, lock};
/// use tokio::sync::Mutex;
/// use tokio::time::{Duration, sleep};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let timeline = Timeline::new();
/// let total = Mutex::new(0);
/// let booking = async {
///     let mut total = lock("total", total.lock()).await;
///     sleep(Duration::from_millis(10)).await;
///     **total += 1;
/// };
/// booking.record(&timeline, "booking").await;
///
/// let used = &timeline.snapshot().lanes()[0].locks[0];
/// assert_eq!(used.gone.unwrap() - used.taken.unwrap(), Duration::from_millis(10));
/// # }
/// # main();
/// # }
/// ```
pub fn lock<F: Future>(name: impl Into<Cow<'static, str>>, wait: F) -> LockWait<F> {
    LockWait {
        name: Some(name.into()),
        used: None,
        wait,
    }
}

/// Writes a word on the current lane; outside of a recorded future it does nothing.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "record")] {
/// use async_timeline::{RecordExt, Timeline, mark};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let timeline = Timeline::new();
/// async { mark("half way") }.record(&timeline, "download").await;
/// assert_eq!(timeline.snapshot().lanes()[0].marks[0].text, "half way");
/// # }
/// # main();
/// # }
/// ```
pub fn mark(text: impl Into<Cow<'static, str>>) {
    if let Some(lane) = current::current() {
        lane.note(What::Mark(text.into()));
    }
}

/// A lock that is waited for; made by [`lock`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[pin_project]
#[derive(Debug)]
pub struct LockWait<F> {
    /// There until the first poll.
    name: Option<Cow<'static, str>>,
    /// Stands before the future, so that it is noted first.
    used: Option<Used>,
    #[pin]
    wait: F,
}

impl<F: Future> Future for LockWait<F> {
    type Output = Held<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(name) = this.name.take() {
            *this.used = current::current().map(|lane| Used::want(lane, name));
        }
        this.wait.poll(cx).map(|guard| {
            let used = this.used.take();
            if let Some(used) = &used {
                used.lane.note(What::LockTaken(used.id));
            }
            Held { used, guard }
        })
    }
}

/// A guard whose drop is noted; made by [`lock`]. It dereferences to the guard.
#[derive(Debug)]
pub struct Held<G> {
    /// Stands before the guard: the release is noted before those that wait are woken by it.
    used: Option<Used>,
    guard: G,
}

impl<G> Held<G> {
    /// Makes something else of the guard, and goes on noting how long that is held.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_timeline::lock;
    /// use tokio::sync::Semaphore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let printer = Semaphore::new(1);
    /// let turn = lock("printer", printer.acquire()).await;
    /// let turn = turn.map(|permit| permit.expect("the printer stays"));
    /// assert_eq!(printer.available_permits(), 0);
    /// drop(turn);
    /// # }
    /// ```
    pub fn map<H>(self, change: impl FnOnce(G) -> H) -> Held<H> {
        Held {
            used: self.used,
            guard: change(self.guard),
        }
    }
}

impl<G> Deref for Held<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.guard
    }
}

impl<G> DerefMut for Held<G> {
    fn deref_mut(&mut self) -> &mut G {
        &mut self.guard
    }
}

/// One use of a lock; its drop is noted.
#[derive(Debug)]
struct Used {
    lane: LaneRef,
    id: LockId,
}

impl Used {
    fn want(lane: LaneRef, name: Cow<'static, str>) -> Self {
        let id = lane.new_lock();
        lane.note(What::LockWanted(id, name));
        Self { lane, id }
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        self.lane.note(What::LockGone(self.id));
    }
}
