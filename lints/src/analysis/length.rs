//! How many items an expression yields, where the source tells.

use rustc_ast::LitKind;
use rustc_hir::{
    BinOpKind, BindingMode, Expr, ExprKind, Node, PatKind, QPath, UnOp,
    def::{DefKind, Res},
    def_id::{DefId, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::{
    mir::{self, interpret::Scalar},
    ty::{self, Ty, TyCtxt, TypeckResults},
};
use rustc_span::{DesugaringKind, sym};

use super::handoffs::is_std;

/// Items that are gone through in no time.
pub(crate) const FEW: u128 = 100;
/// Definitions followed from one to the next.
const DEEPEST: usize = 8;

/// Adapters that yield at most as many items as there are in their receiver.
const NARROWING: &[&str] = &[
    "as_bytes",
    "as_ref",
    "as_slice",
    "as_str",
    "bytes",
    "char_indices",
    "chars",
    "chunks",
    "chunks_exact",
    "clone",
    "cloned",
    "collect",
    "copied",
    "drain",
    "enumerate",
    "filter",
    "filter_map",
    "fuse",
    "inspect",
    "into_bytes",
    "into_iter",
    "iter",
    "iter_mut",
    "lines",
    "map",
    "map_while",
    "peekable",
    "rev",
    "scan",
    "skip",
    "skip_while",
    "split",
    "split_whitespace",
    "step_by",
    "take_while",
    "to_owned",
    "to_string",
    "to_vec",
    "windows",
];

pub(crate) struct Lengths<'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
}

impl<'tcx> Lengths<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, owner: LocalDefId) -> Self {
        Self {
            tcx,
            typeck: tcx.typeck(owner),
        }
    }

    pub(crate) fn ty(&self, expr: &Expr<'_>) -> Ty<'tcx> {
        self.typeck.expr_ty_adjusted(expr)
    }

    pub(crate) fn method(&self, call: &Expr<'_>) -> Option<DefId> {
        self.typeck.type_dependent_def_id(call.hir_id)
    }

    /// An upper bound of the number of items that going through `expr` yields.
    pub(crate) fn of(&self, expr: &'tcx Expr<'tcx>) -> Option<u128> {
        self.length(expr, DEEPEST)
    }

    /// The value of an integer that the source fixes.
    pub(crate) fn integer(&self, expr: &'tcx Expr<'tcx>) -> Option<u128> {
        self.value(expr, DEEPEST)
            .and_then(|value| u128::try_from(value).ok())
    }

    fn length(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> Option<u128> {
        let depth = depth.checked_sub(1)?;
        if let Some(length) = self.length_of_type(self.typeck.expr_ty(expr)) {
            return Some(length);
        }
        match expr.kind {
            ExprKind::DropTemps(inner) | ExprKind::AddrOf(_, _, inner) => self.length(inner, depth),
            ExprKind::Unary(UnOp::Deref, inner) => self.length(inner, depth),
            ExprKind::Lit(literal) => match literal.node {
                LitKind::Str(text, _) => Some(text.as_str().len() as u128),
                LitKind::ByteStr(bytes, _) => Some(bytes.as_byte_str().len() as u128),
                _ => None,
            },
            ExprKind::Array(items) => Some(items.len() as u128),
            ExprKind::Struct(..) => self.range(expr, depth),
            ExprKind::Call(function, arguments) => self.call(expr, function, arguments, depth),
            ExprKind::MethodCall(method, receiver, arguments, _) => {
                if !self
                    .method(expr)
                    .is_some_and(|method| is_std(self.tcx, method))
                {
                    return None;
                }
                let name = method.ident.as_str();
                let of_receiver = || self.length(receiver, depth);
                match (name, arguments) {
                    ("take", [most]) => {
                        let most = self
                            .value(most, depth)
                            .and_then(|most| u128::try_from(most).ok());
                        most.into_iter().chain(of_receiver()).min()
                    }
                    ("zip", [other]) => of_receiver()
                        .into_iter()
                        .chain(self.length(other, depth))
                        .min(),
                    ("chain", [other]) => of_receiver()?.checked_add(self.length(other, depth)?),
                    _ if NARROWING.contains(&name) => of_receiver(),
                    _ => None,
                }
            }
            ExprKind::Path(ref path) => {
                self.behind_path(expr, path, |this, value| this.length(value, depth))
            }
            ExprKind::Block(block, _) if block.stmts.is_empty() => self.length(block.expr?, depth),
            _ => None,
        }
    }

    fn length_of_type(&self, ty: Ty<'tcx>) -> Option<u128> {
        match ty.peel_refs().kind() {
            ty::Array(_, length) => {
                let length = length.try_to_target_usize(self.tcx);
                // A length that depends on a parameter is chosen in the source as well.
                Some(length.map_or(FEW, u128::from))
            }
            ty::Adt(adt, _)
                if self.tcx.is_diagnostic_item(sym::Option, adt.did())
                    || self.tcx.is_diagnostic_item(sym::Result, adt.did()) =>
            {
                Some(1)
            }
            _ => None,
        }
    }

    fn range(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> Option<u128> {
        let ExprKind::Struct(_, fields, _) = expr.kind else {
            return None;
        };
        let field = |name| fields.iter().find(|field| field.ident.name == name);
        let (start, end) = (field(sym::start)?, field(sym::end)?);
        self.between(start.expr, end.expr, depth)
    }

    fn between(
        &self,
        start: &'tcx Expr<'tcx>,
        end: &'tcx Expr<'tcx>,
        depth: usize,
    ) -> Option<u128> {
        let (start, end) = (self.value(start, depth)?, self.value(end, depth)?);
        u128::try_from(end.saturating_sub(start).max(0)).ok()
    }

    fn call(
        &self,
        expr: &'tcx Expr<'tcx>,
        function: &'tcx Expr<'tcx>,
        arguments: &'tcx [Expr<'tcx>],
        depth: usize,
    ) -> Option<u128> {
        let ExprKind::Path(path) = &function.kind else {
            return None;
        };
        let callee = self.typeck.qpath_res(path, function.hir_id).opt_def_id()?;
        if !is_std(self.tcx, callee) {
            return None;
        }
        if self
            .tcx
            .is_lang_item(callee, rustc_hir::LangItem::RangeInclusiveNew)
            && let [start, end] = arguments
        {
            return self.between(start, end, depth)?.checked_add(1);
        }
        match (self.tcx.item_name(callee).as_str(), arguments) {
            ("once", _) => Some(1),
            ("empty", _) => Some(0),
            ("from_elem" | "repeat_n", [_, count]) => self
                .value(count, depth)
                .and_then(|count| u128::try_from(count).ok()),
            ("into_iter", [collection]) => self.length(collection, depth),
            // `vec![a, b, c]`
            _ if expr.span.from_expansion() => items_in(expr),
            _ => None,
        }
    }

    /// Goes on with what a variable or constant was set to, if it is set once.
    fn behind_path<T>(
        &self,
        expr: &'tcx Expr<'tcx>,
        path: &QPath<'tcx>,
        go_on: impl FnOnce(&Self, &'tcx Expr<'tcx>) -> Option<T>,
    ) -> Option<T> {
        match self.typeck.qpath_res(path, expr.hir_id) {
            Res::Local(binding) => {
                let Node::Pat(pattern) = self.tcx.hir_node(binding) else {
                    return None;
                };
                let PatKind::Binding(BindingMode::NONE, _, _, None) = pattern.kind else {
                    return None;
                };
                match self.tcx.parent_hir_node(binding) {
                    Node::LetStmt(statement) if statement.els.is_none() => {
                        go_on(self, statement.init?)
                    }
                    _ => None,
                }
            }
            Res::Def(
                DefKind::Const { .. }
                | DefKind::Static {
                    mutability: rustc_ast::Mutability::Not,
                    ..
                },
                item,
            ) => {
                let item = item.as_local()?;
                let body = self.tcx.hir_maybe_body_owned_by(item)?;
                go_on(&Self::new(self.tcx, item), body.value)
            }
            _ => None,
        }
    }

    fn value(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> Option<i128> {
        let depth = depth.checked_sub(1)?;
        match expr.kind {
            ExprKind::DropTemps(inner) | ExprKind::Cast(inner, _) => self.value(inner, depth),
            ExprKind::Lit(literal) => match literal.node {
                LitKind::Int(value, _) => i128::try_from(value.get()).ok(),
                _ => None,
            },
            ExprKind::Unary(UnOp::Neg, inner) => self.value(inner, depth)?.checked_neg(),
            ExprKind::Binary(operator, left, right) => {
                let (left, right) = (self.value(left, depth)?, self.value(right, depth)?);
                match operator.node {
                    BinOpKind::Add => left.checked_add(right),
                    BinOpKind::Sub => left.checked_sub(right),
                    BinOpKind::Mul => left.checked_mul(right),
                    BinOpKind::Div => left.checked_div(right),
                    BinOpKind::Shl => left.checked_shl(u32::try_from(right).ok()?),
                    _ => None,
                }
            }
            ExprKind::MethodCall(method, receiver, [], _) if method.ident.name == sym::len => {
                i128::try_from(self.length(receiver, depth)?).ok()
            }
            ExprKind::Path(ref path) => {
                if let Res::Def(DefKind::Const { .. } | DefKind::AssocConst { .. }, item) =
                    self.typeck.qpath_res(path, expr.hir_id)
                {
                    return self.constant(item, self.typeck.expr_ty(expr));
                }
                self.behind_path(expr, path, |this, value| this.value(value, depth))
            }
            _ => None,
        }
    }

    fn constant(&self, item: DefId, ty: Ty<'tcx>) -> Option<i128> {
        if self
            .tcx
            .generics_of(item)
            .requires_monomorphization(self.tcx)
            || !ty.is_integral()
        {
            return None;
        }
        let value = self.tcx.const_eval_poly(item).ok()?;
        let mir::ConstValue::Scalar(Scalar::Int(value)) = value else {
            return None;
        };
        let bits = value.to_bits(value.size());
        if ty.is_signed() {
            Some(value.size().sign_extend(bits))
        } else {
            i128::try_from(bits).ok()
        }
    }
}

/// The length of the array that a macro such as `vec!` wrote into its expansion.
fn items_in<'tcx>(expr: &'tcx Expr<'tcx>) -> Option<u128> {
    struct FirstArray(Option<u128>);
    impl<'tcx> Visitor<'tcx> for FirstArray {
        fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
            if self.0.is_some() {
                return;
            }
            if let ExprKind::Array(items) = expr.kind
                && expr.span.from_expansion()
                && !expr.span.is_desugaring(DesugaringKind::Await)
            {
                self.0 = Some(items.len() as u128);
                return;
            }
            walk_expr(self, expr);
        }
    }
    let mut first = FirstArray(None);
    first.visit_expr(expr);
    first.0
}
