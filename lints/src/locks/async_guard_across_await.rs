//! [`ASYNC_GUARD_ACROSS_AWAIT`]: of each await with a guard alive it is asked whether the data was
//! changed before it, and whether more is to come while or after it.

use rustc_abi::VariantIdx;
use rustc_hir::{Body, def_id::LocalDefId};
use rustc_lint::Lint;
use rustc_middle::ty::{TyCtxt, print::with_no_trimmed_paths};
use rustc_session::declare_lint;
use rustc_span::Span;

use super::half_changed::half_changed_at;
use crate::{
    analysis::{
        async_guards::{self, AsyncGuards},
        bodies::is_async_body,
        holder::Holder,
        ownership::Ownership,
        suspend::{self, Alive},
        test_functions,
    },
    diagnostics,
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds awaits under the guard of an async lock (tokio's, futures' and async-lock's mutexes,
    /// and their write guards) between two changes of the locked data, or during a call that is
    /// changing it.
    ///
    /// ### Why restrict this?
    /// To hold such a guard across an await is what the lock is for, and the compiler has nothing
    /// against it. But a future can be dropped at any await: by a timeout, a `select!`, an aborted
    /// task, a client that hangs up. Then the guard unlocks, and the next one who locks finds the
    /// data half changed. An async mutex is not poisoned by that, nor by a panic.
    ///
    /// Not reported: data that is only read; an await before the first change or after the last
    /// one; the outermost future of `main` or of a test, which nobody cancels; read guards, and
    /// `CancelPoisonMutex`, which remembers the cancel.
    ///
    /// ### Known problems
    /// Whether the data is consistent at the await, and whether anybody cancels the future, cannot
    /// be told. That is why the lint is off by default. A change through a lock or cell inside the
    /// data is not seen.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let mut accounts = accounts.lock().await;
    /// accounts.alice -= amount;
    /// audit_log().await;
    /// accounts.bob += amount;
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// audit_log().await;
    /// let mut accounts = accounts.lock().await;
    /// accounts.alice -= amount;
    /// accounts.bob += amount;
    /// ```
    pub ASYNC_GUARD_ACROSS_AWAIT,
    Allow,
    "data under an async lock is half changed at an await"
}

/// The check behind [`ASYNC_GUARD_ACROSS_AWAIT`].
#[derive(Default)]
pub(crate) struct AsyncGuardAcrossAwait<'tcx> {
    /// `None` in a crate without async locks.
    guards: Option<Ownership<'tcx, AsyncGuards<'tcx>>>,
}

impl<'tcx> Check<'tcx> for AsyncGuardAcrossAwait<'tcx> {
    fn lint(&self) -> &'static Lint {
        ASYNC_GUARD_ACROSS_AWAIT
    }

    fn check_crate(&mut self, facts: &Facts<'tcx>) {
        self.guards = async_guards::search(facts.tcx, &facts.paths);
    }

    fn check_body(&mut self, facts: &Facts<'tcx>, body: &'tcx Body<'tcx>) {
        let tcx = facts.tcx;
        let owner = tcx.hir_body_owner_def_id(body.id());
        let Some(guards) = &self.guards else {
            return;
        };
        if !is_async_body(tcx, owner) || nobody_cancels(tcx, owner) {
            return;
        }
        let alive = suspend::alive_across_suspensions(tcx, owner, guards, facts.known_calls());
        if alive.is_empty() {
            return;
        }
        let graph = facts.call_graphs().for_owner(owner);
        let Some(mir) = graph.bodies.mir(owner.to_def_id()) else {
            return;
        };
        let flow = graph.bodies.flow(&mir);
        for alive in &alive {
            let half_changed = half_changed_at(tcx, mir.body, flow, alive);
            if !half_changed.is_empty() {
                report(tcx, owner, alive, half_changed);
            }
        }
    }
}

/// Whether this is the future that `main` or a test runs to its end.
fn nobody_cancels(tcx: TyCtxt<'_>, coroutine: LocalDefId) -> bool {
    test_functions::is_in_main(tcx, coroutine)
        || test_functions::is_outermost_future(tcx, coroutine)
}

fn report<'tcx>(
    tcx: TyCtxt<'tcx>,
    coroutine: LocalDefId,
    alive: &Alive<'tcx>,
    half_changed: Vec<VariantIdx>,
) {
    let body = tcx.optimized_mir(coroutine);
    let Some(holder) = Holder::of(tcx, coroutine, body, alive.origin) else {
        return;
    };
    if holder.span.in_external_macro(tcx.sess.source_map()) {
        return;
    }
    let Some(adt) = alive
        .holdings
        .iter()
        .find_map(|guard| guard.wanted.ty_adt_def())
    else {
        return;
    };
    let guard_type = with_no_trimmed_paths!(tcx.def_path_str(adt.did()));
    let awaits: Vec<Span> = half_changed
        .into_iter()
        .filter_map(|state| suspend::suspension_span(body, state))
        .map(diagnostics::in_user_code)
        .collect();
    if awaits.is_empty() {
        return;
    }
    let is_guard = alive
        .holdings
        .iter()
        .any(|holding| holding.path.is_empty() && !holding.in_container);
    let subject = holder.subject();
    let holds = if is_guard {
        format!("{subject}, a `{guard_type}`, is alive")
    } else {
        format!("{subject} holds a `{guard_type}`")
    };
    diagnostics::report(
        tcx,
        ASYNC_GUARD_ACROSS_AWAIT,
        holder.node,
        diagnostics::in_user_code(holder.span),
        format!(
            "{holds} across an await amid changes: if the future is dropped there, the next who \
             locks finds the data half changed"
        ),
        |diag| {
            diagnostics::note_places(diag, awaits, "a cancel here leaves the data half changed");
            diag.help(
                "await first and make all changes after, or work on a copy and store it at the end",
            );
            diag.help(
                "where neither can be, `async_patterns::sync::CancelPoisonMutex` remembers that a \
                 change was cut short",
            );
        },
    );
}
