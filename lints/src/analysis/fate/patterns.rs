//! What a pattern says about a value that may have an error in it.

use rustc_hir::{
    HirId, LangItem, Pat, PatExprKind, PatKind,
    def::{DefKind, Res},
    def_id::DefId,
};
use rustc_span::Symbol;

use super::{Carrier, Fates};
use crate::analysis::enclosing::uses;

/// A part of a pattern, by what it says about the carrier.
pub(super) enum Part {
    /// The value is there.
    Value {
        used: bool,
    },
    /// The error is there, and given a name that is used.
    LookedAt,
    /// The error is one of these variants.
    Variant(Symbol),
    /// Some error.
    AnyError,
    /// The carrier as a whole has a name.
    Named(HirId, Carrier),
    Anything,
    /// Another layer around the carrier has no value.
    Elsewhere,
    Unknown,
}

impl<'tcx> Fates<'_, 'tcx> {
    pub(super) fn parts(&self, pattern: &'tcx Pat<'tcx>, carrier: Carrier) -> Vec<Part> {
        match pattern.kind {
            PatKind::Wild => vec![Part::Anything],
            PatKind::Binding(_, binding, _, None) => vec![Part::Named(binding, carrier)],
            PatKind::Ref(inner, ..) | PatKind::Box(inner) | PatKind::Deref(inner) => {
                self.parts(inner, carrier)
            }
            PatKind::Or(alternatives) => alternatives
                .iter()
                .flat_map(|alternative| self.parts(alternative, carrier))
                .collect(),
            PatKind::TupleStruct(path, inner, _) => {
                let variant = self.variant(self.typeck.qpath_res(&path, pattern.hir_id));
                self.variant_parts(variant, inner.first(), carrier)
            }
            PatKind::Expr(constant) => match constant.kind {
                PatExprKind::Path(path) => {
                    let variant = self.variant(self.typeck.qpath_res(&path, constant.hir_id));
                    self.variant_parts(variant, None, carrier)
                }
                _ => vec![Part::Unknown],
            },
            _ => vec![Part::Unknown],
        }
    }

    fn variant_parts(
        &self,
        variant: Option<DefId>,
        inner: Option<&'tcx Pat<'tcx>>,
        carrier: Carrier,
    ) -> Vec<Part> {
        let Some(variant) = variant else {
            return vec![Part::Unknown];
        };
        let is = |item| self.tcx.is_lang_item(variant, item);
        let is_value =
            is(LangItem::ResultOk) || is(LangItem::OptionSome) || is(LangItem::PollReady);
        let is_none =
            is(LangItem::ResultErr) || is(LangItem::OptionNone) || is(LangItem::PollPending);
        match (is_value, is_none, carrier.depth.checked_sub(1)) {
            (true, _, Some(depth)) => match inner {
                Some(inner) => self.parts(inner, Carrier { depth, ..carrier }),
                None => vec![Part::Anything],
            },
            (true, _, None) => vec![Part::Value {
                used: inner.is_some_and(|inner| self.takes(inner)),
            }],
            (_, true, Some(_)) => vec![Part::Elsewhere],
            (_, true, None) if carrier.variants.is_some() => self.error_parts(inner),
            (_, true, None) => vec![Part::AnyError],
            _ => vec![Part::Unknown],
        }
    }

    fn error_parts(&self, error: Option<&'tcx Pat<'tcx>>) -> Vec<Part> {
        let Some(error) = error else {
            return vec![Part::AnyError];
        };
        match error.kind {
            PatKind::Wild => vec![Part::AnyError],
            PatKind::Ref(inner, ..) => self.error_parts(Some(inner)),
            PatKind::Binding(_, binding, _, None) => {
                if uses(self.tcx, binding).is_empty() {
                    vec![Part::AnyError]
                } else {
                    vec![Part::LookedAt]
                }
            }
            PatKind::Or(alternatives) => alternatives
                .iter()
                .flat_map(|alternative| self.error_parts(Some(alternative)))
                .collect(),
            PatKind::TupleStruct(path, ..) | PatKind::Struct(path, ..) => {
                self.error_variant(self.typeck.qpath_res(&path, error.hir_id))
            }
            PatKind::Expr(constant) => match constant.kind {
                PatExprKind::Path(path) => {
                    self.error_variant(self.typeck.qpath_res(&path, constant.hir_id))
                }
                _ => vec![Part::Unknown],
            },
            _ => vec![Part::LookedAt],
        }
    }

    fn error_variant(&self, res: Res) -> Vec<Part> {
        match self.variant(res) {
            Some(variant) => vec![Part::Variant(self.tcx.item_name(variant))],
            None => vec![Part::Unknown],
        }
    }

    fn variant(&self, res: Res) -> Option<DefId> {
        match res {
            Res::Def(DefKind::Ctor(..), constructor) => Some(self.tcx.parent(constructor)),
            Res::Def(DefKind::Variant, variant) => Some(variant),
            _ => None,
        }
    }

    /// Whether a pattern takes something out of a value, or looks at what it is.
    fn takes(&self, pattern: &'tcx Pat<'tcx>) -> bool {
        match pattern.kind {
            PatKind::Wild => false,
            PatKind::Binding(_, binding, _, None) => !uses(self.tcx, binding).is_empty(),
            PatKind::Tuple(inner, _) => inner.iter().any(|inner| self.takes(inner)),
            PatKind::Ref(inner, ..) => self.takes(inner),
            PatKind::Struct(_, fields, _) => {
                let ty = self.typeck.pat_ty(pattern);
                ty.ty_adt_def()
                    .is_some_and(rustc_middle::ty::AdtDef::is_enum)
                    || fields.iter().any(|field| self.takes(field.pat))
            }
            _ => true,
        }
    }
}
