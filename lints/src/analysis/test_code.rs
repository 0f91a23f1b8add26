//! Code that only tests run.

use std::{
    env,
    path::{Path, PathBuf},
};

use rustc_hir::{
    attrs::CfgEntry,
    def::DefKind,
    def_id::{CRATE_DEF_ID, LOCAL_CRATE, LocalDefId},
    find_attr,
};
use rustc_middle::ty::TyCtxt;
use rustc_span::{FileName, RemapPathScopeComponents, sym};

use super::test_functions::is_test;

/// Set by cargo while it compiles integration tests and benchmarks, and for nothing else.
const TEST_TARGET_VARIABLE: &str = "CARGO_TARGET_TMPDIR";

/// Whether the body stands in a test or under `#[cfg(test)]`. What tests call is not asked.
pub(crate) fn is_test_code(tcx: TyCtxt<'_>, body: LocalDefId) -> bool {
    let mut item = body;
    loop {
        if matches!(tcx.def_kind(item), DefKind::Fn | DefKind::AssocFn) && is_test(tcx, item)
            || is_under_test_cfg(tcx, item)
        {
            return true;
        }
        if item == CRATE_DEF_ID {
            return false;
        }
        item = tcx.local_parent(item);
    }
}

/// The same, or the body stands in a crate that is all tests.
pub(crate) fn is_run_by_tests(tcx: TyCtxt<'_>, body: LocalDefId) -> bool {
    is_test_crate(tcx) || is_test_code(tcx, body)
}

/// Whether the whole crate is an integration test.
pub(crate) fn is_test_crate(tcx: TyCtxt<'_>) -> bool {
    if env::var_os(TEST_TARGET_VARIABLE).is_none() {
        return false;
    }
    // A test with a harness of its own is not compiled with `--test`.
    tcx.sess.opts.test || crate_root(tcx).is_some_and(|root| root.starts_with("tests"))
}

/// Whether the crate runs while another one is built: a build script or a procedural macro.
pub(crate) fn runs_at_build_time(tcx: TyCtxt<'_>) -> bool {
    tcx.crate_name(LOCAL_CRATE)
        .as_str()
        .starts_with("build_script_")
        || tcx
            .crate_types()
            .contains(&rustc_session::config::CrateType::ProcMacro)
}

fn crate_root(tcx: TyCtxt<'_>) -> Option<PathBuf> {
    let span = tcx.def_span(CRATE_DEF_ID);
    let FileName::Real(file) = tcx.sess.source_map().span_to_filename(span) else {
        return None;
    };
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR")?)
        .canonicalize()
        .ok()?;
    let file = file
        .path(RemapPathScopeComponents::DIAGNOSTICS)
        .canonicalize()
        .ok()?;
    let inside = file.strip_prefix(folder).ok()?;
    Some(inside.to_path_buf())
}

fn is_under_test_cfg(tcx: TyCtxt<'_>, item: LocalDefId) -> bool {
    let node = tcx.local_def_id_to_hir_id(item);
    find_attr!(tcx, node, CfgTrace(conditions) if conditions
        .iter()
        .any(|(condition, _)| asks_for_test(condition)))
}

/// `any(test, feature = "testing")` counts as well: what stands there helps tests.
fn asks_for_test(condition: &CfgEntry) -> bool {
    match condition {
        CfgEntry::NameValue { name, value, .. } => *name == sym::test && value.is_none(),
        CfgEntry::All(all, _) => all.iter().any(asks_for_test),
        CfgEntry::Any(any, _) => any.iter().any(asks_for_test),
        CfgEntry::Not(..) | CfgEntry::Bool(..) | CfgEntry::Version(..) => false,
    }
}
