//! The variable or temporary that a value is kept in, as the source has it.

use rustc_hir::{HirId, def_id::LocalDefId};
use rustc_middle::{hir::place::PlaceBase, mir::Body, ty::TyCtxt};
use rustc_span::{Span, Symbol, kw};

use super::suspend::Origin;

/// A variable, temporary or captured variable.
pub(crate) struct Holder {
    /// `None` for a temporary, and for a variable that the compiler made up.
    pub(crate) name: Option<Symbol>,
    pub(crate) span: Span,
    pub(crate) node: HirId,
}

impl Holder {
    /// What an origin of a value of `coroutine` stands for.
    pub(crate) fn of(
        tcx: TyCtxt<'_>,
        coroutine: LocalDefId,
        body: &Body<'_>,
        origin: Origin,
    ) -> Option<Self> {
        match origin {
            Origin::Saved(saved) => {
                let layout = body.coroutine_layout_raw()?;
                let source = layout.field_tys[saved].source_info;
                let node = source
                    .scope
                    .lint_root(&body.source_scopes)
                    .unwrap_or_else(|| tcx.local_def_id_to_hir_id(coroutine));
                Some(Self::new(layout.field_names[saved], source.span, node))
            }
            Origin::Captured(index) => {
                let captured = tcx.closure_captures(coroutine).get(index)?;
                let PlaceBase::Upvar(upvar) = captured.place.base else {
                    return None;
                };
                let variable = upvar.var_path.hir_id;
                let name = Some(tcx.hir_name(variable));
                Some(Self::new(name, tcx.hir_span(variable), variable))
            }
            Origin::Local => None,
        }
    }

    fn new(name: Option<Symbol>, span: Span, node: HirId) -> Self {
        Self {
            name: name.filter(|_| span.desugaring_kind().is_none()),
            span,
            node,
        }
    }

    /// A parameter that is called `_` lives until the end of the function all the same.
    pub(crate) fn is_ignored_parameter(&self) -> bool {
        self.name == Some(kw::Underscore)
    }

    /// How a sentence about it begins.
    pub(crate) fn subject(&self) -> String {
        match self.name {
            _ if self.is_ignored_parameter() => "this parameter".to_owned(),
            Some(name) => format!("`{name}`"),
            None => "this temporary".to_owned(),
        }
    }
}
