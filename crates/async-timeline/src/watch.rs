//! What notes a future's polls, wakes and end. `watch_off.rs` is its twin for builds without the
//! feature `record`.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::current;
use crate::event::{PollOutcome, What};
use crate::recorder::LaneRef;

/// One pointer, so that a future that is not recorded grows by a word and its poll by one test.
pub(crate) struct Watch(Option<Box<On>>);

struct On {
    lane: LaneRef,
    done: bool,
    waker: Option<Arc<LaneWaker>>,
}

impl Watch {
    pub(crate) fn new(lane: Option<LaneRef>) -> Self {
        let on = lane.map(|lane| On {
            lane,
            done: false,
            waker: None,
        });
        Self(on.map(Box::new))
    }

    #[inline]
    pub(crate) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        match &mut self.0 {
            None => future.poll(cx),
            Some(on) => on.poll(future, cx),
        }
    }
}

impl On {
    /// Out of line, so that the poll of a future that is not recorded stays as small as it was.
    #[inline(never)]
    fn poll<F: Future>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let waker = self.waker(cx.waker());
        let _current = current::enter(&self.lane);
        self.lane.note(What::PollStart);
        let on_panic = PollPanicked(self);
        let poll = future.poll(&mut Context::from_waker(&waker));
        mem::forget(on_panic);
        let outcome = if poll.is_ready() {
            self.done = true;
            PollOutcome::Ready
        } else {
            PollOutcome::Pending
        };
        self.lane.note(What::PollEnd(outcome));
        poll
    }

    /// A waker that notes its wakes. The last one serves again if it wakes the same task, as
    /// tokio's resources ask it to (`will_wake`) before they take a new one.
    fn waker(&mut self, task: &Waker) -> Waker {
        let waker = match self.waker.take() {
            Some(last) if last.task.will_wake(task) => last,
            _ => Arc::new(LaneWaker {
                lane: self.lane.clone(),
                task: task.clone(),
            }),
        };
        self.waker = Some(Arc::clone(&waker));
        waker.into()
    }
}

struct PollPanicked<'a>(&'a mut On);

impl Drop for PollPanicked<'_> {
    fn drop(&mut self) {
        self.0.done = true;
        self.0.lane.note(What::PollEnd(PollOutcome::Panicked));
    }
}

struct LaneWaker {
    lane: LaneRef,
    task: Waker,
}

impl Wake for LaneWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.lane.note(What::Woken);
        self.task.wake_by_ref();
    }
}

impl Drop for On {
    fn drop(&mut self) {
        if !self.done {
            self.lane.note(What::Dropped);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            None => "off",
            Some(on) if on.done => "done",
            Some(_) => "on",
        })
    }
}
