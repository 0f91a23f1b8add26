//! The recorder as a user holds it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, TokioClock};
use crate::current;
use crate::event::{PollOutcome, What};
use crate::future::Recorded;
use crate::lane::LaneKind;
use crate::recorder::{LaneRef, Recorder};
use crate::recording::Recording;

/// Records what futures do. Clones share one recording.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "record")] {
/// use async_timeline::{Ending, Timeline};
/// use tokio::time::{Duration, sleep, timeout};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let timeline = Timeline::new();
/// let query = timeline.record("query", sleep(Duration::from_secs(60)));
/// timeout(Duration::from_secs(1), query).await.unwrap_err();
///
/// let lanes = timeline.snapshot().lanes();
/// assert_eq!(lanes[0].ending(), Some(Ending::Cancelled));
/// # }
/// # main();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Timeline {
    recorder: Option<Arc<Recorder>>,
}

impl Timeline {
    /// A recorder that is on, with what [`builder`](Self::builder) has for defaults.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A recorder that records nothing, for the runs of a program that are not to be recorded.
    pub const fn off() -> Self {
        Self { recorder: None }
    }

    /// A recorder with settings of its own.
    pub fn builder() -> Builder {
        Builder {
            budget: Duration::from_millis(10),
            max_events: 1_000_000,
            clock: Box::new(TokioClock::new()),
        }
    }

    /// Whether it records: not if it is [`off`](Self::off), nor without the feature `record`.
    pub fn is_on(&self) -> bool {
        cfg!(feature = "record") && self.recorder.is_some()
    }

    /// Makes a lane of a future.
    ///
    /// [`RecordExt::record`](crate::RecordExt::record) is the same as a method of the future.
    ///
    /// # Cancel safety
    ///
    /// That of the future. Dropping the wrapper notes the cancellation and drops the future.
    pub fn record<F>(&self, name: impl Into<Cow<'static, str>>, future: F) -> Recorded<F> {
        Recorded::new(self.lane(name, LaneKind::Future), future)
    }

    /// Makes a lane of a closure that may block, to be given to
    /// [`spawn_blocking`](tokio::task::spawn_blocking) or to a thread.
    ///
    /// The lane begins now and runs when the closure does; what is in between is the time in the
    /// pool's queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_timeline::Timeline;
    /// use tokio::task::spawn_blocking;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let timeline = Timeline::new();
    /// let checksum = || (0..1_000_u64).sum::<u64>();
    /// let sum = spawn_blocking(timeline.record_blocking("checksum", checksum)).await;
    /// assert_eq!(sum.unwrap(), 499_500);
    /// # }
    /// ```
    pub fn record_blocking<N, W, R>(&self, name: N, work: W) -> impl FnOnce() -> R + use<N, W, R>
    where
        N: Into<Cow<'static, str>>,
        W: FnOnce() -> R,
    {
        let call = BlockingCall {
            lane: self.lane(name, LaneKind::Blocking),
            started: false,
        };
        move || call.run(work)
    }

    /// What has been recorded so far. Recording goes on.
    ///
    /// A recorder that is off has an empty one.
    pub fn snapshot(&self) -> Recording {
        self.recorder()
            .map_or_else(Recording::default, |recorder| recorder.snapshot())
    }

    pub(crate) fn lane(
        &self,
        name: impl Into<Cow<'static, str>>,
        kind: LaneKind,
    ) -> Option<LaneRef> {
        self.recorder()?.lane(name.into(), kind, |now| now)
    }

    pub(crate) fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.as_ref().filter(|_| cfg!(feature = "record"))
    }
}

/// On, as [`Timeline::new`] makes it.
impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

/// A closure's lane. It is noted as cancelled if the closure is dropped and never called.
struct BlockingCall {
    lane: Option<LaneRef>,
    started: bool,
}

impl BlockingCall {
    fn run<R>(mut self, work: impl FnOnce() -> R) -> R {
        let Some(lane) = self.lane.clone() else {
            return work();
        };
        self.started = true;
        let _current = current::enter(&lane);
        lane.note(What::PollStart);
        let mut returned = Returned(&lane, PollOutcome::Panicked);
        let result = work();
        returned.1 = PollOutcome::Ready;
        result
    }
}

impl Drop for BlockingCall {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.as_ref().filter(|_| !self.started) {
            lane.note(What::Dropped);
        }
    }
}

/// Notes how a closure ended, also by a panic.
struct Returned<'a>(&'a LaneRef, PollOutcome);

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        self.0.note(What::PollEnd(self.1));
    }
}

/// The settings of a [`Timeline`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    budget: Duration,
    max_events: usize,
    clock: Box<dyn Clock>,
}

impl Builder {
    /// Polls that take at least this long by real time are drawn as blocked; 10 ms unless set.
    ///
    /// 10 to 100 microseconds between two awaits is what a healthy task
    /// [stays below](https://ryhl.io/blog/async-what-is-blocking/); the default leaves out what a
    /// busy machine does to any thread. [`Duration::MAX`] switches it off.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Keeps at most this many events, a million unless set (about 70 MB). Later ones are counted in
    /// [`Recording::lost`].
    pub fn max_events(mut self, max_events: usize) -> Self {
        self.max_events = max_events;
        self
    }

    /// Takes the time from `clock` instead of a [`TokioClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// The recorder.
    pub fn build(self) -> Timeline {
        let recorder = Recorder::new(self.clock, self.budget, self.max_events);
        Timeline {
            recorder: Some(Arc::new(recorder)),
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("budget", &self.budget)
            .field("max_events", &self.max_events)
            .finish_non_exhaustive()
    }
}
