//! [`QUEUE_PLACE_LOST_IN_SELECT`]: branches that queue for a lock and leave the queue in each pass.

use rustc_lint::Lint;
use rustc_session::declare_lint;

use super::survivors::{given_up, survive};
use crate::{
    analysis::{cancel_safety::Kind, origin::Frame},
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds branches of a `select!` in a loop that wait for a tokio `Mutex`, `RwLock` or
    /// `Semaphore` with a future that is made anew in each pass.
    ///
    /// ### Why is this bad?
    /// These locks are fair: who asks first gets first. A future that is dropped leaves the queue,
    /// and the next one begins at its end. In a loop whose other branches are busy, the lock may
    /// never be got. No data are lost; if the place in the queue does not matter, neither does this.
    ///
    /// ### Known problems
    /// Whether the other branches are busy cannot be told, so this is off by default.
    /// `Notify::notified` and `Sender::reserve` queue as well and are not reported: a notification
    /// is passed on, and `reserve` is what to use instead of a `send` that loses its message.
    ///
    /// ### Example
    /// ```rust,ignore
    /// loop {
    ///     tokio::select! {
    ///         guard = state.lock() => guard.flush(),
    ///         event = events.recv() => count(event),
    ///     }
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let mut lock = std::pin::pin!(state.lock());
    /// loop {
    ///     tokio::select! {
    ///         guard = &mut lock => {
    ///             guard.flush();
    ///             lock.set(state.lock());
    ///         }
    ///         event = events.recv() => count(event),
    ///     }
    /// }
    /// ```
    pub QUEUE_PLACE_LOST_IN_SELECT,
    Allow,
    "a branch of a looped `select!` that queues for a lock anew in each pass"
}

/// The check behind [`QUEUE_PLACE_LOST_IN_SELECT`].
pub(crate) struct QueuePlaceLostInSelect;

impl<'tcx> Check<'tcx> for QueuePlaceLostInSelect {
    fn lint(&self) -> &'static Lint {
        QUEUE_PLACE_LOST_IN_SELECT
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        for (owner, selects) in facts.selects() {
            for given_up in selects.iter().flat_map(|select| given_up(tcx, select)) {
                let graph = facts.call_graphs().for_owner(*owner);
                let branch = given_up.branch;
                let Some(frame) = Frame::new(&graph.bodies, graph.bodies.identity(*owner)) else {
                    continue;
                };
                let (Some(ty), Some(value)) = (
                    graph.bodies.fill_in(frame.instance, branch.ty),
                    branch.value(tcx, frame.mir.body),
                ) else {
                    continue;
                };
                let queue = facts
                    .cancel_safety()
                    .findings(&graph, &frame, ty, &value)
                    .into_iter()
                    .find_map(|finding| match finding.kind {
                        Kind::QueuePlace(function)
                            if survive(&frame, &given_up.again, &finding.resources) =>
                        {
                            Some(function)
                        }
                        _ => None,
                    });
                let Some(function) = queue else { continue };
                let message = "the place in the lock's queue is lost when another branch of this \
                               `select!` completes first"
                    .to_owned();
                let again = given_up.again.head;
                diagnostics::report(
                    tcx,
                    QUEUE_PLACE_LOST_IN_SELECT,
                    branch.future.hir_id,
                    in_user_code(branch.span),
                    message,
                    |diag| {
                        let function = tcx.def_path_str(function);
                        diag.note(format!("`{function}` waits in a queue"));
                        diag.span_note(
                            again,
                            "the `select!` runs again in this loop, and the new future begins at \
                             the end of the queue",
                        );
                        if given_up.is_behind_others {
                            diag.note("`biased`: the branches above win whenever they are ready");
                        }
                        diag.help(
                            "make the future once, outside the loop, pin it with `std::pin::pin!`, \
                             and poll it by `&mut`",
                        );
                    },
                );
            }
        }
    }
}
