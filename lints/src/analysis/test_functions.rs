//! Which functions are run by the test harness.

use rustc_ast::attr::data_structures::CfgEntry;
use rustc_hir::{ItemKind, def::DefKind, def_id::LocalDefId, find_attr};
use rustc_middle::ty::TyCtxt;
use rustc_span::sym;

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

/// Whether an item belongs to the tests: to a test function, or to a module under `cfg(test)`.
pub(crate) fn is_in_tests(tcx: TyCtxt<'_>, item: LocalDefId) -> bool {
    let mut item = item;
    loop {
        let is_function = matches!(tcx.def_kind(item), DefKind::Fn | DefKind::AssocFn);
        if is_function && is_test(tcx, item) || has_test_cfg(tcx, item) {
            return true;
        }
        match tcx.opt_local_parent(item) {
            Some(parent) => item = parent,
            None => return false,
        }
    }
}

fn has_test_cfg(tcx: TyCtxt<'_>, item: LocalDefId) -> bool {
    let node = tcx.local_def_id_to_hir_id(item);
    find_attr!(tcx, node, CfgTrace(entries) if entries.iter().any(|(entry, _)| asks_for_test(entry)))
}

fn asks_for_test(cfg: &CfgEntry) -> bool {
    match cfg {
        CfgEntry::NameValue {
            name, value: None, ..
        } => *name == sym::test,
        CfgEntry::All(entries, _) => entries.iter().any(asks_for_test),
        _ => false,
    }
}
