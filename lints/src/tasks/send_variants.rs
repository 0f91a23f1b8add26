//! Traits with async methods, and whether there is a form of them whose futures are `Send`.

use rustc_hir::{
    LangItem,
    def_id::{DefId, DefIdSet, LOCAL_CRATE},
};
use rustc_middle::ty::{self, AssocKind, ClauseKind, TyCtxt};
use rustc_span::sym;

/// The async methods of the crate's public traits whose futures nobody can ask to be `Send`.
pub(super) fn methods_without_send(tcx: TyCtxt<'_>) -> DefIdSet {
    tcx.traits(LOCAL_CRATE)
        .iter()
        .copied()
        .filter(|of| {
            of.as_local()
                .is_some_and(|of| tcx.effective_visibilities(()).is_reachable(of))
        })
        .filter(|of| !has_send_variant(tcx, *of))
        .flat_map(|of| async_methods(tcx, of))
        .filter(|(_, is_send)| !is_send)
        .map(|(method, _)| method)
        .collect()
}

/// The methods of a trait that return a future of their own type, and whether it is said to be
/// `Send`.
fn async_methods(tcx: TyCtxt<'_>, of: DefId) -> impl Iterator<Item = (DefId, bool)> {
    tcx.associated_items(of)
        .in_definition_order()
        .filter(|item| matches!(item.kind, AssocKind::Fn { .. }))
        .filter_map(move |method| Some((method.def_id, returns_send_future(tcx, method.def_id)?)))
}

/// `None` if the method returns no future of the form `impl Future`.
fn returns_send_future(tcx: TyCtxt<'_>, method: DefId) -> Option<bool> {
    let returned = tcx
        .fn_sig(method)
        .instantiate_identity()
        .output()
        .skip_binder();
    let ty::Alias(alias) = returned.kind() else {
        return None;
    };
    let ty::AliasTyKind::Projection { def_id: future } = alias.kind else {
        return None;
    };
    tcx.opt_rpitit_info(future)?;
    let bounds = || {
        tcx.item_bounds(future)
            .instantiate_identity()
            .iter()
            .filter_map(|bound| bound.as_trait_clause())
            .map(|bound| bound.def_id())
    };
    bounds()
        .any(|bound| tcx.is_lang_item(bound, LangItem::Future))
        .then(|| bounds().any(|bound| tcx.is_diagnostic_item(sym::Send, bound)))
}

/// Whether another trait, whose futures are `Send`, stands for this one: `impl<T: SendOne> One for
/// T`, as `trait_variant::make` writes it.
fn has_send_variant(tcx: TyCtxt<'_>, of: DefId) -> bool {
    tcx.all_impls(of).any(|one| {
        let header = tcx.impl_trait_ref(one).instantiate_identity();
        if !matches!(header.self_ty().kind(), ty::Param(_)) {
            return false;
        }
        let predicates = tcx.predicates_of(one).instantiate_identity(tcx);
        predicates.predicates.iter().any(|clause| {
            matches!(clause.kind().skip_binder(), ClauseKind::Trait(bound)
                if bound.def_id() != of
                    && bound.self_ty() == header.self_ty()
                    && is_variant(tcx, of, bound.def_id()))
        })
    })
}

fn is_variant(tcx: TyCtxt<'_>, of: DefId, other: DefId) -> bool {
    async_methods(tcx, of).all(|(method, is_send)| {
        is_send
            || async_methods(tcx, other)
                .any(|(twin, is_send)| is_send && tcx.item_name(twin) == tcx.item_name(method))
    })
}
