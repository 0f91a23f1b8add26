//! A session's figures.

use std::fmt;
use std::time::Duration;

use super::last_error::LastError;
use super::lifecycle::Snapshot;
use super::state::{SessionOutcome, SessionState};

/// What there is to know about a session, taken at one moment.
///
/// # Examples
///
/// ```
/// use async_patterns::session::{RuntimeProfile, Session, SessionContext, SharedRuntime};
///
/// let session = Session::new("sync", &SharedRuntime::new(RuntimeProfile::test()))?;
/// session.run_on_this_thread(async |context: SessionContext| {
///     context.counter("packets").add(3);
///     Ok(())
/// })?;
/// let stats = session.stats();
/// assert_eq!((stats.runs, stats.failures, stats.panics), (1, 0, 0));
/// assert_eq!(stats.counter("packets"), Some(3));
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionStats {
    /// The state.
    pub state: SessionState,
    /// How often it was started, failed starts included.
    pub runs: u64,
    /// How many runs failed, could not be started or lost their runtime.
    pub failures: u64,
    /// How many runs panicked.
    pub panics: u64,
    /// How long the run that is going on has lasted; `None` if there is none.
    pub running_for: Option<Duration>,
    /// How long all runs together have lasted, the one that is going on included.
    pub total_running: Duration,
    /// How the last run ended; `None` if it is going on or there was none.
    pub last_outcome: Option<SessionOutcome>,
    /// The session's last error, see [`Session::last_error`](super::Session::last_error).
    pub last_error: Option<LastError>,
    /// The body's own figures by name, see [`SessionContext::counter`](super::SessionContext::counter)
    /// and [`SessionContext::observe`](super::SessionContext::observe).
    /// Each is read by itself: two of them need not be of the same moment.
    pub counters: Vec<(String, u64)>,
}

impl SessionStats {
    pub(super) fn new(snapshot: Snapshot, counters: Vec<(String, u64)>) -> Self {
        let Snapshot {
            state,
            tally,
            live_for,
            last_outcome,
            last_error,
        } = snapshot;
        Self {
            state,
            runs: tally.runs,
            failures: tally.failures,
            panics: tally.panics,
            running_for: live_for,
            total_running: tally.ran_for + live_for.unwrap_or_default(),
            last_outcome,
            last_error,
            counters,
        }
    }

    /// The value of one of the body's counters; `None` if there is none of that name.
    pub fn counter(&self, name: &str) -> Option<u64> {
        self.counters
            .iter()
            .find_map(|(known, value)| (known == name).then_some(*value))
    }
}

impl fmt::Display for SessionStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} after {} runs in {:?}, {} failed, {} panicked",
            self.state, self.runs, self.total_running, self.failures, self.panics
        )?;
        for (name, value) in &self.counters {
            write!(f, ", {name} {value}")?;
        }
        Ok(())
    }
}
