//! Who may use the shared runtime, and when the last of them has left.
//!
//! # Invariants
//!
//! 1. Nobody enters once the gate is closed: the flag is read and the count raised under one lock.
//! 2. Whoever entered leaves exactly once, so a count of zero behind a closed gate stays zero.
//! 3. The last to leave wakes every waiter, under the lock that the waiter checked the count with.

use std::time::Instant;

use super::locks::{lock, wait_until};
use crate::loom::sync::{Condvar, Mutex};

#[derive(Debug)]
pub(super) struct Gate {
    traffic: Mutex<Traffic>,
    empty: Condvar,
}

#[derive(Debug, Default)]
struct Traffic {
    closed: bool,
    inside: usize,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            traffic: Mutex::new(Traffic::default()),
            empty: Condvar::new(),
        }
    }

    /// Enters, unless the gate is closed. Who has entered must call [`leave`](Self::leave).
    #[must_use]
    pub(super) fn enter(&self) -> bool {
        let mut traffic = lock(&self.traffic);
        if traffic.closed {
            return false;
        }
        traffic.inside += 1;
        true
    }

    pub(super) fn leave(&self) {
        let mut traffic = lock(&self.traffic);
        traffic.inside -= 1;
        if traffic.inside == 0 {
            self.empty.notify_all();
        }
    }

    /// Closes the gate for good.
    pub(super) fn close(&self) {
        lock(&self.traffic).closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.traffic).closed
    }

    pub(super) fn inside(&self) -> usize {
        lock(&self.traffic).inside
    }

    /// Waits until nobody is inside; returns whether that came true before the deadline.
    pub(super) fn wait_empty(&self, deadline: Option<Instant>) -> bool {
        wait_until(&self.traffic, &self.empty, deadline, |traffic| {
            traffic.inside == 0
        })
    }
}
