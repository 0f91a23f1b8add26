use rustc_lint::Lint;
use rustc_session::declare_lint;

use crate::pass::Check;

declare_lint! {
    /// ### What it does
    /// Finds blocking lock guards that are alive while a future is suspended.
    pub STD_GUARD_ACROSS_AWAIT,
    Warn,
    "a blocking lock guard is alive at an await"
}

/// The check behind [`STD_GUARD_ACROSS_AWAIT`].
pub(crate) struct StdGuardAcrossAwait;

impl Check<'_> for StdGuardAcrossAwait {
    fn lint(&self) -> &'static Lint {
        STD_GUARD_ACROSS_AWAIT
    }
}
