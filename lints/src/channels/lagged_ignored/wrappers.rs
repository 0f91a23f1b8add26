//! Functions of the crate that make an `Option` of the result, and the loops that call them.

use rustc_hir::{
    Expr, ExprKind,
    def::DefKind,
    def_id::{DefId, DefIdSet, LocalDefId},
};
use rustc_middle::ty::{self, Instance, TyCtxt, TypingEnv};

use super::{
    Search,
    sources::{self, Wrapped},
};
use crate::{
    analysis::{exits::Control, fate::Dropped, test_code::is_test_code},
    facts::Facts,
};

/// A wrapper of a wrapper of … : functions followed from one to the next.
const MOST_WRAPPERS: usize = 4;

impl<'tcx> Search<'tcx> {
    /// Notes that the function which `owner` is the body of returns `None` for an error.
    pub(super) fn wrapper(
        &mut self,
        owner: LocalDefId,
        dropped: Dropped,
        through: Option<Wrapped>,
    ) {
        let Some(function) = function_of(self.tcx, owner) else {
            return;
        };
        let dropped = through.map_or(dropped, |through| through.dropped);
        self.wrappers.entry(function).or_insert(dropped);
    }

    pub(super) fn callers_of_wrappers(&mut self, facts: &Facts<'tcx>) {
        let mut known = DefIdSet::default();
        for _ in 0..MOST_WRAPPERS {
            let fresh: Vec<DefId> = self
                .wrappers
                .keys()
                .copied()
                .filter(|function| known.insert(*function))
                .collect();
            if fresh.is_empty() {
                return;
            }
            // A call of a trait's method names the trait's, not the implementation's.
            let declared = fresh.iter().filter_map(|function| {
                self.tcx
                    .opt_associated_item(*function)
                    .and_then(|item| item.trait_item_def_id())
            });
            let named: DefIdSet = fresh.iter().copied().chain(declared).collect();
            let mut owners: Vec<LocalDefId> = facts
                .mentions()
                .callers(&named)
                .into_values()
                .flatten()
                .collect();
            owners.sort_by_key(|owner| owner.local_def_index);
            owners.dedup();
            for owner in owners {
                if !is_test_code(self.tcx, owner) {
                    self.calls_in(owner, facts, &fresh);
                }
            }
        }
    }

    fn calls_in(&mut self, owner: LocalDefId, facts: &Facts<'tcx>, fresh: &[DefId]) {
        let wrapped = |call: &'tcx Expr<'tcx>| {
            let function = running(self.tcx, owner, call)?;
            if !fresh.contains(&function) {
                return None;
            }
            let dropped = *self.wrappers.get(&function)?;
            Some(Wrapped { function, dropped })
        };
        let calls = sources::of_calls(self.tcx, owner, &wrapped);
        let selects: Vec<_> = facts
            .selects()
            .iter()
            .filter(|(of, _)| *of == owner)
            .flat_map(|(_, selects)| selects)
            .flat_map(|select| &select.branches)
            .filter_map(|branch| Some((branch.future.hir_id, wrapped(branch.future)?)))
            .collect();
        for (source, wrapper) in calls {
            self.source(owner, &source, Some(wrapper));
        }
        if selects.is_empty() {
            return;
        }
        for (of, of_body) in facts.selects() {
            if *of != owner {
                continue;
            }
            for select in of_body {
                self.select(owner, select, Some(&selects));
            }
        }
    }
}

/// The function that returns what `owner` returns: itself, or the one whose future it is.
fn function_of(tcx: TyCtxt<'_>, owner: LocalDefId) -> Option<DefId> {
    let is_function = |item| matches!(tcx.def_kind(item), DefKind::Fn | DefKind::AssocFn);
    if is_function(owner) {
        return Some(owner.to_def_id());
    }
    let parent = tcx.opt_local_parent(owner)?;
    (tcx.coroutine_is_async(owner.to_def_id()) && is_function(parent)).then_some(parent.to_def_id())
}

/// The function that a call runs: of a trait's method the implementation, where the types decide.
fn running<'tcx>(tcx: TyCtxt<'tcx>, owner: LocalDefId, call: &'tcx Expr<'tcx>) -> Option<DefId> {
    let typeck = tcx.typeck(owner);
    let callee = Control { tcx, typeck }.callee(call)?;
    if tcx.trait_of_assoc(callee).is_none() {
        return Some(callee);
    }
    let args = match call.kind {
        ExprKind::Call(function, _) => match *typeck.expr_ty(function).kind() {
            ty::FnDef(_, args) => args,
            _ => return None,
        },
        _ => typeck.node_args(call.hir_id),
    };
    let args = tcx.erase_and_anonymize_regions(args);
    let env = TypingEnv::post_analysis(tcx, owner);
    let instance = Instance::try_resolve(tcx, env, callee, args).ok()??;
    Some(instance.def_id())
}
