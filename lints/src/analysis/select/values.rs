//! What is known of the values on the ways after a `select!`, and which patterns they match.

use std::cell::RefCell;

use rustc_ast::LitKind;
use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    Expr, ExprKind, HirId, LangItem, Pat, PatExpr, PatExprKind, PatKind, QPath,
    def::{CtorOf, DefKind, Res},
    def_id::DefId,
};
use rustc_middle::ty::{TyCtxt, TypeckResults};

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Any,
    Bool(bool),
    Variant(DefId),
}

impl Value {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Bool(value) => Self::Bool(!value),
            _ => Self::Any,
        }
    }
}

pub(super) struct Values<'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    /// Of the body's immutable variables.
    variables: RefCell<FxHashMap<HirId, Value>>,
}

impl<'tcx> Values<'tcx> {
    pub(super) fn new(tcx: TyCtxt<'tcx>, typeck: &'tcx TypeckResults<'tcx>) -> Self {
        Self {
            tcx,
            typeck,
            variables: RefCell::default(),
        }
    }

    pub(super) fn forget(&self) {
        self.variables.borrow_mut().clear();
    }

    pub(super) fn set(&self, variable: HirId, value: Value) {
        self.variables.borrow_mut().insert(variable, value);
    }

    /// What a method of `Option` or `Result` makes of a receiver that holds no value: `None` where
    /// nothing is known, `Some(None)` where it does not return.
    pub(super) fn of_method(
        &self,
        call: &'tcx Expr<'tcx>,
        receiver: Value,
    ) -> Option<Option<Value>> {
        let (ExprKind::MethodCall(method, ..), Value::Variant(variant)) = (call.kind, receiver)
        else {
            return None;
        };
        let is = |item| self.tcx.is_lang_item(variant, item);
        let (is_err, is_none) = (is(LangItem::ResultErr), is(LangItem::OptionNone));
        let other = |item| self.tcx.lang_items().get(item).map(Value::Variant);
        if !is_err && !is_none {
            return None;
        }
        match method.ident.as_str() {
            "is_err" => Some(Some(Value::Bool(is_err))),
            "is_ok" | "is_some" => Some(Some(Value::Bool(false))),
            "is_none" => Some(Some(Value::Bool(is_none))),
            "unwrap" | "expect" => Some(None),
            "ok" if is_err => other(LangItem::OptionNone).map(Some),
            "ok_or" | "ok_or_else" if is_none => other(LangItem::ResultErr).map(Some),
            // anyhow's and eyre's make an error of `None`.
            "context" | "with_context" | "wrap_err" | "wrap_err_with" => {
                other(LangItem::ResultErr).map(Some)
            }
            "map" | "map_err" | "and_then" | "inspect" | "inspect_err" | "flatten" | "as_ref"
            | "as_mut" => Some(Some(receiver)),
            _ => None,
        }
    }

    pub(super) fn of(&self, expr: &'tcx Expr<'tcx>) -> Value {
        match expr.kind {
            ExprKind::Lit(literal) => match literal.node {
                LitKind::Bool(value) => Value::Bool(value),
                _ => Value::Any,
            },
            ExprKind::Path(ref path) => match self.typeck.qpath_res(path, expr.hir_id) {
                Res::Local(variable) => self
                    .variables
                    .borrow()
                    .get(&variable)
                    .copied()
                    .unwrap_or(Value::Any),
                res => self.variant(res).map_or(Value::Any, Value::Variant),
            },
            ExprKind::Call(function, _) => match function.kind {
                ExprKind::Path(ref path) => self
                    .variant(self.typeck.qpath_res(path, function.hir_id))
                    .map_or(Value::Any, Value::Variant),
                _ => Value::Any,
            },
            ExprKind::Struct(path, ..) => self
                .variant(self.typeck.qpath_res(path, expr.hir_id))
                .map_or(Value::Any, Value::Variant),
            _ => Value::Any,
        }
    }

    /// The variant of an enum that a path names, by itself or as a constructor.
    fn variant(&self, res: Res) -> Option<DefId> {
        match res {
            Res::Def(DefKind::Ctor(CtorOf::Variant, _), constructor) => {
                self.tcx.opt_parent(constructor)
            }
            Res::Def(DefKind::Variant, variant) => Some(variant),
            _ => None,
        }
    }

    /// Whether a value matches a pattern, as far as it can be told.
    pub(super) fn tests(&self, value: Value, pattern: &'tcx Pat<'tcx>) -> Value {
        let all_match = |parts: &'tcx [Pat<'tcx>]| {
            parts
                .iter()
                .all(|part| self.tests(Value::Any, part) == Value::Bool(true))
        };
        match pattern.kind {
            PatKind::Wild | PatKind::Binding(_, _, _, None) => Value::Bool(true),
            PatKind::Binding(_, _, _, Some(inner)) => self.tests(value, inner),
            PatKind::Tuple(parts, _) if all_match(parts) => Value::Bool(true),
            PatKind::Or(patterns) => {
                let tests: Vec<Value> = patterns
                    .iter()
                    .map(|pattern| self.tests(value, pattern))
                    .collect();
                if tests.contains(&Value::Bool(true)) {
                    Value::Bool(true)
                } else if tests.iter().all(|test| *test == Value::Bool(false)) {
                    Value::Bool(false)
                } else {
                    Value::Any
                }
            }
            PatKind::TupleStruct(ref path, parts, _) => {
                self.is_variant(value, path, pattern.hir_id, all_match(parts))
            }
            PatKind::Struct(ref path, fields, _) => {
                let all = fields
                    .iter()
                    .all(|field| self.tests(Value::Any, field.pat) == Value::Bool(true));
                self.is_variant(value, path, pattern.hir_id, all)
            }
            PatKind::Expr(expr) => self.tests_constant(value, expr),
            _ => Value::Any,
        }
    }

    fn tests_constant(&self, value: Value, pattern: &'tcx PatExpr<'tcx>) -> Value {
        match pattern.kind {
            PatExprKind::Lit { lit, .. } => match (lit.node, value) {
                (LitKind::Bool(wanted), Value::Bool(found)) => Value::Bool(wanted == found),
                _ => Value::Any,
            },
            PatExprKind::Path(ref path) => self.is_variant(value, path, pattern.hir_id, true),
        }
    }

    fn is_variant(&self, value: Value, path: &QPath<'tcx>, id: HirId, rest: bool) -> Value {
        let Some(wanted) = self.variant(self.typeck.qpath_res(path, id)) else {
            return Value::Any;
        };
        match value {
            Value::Variant(found) if found != wanted => Value::Bool(false),
            Value::Variant(_) if rest => Value::Bool(true),
            _ => Value::Any,
        }
    }
}
