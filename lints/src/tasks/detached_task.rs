//! [`DETACHED_TASK`]: of each spawn, where its handle goes.

use rustc_hir::{
    Expr, ExprKind, HirId, MatchSource, Node, PatKind, StmtKind,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::ty::{Ty, TyCtxt, TypeckResults};
use rustc_session::declare_lint;

use crate::{
    analysis::expressions::called,
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds tasks whose `JoinHandle` is dropped on the spot: `tokio::spawn(work());`,
    /// `let _ = tokio::spawn(work());`, `drop(tokio::spawn(work()))`, also through functions of the
    /// same crate that return the handle of a task they spawn.
    ///
    /// ### Why is this bad?
    /// Dropping the handle detaches the task. Nobody waits for it: when the runtime is dropped, it
    /// ends at its next await, half way through what it does. Nobody sees its panic, and nobody can
    /// stop it.
    ///
    /// ### Known problems
    /// Many programs detach tasks on purpose; this is why the lint is off by default. A handle that
    /// is kept in a variable and never looked at is not reported.
    ///
    /// ### Example
    /// ```rust,ignore
    /// for receipt in receipts {
    ///     tokio::spawn(mail(receipt));
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let mut mails = tokio::task::JoinSet::new();
    /// for receipt in receipts {
    ///     mails.spawn(mail(receipt));
    /// }
    /// while let Some(mail) = mails.join_next().await {
    ///     mail?;
    /// }
    /// ```
    /// or `async_patterns::task::TaskScope`, which names its tasks and reports how each of them
    /// ended.
    pub DETACHED_TASK,
    Allow,
    "a task whose handle is dropped on the spot"
}

/// Returns the handle of a task that nobody else keeps.
const SPAWNS: &[&str] = &[
    "tokio::task::spawn",
    "tokio::task::spawn_local",
    "tokio::task::spawn_blocking",
    "tokio::task::Builder::spawn",
    "tokio::task::Builder::spawn_on",
    "tokio::task::Builder::spawn_local",
    "tokio::task::Builder::spawn_blocking",
    "tokio::task::LocalSet::spawn_local",
    "tokio::runtime::Handle::spawn",
    "tokio::runtime::Handle::spawn_blocking",
    "tokio::runtime::Runtime::spawn",
    "tokio::runtime::Runtime::spawn_blocking",
    "actix_rt::spawn",
    "async_std::task::spawn",
];

/// Methods that get the handle out of a `Result`.
const UNWRAPS: &[&str] = &["unwrap", "expect", "ok", "unwrap_or_else"];

/// The check behind [`DETACHED_TASK`].
pub(crate) struct DetachedTask;

impl<'tcx> Check<'tcx> for DetachedTask {
    fn lint(&self) -> &'static Lint {
        DETACHED_TASK
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        let spawns = facts.paths.all(SPAWNS.iter().copied());
        let owners = facts.mentions().bodies_naming(&spawns);
        if owners.is_empty() {
            return;
        }
        let handles = facts
            .paths
            .all(["tokio::task::JoinHandle", "async_std::task::JoinHandle"]);
        let mut wrappers = DefIdSet::default();
        wrappers.extend(
            owners
                .iter()
                .filter_map(|owner| wrapper(facts, &handles, &spawns, *owner)),
        );
        let drop = facts.paths.all(["core::mem::drop"]);
        let mut callers = facts.mentions().bodies_naming(&wrappers);
        callers.extend(owners);
        callers.sort_by_key(|owner| owner.local_def_index);
        callers.dedup();
        for owner in callers {
            let mut search = Search {
                tcx,
                typeck: tcx.typeck(owner),
                spawns: &spawns,
                wrappers: &wrappers,
                drop: &drop,
                found: Vec::new(),
            };
            search.visit_body(tcx.hir_body_owned_by(owner));
            for spawn in search.found {
                report(tcx, spawn);
            }
        }
    }
}

/// The function, if the body is that of one which returns the handle of a task that it spawns.
fn wrapper(
    facts: &Facts<'_>,
    handles: &DefIdSet,
    spawns: &DefIdSet,
    owner: LocalDefId,
) -> Option<DefId> {
    let graph = facts.call_graphs().for_owner(owner);
    let instance = graph.bodies.identity(owner);
    let returned: Ty<'_> = graph.bodies.mir(owner.to_def_id())?.body.return_ty();
    let is_handle = returned
        .ty_adt_def()
        .is_some_and(|adt| handles.contains(&adt.did()));
    let node = graph.node(instance);
    let mut makers = node.sites.iter().filter_map(|site| {
        let callee = site.callee?;
        let name = facts.tcx.opt_item_name(callee.def_id)?;
        name.as_str().starts_with("spawn").then_some(callee.def_id)
    });
    (is_handle && makers.all(|maker| spawns.contains(&maker))).then_some(owner.to_def_id())
}

struct Search<'s, 'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    spawns: &'s DefIdSet,
    wrappers: &'s DefIdSet,
    drop: &'s DefIdSet,
    found: Vec<&'tcx Expr<'tcx>>,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let is_spawn = called(self.typeck, expr)
            .is_some_and(|called| self.spawns.contains(&called) || self.wrappers.contains(&called));
        if is_spawn
            && !expr.span.in_external_macro(self.tcx.sess.source_map())
            && self.is_dropped(expr.hir_id)
        {
            self.found.push(expr);
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> Search<'_, 'tcx> {
    /// Whether the value of an expression goes nowhere.
    fn is_dropped(&self, value: HirId) -> bool {
        match self.tcx.parent_hir_node(value) {
            Node::Stmt(statement) => matches!(statement.kind, StmtKind::Semi(_)),
            Node::LetStmt(statement) => {
                matches!(statement.pat.kind, PatKind::Wild) && statement.els.is_none()
            }
            // The value of a block, of a branch or of an arm is that of the whole.
            Node::Block(block) => self.is_dropped(block.hir_id),
            Node::Arm(arm) => self.is_dropped(arm.hir_id),
            Node::Expr(parent) => match parent.kind {
                ExprKind::DropTemps(_) | ExprKind::Block(..) => self.is_dropped(parent.hir_id),
                ExprKind::If(condition, ..) if condition.hir_id != value => {
                    self.is_dropped(parent.hir_id)
                }
                // The arm's own node is its parent.
                ExprKind::Match(scrutinee, _, MatchSource::Normal) => {
                    scrutinee.hir_id != value && self.is_dropped(parent.hir_id)
                }
                // `spawn(..)?`
                ExprKind::Match(_, _, MatchSource::TryDesugar(_)) => self.is_dropped(parent.hir_id),
                ExprKind::MethodCall(method, receiver, ..) => {
                    receiver.hir_id == value
                        && UNWRAPS.contains(&method.ident.as_str())
                        && self.is_dropped(parent.hir_id)
                }
                ExprKind::Call(function, [argument]) if argument.hir_id == value => {
                    let tries = function.span.desugaring_kind().is_some();
                    called(self.typeck, parent).is_some_and(|called| self.drop.contains(&called))
                        || tries && self.is_dropped(parent.hir_id)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

fn report(tcx: TyCtxt<'_>, spawn: &Expr<'_>) {
    diagnostics::report(
        tcx,
        DETACHED_TASK,
        spawn.hir_id,
        in_user_code(spawn.span),
        "the handle of this task is dropped: nobody waits for the task, stops it or sees it panic"
            .to_owned(),
        |diag| {
            diag.help(
                "keep the tasks in an `async_patterns::task::TaskScope`, a `tokio::task::JoinSet` or \
                 a `tokio_util::task::TaskTracker`, and wait for them at shutdown",
            );
        },
    );
}
