//! Which functions are run by the test harness.

use rustc_hir::{ItemKind, def_id::LocalDefId, find_attr};
use rustc_middle::ty::TyCtxt;

/// Whether `function` carries `#[test]`, perhaps put there by another attribute such as
/// `#[tokio::test]`.
///
/// The attribute itself is gone by now. It has left a constant of the same name beside the
/// function, with an attribute of the compiler's own.
pub(crate) fn is_test(tcx: TyCtxt<'_>, function: LocalDefId) -> bool {
    let Some(name) = tcx.opt_item_name(function.to_def_id()) else {
        return false;
    };
    tcx.hir_module_free_items(tcx.parent_module_from_def_id(function))
        .map(|id| tcx.hir_item(id))
        .any(|item| {
            matches!(item.kind, ItemKind::Const(ident, ..) if ident.name == name)
                && find_attr!(tcx, item.hir_id(), RustcTestMarker(..))
        })
}
