//! How control leaves a piece of source: by falling off its end, `break`, `continue`, `return`.

use rustc_hir::{
    Block, Expr, ExprKind, HirId, StmtKind,
    def::{CtorOf, DefKind, Res},
    def_id::DefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{Ty, TyCtxt, TypeckResults};
use rustc_span::{DesugaringKind, Symbol, sym};

use super::enclosing::written_by_foreign_macro;

/// The jumps out of an expression. Closures and `async` blocks in it do not count.
#[derive(Default)]
pub(crate) struct Exits<'tcx> {
    /// The loop or block that is left, and the value it is left with.
    pub(crate) breaks: Vec<(HirId, Option<&'tcx Expr<'tcx>>)>,
    pub(crate) continues: Vec<HirId>,
    pub(crate) returns: Vec<Option<&'tcx Expr<'tcx>>>,
    inner: Vec<HirId>,
}

/// An expression, or a block that is none: that of a `let … else`.
#[derive(Clone, Copy)]
pub(crate) enum Code<'tcx> {
    Expr(&'tcx Expr<'tcx>),
    Else(&'tcx Block<'tcx>),
}

impl<'tcx> Code<'tcx> {
    /// The expression whose value the code has.
    pub(crate) fn value(self) -> Option<&'tcx Expr<'tcx>> {
        match self {
            Self::Expr(expr) => Some(value(expr)),
            Self::Else(block) => block.expr.map(value),
        }
    }

    pub(crate) fn hir_id(self) -> HirId {
        match self {
            Self::Expr(expr) => expr.hir_id,
            Self::Else(block) => block.hir_id,
        }
    }

    fn visit(self, visitor: &mut impl Visitor<'tcx, Result = ()>) {
        match self {
            Self::Expr(expr) => visitor.visit_expr(expr),
            Self::Else(block) => visitor.visit_block(block),
        }
    }
}

impl<'tcx> Exits<'tcx> {
    pub(crate) fn of(code: Code<'tcx>) -> Self {
        let mut exits = Self::default();
        code.visit(&mut exits);
        let inner = std::mem::take(&mut exits.inner);
        exits.breaks.retain(|(target, _)| !inner.contains(target));
        exits.continues.retain(|target| !inner.contains(target));
        exits
    }

    fn is_empty(&self) -> bool {
        self.breaks.is_empty() && self.continues.is_empty() && self.returns.is_empty()
    }
}

impl<'tcx> Visitor<'tcx> for Exits<'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        match expr.kind {
            ExprKind::Loop(..) | ExprKind::Block(_, Some(_)) => self.inner.push(expr.hir_id),
            ExprKind::Break(to, value) => {
                if let Ok(target) = to.target_id {
                    self.breaks.push((target, value));
                }
            }
            ExprKind::Continue(to) => {
                if let Ok(target) = to.target_id {
                    self.continues.push(target);
                }
            }
            ExprKind::Ret(value) => self.returns.push(value),
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Where control goes from an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// To what comes next, or to the next round of the loop.
    On,
    /// Out of the loop, or of the function.
    Out,
    /// Out of the function, which returns `None`.
    ReturnsNone,
    /// To a panic, or to a caller that is given an error.
    ToError,
}

/// Questions about control flow in one body.
#[derive(Clone, Copy)]
pub(crate) struct Control<'tcx> {
    pub(crate) tcx: TyCtxt<'tcx>,
    pub(crate) typeck: &'tcx TypeckResults<'tcx>,
}

impl<'tcx> Control<'tcx> {
    /// Whether the end of the code is never reached.
    pub(crate) fn diverges(self, code: Code<'_>) -> bool {
        match code {
            Code::Expr(expr) => self
                .typeck
                .expr_ty_opt(expr)
                .is_some_and(rustc_middle::ty::Ty::is_never),
            Code::Else(_) => true,
        }
    }

    /// Whether each way through the expression leaves the loop for good.
    pub(crate) fn always_leaves(self, expr: &'tcx Expr<'tcx>, looped: HirId) -> bool {
        self.diverges(Code::Expr(expr)) && !Exits::of(Code::Expr(expr)).continues.contains(&looped)
    }

    pub(crate) fn leads(self, code: Code<'tcx>) -> Leads {
        if !self.diverges(code) {
            return match code.value() {
                Some(value) if self.is_error(value) => Leads::ToError,
                _ => Leads::On,
            };
        }
        let exits = Exits::of(code);
        let values = exits
            .returns
            .iter()
            .copied()
            .chain(exits.breaks.iter().map(|(_, value)| *value));
        let mut values = values.flatten();
        if exits.is_empty() || values.clone().any(|given| self.is_error(value(given))) {
            Leads::ToError
        } else if !exits.continues.is_empty() {
            Leads::On
        } else if values.any(|given| self.is_none(value(given))) && exits.breaks.is_empty() {
            Leads::ReturnsNone
        } else {
            Leads::Out
        }
    }

    /// A value that tells whoever gets it that something went wrong, or may do so.
    fn is_error(self, value: &Expr<'_>) -> bool {
        match value.kind {
            ExprKind::Call(function, _) => match self.constructor(function) {
                Some(constructor) => self.tcx.item_name(constructor) == sym::Err,
                None => true,
            },
            ExprKind::MethodCall(..) | ExprKind::Match(..) => {
                self.is_result(self.typeck.expr_ty(value))
            }
            ExprKind::Path(_) | ExprKind::Struct(..) => {
                let ty = self.typeck.expr_ty(value);
                self.is_result(ty)
                    || ty.ty_adt_def().is_some_and(|adt| {
                        adt.is_enum() && !self.tcx.is_diagnostic_item(sym::Option, adt.did())
                    })
            }
            _ => false,
        }
    }

    pub(crate) fn is_none(self, value: &Expr<'_>) -> bool {
        self.constructor(value)
            .is_some_and(|constructor| self.tcx.item_name(constructor) == sym::None)
    }

    /// The variant whose constructor a path names.
    fn constructor(self, path: &Expr<'_>) -> Option<DefId> {
        let ExprKind::Path(path_kind) = &path.kind else {
            return None;
        };
        match self.typeck.qpath_res(path_kind, path.hir_id) {
            Res::Def(DefKind::Ctor(CtorOf::Variant, _), constructor) => {
                Some(self.tcx.parent(constructor))
            }
            _ => None,
        }
    }

    fn is_result(self, ty: Ty<'tcx>) -> bool {
        ty.ty_adt_def()
            .is_some_and(|adt| self.tcx.is_diagnostic_item(sym::Result, adt.did()))
    }

    /// Whether the code does more than jump, wait and log: it calls or changes something.
    pub(crate) fn acts(self, code: Code<'tcx>) -> bool {
        let mut search = Acts {
            control: self,
            found: false,
        };
        code.visit(&mut search);
        search.found
    }

    /// The function that a call or method call names.
    pub(crate) fn callee(self, call: &Expr<'_>) -> Option<DefId> {
        match call.kind {
            ExprKind::MethodCall(..) => self.typeck.type_dependent_def_id(call.hir_id),
            ExprKind::Call(function, _) => match &function.kind {
                ExprKind::Path(path) => self.typeck.qpath_res(path, function.hir_id).opt_def_id(),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Functions that only pass time.
const WAITS: &[&str] = &["sleep", "sleep_until", "yield_now"];

struct Acts<'tcx> {
    control: Control<'tcx>,
    found: bool,
}

impl Acts<'_> {
    fn is_idle(&self, call: &Expr<'_>) -> bool {
        let tcx = self.control.tcx;
        let Some(callee) = self.control.callee(call) else {
            return false;
        };
        let makes_duration = self
            .control
            .typeck
            .expr_ty(call)
            .ty_adt_def()
            .is_some_and(|adt| tcx.is_diagnostic_item(Symbol::intern("Duration"), adt.did()));
        makes_duration
            || matches!(tcx.def_kind(callee), DefKind::Ctor(..))
            || tcx
                .opt_item_name(callee)
                .is_some_and(|name| WAITS.contains(&name.as_str()))
    }
}

impl<'tcx> Visitor<'tcx> for Acts<'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if written_by_foreign_macro(expr.span) {
            return;
        }
        self.found |= match expr.kind {
            ExprKind::Assign(..) | ExprKind::AssignOp(..) => true,
            ExprKind::Call(..) | ExprKind::MethodCall(..) => {
                !expr.span.is_desugaring(DesugaringKind::Await)
                    && !expr.span.is_desugaring(DesugaringKind::ForLoop)
                    && !expr.span.is_desugaring(DesugaringKind::QuestionMark)
                    && !self.is_idle(expr)
            }
            _ => false,
        };
        walk_expr(self, expr);
    }
}

/// The expression whose value a block has.
pub(crate) fn value<'tcx>(expr: &'tcx Expr<'tcx>) -> &'tcx Expr<'tcx> {
    match expr.kind {
        ExprKind::DropTemps(inner) => value(inner),
        ExprKind::Block(
            Block {
                expr: Some(inner), ..
            },
            None,
        ) => value(inner),
        _ => expr,
    }
}

/// Whether the code does nothing but jump, if that.
pub(crate) fn is_empty(body: Code<'_>) -> bool {
    match body {
        Code::Expr(expr) => is_empty_expr(value(expr)),
        Code::Else(block) => is_empty_block(block),
    }
}

fn is_empty_block(block: &Block<'_>) -> bool {
    match (block.stmts, block.expr) {
        ([], None) => true,
        ([], Some(only)) => is_empty_expr(only),
        ([only], None) => match only.kind {
            StmtKind::Semi(only) | StmtKind::Expr(only) => is_empty_expr(only),
            _ => false,
        },
        _ => false,
    }
}

fn is_empty_expr(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Block(block, _) => is_empty_block(block),
        ExprKind::Tup([])
        | ExprKind::Continue(_)
        | ExprKind::Break(_, None)
        | ExprKind::Ret(None) => true,
        _ => false,
    }
}
