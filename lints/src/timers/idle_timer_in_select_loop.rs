//! [`IDLE_TIMER_IN_SELECT_LOOP`]: timers that end the loop, and that every other branch restarts.

use rustc_lint::Lint;
use rustc_session::declare_lint;

use super::fresh::Timers;
use crate::{
    analysis::select::Back,
    diagnostics::{self, in_user_code, note_places},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds a timer that leaves the loop of a `select!` and is made anew in each pass, so that
    /// every other branch restarts it.
    ///
    /// ### Why is this bad?
    /// It is right for an idle timeout ("nothing came for that long"), and wrong for a limit ("the
    /// whole may take that long"): that one never fires while something comes often enough. The
    /// code looks the same for both, so the lint is off by default.
    ///
    /// ### Known problems
    /// It reports every idle timeout that is written this way.
    ///
    /// ### Example
    /// ```rust,ignore
    /// loop {
    ///     tokio::select! {
    ///         Some(item) = items.recv() => take(item),
    ///         () = sleep(PATIENCE) => break,
    ///     }
    /// }
    /// ```
    /// Use instead, for an idle timeout that says so:
    /// ```rust,ignore
    /// let idle = sleep(PATIENCE);
    /// tokio::pin!(idle);
    /// loop {
    ///     tokio::select! {
    ///         Some(item) = items.recv() => {
    ///             take(item);
    ///             idle.as_mut().reset(Instant::now() + PATIENCE);
    ///         }
    ///         () = &mut idle => break,
    ///     }
    /// }
    /// ```
    pub IDLE_TIMER_IN_SELECT_LOOP,
    Allow,
    "a timer that ends a `select!` loop and is restarted by every other branch"
}

/// The check behind [`IDLE_TIMER_IN_SELECT_LOOP`].
pub(crate) struct IdleTimerInSelectLoop;

impl<'tcx> Check<'tcx> for IdleTimerInSelectLoop {
    fn lint(&self) -> &'static Lint {
        IDLE_TIMER_IN_SELECT_LOOP
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let Some(timers) = Timers::new(facts) else {
            return;
        };
        timers.each(&mut |looped, position, branch, timer| {
            // What `timer_reset_in_select_loop` reports is worse than this.
            let is_other_lint = looped.fault(position, branch, timer).is_some();
            if branch.back == Back::InLoop || !timer.is_fixed() || is_other_lint {
                return;
            }
            diagnostics::report(
                facts.tcx,
                IDLE_TIMER_IN_SELECT_LOOP,
                branch.future.hir_id,
                in_user_code(branch.span),
                "this timer ends the loop after that long without an event, not after that long \
                 in all: each pass makes it anew"
                    .to_owned(),
                |diag| {
                    let places = looped.restarting(position).into_iter().map(in_user_code);
                    note_places(
                        diag,
                        places.collect(),
                        "it starts anew whenever one of these branches comes first",
                    );
                    diag.help(
                        "for a limit, make the timer once before the loop, pin it and poll it by \
                         `&mut`; for an idle timeout, `reset` such a timer where an event counts",
                    );
                },
            );
        });
    }
}
