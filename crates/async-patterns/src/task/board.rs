//! The list of a scope's children, and the protocol of its end.
//!
//! # Invariants
//!
//! 1. A child is on the board from before it is spawned until everything it owns is dropped.
//! 2. After the board is closed no child is admitted; a board that was found empty by
//!    [`Board::poll_empty`] with `close` is closed in the same step, so that no child can slip in
//!    between "the last one left" and "closed".
//! 3. Every child that was admitted is either live or among the ended (or counted there).
//! 4. A child whose abort handle arrives after [`Board::abort_all`] is aborted on arrival.
//! 5. The waiter is registered under the lock under which the board was found not empty, and whoever
//!    takes the last child off takes the waiter along: no wake-up is lost.
//!
//! # Deadlock safety
//!
//! No foreign code runs under the lock: handles are aborted, wakers woken and outcomes dropped
//! after it is released.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::report::{ChildReport, ShutdownStage, Totals};
use super::{ChildKind, Outcome};
use crate::loom::sync::{Mutex, MutexGuard};

/// What the board does to a child that has to go. A trait, because tokio's handles cannot be made in
/// a loom model.
pub(super) trait Abort {
    fn abort(&self);
}

impl Abort for tokio::task::AbortHandle {
    fn abort(&self) {
        Self::abort(self);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChildId(u64);

/// The board is closed: no child is admitted.
#[derive(Debug)]
pub(super) struct Closed;

pub(super) struct Board<A> {
    state: Mutex<State<A>>,
}

struct State<A> {
    next_id: u64,
    closed: bool,
    stage: ShutdownStage,
    /// In the order in which they were spawned.
    live: BTreeMap<ChildId, Live<A>>,
    ended: History,
    /// One is enough: `join` and `shutdown`, the only ones that wait, consume the scope.
    waiter: Option<Waker>,
}

struct Live<A> {
    name: Arc<str>,
    kind: ChildKind,
    /// `None` while it waits for its turn.
    started: Option<Instant>,
    abort: Option<A>,
}

impl<A> Live<A> {
    fn report(&self, outcome: Outcome, stage: ShutdownStage, now: Instant) -> ChildReport {
        let spent = self
            .started
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        ChildReport {
            name: Arc::clone(&self.name),
            kind: self.kind,
            outcome,
            stage,
            spent,
        }
    }
}

/// Ended children: all of them in the totals, the latest of them by name.
struct History {
    limit: usize,
    totals: Totals,
    /// Two lists, so that a million that went well do not push out the one that did not.
    well: VecDeque<ChildReport>,
    badly: VecDeque<ChildReport>,
    omitted: u64,
}

impl History {
    /// Adds one and returns the one it pushed out.
    fn push(&mut self, child: ChildReport) -> Option<ChildReport> {
        self.totals.count(&child.outcome);
        let list = if child.outcome.is_failure() {
            &mut self.badly
        } else {
            &mut self.well
        };
        list.push_back(child);
        if list.len() <= self.limit {
            return None;
        }
        self.omitted += 1;
        list.pop_front()
    }
}

/// What the board knows, for a report.
pub(super) struct Snapshot {
    pub(super) children: Vec<ChildReport>,
    pub(super) totals: Totals,
    pub(super) omitted: u64,
}

impl<A: Abort + Clone> Board<A> {
    /// A board that remembers the names of up to `history` ended children that went well, and of as
    /// many that did not.
    pub(super) fn new(history: usize) -> Self {
        Self {
            state: Mutex::new(State {
                next_id: 0,
                closed: false,
                stage: ShutdownStage::BeforeShutdown,
                live: BTreeMap::new(),
                ended: History {
                    limit: history,
                    totals: Totals::default(),
                    well: VecDeque::new(),
                    badly: VecDeque::new(),
                    omitted: 0,
                },
                waiter: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<A>> {
        // No code of others runs under the lock, so a poisoned one is still whole.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Puts a child on the board, before it is spawned.
    pub(super) fn admit(&self, name: Arc<str>, kind: ChildKind) -> Result<ChildId, Closed> {
        let mut state = self.lock();
        if state.closed {
            return Err(Closed);
        }
        let id = ChildId(state.next_id);
        state.next_id += 1;
        state.live.insert(
            id,
            Live {
                name,
                kind,
                started: None,
                abort: None,
            },
        );
        Ok(id)
    }

    /// Notes that a child has its turn, from which its time is counted.
    pub(super) fn start(&self, id: ChildId, now: Instant) {
        if let Some(child) = self.lock().live.get_mut(&id) {
            child.started = Some(now);
        }
    }

    /// Hands in the handle by which a child is aborted (invariant 4).
    pub(super) fn attach(&self, id: ChildId, abort: &A) {
        let mut state = self.lock();
        let too_late = state.stage == ShutdownStage::Aborted;
        if let Some(child) = state.live.get_mut(&id) {
            child.abort = Some(abort.clone());
        }
        drop(state);
        if too_late {
            abort.abort();
        }
    }

    /// The entry in the report that a live child would leave now with this outcome.
    pub(super) fn preview(&self, id: ChildId, outcome: Outcome, now: Instant) -> ChildReport {
        let state = self.lock();
        state.live[&id].report(outcome, state.stage, now)
    }

    /// Takes a child off the board.
    pub(super) fn leave(&self, id: ChildId, outcome: Outcome, now: Instant) {
        let mut state = self.lock();
        let child = state.live.remove(&id).expect("a child leaves once");
        let report = child.report(outcome, state.stage, now);
        let pushed_out = state.ended.push(report);
        let waiter = if state.live.is_empty() {
            state.waiter.take()
        } else {
            None
        };
        drop(state);
        drop(pushed_out);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    pub(super) fn is_live(&self, id: ChildId) -> bool {
        self.lock().live.contains_key(&id)
    }

    pub(super) fn live(&self) -> usize {
        self.lock().live.len()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Admits no more children; those that end from now on end while draining.
    pub(super) fn begin_shutdown(&self) {
        let mut state = self.lock();
        state.closed = true;
        if state.stage == ShutdownStage::BeforeShutdown {
            state.stage = ShutdownStage::Drained;
        }
    }

    /// Closes the board and aborts every child that can be.
    pub(super) fn abort_all(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.stage = ShutdownStage::Aborted;
        let handles: Vec<A> = state
            .live
            .values()
            .filter_map(|child| child.abort.clone())
            .collect();
        drop(state);
        for handle in handles {
            handle.abort();
        }
    }

    /// Aborts one child, if it can be.
    pub(super) fn abort(&self, id: ChildId) {
        let handle = self
            .lock()
            .live
            .get(&id)
            .and_then(|child| child.abort.clone());
        if let Some(handle) = handle {
            handle.abort();
        }
    }

    /// Ready when no child is live; with `close`, the board is closed in the same step
    /// (invariant 2).
    pub(super) fn poll_empty(&self, cx: &mut Context<'_>, close: bool) -> Poll<()> {
        let mut state = self.lock();
        if state.live.is_empty() {
            state.closed |= close;
            return Poll::Ready(());
        }
        let old = match &state.waiter {
            Some(waiter) if waiter.will_wake(cx.waker()) => None,
            _ => state.waiter.replace(cx.waker().clone()),
        };
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// The children that are still live.
    pub(super) fn stragglers(&self, now: Instant) -> Vec<ChildReport> {
        self.lock().stragglers(now)
    }

    /// Everything for the report; children that are live are still running.
    pub(super) fn snapshot(&self, now: Instant) -> Snapshot {
        let state = self.lock();
        let mut children = state.stragglers(now);
        let mut totals = state.ended.totals;
        for child in &children {
            totals.count(&child.outcome);
        }
        children.extend(state.ended.badly.iter().chain(&state.ended.well).cloned());
        Snapshot {
            children,
            totals,
            omitted: state.ended.omitted,
        }
    }
}

impl<A> State<A> {
    fn stragglers(&self, now: Instant) -> Vec<ChildReport> {
        let report = |child: &Live<A>| child.report(Outcome::StillRunning, self.stage, now);
        self.live.values().map(report).collect()
    }
}
