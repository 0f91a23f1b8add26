//! Which bodies name which functions: the cheap question that comes before every dear one.

use std::cell::OnceCell;

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    Expr, ExprKind, QPath,
    def_id::{CrateNum, DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{TyCtxt, TypeckResults};

use super::select;
use crate::paths::Resolver;

/// The crates whose functions the lints ask for.
const CRATES: &[&str] = &[
    "actix_rt",
    "tokio",
    "tokio_stream",
    "tokio_test",
    "tokio_uring",
    "tokio_util",
];

/// Functions of other crates that the lints ask for.
const FUNCTIONS: &[&[&str]] = &[select::NAMED];

/// What the crate's bodies name. One walk over the crate answers every question about [`CRATES`].
pub(crate) struct Mentions<'tcx> {
    tcx: TyCtxt<'tcx>,
    crates: FxHashSet<CrateNum>,
    functions: DefIdSet,
    found: OnceCell<FxHashMap<DefId, Vec<LocalDefId>>>,
}

impl<'tcx> Mentions<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>) -> Self {
        let crates = tcx
            .crates(())
            .iter()
            .copied()
            .filter(|krate| CRATES.contains(&tcx.crate_name(*krate).as_str()))
            .collect();
        Self {
            tcx,
            crates,
            functions: paths.all(FUNCTIONS.iter().copied().flatten().copied()),
            found: OnceCell::new(),
        }
    }

    /// The bodies that name one of the functions, in the order of the crate. All of them must be
    /// of [`CRATES`] or [`FUNCTIONS`].
    pub(crate) fn bodies_naming(&self, functions: &DefIdSet) -> Vec<LocalDefId> {
        if functions.is_empty() {
            return Vec::new();
        }
        let found = self
            .found
            .get_or_init(|| bodies_naming(self.tcx, &|function| self.is_counted(function)));
        let mut owners: Vec<LocalDefId> = found
            .iter()
            .filter(|(function, _)| functions.contains(*function))
            .flat_map(|(_, owners)| owners)
            .copied()
            .collect();
        owners.sort_by_key(|owner| owner.local_def_index);
        owners.dedup();
        owners
    }

    /// The bodies that name each of the crate's own functions. This walks over the whole crate.
    pub(crate) fn callers(&self, functions: &DefIdSet) -> FxHashMap<DefId, Vec<LocalDefId>> {
        if functions.is_empty() {
            return FxHashMap::default();
        }
        bodies_naming(self.tcx, &|function| functions.contains(&function))
    }

    fn is_counted(&self, function: DefId) -> bool {
        self.crates.contains(&function.krate) || self.functions.contains(&function)
    }
}

fn bodies_naming(
    tcx: TyCtxt<'_>,
    wanted: &dyn Fn(DefId) -> bool,
) -> FxHashMap<DefId, Vec<LocalDefId>> {
    let mut found = FxHashMap::default();
    for owner in tcx.hir_body_owners() {
        let mut visitor = Named {
            typeck: tcx.typeck(owner),
            wanted,
            owner,
            found: &mut found,
        };
        visitor.visit_body(tcx.hir_body_owned_by(owner));
    }
    found
}

struct Named<'m, 'tcx> {
    typeck: &'tcx TypeckResults<'tcx>,
    wanted: &'m dyn Fn(DefId) -> bool,
    owner: LocalDefId,
    found: &'m mut FxHashMap<DefId, Vec<LocalDefId>>,
}

impl<'tcx> Visitor<'tcx> for Named<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let named = match expr.kind {
            ExprKind::Path(QPath::Resolved(_, path)) => path.res.opt_def_id(),
            ExprKind::Path(ref path) => self.typeck.qpath_res(path, expr.hir_id).opt_def_id(),
            ExprKind::MethodCall(..) => self.typeck.type_dependent_def_id(expr.hir_id),
            _ => None,
        };
        if let Some(named) = named.filter(|named| (self.wanted)(*named)) {
            let owners = self.found.entry(named).or_default();
            if owners.last() != Some(&self.owner) {
                owners.push(self.owner);
            }
        }
        walk_expr(self, expr);
    }
}
