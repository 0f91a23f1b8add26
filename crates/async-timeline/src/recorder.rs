//! The list of events, shared by all lanes of a timeline.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Stamp};
use crate::event::{Event, LaneId, LockId, What};
use crate::lane::LaneKind;
use crate::recording::Recording;

pub(crate) struct Recorder {
    clock: Box<dyn Clock>,
    budget: Duration,
    max_events: usize,
    /// Only held for a few instructions, and never while foreign code runs, but for the clock's.
    log: Mutex<Log>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    pub(crate) lanes: Vec<LaneHead>,
    pub(crate) events: Vec<Event>,
    /// Events for which there was no room.
    pub(crate) lost: u64,
    locks: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct LaneHead {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: LaneKind,
}

impl Recorder {
    pub(crate) fn new(clock: Box<dyn Clock>, budget: Duration, max_events: usize) -> Self {
        Self {
            clock,
            budget,
            max_events,
            log: Mutex::default(),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a lane, which was created at `when`; `None` when the recorder is full.
    pub(crate) fn lane(
        self: &Arc<Self>,
        name: Cow<'static, str>,
        kind: LaneKind,
        when: impl FnOnce(Stamp) -> Stamp,
    ) -> Option<LaneRef> {
        let id = {
            let mut log = self.log();
            let full = log.events.len() >= self.max_events;
            let id = u32::try_from(log.lanes.len()).ok().filter(|_| !full);
            let Some(id) = id.map(LaneId) else {
                log.lost += 1;
                return None;
            };
            log.lanes.push(LaneHead { name, kind });
            id
        };
        let lane = LaneRef {
            recorder: Arc::clone(self),
            id,
        };
        lane.note_at(What::Created, when);
        Some(lane)
    }

    pub(crate) fn snapshot(&self) -> Recording {
        let log = self.log();
        // Read under the lock, so that no event stands behind the end.
        let end = self.clock.read();
        Recording::new(log.clone(), end, self.budget)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("budget", &self.budget)
            .field("max_events", &self.max_events)
            .finish_non_exhaustive()
    }
}

/// A lane that events can be noted on.
#[derive(Debug, Clone)]
pub(crate) struct LaneRef {
    recorder: Arc<Recorder>,
    id: LaneId,
}

impl LaneRef {
    pub(crate) fn note(&self, what: What) {
        self.note_at(what, |now| now);
    }

    /// Notes what happened at another time than now.
    pub(crate) fn note_at(&self, what: What, when: impl FnOnce(Stamp) -> Stamp) {
        let mut log = self.recorder.log();
        if log.events.len() >= self.recorder.max_events {
            log.lost += 1;
            return;
        }
        // Read under the lock, so that the list is in the order of its times.
        let stamp = when(self.recorder.clock.read());
        log.events.push(Event {
            lane: self.id,
            stamp,
            what,
        });
    }

    pub(crate) fn new_lock(&self) -> LockId {
        let mut log = self.recorder.log();
        log.locks = log.locks.wrapping_add(1);
        LockId(log.locks)
    }
}
