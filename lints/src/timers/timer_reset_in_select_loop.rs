//! [`TIMER_RESET_IN_SELECT_LOOP`]: timers that each pass makes anew, and that can therefore never
//! fire or do not mean what they say.

use rustc_lint::Lint;
use rustc_session::declare_lint;

use super::fresh::{Fault, Timers};
use crate::{
    diagnostics::{self, in_user_code, note_places},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds a `sleep`, `sleep_until` or `timeout` that is made anew in each pass of a looped
    /// `select!` and can never fire or cannot mean what it says, because
    /// - another branch fires on a timer or interval that is shorter, or is ready on every pass;
    /// - its duration is named or documented as a deadline or a total limit;
    /// - it ends the loop at a time that is computed from the current time of the pass.
    ///
    /// ### Why is this bad?
    /// Whenever another branch comes first, `select!` drops the timer, and the next pass starts one
    /// from zero. A limit that was meant for the whole loop is never reached while anything else
    /// happens.
    ///
    /// ### Known problems
    /// How often a channel or socket has something is not known. Timers that only those can put
    /// off are left to `idle_timer_in_select_loop`.
    ///
    /// ### Example
    /// ```rust,ignore
    /// loop {
    ///     tokio::select! {
    ///         Some(item) = items.recv() => take(item),
    ///         () = sleep(DEADLINE) => break,
    ///     }
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let deadline = sleep(DEADLINE);
    /// tokio::pin!(deadline);
    /// loop {
    ///     tokio::select! {
    ///         Some(item) = items.recv() => take(item),
    ///         () = &mut deadline => break,
    ///     }
    /// }
    /// ```
    pub TIMER_RESET_IN_SELECT_LOOP,
    Warn,
    "a timer that each pass of a looped `select!` makes anew, so that it never fires or is no limit"
}

/// The check behind [`TIMER_RESET_IN_SELECT_LOOP`].
pub(crate) struct TimerResetInSelectLoop;

impl<'tcx> Check<'tcx> for TimerResetInSelectLoop {
    fn lint(&self) -> &'static Lint {
        TIMER_RESET_IN_SELECT_LOOP
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let Some(timers) = Timers::new(facts) else {
            return;
        };
        timers.each(&mut |looped, position, branch, timer| {
            let Some(fault) = looped.fault(position, branch, timer) else {
                return;
            };
            let message = match &fault {
                Fault::Shorter(_) => {
                    "this timer never fires: each pass of the loop makes it anew, \
                                      and another branch fires before it"
                        .to_owned()
                }
                Fault::AlwaysReady(_) => "this timer never fires: each pass of the loop makes it \
                                          anew, and another branch is ready at once"
                    .to_owned(),
                Fault::Total(name) => format!(
                    "`{name}` is no limit for this loop: each pass makes the timer anew, and it \
                     starts from zero"
                ),
                Fault::MovingTime => "this timer moves on with each pass of the loop: its time is \
                                      computed from the current time again and again"
                    .to_owned(),
            };
            let (places, note) = match fault {
                Fault::Shorter(other) => (vec![other], "this branch fires earlier"),
                Fault::AlwaysReady(other) => (vec![other], "this branch is ready in each pass"),
                Fault::Total(_) | Fault::MovingTime => (
                    looped.restarting(position),
                    "the timer starts anew whenever one of these branches comes first",
                ),
            };
            diagnostics::report(
                facts.tcx,
                TIMER_RESET_IN_SELECT_LOOP,
                branch.future.hir_id,
                in_user_code(branch.span),
                message,
                |diag| {
                    let places = places.into_iter().map(in_user_code).collect();
                    note_places(diag, places, note);
                    diag.help(
                        "make the timer once, before the loop, pin it (`tokio::pin!`) and poll it \
                         by `&mut`; for work that is done again and again use \
                         `tokio::time::interval`",
                    );
                },
            );
        });
    }
}
