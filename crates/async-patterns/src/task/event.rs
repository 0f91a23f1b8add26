//! What a scope says while it lives, or when it cannot give a report.

use std::fmt;
use std::sync::Arc;

use super::panic::catch;
use super::{ChildReport, Outcome};

/// Something that must not pass unseen: a child failed or panicked (at once, whoever reads the report
/// later), or had not ended when its scope was dropped.
///
/// [`child.outcome`](ChildReport::outcome) tells which: [`Outcome::Failed`], [`Outcome::Panicked`]
/// or [`Outcome::StillRunning`].
///
/// Displays as one line.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ScopeEvent {
    /// The scope's name, if it has one.
    pub scope: Option<Arc<str>>,
    /// The child.
    pub child: ChildReport,
}

impl fmt::Display for ScopeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChildReport {
            name,
            kind,
            outcome,
            spent,
            ..
        } = &self.child;
        write!(f, "{kind} `{name}`")?;
        if let Some(scope) = &self.scope {
            write!(f, " of scope `{scope}`")?;
        }
        match outcome {
            Outcome::StillRunning => {
                write!(
                    f,
                    " was still running when its scope was dropped, after {spent:?}"
                )
            }
            outcome => write!(f, " {outcome} (after {spent:?})"),
        }
    }
}

/// Where events go.
#[derive(Clone)]
pub(super) struct Sink(Option<Arc<dyn Fn(ScopeEvent) + Send + Sync>>);

impl Sink {
    /// `tracing` with that feature, stderr without.
    pub(super) fn default_sink() -> Self {
        Self(None)
    }

    pub(super) fn new(sink: impl Fn(ScopeEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(sink)))
    }

    /// Never panics: it is called in destructors.
    pub(super) fn send(&self, event: ScopeEvent) {
        let sent = catch(|| match &self.0 {
            Some(sink) => sink(event),
            None => log(&event),
        });
        // The panic hook has told about it already, and there is nobody else to tell.
        drop(sent);
    }
}

#[cfg(feature = "tracing")]
fn log(event: &ScopeEvent) {
    let child = &event.child;
    tracing::error!(
        scope = event.scope.as_deref(),
        child = &*child.name,
        kind = child.kind.name(),
        outcome = child.outcome.name(),
        error = child.outcome.message(),
        spent = ?child.spent,
        "{event}"
    );
}

#[cfg(not(feature = "tracing"))]
fn log(event: &ScopeEvent) {
    use std::io::Write as _;
    // Not `eprintln!`, which panics when stderr is closed.
    let _ = writeln!(std::io::stderr(), "{event}");
}
