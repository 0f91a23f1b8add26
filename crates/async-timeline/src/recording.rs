//! What was recorded, to be looked at.

use std::time::Duration;

use crate::clock::Stamp;
use crate::lane::{Lane, Span};
use crate::recorder::Log;
use crate::replay::Replay;
use crate::units;

/// What a [`Timeline`](crate::Timeline) has recorded up to a moment.
///
/// [`lanes`](Self::lanes) is what happened, for tests and reports of your own;
/// [`Picture`](crate::Picture) draws it and [`chrome_trace`](crate::chrome_trace) exports it.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    log: Log,
    end: Stamp,
    budget: Duration,
    unit: Duration,
}

impl Recording {
    pub(crate) fn new(log: Log, end: Stamp, budget: Duration) -> Self {
        Self {
            log,
            end,
            budget,
            unit: Duration::ZERO,
        }
    }

    /// The lanes, in the order in which they were begun.
    pub fn lanes(&self) -> Vec<Lane> {
        let heads = self.log.lanes.iter();
        let mut lanes: Vec<Replay> = heads
            .map(|head| Replay::new(&head.name, head.kind, self.budget))
            .collect();
        for event in &self.log.events {
            if let Some(lane) = lanes.get_mut(event.lane.0 as usize) {
                lane.event(event.stamp, &event.what);
            }
        }
        let lanes = lanes.into_iter().map(|lane| lane.finish(self.end));
        lanes.map(|lane| self.round_lane(lane)).collect()
    }

    /// When it was taken, on the axis.
    pub fn end(&self) -> Duration {
        self.round(self.end.at)
    }

    /// How many events and lanes are missing because the recorder was
    /// [full](crate::Builder::max_events).
    pub fn lost(&self) -> u64 {
        self.log.lost
    }

    /// The same with all times rounded to multiples of `unit`, so that two recordings of one
    /// program on a clock that runs look much alike.
    ///
    /// A state that is gone by that is left out; what was blocked stays blocked.
    #[must_use]
    pub fn rounded(mut self, unit: Duration) -> Self {
        self.unit = unit;
        self
    }

    fn round(&self, time: Duration) -> Duration {
        units::round(time, self.unit)
    }

    fn round_lane(&self, mut lane: Lane) -> Lane {
        if self.unit.is_zero() {
            return lane;
        }
        for span in &mut lane.spans {
            span.from = self.round(span.from);
            span.to = self.round(span.to);
            span.real = self.round(span.real);
        }
        let shows = |span: &Span| span.from < span.to || span.open || span.state.is_poll();
        lane.spans.retain(shows);
        for (at, _) in &mut lane.endings {
            *at = self.round(*at);
        }
        for at in &mut lane.wakes {
            *at = self.round(*at);
        }
        for lock in &mut lane.locks {
            lock.wanted = self.round(lock.wanted);
            lock.taken = lock.taken.map(|at| self.round(at));
            lock.gone = lock.gone.map(|at| self.round(at));
        }
        for mark in &mut lane.marks {
            mark.at = self.round(mark.at);
        }
        lane
    }
}
