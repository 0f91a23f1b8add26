//! [`NOOP_WAKER_IN_ASYNC`]: from the functions that make such a waker to the bodies that wait.

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    def::DefKind,
    def_id::{DefId, DefIdSet, LocalDefId},
};
use rustc_lint::Lint;
use rustc_session::declare_lint;
use rustc_span::Span;

use super::noop_polls::{NoopBody, NoopPoll};
use crate::{
    analysis::{
        bodies::is_async_body,
        context_uses::{ContextUses, WakerItems, context_parameter, is_poll},
        describe, test_code,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds polls with a waker that does nothing (`Waker::noop`, futures' `noop_waker` and
    /// `noop_waker_ref`) whose `Pending` is then waited for: an async body that sleeps or yields and
    /// polls again, or a `poll` that returns `Pending` because of it.
    ///
    /// ### Why is this bad?
    /// What is polled keeps the waker of the last poll and wakes it when there is something to do.
    /// Here that wakes nobody. A `poll` that answers `Pending` is then never called again. A loop
    /// that sleeps in between does notice, but only when the sleep is over: it costs CPU while
    /// nothing happens and time when something does. A waker that another task left there before is
    /// lost as well.
    ///
    /// Not reported: one look without waiting (a game's tick, `now_or_never`), also in a loop that
    /// goes on in the same way whatever the answer was; a `poll` that uses its own context on the
    /// way; synchronous code; tests.
    ///
    /// ### Known problems
    /// A no-op waker that is kept in a struct is not followed.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let mut context = Context::from_waker(Waker::noop());
    /// while connection.as_mut().poll(&mut context).is_pending() {
    ///     sleep(Duration::from_millis(10)).await;
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// connection.await;
    /// ```
    pub NOOP_WAKER_IN_ASYNC,
    Warn,
    "what was polled with a no-op waker is waited for, and wakes nobody"
}

const MAKERS: &[&str] = &[
    "core::task::Waker::noop",
    "futures_task::noop_waker",
    "futures_task::noop_waker_ref",
];

/// Functions that return the answer of such a poll, one calling the other.
const DEEPEST_CALL: usize = 3;

/// The check behind [`NOOP_WAKER_IN_ASYNC`].
pub(crate) struct NoopWakerInAsync;

impl<'tcx> Check<'tcx> for NoopWakerInAsync {
    fn lint(&self) -> &'static Lint {
        NOOP_WAKER_IN_ASYNC
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let makers = facts.paths.all(MAKERS.iter().copied());
        let naming = facts.mentions().bodies_naming(&makers);
        if naming.is_empty() {
            return;
        }
        let mut search = Search {
            facts,
            items: WakerItems::new(&facts.paths),
            makers,
            pollers: FxHashMap::default(),
            reported: FxHashSet::default(),
        };
        let mut bodies = naming;
        for _ in 0..DEEPEST_CALL {
            let found: Vec<DefId> = bodies.iter().flat_map(|&body| search.visit(body)).collect();
            if found.is_empty() {
                return;
            }
            bodies = search.callers(&found);
        }
    }
}

struct Search<'s, 'tcx> {
    facts: &'s Facts<'tcx>,
    items: WakerItems,
    makers: DefIdSet,
    /// The functions that return the answer of such a poll, with the place of the poll.
    pollers: FxHashMap<DefId, Span>,
    reported: FxHashSet<Span>,
}

impl Search<'_, '_> {
    /// Reports what is wrong in a body; the body itself if it is a new poller.
    fn visit(&mut self, owner: LocalDefId) -> Option<DefId> {
        let tcx = self.facts.tcx;
        if test_code::is_test_code(tcx, owner) {
            return None;
        }
        let graph = self.facts.call_graphs().for_owner(owner);
        let bodies = &graph.bodies;
        let mir = bodies.mir(owner.to_def_id())?;
        let flow = bodies.flow(&mir);
        let body = NoopBody::new(
            bodies,
            &self.items,
            &self.makers,
            &self.pollers,
            bodies.identity(owner),
            mir.body,
            flow,
        );
        if is_async_body(tcx, owner) {
            for poll in &body.polls {
                let waits: Vec<Span> = body
                    .waits_at(poll)
                    .into_iter()
                    .map(|block| mir.body.basic_blocks[block].terminator().source_info.span)
                    .collect();
                if !waits.is_empty() {
                    self.report(owner, poll, waits);
                }
            }
            return None;
        }
        if !is_poll(tcx, mir.body.return_ty()) {
            return None;
        }
        if let Some(context) = context_parameter(tcx, mir.body) {
            let uses = ContextUses::new(tcx, &self.items, mir.body, flow, context);
            for poll in &body.polls {
                if body.returns_pending(poll, Some(&uses)) {
                    self.report(owner, poll, Vec::new());
                }
            }
            return None;
        }
        let span = body.returned_poll()?.span;
        let function = owner.to_def_id();
        self.pollers
            .insert(function, span)
            .is_none()
            .then_some(function)
    }

    /// The bodies that call these functions; of a closure, the body it is made in.
    fn callers(&self, functions: &[DefId]) -> Vec<LocalDefId> {
        let tcx = self.facts.tcx;
        let named: DefIdSet = functions.iter().copied().collect();
        let mut callers: Vec<LocalDefId> = self
            .facts
            .mentions()
            .callers(&named)
            .into_values()
            .flatten()
            .collect();
        callers.extend(
            functions
                .iter()
                .filter(|function| tcx.def_kind(**function) == DefKind::Closure)
                .filter_map(|closure| closure.as_local())
                .map(|closure| tcx.local_parent(closure)),
        );
        callers.sort_by_key(|owner| owner.local_def_index);
        callers.dedup();
        callers
    }

    fn report(&mut self, owner: LocalDefId, poll: &NoopPoll, waits: Vec<Span>) {
        let tcx = self.facts.tcx;
        let span = in_user_code(poll.span);
        if poll.span.in_external_macro(tcx.sess.source_map()) || !self.reported.insert(span) {
            return;
        }
        let message = if waits.is_empty() {
            "this poll has a waker that does nothing, and its `Pending` is returned: nobody polls \
             again"
        } else {
            "this poll has a waker that does nothing, and its `Pending` is waited for: what comes \
             wakes nobody"
        };
        diagnostics::report(
            tcx,
            NOOP_WAKER_IN_ASYNC,
            describe::node_at(tcx, owner, poll.span),
            span,
            message.to_owned(),
            |diag| {
                if let Some(poller) = poll.by
                    && let Some(&made_at) = self.pollers.get(&poller)
                {
                    diag.span_note(
                        in_user_code(made_at),
                        format!("{} polls here", describe::name(tcx, poller)),
                    );
                }
                if waits.is_empty() {
                    diag.help("poll with the context that this function is given");
                } else {
                    let waits = waits.into_iter().map(in_user_code).collect();
                    diagnostics::note_places(diag, waits, "it is waited for here");
                    diag.help("await the future, or `poll_fn` with the task's own context");
                }
                diag.help(
                    "a no-op waker is for one look from synchronous code that does not wait \
                     (`async_patterns::poll`)",
                );
            },
        );
    }
}
