//! What the user has said about clippy's lints.
//!
//! Where one of ours says more or less what a lint of clippy's does, a user who has looked at a
//! place and allowed clippy's there should not have to do it twice. Clippy's lints are not
//! registered in this process, so the compiler keeps no levels for them; the attributes are read
//! here.

use std::iter;

use rustc_hir::{Attribute, HirId};
use rustc_lint::Level;
use rustc_middle::ty::TyCtxt;
use rustc_span::Symbol;

/// Whether clippy's lint `name` is allowed or expected at `node`, by the nearest attribute that
/// names it or else on the command line. Groups of lints do not count.
pub(crate) fn is_allowed(tcx: TyCtxt<'_>, node: HirId, name: &str) -> bool {
    iter::once(node)
        .chain(tcx.hir_parent_id_iter(node))
        .flat_map(|node| tcx.hir_attrs(node).iter().rev())
        .find_map(|attribute| level_for(attribute, name))
        .or_else(|| on_command_line(tcx, name))
        .is_some_and(|level| matches!(level, Level::Allow | Level::Expect))
}

fn level_for(attribute: &Attribute, name: &str) -> Option<Level> {
    let (level, _) = Level::from_attr(attribute)?;
    let path = [Symbol::intern("clippy"), Symbol::intern(name)];
    attribute
        .meta_item_list()?
        .iter()
        .filter_map(|item| item.meta_item())
        .any(|item| {
            item.path
                .segments
                .iter()
                .map(|segment| segment.ident.name)
                .eq(path)
        })
        .then_some(level)
}

/// `[lints.clippy]` in `Cargo.toml` ends up here, too.
fn on_command_line(tcx: TyCtxt<'_>, name: &str) -> Option<Level> {
    tcx.sess
        .opts
        .lint_opts
        .iter()
        .rev()
        .find(|(lint, _)| lint.strip_prefix("clippy::") == Some(name))
        .map(|&(_, level)| level)
}
