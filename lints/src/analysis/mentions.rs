//! Which bodies name which functions: the cheap question that comes before every dear one.

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    Expr, ExprKind, QPath,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{TyCtxt, TypeckResults};

/// The bodies that name each of the wanted functions, in the order of the crate.
pub(crate) fn mentions(tcx: TyCtxt<'_>, wanted: &DefIdSet) -> FxHashMap<DefId, Vec<LocalDefId>> {
    let mut found: FxHashMap<DefId, Vec<LocalDefId>> = FxHashMap::default();
    if wanted.is_empty() {
        return found;
    }
    for owner in tcx.hir_body_owners() {
        let mut visitor = Mentions { typeck: tcx.typeck(owner), wanted, owner, found: &mut found };
        visitor.visit_body(tcx.hir_body_owned_by(owner));
    }
    found
}

struct Mentions<'m, 'tcx> {
    typeck: &'tcx TypeckResults<'tcx>,
    wanted: &'m DefIdSet,
    owner: LocalDefId,
    found: &'m mut FxHashMap<DefId, Vec<LocalDefId>>,
}

impl<'tcx> Visitor<'tcx> for Mentions<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let named = match expr.kind {
            ExprKind::Path(QPath::Resolved(_, path)) => path.res.opt_def_id(),
            ExprKind::Path(ref path) => self.typeck.qpath_res(path, expr.hir_id).opt_def_id(),
            ExprKind::MethodCall(..) => self.typeck.type_dependent_def_id(expr.hir_id),
            _ => None,
        };
        if let Some(named) = named.filter(|named| self.wanted.contains(named)) {
            let owners = self.found.entry(named).or_default();
            if owners.last() != Some(&self.owner) {
                owners.push(self.owner);
            }
        }
        walk_expr(self, expr);
    }
}
