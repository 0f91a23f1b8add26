//! Cancellation tokens: who has one, and who looks at it.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Expr, ExprKind,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{self, Ty, TyCtxt, TypingEnv};
use rustc_span::Symbol;

use super::{bodies::source_owner, exits::Control};
use crate::facts::Facts;

/// Types nested deeper than this are not looked into.
const DEEPEST: usize = 8;

/// Calls followed from a function to see whether it looks at a token.
const FARTHEST_CALL: usize = 4;

const TOKEN: &str = "tokio_util::sync::CancellationToken";

/// What waits for a token.
const WAITS: &[&str] = &[
    "tokio_util::sync::WaitForCancellationFuture",
    "tokio_util::sync::WaitForCancellationFutureOwned",
];

pub(crate) struct Tokens<'tcx> {
    tcx: TyCtxt<'tcx>,
    token: DefIdSet,
    waits: DefIdSet,
    /// The crate's functions that name a function of a token which looks at it or cancels it;
    /// closures and `async` blocks are part of their function.
    looking: FxHashSet<LocalDefId>,
    /// Those of them that wait until one is cancelled.
    waiting: FxHashSet<LocalDefId>,
}

/// Where a value of some type has a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// The value is one.
    Itself,
    /// In a field of a struct of the crate.
    Field(Symbol),
}

impl<'tcx> Tokens<'tcx> {
    /// `None` if the crate under check cannot have one.
    pub(crate) fn new(facts: &Facts<'tcx>) -> Option<Self> {
        let tcx = facts.tcx;
        let token: DefIdSet = facts.paths.all([TOKEN]);
        if token.is_empty() {
            return None;
        }
        let methods = || {
            facts
                .paths
                .items(TOKEN)
                .into_iter()
                .flat_map(|token| tcx.inherent_impls(token))
                .flat_map(|block| tcx.associated_item_def_ids(*block))
                .copied()
        };
        let functions_naming = |wanted: &dyn Fn(&str) -> bool| {
            let methods: DefIdSet = methods()
                .filter(|method| wanted(tcx.item_name(*method).as_str()))
                .collect();
            let bodies = facts.mentions().bodies_naming(&methods).into_iter();
            bodies
                .filter_map(|owner| tcx.typeck_root_def_id(owner.to_def_id()).as_local())
                .collect()
        };
        let looking =
            functions_naming(&|name| !matches!(name, "clone" | "child_token" | "new" | "default"));
        let waiting = functions_naming(&|name| {
            name.starts_with("cancelled") || name.starts_with("run_until_cancelled")
        });
        Some(Self {
            tcx,
            token,
            waits: facts.paths.all(WAITS.iter().copied()),
            looking,
            waiting,
        })
    }

    /// Where a value of this type has a token, as far as the crate's own structs show.
    pub(crate) fn held(&self, ty: Ty<'tcx>) -> Option<Held> {
        let ty = self.behind_pointers(ty);
        let ty::Adt(adt, args) = *ty.kind() else {
            return None;
        };
        if self.token.contains(&adt.did()) {
            return Some(Held::Itself);
        }
        if !adt.did().is_local() || !adt.is_struct() {
            return None;
        }
        adt.non_enum_variant().fields.iter().find_map(|field| {
            let ty = self.behind_pointers(field.ty(self.tcx, args));
            let is_token = ty
                .ty_adt_def()
                .is_some_and(|adt| self.token.contains(&adt.did()));
            is_token.then_some(Held::Field(field.name))
        })
    }

    /// The type behind references, smart pointers and `Option`.
    fn behind_pointers(&self, ty: Ty<'tcx>) -> Ty<'tcx> {
        let mut ty = ty.peel_refs();
        for _ in 0..DEEPEST {
            let ty::Adt(adt, args) = *ty.kind() else {
                break;
            };
            let name = self.tcx.item_name(adt.did());
            let is_std = super::handoffs::is_std(self.tcx, adt.did());
            if !is_std || !matches!(name.as_str(), "Arc" | "Rc" | "Box" | "Pin" | "Option") {
                break;
            }
            ty = args.type_at(0).peel_refs();
        }
        ty
    }

    /// Whether a value of this type is a token, waits for one, or may have one in it: behind
    /// type parameters that are filled in, in captured variables, in fields.
    pub(crate) fn may_be_in(&self, env: TypingEnv<'tcx>, ty: Ty<'tcx>) -> bool {
        self.is_in(env, ty, DEEPEST)
    }

    fn is_in(&self, env: TypingEnv<'tcx>, ty: Ty<'tcx>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let ty = self.tcx.erase_and_anonymize_regions(ty);
        let ty = self
            .tcx
            .try_normalize_erasing_regions(env, ty)
            .unwrap_or(ty);
        match *ty.kind() {
            ty::Ref(_, inner, _) => self.is_in(env, inner, depth),
            ty::Tuple(parts) => parts.iter().any(|part| self.is_in(env, part, depth)),
            ty::Closure(_, args) => self.is_in(env, args.as_closure().tupled_upvars_ty(), depth),
            ty::Coroutine(_, args) => {
                self.is_in(env, args.as_coroutine().tupled_upvars_ty(), depth)
            }
            ty::CoroutineClosure(_, args) => {
                self.is_in(env, args.as_coroutine_closure().tupled_upvars_ty(), depth)
            }
            ty::Adt(adt, args) => {
                self.token.contains(&adt.did())
                    || self.waits.contains(&adt.did())
                    || args.types().any(|inner| self.is_in(env, inner, depth))
                    || adt.did().is_local()
                        && adt
                            .all_fields()
                            .any(|field| self.is_in(env, field.ty(self.tcx, args), depth))
            }
            _ => false,
        }
    }

    /// Whether a function of the crate waits until a token is cancelled.
    pub(crate) fn is_waited_for_in(&self, function: DefId) -> bool {
        function
            .as_local()
            .is_some_and(|function| self.waiting.contains(&function))
    }

    /// Whether a function of the crate looks at a token, or calls one that does.
    pub(crate) fn is_looked_at_by(&self, function: DefId) -> bool {
        let mut seen = FxHashSet::default();
        let mut reached = vec![function];
        for _ in 0..FARTHEST_CALL {
            let mut next = Vec::new();
            for function in reached {
                let Some(local) = function.as_local().filter(|local| seen.insert(*local)) else {
                    continue;
                };
                if self.looking.contains(&local) {
                    return true;
                }
                next.extend(self.called_by(local));
            }
            reached = next;
        }
        false
    }

    fn called_by(&self, function: LocalDefId) -> Vec<DefId> {
        let Some(body) = self.tcx.hir_maybe_body_owned_by(function) else {
            return Vec::new();
        };
        let mut calls = Calls {
            control: Control {
                tcx: self.tcx,
                typeck: self.tcx.typeck(function),
            },
            found: Vec::new(),
        };
        calls.visit_body(body);
        calls.found
    }
}

struct Calls<'tcx> {
    control: Control<'tcx>,
    found: Vec<DefId>,
}

impl<'tcx> Visitor<'tcx> for Calls<'tcx> {
    type NestedFilter = rustc_middle::hir::nested_filter::OnlyBodies;

    fn maybe_tcx(&mut self) -> TyCtxt<'tcx> {
        self.control.tcx
    }

    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if matches!(expr.kind, ExprKind::Call(..) | ExprKind::MethodCall(..)) {
            self.found.extend(
                self.control
                    .callee(expr)
                    .map(|callee| source_owner(self.control.tcx, callee)),
            );
        }
        walk_expr(self, expr);
    }
}
