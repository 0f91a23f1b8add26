//! Which functions are run by the test harness, or by the system.

use rustc_hir::{
    CoroutineKind, CoroutineSource, ItemKind,
    def::DefKind,
    def_id::{CRATE_DEF_ID, LocalDefId},
    find_attr,
};
use rustc_middle::ty::TyCtxt;
use rustc_span::sym;

use super::test_code::is_test_code;

/// Whether `coroutine` is the outermost future of a test: its own body, or that of a function which
/// stands in it. Attributes such as `#[async_std::test]` wrap the user's function in another one.
pub(crate) fn is_outermost_future(tcx: TyCtxt<'_>, coroutine: LocalDefId) -> bool {
    let mut function = tcx.local_parent(coroutine);
    while tcx.def_kind(function) == DefKind::Fn {
        if is_test(tcx, function) {
            return true;
        }
        function = tcx.local_parent(function);
    }
    false
}

/// Whether `coroutine` is the body of an `async fn` that is there for tests only.
pub(crate) fn is_helper_of_tests(tcx: TyCtxt<'_>, coroutine: LocalDefId) -> bool {
    matches!(
        tcx.coroutine_kind(coroutine),
        Some(CoroutineKind::Desugared(_, CoroutineSource::Fn))
    ) && is_test_code(tcx, coroutine)
}

/// Whether `coroutine` stands directly in the program's `main`. (In a build for tests, that function
/// is not the entry.)
pub(crate) fn is_in_main(tcx: TyCtxt<'_>, coroutine: LocalDefId) -> bool {
    let function = tcx.local_parent(coroutine);
    tcx.opt_item_name(function.to_def_id()) == Some(sym::main)
        && tcx.local_parent(function) == CRATE_DEF_ID
}

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
