//! [`FUTURELOCK`]: what does a future that nobody polls wait for, and who waits behind it.

use rustc_hir::{
    Expr, ExprKind, HirId,
    def_id::LocalDefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::ty::{TyCtxt, TypeckResults};
use rustc_session::declare_lint;
use rustc_span::Span;

use super::survivors::overlap;
use crate::{
    analysis::{
        acquires::{Acquired, Acquires, are_different},
        call_graph::{CallGraph, Via},
        describe,
        origin::Frame,
        select::{Branch, Place, Select, Source, behind_reference},
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds a `select!` that polls a future by reference, while the handler of another branch
    /// awaits something that queues for the same lock, semaphore or bounded channel as the future.
    /// Both sides are followed through the functions of the crate.
    ///
    /// ### Why is this bad?
    /// A future that is polled by reference lives on when another branch wins, with its place in
    /// the queue. Nobody polls it while the handler runs. When the lock becomes free it goes to
    /// that future, which does not know; the handler stands behind it and waits for ever. This
    /// deadlock of a task with itself is known as a
    /// [futurelock](https://rfd.shared.oxide.computer/rfd/0609).
    ///
    /// ### Known problems
    /// Locks of the same type that cannot be told apart are taken for the same. What a future of
    /// another crate queues for is known only of tokio, futures and async-lock.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let mut sync = std::pin::pin!(sync(&connection)); // locks it
    /// tokio::select! {
    ///     () = &mut sync => {}
    ///     () = sleep(BEAT) => heartbeat(&connection).await, // locks it as well
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let mut sync = tokio::spawn(sync(connection.clone())); // a task is polled in any case
    /// tokio::select! {
    ///     done = &mut sync => done?,
    ///     () = sleep(BEAT) => heartbeat(&connection).await,
    /// }
    /// ```
    pub FUTURELOCK,
    Warn,
    "a handler of a `select!` that waits behind a future which nobody polls meanwhile"
}

/// The check behind [`FUTURELOCK`].
pub(crate) struct Futurelock;

impl<'tcx> Check<'tcx> for Futurelock {
    fn lint(&self) -> &'static Lint {
        FUTURELOCK
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let acquires = Acquires::new(facts.tcx, &facts.paths);
        if acquires.is_empty() {
            return;
        }
        for (owner, selects) in facts.selects() {
            for select in selects {
                check(facts, &acquires, *owner, select);
            }
        }
    }
}

fn check<'tcx>(
    facts: &Facts<'tcx>,
    acquires: &Acquires<'tcx>,
    owner: LocalDefId,
    select: &Select<'tcx>,
) {
    let tcx = facts.tcx;
    let by_reference = select
        .branches
        .iter()
        .any(|branch| matches!(branch.source, Source::ByReference { .. }));
    if !by_reference || select.branches.len() < 2 {
        return;
    }
    let graph = facts.call_graphs().for_owner(owner);
    let Some(frame) = Frame::new(&graph.bodies, graph.bodies.identity(owner)) else {
        return;
    };
    for (position, branch) in select.branches.iter().enumerate() {
        if branch.future.span.in_external_macro(tcx.sess.source_map()) {
            continue;
        }
        let Some(waits_for) = waits_for(&graph, &frame, acquires, branch) else {
            continue;
        };
        let others = select.branches.iter().enumerate();
        let deadlock = others
            .filter(|(other, _)| *other != position)
            .find_map(|(_, other)| {
                in_handler(
                    tcx, &graph, &frame, acquires, owner, branch, other, &waits_for,
                )
            });
        if let Some((future, handler, place)) = deadlock {
            report(tcx, branch, &future, &handler, place);
        }
    }
}

/// What the future of a branch that is polled by reference queues for.
fn waits_for<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    acquires: &Acquires<'tcx>,
    branch: &Branch<'tcx>,
) -> Option<Vec<Acquired<'tcx>>> {
    let Source::ByReference { future, .. } = branch.source else {
        return None;
    };
    let ty = graph.bodies.fill_in(frame.instance, future)?;
    let value = branch.value(graph.bodies.tcx, frame.mir.body)?;
    let found = acquires.of_future(graph, frame, ty, &value);
    (!found.is_empty()).then_some(found)
}

/// A lock that the future and the handler of another branch both wait for, and where the handler
/// does.
#[expect(clippy::too_many_arguments, reason = "the two sides of one question")]
fn in_handler<'tcx>(
    tcx: TyCtxt<'tcx>,
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    acquires: &Acquires<'tcx>,
    owner: LocalDefId,
    branch: &Branch<'tcx>,
    other: &Branch<'tcx>,
    waits_for: &[Acquired<'tcx>],
) -> Option<(Acquired<'tcx>, Acquired<'tcx>, Span)> {
    let handler = other.handler_span;
    let end = gone_from(tcx, tcx.typeck(owner), branch, other.handler);
    let node = graph.node(frame.instance);
    for site in &node.sites {
        let span = in_user_code(site.span);
        if site.via != Via::Poll || !handler.contains(span) {
            continue;
        }
        if end.is_some_and(|end| end.lo() < span.lo()) {
            continue;
        }
        let place = describe::place(tcx, frame.instance, site);
        for acquired in acquires.of_site(graph, frame, site) {
            let same = waits_for
                .iter()
                .find(|waits| waits.lock == acquired.lock && !are_different(waits, &acquired));
            if let Some(same) = same {
                return Some((same.clone(), acquired, place));
            }
        }
    }
    None
}

/// Where a handler first does something with the future of another branch: from there on it may be
/// dropped or done.
fn gone_from<'tcx>(
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    branch: &Branch<'tcx>,
    handler: &'tcx Expr<'tcx>,
) -> Option<Span> {
    let Source::ByReference {
        place: Some(place), ..
    } = &branch.source
    else {
        return None;
    };
    let mut uses = Uses {
        tcx,
        typeck,
        place,
        ignored: Vec::new(),
        first: None,
    };
    uses.visit_expr(handler);
    uses.first
}

struct Uses<'a, 'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    place: &'a Place,
    ignored: Vec<HirId>,
    first: Option<Span>,
}

impl<'tcx> Visitor<'tcx> for Uses<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        // To drop a reference is not to drop the future.
        if let ExprKind::Call(function, [argument]) = expr.kind
            && let ExprKind::Path(path) = &function.kind
            && self
                .typeck
                .qpath_res(path, function.hir_id)
                .opt_def_id()
                .is_some_and(|def| self.tcx.is_diagnostic_item(rustc_span::sym::mem_drop, def))
            && behind_reference(self.tcx, self.typeck.expr_ty(argument)).is_some()
        {
            self.ignored.push(argument.hir_id);
        }
        if let Some(used) = Place::of(expr)
            && overlap(&used, self.place)
            && !self.ignored.contains(&expr.hir_id)
            && self.first.is_none()
        {
            self.first = Some(in_user_code(expr.span));
        }
        if !self.ignored.contains(&expr.hir_id) {
            walk_expr(self, expr);
        }
    }
}

fn report<'tcx>(
    tcx: TyCtxt<'tcx>,
    branch: &Branch<'tcx>,
    future: &Acquired<'tcx>,
    handler: &Acquired<'tcx>,
    place: Span,
) {
    let message = "this future keeps its place in a queue while nobody polls it, and the handler \
                   of another branch waits behind it: they may wait for each other for ever"
        .to_owned();
    diagnostics::report(
        tcx,
        FUTURELOCK,
        branch.future.hir_id,
        in_user_code(branch.span),
        message,
        |diag| {
            let name = tcx.def_path_str(future.function);
            diag.span_note(
                in_user_code(future.at),
                format!("the future waits here, with `{name}`"),
            );
            diag.span_note(
                place,
                "the handler waits here, and does not poll the future",
            );
            let at = in_user_code(handler.at);
            if at != place && !place.contains(at) {
                diag.span_note(at, "which queues for the same lock here");
            }
            diag.help(
                "spawn the future with `tokio::spawn` and poll its handle, drop it before the \
                 handler waits, or wait in the loop and not in the handler",
            );
        },
    );
}
