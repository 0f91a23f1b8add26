//! Which bodies name which functions: the cheap question that comes before every dear one.

use std::cell::OnceCell;

use rustc_data_structures::{
    fx::{FxHashMap, FxHashSet},
    unord::ExtendUnord,
};
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
const FUNCTIONS: &[&str] = &[
    "core::future::poll_fn",
    "core::task::Waker::noop",
    "futures_task::noop_waker",
    "futures_task::noop_waker_ref",
    "std::os::fd::AsRawFd::as_raw_fd",
    "std::thread::spawn",
    "std::thread::Builder::spawn",
    "async_std::task::spawn",
    "rayon_core::spawn",
];

/// What the crate's bodies name. One walk over the crate answers every question about [`CRATES`],
/// the functions given to [`Mentions::new`], and the crate's own functions.
pub(crate) struct Mentions<'tcx> {
    tcx: TyCtxt<'tcx>,
    crates: FxHashSet<CrateNum>,
    functions: DefIdSet,
    /// Traits of other crates that this one implements.
    traits: DefIdSet,
    found: OnceCell<FxHashMap<DefId, Vec<LocalDefId>>>,
}

impl<'tcx> Mentions<'tcx> {
    pub(crate) fn new(
        tcx: TyCtxt<'tcx>,
        paths: &Resolver<'tcx>,
        more: impl IntoIterator<Item = DefIdSet>,
    ) -> Self {
        let crates = tcx
            .crates(())
            .iter()
            .copied()
            .filter(|krate| CRATES.contains(&tcx.crate_name(*krate).as_str()))
            .collect();
        let mut functions = paths.all(FUNCTIONS.iter().chain(select::NAMED).copied());
        for more in more {
            functions.extend_unord(more.into_items());
        }
        Self {
            tcx,
            crates,
            functions,
            traits: tcx.all_local_trait_impls(()).keys().copied().collect(),
            found: OnceCell::new(),
        }
    }

    /// The bodies that name one of the functions, in the order of the crate. All of them must be
    /// of [`CRATES`] or [`FUNCTIONS`].
    pub(crate) fn bodies_naming(&self, functions: &DefIdSet) -> Vec<LocalDefId> {
        if functions.is_empty() {
            return Vec::new();
        }
        let mut owners: Vec<LocalDefId> = self
            .found()
            .iter()
            .filter(|(function, _)| functions.contains(*function))
            .flat_map(|(_, owners)| owners)
            .copied()
            .collect();
        owners.sort_by_key(|owner| owner.local_def_index);
        owners.dedup();
        owners
    }

    /// The bodies that name each of the crate's own functions.
    pub(crate) fn callers(&self, functions: &DefIdSet) -> FxHashMap<DefId, Vec<LocalDefId>> {
        self.found()
            .iter()
            .filter(|(function, _)| functions.contains(*function))
            .map(|(function, owners)| (*function, owners.clone()))
            .collect()
    }

    /// The bodies that name one of the crate's own functions.
    pub(crate) fn naming(&self, function: LocalDefId) -> &[LocalDefId] {
        self.found()
            .get(&function.to_def_id())
            .map_or(&[], Vec::as_slice)
    }

    /// The crate's functions that name one of `targets`, or a function that does, and so on.
    ///
    /// A function that names a trait's method counts as naming every implementation of it, so this
    /// is more than what calls can lead to; what a function runs of the closures that it is given
    /// is not in it.
    pub(crate) fn leading_to(&self, targets: &DefIdSet) -> FxHashSet<LocalDefId> {
        let mut leading = FxHashSet::default();
        let mut pending: Vec<LocalDefId> = self.bodies_naming(targets);
        while let Some(body) = pending.pop() {
            let function = self.tcx.typeck_root_def_id(body.to_def_id());
            if !function
                .as_local()
                .is_some_and(|local| leading.insert(local))
            {
                continue;
            }
            let of_trait = self.tcx.trait_item_of(function);
            for name in [Some(function), of_trait].into_iter().flatten() {
                pending.extend(self.found().get(&name).into_iter().flatten());
            }
        }
        leading
    }

    fn found(&self) -> &FxHashMap<DefId, Vec<LocalDefId>> {
        self.found
            .get_or_init(|| bodies_naming(self.tcx, &|function| self.is_counted(function)))
    }

    fn is_counted(&self, function: DefId) -> bool {
        function.is_local()
            || self.crates.contains(&function.krate)
            || self.functions.contains(&function)
            || self
                .tcx
                .trait_of_assoc(function)
                .is_some_and(|of_trait| self.traits.contains(&of_trait))
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
            // Methods, and operators that stand for one.
            _ => self.typeck.type_dependent_def_id(expr.hir_id),
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
