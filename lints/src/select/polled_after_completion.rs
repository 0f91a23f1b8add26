//! [`POLLED_AFTER_COMPLETION`]: a future that lives outside the loop and is polled by reference
//! needs somebody who sees that it is done: its own branch, a precondition, or a new future.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Expr, ExprKind, HirId, Node,
    def_id::LocalDefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::ty::{self, TyCtxt, TypeckResults, TypingEnv};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        completion::Completed,
        enclosing::{is_within, loops_around, root_variable, uses_in, written_by_foreign_macro},
        select::{Back, Branch, Family, Place, Select, Source},
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds a `tokio::select!` in a loop that polls a future by reference (`&mut future`), where
    /// the branch of that future goes on with the loop, and nothing keeps the next pass from
    /// polling the same future again: no precondition, no fused type, no new future in its place.
    ///
    /// ### Why is this bad?
    /// A future must not be polled after it has returned `Ready`. An `async fn` panics with
    /// "`async fn` resumed after completion", a `JoinHandle` and a oneshot `Receiver` panic as well.
    ///
    /// ### Known problems
    /// A type of the crate with a `Future` implementation of its own is taken to know what it does.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let index = load_index();
    /// tokio::pin!(index);
    /// loop {
    ///     tokio::select! {
    ///         entries = &mut index => println!("{entries} entries"),
    ///         job = jobs.recv() => handle(job),
    ///     }
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let mut loaded = false;
    /// loop {
    ///     tokio::select! {
    ///         entries = &mut index, if !loaded => {
    ///             loaded = true;
    ///             println!("{entries} entries");
    ///         }
    ///         job = jobs.recv() => handle(job),
    ///     }
    /// }
    /// ```
    pub POLLED_AFTER_COMPLETION,
    Warn,
    "a looped `select!` that polls a future again after it has completed"
}

/// The check behind [`POLLED_AFTER_COMPLETION`].
pub(crate) struct PolledAfterCompletion;

impl<'tcx> Check<'tcx> for PolledAfterCompletion {
    fn lint(&self) -> &'static Lint {
        POLLED_AFTER_COMPLETION
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let mut completed = None;
        for (owner, selects) in facts.selects() {
            let search = Search {
                tcx: facts.tcx,
                typeck: facts.tcx.typeck(*owner),
                owner: *owner,
                selects,
            };
            for select in selects {
                if select.family != Family::Tokio || select.around.is_none() {
                    continue;
                }
                let completed =
                    completed.get_or_insert_with(|| Completed::new(facts.tcx, &facts.paths));
                for branch in &select.branches {
                    search.branch(select, branch, completed);
                }
            }
        }
    }
}

struct Search<'s, 'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    owner: LocalDefId,
    /// All of the body.
    selects: &'s [Select<'tcx>],
}

impl<'tcx> Search<'_, 'tcx> {
    fn branch(&self, select: &Select<'tcx>, branch: &Branch<'tcx>, completed: &Completed<'tcx>) {
        let Source::ByReference {
            place: Some(place),
            future,
        } = &branch.source
        else {
            return;
        };
        if branch.precondition.is_some() || branch.back == Back::Never {
            return;
        }
        let loops = loops_around(self.tcx, select.expr.hir_id);
        let again = match branch.back {
            Back::InLoop => &loops[..],
            Back::InOuterLoop | Back::Never => loops.get(1..).unwrap_or_default(),
        };
        // Each of these loops that the variable lives outside of polls the same future again.
        let Some(looped) = again
            .iter()
            .take_while(|looped| !is_within(self.tcx, place.variable, looped.hir_id))
            .last()
        else {
            return;
        };
        let env = TypingEnv::post_analysis(self.tcx, self.owner);
        let output = self.typeck.pat_ty(branch.pattern);
        let output = self.tcx.erase_and_anonymize_regions(output);
        let never_completes = self
            .tcx
            .layout_of(env.as_query_input(output))
            .is_ok_and(|layout| layout.is_uninhabited());
        if never_completes
            || !completed.must_not_be_polled(env, *future)
            || self.is_renewed(place, looped)
            || self.is_remembered(branch.handler, looped, select)
        {
            return;
        }
        self.report(branch, place);
    }

    /// Whether anything in the loop may put a new future into the place, or ask whether the old one
    /// is done.
    fn is_renewed(&self, place: &Place, looped: &'tcx Expr<'tcx>) -> bool {
        uses_in(self.tcx, looped, place.variable)
            .into_iter()
            .any(|used| !self.is_harmless(used, place))
    }

    fn is_harmless(&self, used: &'tcx Expr<'tcx>, place: &Place) -> bool {
        // A field other than the future's own says nothing about it.
        let mut whole = used;
        for field in &place.fields {
            match self.tcx.parent_hir_node(whole.hir_id) {
                Node::Expr(parent) => match parent.kind {
                    ExprKind::Field(_, name) if name.name == *field => whole = parent,
                    ExprKind::Field(..) => return true,
                    _ => break,
                },
                _ => break,
            }
        }
        let branches = self.selects.iter().flat_map(|select| &select.branches);
        for branch in branches {
            let is_polled = is_within(self.tcx, used.hir_id, branch.future.hir_id);
            let is_the_end = branch.back == Back::Never
                && is_within(self.tcx, used.hir_id, branch.handler.hir_id);
            if is_polled && matches!(branch.source, Source::ByReference { .. }) || is_the_end {
                return true;
            }
        }
        match self.tcx.parent_hir_node(whole.hir_id) {
            Node::Expr(parent) => match parent.kind {
                ExprKind::MethodCall(method, receiver, ..) if receiver.hir_id == whole.hir_id => {
                    let name = method.ident.as_str();
                    let shared = matches!(
                        self.typeck.expr_ty_adjusted(whole).kind(),
                        ty::Ref(_, _, ty::Mutability::Not)
                    );
                    shared
                        && !matches!(
                            name,
                            "is_finished" | "is_terminated" | "is_some" | "is_none"
                        )
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the handler changes a variable that decides about something in the loop.
    fn is_remembered(
        &self,
        handler: &'tcx Expr<'tcx>,
        looped: &'tcx Expr<'tcx>,
        select: &Select<'tcx>,
    ) -> bool {
        let mut changed = Changed::default();
        changed.visit_expr(handler);
        if changed.variables.is_empty() {
            return false;
        }
        let mut conditions = Conditions::default();
        conditions.visit_expr(looped);
        let preconditions = select
            .branches
            .iter()
            .filter_map(|other| other.precondition);
        conditions
            .found
            .into_iter()
            .filter(|condition| !is_within(self.tcx, condition.hir_id, handler.hir_id))
            // The macro's own match is on the future that polls everything.
            .filter(|condition| !written_by_foreign_macro(condition.span))
            .chain(preconditions)
            .any(|condition| {
                changed
                    .variables
                    .iter()
                    .any(|variable| !uses_in(self.tcx, condition, *variable).is_empty())
            })
    }

    fn report(&self, branch: &Branch<'tcx>, place: &Place) {
        let tcx = self.tcx;
        let mut name = tcx.hir_name(place.variable).to_string();
        for field in &place.fields {
            name.push('.');
            name.push_str(field.as_str());
        }
        let node: HirId = branch.future.hir_id;
        let message = format!(
            "this `select!` polls `{name}` again after it has completed: the next pass of the loop \
             panics"
        );
        diagnostics::report(
            tcx,
            POLLED_AFTER_COMPLETION,
            node,
            in_user_code(branch.span),
            message,
            |diag| {
                diag.span_note(
                    handler_span(branch),
                    "the loop goes on after this handler, with the same future",
                );
                diag.help(
                    "leave the loop here, give the branch a precondition such as `if !done`, or \
                     poll a future that can be polled again: `async_patterns::timeout::FusedTimeout`, \
                     or `futures::FutureExt::fuse` beside a branch that does not end",
                );
            },
        );
    }
}

/// The handler as its author wrote it: the braces around it belong to the macro.
fn handler_span(branch: &Branch<'_>) -> Span {
    let handler = branch.handler;
    let ExprKind::Block(block, _) = handler.kind else {
        return in_user_code(handler.span);
    };
    let first = block.stmts.first().map(|first| first.span);
    let last = block.stmts.last().map(|last| last.span);
    let tail = block.expr.map(|tail| tail.span);
    match (first.or(tail), tail.or(last)) {
        (Some(first), Some(last)) => in_user_code(first).to(in_user_code(last)),
        _ => in_user_code(branch.span),
    }
}

/// The variables that an expression assigns to, or hands out by `&mut`.
#[derive(Default)]
struct Changed {
    variables: FxHashSet<HirId>,
}

impl<'tcx> Visitor<'tcx> for Changed {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let target = match expr.kind {
            ExprKind::Assign(target, ..) | ExprKind::AssignOp(_, target, _) => Some(target),
            ExprKind::AddrOf(_, rustc_hir::Mutability::Mut, target) => Some(target),
            ExprKind::MethodCall(_, receiver, ..) => Some(receiver),
            _ => None,
        };
        self.variables.extend(target.and_then(root_variable));
        walk_expr(self, expr);
    }
}

/// The expressions that decide which way control goes.
#[derive(Default)]
struct Conditions<'tcx> {
    found: Vec<&'tcx Expr<'tcx>>,
}

impl<'tcx> Visitor<'tcx> for Conditions<'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        match expr.kind {
            ExprKind::If(condition, ..) => self.found.push(condition),
            ExprKind::Match(scrutinee, _, rustc_hir::MatchSource::Normal) => {
                self.found.push(scrutinee);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}
