//! The bodies that executors poll: where the async path begins.

use rustc_hir::{
    LangItem,
    def::DefKind,
    def_id::{DefId, LocalDefId},
};
use rustc_middle::ty::{self, Ty, TyCtxt};

use super::bodies::source_owner;

/// Whether an executor polls the body: it is that of an `async fn`, block or closure, or
/// a function written by hand that is given a `Context`.
pub(crate) fn is_polled(tcx: TyCtxt<'_>, body: DefId) -> bool {
    let body = source_owner(tcx, body);
    if tcx.coroutine_is_async(body) {
        return true;
    }
    match tcx.def_kind(body) {
        DefKind::Fn | DefKind::AssocFn => {
            let signature = tcx.fn_sig(body).instantiate_identity().skip_binder();
            signature.inputs().iter().any(|ty| is_context(tcx, *ty))
        }
        DefKind::Closure => match tcx.type_of(body).instantiate_identity().kind() {
            ty::Closure(_, args) => {
                let signature = args.as_closure().sig().skip_binder();
                signature.inputs().iter().any(|inputs| match inputs.kind() {
                    ty::Tuple(inputs) => inputs.iter().any(|ty| is_context(tcx, ty)),
                    _ => false,
                })
            }
            _ => false,
        },
        _ => false,
    }
}

/// The crate's bodies that executors poll, in the order of the crate.
pub(crate) fn polled_bodies(tcx: TyCtxt<'_>) -> impl Iterator<Item = LocalDefId> {
    tcx.hir_body_owners()
        .filter(move |owner| is_polled(tcx, owner.to_def_id()))
}

fn is_context<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> bool {
    match ty.kind() {
        ty::Ref(_, inner, _) => inner
            .ty_adt_def()
            .is_some_and(|adt| tcx.is_lang_item(adt.did(), LangItem::Context)),
        _ => false,
    }
}
