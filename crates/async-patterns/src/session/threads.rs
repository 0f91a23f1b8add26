//! The threads of sessions, on record from their creation until they are joined.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::lifecycle::Watch;

/// A session's thread that missed its deadline cannot be joined by the host that gave up on it.
/// Its handle stays here, and whoever touches a session next joins it if its run has ended.
#[derive(Debug, Default)]
pub(super) struct SessionThreads {
    // Plain std: loom knows no `JoinHandle` of std's, and no ordering hangs on this lock.
    entries: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    run: Watch,
    handle: JoinHandle<()>,
}

impl SessionThreads {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the thread of a run on record, or joins it if the run has ended already: a stop may
    /// have looked for it before it was here.
    pub(super) fn insert(&self, run: Watch, handle: JoinHandle<()>) {
        self.entries().push(Entry { run, handle });
        self.join_ended();
    }

    /// Joins every thread whose run has ended. What is left of such a thread is its way out, so
    /// this takes no longer than the operating system does.
    pub(super) fn join_ended(&self) {
        // The destructor of a thread-local may get here on the very thread that has ended.
        let here = thread::current().id();
        let ended = {
            let mut entries = self.entries();
            let (ended, rest): (Vec<_>, Vec<_>) =
                mem::take(&mut *entries).into_iter().partition(|entry| {
                    entry.run.outcome().is_some() && entry.handle.thread().id() != here
                });
            *entries = rest;
            ended
        };
        // Outside the lock, because the ending thread may come here itself, as said above.
        for entry in ended {
            // Nothing to report: the body's panic was caught on the thread and is its outcome.
            let _ = entry.handle.join();
        }
    }

    /// The names of the threads that have not been joined.
    pub(super) fn names(&self) -> Vec<String> {
        self.entries()
            .iter()
            .map(|entry| entry.handle.thread().name().unwrap_or_default().to_owned())
            .collect()
    }
}
