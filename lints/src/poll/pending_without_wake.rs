//! [`PENDING_WITHOUT_WAKE`]: in each `poll`, ways to a `Pending` on which the context is not used.

use rustc_hir::{
    Body, LangItem,
    def::DefKind,
    def_id::{DefIdSet, LocalDefId},
};
use rustc_lint::Lint;
use rustc_middle::ty::TyCtxt;
use rustc_session::declare_lint;

use super::{
    handed_over::is_handed_over,
    pending::{Caller, Unwoken, Ways, Why},
};
use crate::{
    analysis::{
        context_uses::{ContextUses, WakerItems, context_parameter, returns_poll},
        describe, test_code,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds a `Poll::Pending` that a `poll`, `poll_…` function or `poll_fn` closure returns although
    /// on the way to it the waker was neither woken nor kept nor given to an inner poll.
    ///
    /// ### Why is this bad?
    /// `Pending` means: I shall wake you. Who says so and keeps no waker is never polled again. The
    /// task hangs, without an error and without using any CPU. It often works in a test all the
    /// same, because something else in the same task wakes it.
    ///
    /// Not reported: a future that can only be pending; a `Pending` that depends on nothing but the
    /// future's own state (a future that has ended); a `Pending` that another way reaches with the
    /// waker kept, since it may have been kept by an earlier poll; a function whose caller keeps
    /// the waker itself; a generator that leaves an item in a lock or a cell and then returns once to
    /// who polls it; tests.
    ///
    /// ### Known problems
    /// Only what the body looks at through locks, atomics, cells, channels, the clock or the system
    /// is known to change between two polls, and a flag that a `Future::poll` reads and never
    /// writes. A future that shares data in another way is not reported, nor a queue of its own.
    ///
    /// ### Example
    /// ```rust,ignore
    /// fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Job> {
    ///     match self.jobs.lock().unwrap().pop_front() {
    ///         Some(job) => Poll::Ready(job),
    ///         None => Poll::Pending,
    ///     }
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Job> {
    ///     let mut jobs = self.jobs.lock().unwrap();
    ///     match jobs.queue.pop_front() {
    ///         Some(job) => Poll::Ready(job),
    ///         None => {
    ///             jobs.waiting = Some(context.waker().clone()); // who adds a job wakes it
    ///             Poll::Pending
    ///         }
    ///     }
    /// }
    /// ```
    /// Or wait for a `tokio::sync::Notify`.
    pub PENDING_WITHOUT_WAKE,
    Warn,
    "`Pending` is returned, and nobody is told whom to wake"
}

/// The check behind [`PENDING_WITHOUT_WAKE`].
#[derive(Default)]
pub(crate) struct PendingWithoutWake {
    items: Option<WakerItems>,
}

impl<'tcx> Check<'tcx> for PendingWithoutWake {
    fn lint(&self) -> &'static Lint {
        PENDING_WITHOUT_WAKE
    }

    fn check_crate(&mut self, facts: &Facts<'tcx>) {
        self.items = Some(WakerItems::new(&facts.paths));
    }

    fn check_body(&mut self, facts: &Facts<'tcx>, body: &'tcx Body<'tcx>) {
        let tcx = facts.tcx;
        let owner = tcx.hir_body_owner_def_id(body.id());
        let Some(items) = &self.items else {
            return;
        };
        if !returns_poll(tcx, owner) || test_code::is_run_by_tests(tcx, owner) {
            return;
        }
        let graph = facts.call_graphs().for_owner(owner);
        let bodies = &graph.bodies;
        let Some(mir) = bodies.mir(owner.to_def_id()) else {
            return;
        };
        let Some(context) = context_parameter(tcx, mir.body) else {
            return;
        };
        let flow = bodies.flow(&mir);
        let uses = ContextUses::new(tcx, items, mir.body, flow, context);
        let ways = Ways::new(
            bodies,
            bodies.identity(owner),
            mir.body,
            flow,
            bodies.definitions(&mir),
            &uses,
            caller(tcx, owner),
        );
        let unwoken = ways.unwoken();
        if unwoken.is_empty() || kept_by_caller(facts, items, owner) {
            return;
        }
        for found in unwoken {
            let is_meant = matches!(found.why, Why::OwnChange(_)) && is_handed_over(facts, owner);
            if !is_meant && !found.span.in_external_macro(tcx.sess.source_map()) {
                report(facts, owner, &found);
            }
        }
    }
}

/// Traits whose methods are polled when they have woken the task, besides `Future`.
const POLLED_WHEN_WOKEN: &[&str] = &[
    "futures_core",
    "futures_io",
    "futures_sink",
    "http_body",
    "tokio",
    "tower_service",
];

fn caller(tcx: TyCtxt<'_>, owner: LocalDefId) -> Caller {
    let of_trait = (tcx.def_kind(owner) == DefKind::AssocFn)
        .then(|| tcx.local_parent(owner))
        .filter(|parent| matches!(tcx.def_kind(*parent), DefKind::Impl { of_trait: true }))
        .map(|parent| tcx.impl_trait_ref(parent).skip_binder().def_id);
    match of_trait {
        None => Caller::Waker,
        Some(of) if tcx.is_lang_item(of, LangItem::Future) => Caller::Executor,
        Some(of) if POLLED_WHEN_WOKEN.contains(&tcx.crate_name(of.krate).as_str()) => Caller::Waker,
        Some(_) => Caller::Driver,
    }
}

/// Whether some caller of a helper function keeps the waker itself.
fn kept_by_caller<'tcx>(facts: &Facts<'tcx>, items: &WakerItems, owner: LocalDefId) -> bool {
    let tcx = facts.tcx;
    let is_helper = match tcx.def_kind(owner) {
        DefKind::Fn => true,
        DefKind::AssocFn => matches!(
            tcx.def_kind(tcx.local_parent(owner)),
            DefKind::Impl { of_trait: false }
        ),
        _ => false,
    };
    if !is_helper {
        return false;
    }
    let function = owner.to_def_id();
    let only: DefIdSet = [function].into_iter().collect();
    let callers = facts.mentions().callers(&only);
    callers.values().flatten().any(|&caller| {
        let graph = facts.call_graphs().for_owner(caller);
        let Some(mir) = graph.bodies.mir(caller.to_def_id()) else {
            return false;
        };
        context_parameter(tcx, mir.body).is_some_and(|context| {
            let flow = graph.bodies.flow(&mir);
            ContextUses::new(tcx, items, mir.body, flow, context).registers_outside_of(function)
        })
    })
}

fn report(facts: &Facts<'_>, owner: LocalDefId, found: &Unwoken) {
    let tcx = facts.tcx;
    diagnostics::report(
        tcx,
        PENDING_WITHOUT_WAKE,
        describe::node_at(tcx, owner, found.span),
        in_user_code(found.span),
        "`Pending` is returned here with the waker kept nowhere: the task is never polled again"
            .to_owned(),
        |diag| {
            match found.why {
                Why::Outside(span) => diag.span_note(
                    in_user_code(span),
                    "what it waits for is asked for here, and whoever changes it wakes nobody",
                ),
                Why::OwnChange(span) => diag.span_note(
                    in_user_code(span),
                    "this change is meant for the next poll, which nobody asks for",
                ),
                Why::Unchanging(span) => diag.span_note(
                    in_user_code(span),
                    "what it waits for is in the future itself, where nobody changes it while it \
                     is awaited",
                ),
            };
            match found.why {
                Why::Outside(_) | Why::Unchanging(_) => diag.help(
                    "store `context.waker().clone()` where whoever makes the change finds and \
                     wakes it, or await a `tokio::sync::Notify` instead",
                ),
                Why::OwnChange(_) => diag.help(
                    "call `context.waker().wake_by_ref()` first, or await \
                     `tokio::task::yield_now()` instead",
                ),
            };
        },
    );
}
