//! The state machine of one session.
//!
//! It knows nothing of threads or runtimes: what cancels a run is the type parameter `C`, so that
//! loom can check the machine without tokio.
//!
//! # Invariants
//!
//! 1. `state` changes only under the lock and only along [`SessionState::can_become`].
//! 2. `live` is set from the moment a start has claimed the session until [`finish`] of that very
//!    run, whatever the state says in between: a destroyed session may still have a live run.
//! 3. A run's outcome is written once, by its own `finish`, before the waiters are woken.
//! 4. A body is polled only between an [`enter`] that returned `true` and `finish`; `enter` returns
//!    `true` only from `Starting`, so a stop that came first keeps the body from being polled.
//! 5. No foreign code runs under the lock: a cancel wakes tasks, so it is handed to the caller, who
//!    calls it after the lock is gone. A body that is entered in between finds itself cancelled at
//!    its first await.
//!
//! [`enter`]: Lifecycle::enter
//! [`finish`]: Lifecycle::finish

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::last_error::LastError;
use super::locks::{lock, wait_until};
use super::state::{SessionOutcome, SessionState};
use crate::loom::sync::{Condvar, Mutex};

#[derive(Debug)]
pub(super) struct Lifecycle<C> {
    core: Mutex<Core<C>>,
    run_ended: Condvar,
}

#[derive(Debug)]
struct Core<C> {
    state: SessionState,
    live: Option<Live<C>>,
    last: Option<Watch>,
    tally: Tally,
    last_error: Option<LastError>,
}

/// The run that has been claimed and is not over.
#[derive(Debug)]
struct Live<C> {
    cancel: C,
    since: Instant,
}

/// Sees one run end, however many runs come after it.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) run: u64,
    outcome: Arc<OnceLock<SessionOutcome>>,
}

impl Watch {
    pub(super) fn outcome(&self) -> Option<SessionOutcome> {
        self.outcome.get().cloned()
    }
}

/// What happened over all runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) runs: u64,
    pub(super) failures: u64,
    pub(super) panics: u64,
    /// How long the finished runs took together.
    pub(super) ran_for: Duration,
}

/// Everything there is to read about a session, taken at one moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) state: SessionState,
    pub(super) tally: Tally,
    /// How long the live run has been going on.
    pub(super) live_for: Option<Duration>,
    pub(super) last_outcome: Option<SessionOutcome>,
    pub(super) last_error: Option<LastError>,
}

/// A move that is not in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Illegal {
    pub(super) from: SessionState,
    pub(super) to: SessionState,
}

/// An accepted request to end the session's run.
#[must_use = "the run is told by calling `cancel` on what is inside"]
#[derive(Debug)]
pub(super) struct EndRequest<C> {
    /// What to cancel, if a run is live.
    pub(super) cancel: Option<C>,
    /// The live run, or else the last one; `None` if there never was one.
    pub(super) watch: Option<Watch>,
}

impl<C> Core<C> {
    fn shift(&mut self, to: SessionState) -> Result<(), Illegal> {
        let from = self.state;
        if !from.can_become(to) {
            return Err(Illegal { from, to });
        }
        self.state = to;
        Ok(())
    }
}

impl<C: Clone> Lifecycle<C> {
    pub(super) fn new() -> Self {
        Self {
            core: Mutex::new(Core {
                state: SessionState::Ready,
                live: None,
                last: None,
                tally: Tally::default(),
                last_error: None,
            }),
            run_ended: Condvar::new(),
        }
    }

    /// Claims the session for a run, which ends with [`finish`](Self::finish).
    pub(super) fn begin(&self, cancel: C) -> Result<Watch, Illegal> {
        let mut core = lock(&self.core);
        core.shift(SessionState::Starting)?;
        core.tally.runs += 1;
        core.live = Some(Live {
            cancel,
            since: Instant::now(),
        });
        let watch = Watch {
            run: core.tally.runs,
            outcome: Arc::default(),
        };
        core.last = Some(watch.clone());
        Ok(watch)
    }

    /// Whether the claimed run may poll its body: `false` if it was stopped or destroyed before.
    pub(super) fn enter(&self) -> bool {
        lock(&self.core).shift(SessionState::Running).is_ok()
    }

    /// Ends the claimed run and wakes everybody who waits for it.
    pub(super) fn finish(&self, watch: &Watch, outcome: SessionOutcome) {
        let mut core = lock(&self.core);
        let Some(live) = core.live.take() else {
            debug_assert!(false, "run {} ended twice", watch.run);
            return;
        };
        // Refused only if the session was destroyed meanwhile, and then it stays so.
        let _ = core.shift(SessionState::Ended);
        core.tally.ran_for += live.since.elapsed();
        match outcome {
            SessionOutcome::Completed | SessionOutcome::Stopped => {}
            SessionOutcome::Panicked(_) => core.tally.panics += 1,
            _ => core.tally.failures += 1,
        }
        if let Some(error) = LastError::of_outcome(&outcome) {
            core.last_error = Some(error);
        }
        let _ = watch.outcome.set(outcome);
        self.run_ended.notify_all();
        drop(core);
        // What cancels the run may be the last handle to something that runs code when dropped.
        drop(live);
    }

    /// Accepts a request to stop. One for a session that is stopping or has ended changes nothing.
    pub(super) fn request_stop(&self) -> Result<EndRequest<C>, Illegal> {
        let mut core = lock(&self.core);
        if !matches!(core.state, SessionState::Stopping | SessionState::Ended) {
            core.shift(SessionState::Stopping)?;
        }
        Ok(core.end_request())
    }

    /// Makes the session `Destroyed` at once, whether or not a run is live.
    pub(super) fn destroy(&self) -> Result<EndRequest<C>, Illegal> {
        let mut core = lock(&self.core);
        core.shift(SessionState::Destroyed)?;
        Ok(core.end_request())
    }

    /// The live run, or else the last one.
    pub(super) fn last_run(&self) -> Option<Watch> {
        lock(&self.core).last.clone()
    }

    /// Waits for the end of the watched run; `None` if it had not ended by the deadline.
    pub(super) fn wait(&self, watch: &Watch, deadline: Option<Instant>) -> Option<SessionOutcome> {
        wait_until(&self.core, &self.run_ended, deadline, |_| {
            watch.outcome.get().is_some()
        });
        watch.outcome()
    }

    pub(super) fn state(&self) -> SessionState {
        lock(&self.core).state
    }

    pub(super) fn last_error(&self) -> Option<LastError> {
        lock(&self.core).last_error.clone()
    }

    pub(super) fn record_error(&self, error: LastError) {
        lock(&self.core).last_error = Some(error);
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let core = lock(&self.core);
        Snapshot {
            state: core.state,
            tally: core.tally,
            live_for: core.live.as_ref().map(|live| live.since.elapsed()),
            last_outcome: core.last.as_ref().and_then(Watch::outcome),
            last_error: core.last_error.clone(),
        }
    }
}

impl<C: Clone> Core<C> {
    fn end_request(&self) -> EndRequest<C> {
        EndRequest {
            cancel: self.live.as_ref().map(|live| live.cancel.clone()),
            watch: self.last.clone(),
        }
    }
}
