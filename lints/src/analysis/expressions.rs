//! Small questions about expressions of the source.

use rustc_hir::{
    Block, Body, Expr, ExprKind, HirId, QPath,
    def::Res,
    def_id::DefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::TypeckResults;

/// The function that an expression calls by name.
pub(crate) fn called(typeck: &TypeckResults<'_>, expr: &Expr<'_>) -> Option<DefId> {
    match expr.kind {
        ExprKind::Call(function, _) => match &function.kind {
            ExprKind::Path(path) => typeck.qpath_res(path, function.hir_id).opt_def_id(),
            _ => None,
        },
        ExprKind::MethodCall(..) => typeck.type_dependent_def_id(expr.hir_id),
        _ => None,
    }
}

/// The variable that an expression is, or borrows.
pub(crate) fn variable(expr: &Expr<'_>) -> Option<HirId> {
    match expr.kind {
        ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
            Res::Local(binding) => Some(binding),
            _ => None,
        },
        ExprKind::AddrOf(_, _, inner) | ExprKind::DropTemps(inner) => variable(inner),
        _ => None,
    }
}

/// Whether `wanted` holds for an expression of the body. Closures and `async` blocks in it are
/// bodies of their own.
pub(crate) fn any_in_body<'tcx>(
    body: &'tcx Body<'tcx>,
    wanted: &mut dyn FnMut(&'tcx Expr<'tcx>) -> bool,
) -> bool {
    any_in(body.value, wanted)
}

/// The same for an expression and those in it.
pub(crate) fn any_in<'tcx>(
    expr: &'tcx Expr<'tcx>,
    wanted: &mut dyn FnMut(&'tcx Expr<'tcx>) -> bool,
) -> bool {
    let mut any = Any {
        wanted,
        found: false,
    };
    any.visit_expr(expr);
    any.found
}

/// The same for a block.
pub(crate) fn any_in_block<'tcx>(
    block: &'tcx Block<'tcx>,
    wanted: &mut dyn FnMut(&'tcx Expr<'tcx>) -> bool,
) -> bool {
    let mut any = Any {
        wanted,
        found: false,
    };
    any.visit_block(block);
    any.found
}

struct Any<'a, 'tcx> {
    wanted: &'a mut dyn FnMut(&'tcx Expr<'tcx>) -> bool,
    found: bool,
}

impl<'tcx> Visitor<'tcx> for Any<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        self.found = self.found || (self.wanted)(expr);
        if !self.found {
            walk_expr(self, expr);
        }
    }
}
