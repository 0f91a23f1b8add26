//! [`BLOCKING_TASK_IN_JOIN_SET`]: of each set that blocking tasks are spawned in, how it ends.

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    Expr, ExprKind, HirId, Node, QPath,
    def::Res,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::ty::{self, Ty, TyCtxt, TypeckResults};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    diagnostics::{self, in_user_code, note_places},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds blocking tasks in a `JoinSet` or `JoinMap` that is stopped by `abort_all`, `shutdown`
    /// or by being dropped, where nothing goes into the closure that could tell it to stop.
    ///
    /// ### Why is this bad?
    /// A task on the blocking pool cannot be aborted once it runs. The set is empty, or gone, and the
    /// thread works on; `shutdown` waits for it, and so does the runtime when it is dropped.
    ///
    /// ### Known problems
    /// How long the work takes is not known: a short task may be left to end by itself. This is why
    /// the lint is off by default. A set that is handed on is not followed.
    ///
    /// ### Example
    /// ```rust,ignore
    /// folders.spawn_blocking(move || pack(&folder));
    /// folders.shutdown().await;
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let seen = token.clone();
    /// folders.spawn_blocking(move || pack(&folder, &seen));
    /// token.cancel();
    /// while folders.join_next().await.is_some() {}
    /// ```
    /// or `async_patterns::task::spawn_cancellable_blocking`, which hands a token to the closure and
    /// cancels it when the handle is dropped.
    pub BLOCKING_TASK_IN_JOIN_SET,
    Allow,
    "a blocking task in a set that is stopped by abort or drop"
}

const SETS: &[&str] = &["tokio::task::JoinSet", "tokio_util::task::JoinMap"];

const SPAWNS: &[&str] = &[
    "tokio::task::JoinSet::spawn_blocking",
    "tokio::task::JoinSet::spawn_blocking_on",
    "tokio_util::task::JoinMap::spawn_blocking",
    "tokio_util::task::JoinMap::spawn_blocking_on",
];

/// What tells a thread to stop, when it looks.
const SIGNALS: &[&str] = &[
    "core::sync::atomic::AtomicBool",
    "tokio_util::sync::CancellationToken",
    "async_patterns::timeout::StopFlag",
    "tokio::sync::watch::Receiver",
    "tokio::sync::oneshot::Receiver",
    "tokio::sync::broadcast::Receiver",
    "std::sync::mpsc::Receiver",
    "std::sync::Condvar",
];

/// Types of the crate that are looked into for a signal, one in the other.
const DEEPEST: usize = 4;

/// The check behind [`BLOCKING_TASK_IN_JOIN_SET`].
pub(crate) struct BlockingTaskInJoinSet;

impl<'tcx> Check<'tcx> for BlockingTaskInJoinSet {
    fn lint(&self) -> &'static Lint {
        BLOCKING_TASK_IN_JOIN_SET
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        let spawns = facts.paths.all(SPAWNS.iter().copied());
        if facts.mentions().bodies_naming(&spawns).is_empty() {
            return;
        }
        let sets = facts.paths.all(SETS.iter().copied());
        let signals = Signals::new(facts);
        let mut uses: FxHashMap<Set, Uses<'tcx>> = FxHashMap::default();
        let mut order = Vec::new();
        for owner in tcx.hir_body_owners() {
            let mut search = Search {
                tcx,
                owner,
                typeck: tcx.typeck(owner),
                sets: &sets,
                spawns: &spawns,
                uses: &mut uses,
                order: &mut order,
            };
            search.visit_body(tcx.hir_body_owned_by(owner));
        }
        for set in order {
            let Some(uses) = uses.get(&set) else { continue };
            if uses.stops.is_empty() && (uses.is_drained || uses.is_handed_on) {
                continue;
            }
            for (owner, spawn, work) in &uses.spawns {
                let ty = tcx.typeck(*owner).expr_ty(work);
                if !signals.are_in(ty) {
                    report(tcx, spawn, &uses.stops);
                }
            }
        }
    }
}

/// A variable or field that is a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Set {
    Variable(HirId),
    Field(DefId),
}

#[derive(Default)]
struct Uses<'tcx> {
    spawns: Vec<(LocalDefId, &'tcx Expr<'tcx>, &'tcx Expr<'tcx>)>,
    stops: Vec<Span>,
    is_drained: bool,
    /// It goes where it is not followed.
    is_handed_on: bool,
}

struct Search<'s, 'tcx> {
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    typeck: &'tcx TypeckResults<'tcx>,
    sets: &'s DefIdSet,
    spawns: &'s DefIdSet,
    uses: &'s mut FxHashMap<Set, Uses<'tcx>>,
    order: &'s mut Vec<Set>,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if let Some(set) = self.set(expr) {
            self.note(set, expr);
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> Search<'_, 'tcx> {
    fn set(&self, expr: &Expr<'_>) -> Option<Set> {
        let set = match expr.kind {
            ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
                Res::Local(binding) => Set::Variable(binding),
                _ => return None,
            },
            ExprKind::Field(base, _) => {
                let adt = self
                    .typeck
                    .expr_ty_adjusted(base)
                    .peel_refs()
                    .ty_adt_def()?;
                let field = self.typeck.opt_field_index(expr.hir_id)?;
                let fields = &adt.is_struct().then(|| adt.non_enum_variant())?.fields;
                Set::Field(fields.get(field)?.did)
            }
            _ => return None,
        };
        let ty = self.typeck.expr_ty(expr).peel_refs().ty_adt_def()?;
        self.sets.contains(&ty.did()).then_some(set)
    }

    fn note(&mut self, set: Set, expr: &'tcx Expr<'tcx>) {
        let tcx = self.tcx;
        let owner = self.owner;
        let parent = tcx.parent_hir_node(expr.hir_id);
        let order = &mut *self.order;
        let uses = self.uses.entry(set).or_insert_with(|| {
            order.push(set);
            Uses::default()
        });
        let Node::Expr(Expr {
            kind: ExprKind::MethodCall(method, receiver, arguments, _),
            hir_id,
            span,
            ..
        }) = parent
        else {
            uses.is_handed_on = true;
            return;
        };
        if receiver.hir_id != expr.hir_id {
            uses.is_handed_on = true;
            return;
        }
        let function = self.typeck.type_dependent_def_id(*hir_id);
        if function.is_some_and(|function| self.spawns.contains(&function)) {
            let work = arguments.iter().find(|argument| {
                self.typeck.expr_ty(argument).is_closure() || self.typeck.expr_ty(argument).is_fn()
            });
            if let (Some(work), Node::Expr(spawn)) = (work, parent) {
                uses.spawns.push((owner, spawn, work));
            }
            return;
        }
        match method.ident.as_str() {
            "abort_all" | "shutdown" => uses.stops.push(in_user_code(*span)),
            "join_all" => uses.is_drained = true,
            "join_next" | "join_next_with_id" | "poll_join_next" => {
                uses.is_drained |= tcx.hir_parent_iter(*hir_id).any(|(_, node)| {
                    matches!(node, Node::Expr(Expr { kind: ExprKind::Loop(..), span, .. })
                        if span.desugaring_kind() != Some(rustc_span::DesugaringKind::Await))
                });
            }
            "detach_all" => uses.is_handed_on = true,
            _ => {}
        }
    }
}

struct Signals<'tcx> {
    tcx: TyCtxt<'tcx>,
    signals: DefIdSet,
    /// `AtomicBool` is an alias of a generic type.
    atomic_bool: Option<Ty<'tcx>>,
}

impl<'tcx> Signals<'tcx> {
    fn new(facts: &Facts<'tcx>) -> Self {
        let signals = facts.paths.all(SIGNALS.iter().copied());
        let tcx = facts.tcx;
        let atomics = facts.paths.items("core::sync::atomic::AtomicBool");
        let atomic_bool = atomics.first().map(|atomic| {
            let generics = tcx.generics_of(*atomic);
            let args = ty::GenericArgs::for_item(tcx, *atomic, |_, _| tcx.types.bool.into());
            if generics.count() == 0 {
                tcx.type_of(*atomic).instantiate_identity()
            } else {
                Ty::new_adt(tcx, tcx.adt_def(*atomic), args)
            }
        });
        Self {
            tcx,
            signals,
            atomic_bool,
        }
    }

    /// Whether a closure captures something that tells it to stop.
    fn are_in(&self, work: Ty<'tcx>) -> bool {
        let ty::Closure(_, args) = work.kind() else {
            return false;
        };
        let mut seen = FxHashSet::default();
        args.as_closure()
            .upvar_tys()
            .iter()
            .any(|captured| self.is_in(captured, &mut seen, DEEPEST))
    }

    fn is_in(&self, ty: Ty<'tcx>, seen: &mut FxHashSet<Ty<'tcx>>, depth: usize) -> bool {
        let parts: Vec<Ty<'tcx>> = ty.walk().filter_map(|part| part.as_type()).collect();
        parts.into_iter().any(|part| {
            let Some(adt) = part.ty_adt_def() else {
                // What stands behind a trait object or function is unknown.
                return matches!(part.kind(), ty::Dynamic(..) | ty::FnPtr(..) | ty::Param(_));
            };
            if self.atomic_bool.is_some_and(|atomic| {
                atomic
                    .ty_adt_def()
                    .is_some_and(|known| known.did() == adt.did())
            }) {
                return self.atomic_bool == Some(part);
            }
            if self.signals.contains(&adt.did()) {
                return true;
            }
            let ty::Adt(_, args) = part.kind() else {
                return false;
            };
            adt.did().is_local()
                && depth > 0
                && seen.insert(part)
                && adt
                    .all_fields()
                    .any(|field| self.is_in(field.ty(self.tcx, args), seen, depth - 1))
        })
    }
}

fn report(tcx: TyCtxt<'_>, spawn: &Expr<'_>, stops: &[Span]) {
    let how = if stops.is_empty() {
        "dropping the set"
    } else {
        "aborting the set"
    };
    diagnostics::report(
        tcx,
        BLOCKING_TASK_IN_JOIN_SET,
        spawn.hir_id,
        in_user_code(spawn.span),
        format!("{how} does not stop this blocking task, and nothing else tells it to stop"),
        |diag| {
            if !stops.is_empty() {
                note_places(diag, stops.to_vec(), "the set is stopped here");
            }
            diag.help(
                "hand a `CancellationToken` or a flag to the closure and look at it between steps, as \
                 `async_patterns::task::spawn_cancellable_blocking` does",
            );
        },
    );
}
