//! What became of a scope and of each of its children.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::board::Snapshot;
use super::{ChildKind, Outcome, TaskPanic, table};

/// How far the shutdown of a scope had come when a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShutdownStage {
    /// The child ended of itself, before the shutdown.
    BeforeShutdown,
    /// The child ended after its token was cancelled and before the deadline.
    Drained,
    /// The child was still running at the deadline.
    Aborted,
}

impl ShutdownStage {
    /// A few lower-case words, for tables and fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeShutdown => "before shutdown",
            Self::Drained => "in time",
            Self::Aborted => "after the deadline",
        }
    }
}

impl fmt::Display for ShutdownStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One child in a [`ShutdownReport`].
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::task::{ChildKind, ShutdownStage, TaskScope};
///
/// let scope = TaskScope::new();
/// scope.spawn("greet", |_token| async {});
/// let report = scope.join().await;
/// let child = &report.children()[0];
/// assert_eq!(&*child.name, "greet");
/// assert_eq!((child.kind, child.stage), (ChildKind::Task, ShutdownStage::BeforeShutdown));
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChildReport {
    /// The name it was spawned with.
    pub name: Arc<str>,
    /// What it ran on.
    pub kind: ChildKind,
    /// What became of it.
    pub outcome: Outcome,
    /// When it ended, as seen from the shutdown; for a child that is
    /// [still running](Outcome::StillRunning), how far the shutdown had come.
    pub stage: ShutdownStage,
    /// How long it ran (or has been running), without the time it waited for its turn; zero if it
    /// never started.
    pub spent: Duration,
}

/// How many children ended in which way. Complete, also where the report leaves names out.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use async_patterns::task::TaskScope;
///
/// let scope = TaskScope::new();
/// scope.spawn("good", |_token| async {});
/// scope.spawn("bad", |_token| async { "x".parse::<u8>().map(drop) });
/// let totals = scope.join().await.totals();
/// assert_eq!((totals.finished, totals.failed, totals.children()), (1, 1, 2));
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// [`Outcome::Finished`]
    pub finished: u64,
    /// [`Outcome::Failed`]
    pub failed: u64,
    /// [`Outcome::Cancelled`]
    pub cancelled: u64,
    /// [`Outcome::Panicked`]
    pub panicked: u64,
    /// [`Outcome::StillRunning`]
    pub still_running: u64,
}

impl Totals {
    pub(super) fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Finished => &mut self.finished,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::Cancelled => &mut self.cancelled,
            Outcome::Panicked(_) => &mut self.panicked,
            Outcome::StillRunning => &mut self.still_running,
        } += 1;
    }

    /// All children that the scope ever had.
    pub fn children(&self) -> u64 {
        self.finished + self.failed + self.cancelled + self.panicked + self.still_running
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} finished, {} failed, {} cancelled, {} panicked, {} still running",
            self.finished, self.failed, self.cancelled, self.panicked, self.still_running
        )
    }
}

/// What [`TaskScope::shutdown`](super::TaskScope::shutdown) and
/// [`join`](super::TaskScope::join) return.
///
/// Displays as a table, the worst first. With the feature `tracing`, `trace` emits it as structured
/// events.
///
/// # Examples
///
/// ```
/// use async_patterns::task::TaskScope;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let scope = TaskScope::builder().name("server").build();
/// scope.spawn("listener", |token| async move { token.cancelled().await });
/// scope.spawn("reader", |_token| std::future::pending::<()>());
///
/// let report = scope.shutdown(Duration::from_secs(5)).await;
/// assert_eq!(
///     report.to_string(),
///     "\
/// scope `server` shut down in 5s: 1 finished, 0 failed, 1 cancelled, 0 panicked, 0 still running
///   NAME      KIND  OUTCOME    TIME  ENDED
///   reader    task  cancelled  5s    after the deadline
///   listener  task  finished   0ns   in time"
/// );
/// # }
/// ```
pub struct ShutdownReport {
    scope: Option<Arc<str>>,
    children: Vec<ChildReport>,
    totals: Totals,
    omitted: u64,
    took: Duration,
    first_panic: Option<TaskPanic>,
}

impl ShutdownReport {
    pub(super) fn new(
        scope: Option<Arc<str>>,
        snapshot: Snapshot,
        took: Duration,
        first_panic: Option<TaskPanic>,
    ) -> Self {
        let Snapshot {
            mut children,
            totals,
            omitted,
        } = snapshot;
        children.sort_by_key(|child| severity(&child.outcome));
        Self {
            scope,
            children,
            totals,
            omitted,
            took,
            first_panic,
        }
    }

    /// The scope's name, if it has one.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The children by name: still running, panicked, failed, cancelled, finished, and among each of
    /// these in the order in which they ended. See [`omitted`](Self::omitted).
    pub fn children(&self) -> &[ChildReport] {
        &self.children
    }

    /// How many children ended in which way.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Children that are in the [`totals`](Self::totals) and not in [`children`](Self::children),
    /// because the scope's [`history`](super::TaskScopeBuilder::history) was full. They are the
    /// oldest.
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// How long the shutdown took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The children that had not ended at the deadline, whatever became of them after it.
    pub fn running_at_deadline(&self) -> impl Iterator<Item = &ChildReport> {
        self.children
            .iter()
            .filter(|child| child.stage == ShutdownStage::Aborted)
    }

    /// Whether nothing failed or panicked and nothing had to be aborted or is still running.
    pub fn is_clean(&self) -> bool {
        let Totals {
            failed,
            panicked,
            still_running,
            ..
        } = self.totals;
        failed + panicked + still_running == 0 && self.running_at_deadline().next().is_none()
    }

    /// The report if it is clean, else an error that displays it: for `main`'s `?`.
    ///
    /// # Errors
    ///
    /// [`UncleanShutdown`] when the report is not [clean](Self::is_clean).
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::task::TaskScope;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// scope.spawn("writer", |_| async { Err::<(), _>("disk full") });
    /// # tokio::task::yield_now().await;
    /// let error = scope.shutdown(Duration::from_secs(1)).await.into_clean().unwrap_err();
    /// assert!(error.to_string().contains("disk full"));
    /// # }
    /// ```
    pub fn into_clean(self) -> Result<Self, UncleanShutdown> {
        if self.is_clean() {
            Ok(self)
        } else {
            Err(UncleanShutdown(Box::new(self)))
        }
    }

    /// Goes on with the first panic of a child, if there was one; else returns the report.
    ///
    /// # Panics
    ///
    /// With the child's payload, if a child panicked.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "it is also called for the panic alone"
    )]
    pub fn resume_panic(mut self) -> Self {
        if let Some(panic) = self.first_panic.take() {
            panic.resume();
        }
        self
    }

    /// The first panic of a child.
    pub fn first_panic(&self) -> Option<&TaskPanic> {
        self.first_panic.as_ref()
    }

    /// Emits one event with the totals (a warning, unless the report is [clean](Self::is_clean)), and
    /// one for each child.
    #[cfg(feature = "tracing")]
    pub fn trace(&self) {
        for child in &self.children {
            tracing::info!(
                scope = self.scope(),
                child = &*child.name,
                kind = child.kind.name(),
                outcome = child.outcome.name(),
                error = child.outcome.message(),
                spent = ?child.spent,
                stage = child.stage.name(),
                "child of a scope"
            );
        }
        let totals = self.totals;
        macro_rules! summary {
            ($level:ident) => {
                tracing::$level!(
                    scope = self.scope(),
                    finished = totals.finished,
                    failed = totals.failed,
                    cancelled = totals.cancelled,
                    panicked = totals.panicked,
                    still_running = totals.still_running,
                    omitted = self.omitted,
                    took = ?self.took,
                    "scope shut down"
                )
            };
        }
        if self.is_clean() {
            summary!(info);
        } else {
            summary!(warn);
        }
    }
}

/// The worst first.
fn severity(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::StillRunning => 0,
        Outcome::Panicked(_) => 1,
        Outcome::Failed(_) => 2,
        Outcome::Cancelled => 3,
        Outcome::Finished => 4,
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Some(scope) => write!(f, "scope `{scope}`")?,
            None => f.write_str("scope")?,
        }
        write!(
            f,
            " shut down in {}: {}",
            table::short(self.took),
            self.totals
        )?;
        if !self.children.is_empty() {
            f.write_str("\n")?;
            table::write(f, &self.children)?;
        }
        if self.omitted > 0 {
            write!(f, "\n  and {} that ended earlier", self.omitted)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownReport")
            .field("scope", &self.scope)
            .field("children", &self.children)
            .field("totals", &self.totals)
            .field("omitted", &self.omitted)
            .field("took", &self.took)
            .field("first_panic", &self.first_panic)
            .finish()
    }
}

/// A shutdown in which something failed, panicked, had to be aborted or is still running. Displays
/// the whole report.
#[derive(Debug)]
pub struct UncleanShutdown(Box<ShutdownReport>);

impl UncleanShutdown {
    /// The report.
    pub fn report(&self) -> &ShutdownReport {
        &self.0
    }

    /// The report, to keep.
    pub fn into_report(self) -> ShutdownReport {
        *self.0
    }
}

impl fmt::Display for UncleanShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for UncleanShutdown {}
