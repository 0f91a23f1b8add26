//! One round: make the future, poll it up to a point, drop it, check.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::panics::payload_text;

use super::cut::CutFutures;
use super::point::{CancelPoint, Violation, ViolationKind};

/// How far the paused clock may run ahead before the wall clock is asked whether a future is
/// stuck. Timers that are due earlier fire first, because a paused clock stops at each of them.
const VIRTUAL_STEP: Duration = Duration::from_secs(24 * 60 * 60);

/// The runtime of one round. Each round has its own, so that tasks, timers and the clock of one
/// round cannot leak into the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavor {
    /// One thread, paused clock: the same polls every time.
    Exact,
    /// Two workers and the real clock. `jitter` spins before the drop, so that over many rounds
    /// the drop meets the wakes of other threads at different moments.
    Stress { jitter: usize },
}

impl Flavor {
    fn build_runtime(self) -> Runtime {
        match self {
            Self::Exact => Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build(),
            Self::Stress { .. } => Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build(),
        }
        .expect("the operating system grants a runtime its threads and descriptors")
    }
}

/// Where a round is to end, and what bounds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) flavor: Flavor,
    /// The point to cut at. `Completed` means: poll to the end, at most so many times.
    pub(super) cut_at: CancelPoint,
    /// How long to wait for a wake, in wall-clock time.
    pub(super) patience: Duration,
}

/// The hook that runs between polls.
pub(super) type Hook<'a> = Box<dyn FnMut(usize) + 'a>;

/// What a round is doing, so that a panic can be told from where it came.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Making,
    Polling { done: usize },
    Dropping(CancelPoint),
    Checking(CancelPoint),
}

impl Plan {
    /// Runs one round on a runtime of its own and says where the future got to: the point asked
    /// for, or its completion if that came first.
    pub(super) fn run<'h, S, T>(
        self,
        make: &mut impl FnMut() -> S,
        drive: &mut dyn FnMut(&mut S) -> Option<Hook<'h>>,
        body: &mut impl AsyncFnMut(&mut S) -> T,
        check: &mut impl AsyncFnMut(CancelPoint, S),
    ) -> Result<CancelPoint, Violation> {
        let phase = Cell::new(Phase::Making);
        let cut = CutFutures::watch();
        let runtime = self.flavor.build_runtime();
        let round = async {
            let mut state = make();
            let mut hook = drive(&mut state);
            let point = {
                let future = pin!(body(&mut state));
                let reached = self.poll_to_point(future, hook.as_mut(), &phase).await;
                cut.start();
                let point = reached?;
                self.jitter();
                phase.set(Phase::Dropping(point));
                point
            };
            cut.end();
            drop(hook);
            phase.set(Phase::Checking(point));
            check(point, state).await;
            Ok(point)
        };
        let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(round)));
        // Blocking work that never ends must not hang the test.
        runtime.shutdown_timeout(self.patience);
        match result {
            Ok(Ok(point)) => Ok(point),
            Ok(Err((point, kind, message))) => {
                Err(self.violation(point, kind, message, cut.into_names()))
            }
            Err(panic) => {
                let (point, kind) = blame(phase.get());
                Err(self.violation(
                    point,
                    kind,
                    payload_text(&*panic).to_owned(),
                    cut.into_names(),
                ))
            }
        }
    }

    async fn poll_to_point<T>(
        self,
        mut future: Pin<&mut impl Future<Output = T>>,
        mut hook: Option<&mut Hook<'_>>,
        phase: &Cell<Phase>,
    ) -> Result<CancelPoint, (CancelPoint, ViolationKind, String)> {
        if self.cut_at == CancelPoint::Unpolled {
            return Ok(CancelPoint::Unpolled);
        }
        for polls in 1..=self.cut_at.polls() {
            // The runtime's other tasks get their turn, and the poll starts with a full
            // cooperative budget, as it would in a task of its own.
            tokio::task::yield_now().await;
            phase.set(Phase::Polling { done: polls - 1 });
            // A waker of its own for each poll: one kept from an earlier poll wakes nobody.
            let wakes = Arc::new(Wakes(Notify::new()));
            if poll_once(future.as_mut(), &wakes).is_ready() {
                return Ok(CancelPoint::Completed { polls });
            }
            if self.cut_at == (CancelPoint::Suspended { polls }) {
                return Ok(self.cut_at);
            }
            phase.set(Phase::Polling { done: polls });
            if let Some(hook) = &mut hook {
                hook(polls);
            }
            if !self.woken(&wakes.0).await {
                let message = format!(
                    "poll {polls} returned Pending and nothing woke the future within {:?}; \
                     supply what it waits for with `drive`, or look for a lost wake-up",
                    self.patience,
                );
                let point = CancelPoint::Suspended { polls };
                return Err((point, ViolationKind::Stalled, message));
            }
            if self.cut_at == (CancelPoint::Woken { polls }) {
                return Ok(self.cut_at);
            }
        }
        let polls = self.cut_at.polls();
        let message = "let it complete, or raise `max_polls`".to_owned();
        let point = CancelPoint::Woken { polls };
        Err((point, ViolationKind::StillPending, message))
    }

    /// Waits until the future's waker is woken; `false` when it is not.
    async fn woken(self, wakes: &Notify) -> bool {
        let give_up = Instant::now() + self.patience;
        let (step, paused) = match self.flavor {
            Flavor::Exact => (VIRTUAL_STEP, true),
            Flavor::Stress { .. } => (self.patience, false),
        };
        loop {
            // With the clock paused an idle runtime jumps to the nearest timer: the future's, or
            // else this one.
            if tokio::time::timeout(step, wakes.notified()).await.is_ok() {
                return true;
            }
            if Instant::now() >= give_up {
                return false;
            }
            if paused {
                // What is left to wake it is another thread or a descriptor, in real time. Nothing
                // else runs on this runtime.
                #[cfg_attr(dylint_lib = "async_patterns_lints", allow(blocking_call_in_async))]
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    fn jitter(self) {
        if let Flavor::Stress { jitter } = self.flavor {
            for _ in 0..jitter {
                std::hint::spin_loop();
            }
        }
    }

    fn violation(
        self,
        point: CancelPoint,
        kind: ViolationKind,
        message: String,
        cut: Vec<String>,
    ) -> Violation {
        Violation {
            point,
            kind,
            message,
            multi_thread: self.flavor != Flavor::Exact,
            cut,
        }
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>, wakes: &Arc<Wakes>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(wakes))))
}

fn blame(phase: Phase) -> (CancelPoint, ViolationKind) {
    match phase {
        Phase::Making | Phase::Polling { done: 0 } => {
            (CancelPoint::Unpolled, ViolationKind::BodyPanicked)
        }
        Phase::Polling { done: polls } => (
            CancelPoint::Suspended { polls },
            ViolationKind::BodyPanicked,
        ),
        Phase::Dropping(point) => (point, ViolationKind::DropPanicked),
        Phase::Checking(point) => (point, ViolationKind::CheckFailed),
    }
}

/// The waker of one poll. A `Notify` remembers a wake that comes before it is awaited.
struct Wakes(Notify);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.notify_one();
    }
}
