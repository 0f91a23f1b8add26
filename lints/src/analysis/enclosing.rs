//! Where an expression stands in its body: in which loops, and which variable it begins with.

use rustc_hir::{
    Expr, ExprKind, HirId, Node, QPath, UnOp,
    def::Res,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::{hir::nested_filter::OnlyBodies, ty::TyCtxt};
use rustc_span::{DesugaringKind, Span};

use super::select::Place;
use crate::diagnostics::in_user_code;

/// The loops around a node, the innermost first, as far as the closure or function it stands in.
pub(crate) fn loops_around<'tcx>(tcx: TyCtxt<'tcx>, node: HirId) -> Vec<&'tcx Expr<'tcx>> {
    let mut loops = Vec::new();
    for (_, parent) in tcx.hir_parent_iter(node) {
        let Node::Expr(expr) = parent else {
            if matches!(
                parent,
                Node::Item(_) | Node::TraitItem(_) | Node::ImplItem(_)
            ) {
                break;
            }
            continue;
        };
        match expr.kind {
            ExprKind::Closure(_) => break,
            ExprKind::Loop(..) if !expr.span.is_desugaring(DesugaringKind::Await) => {
                loops.push(expr);
            }
            _ => {}
        }
    }
    loops
}

/// The head of a loop as its author wrote it: `loop`, `while … ` or `for … in …`.
pub(crate) fn head(looped: &Expr<'_>) -> Span {
    match looped.kind {
        ExprKind::Loop(_, _, _, head) => in_user_code(head),
        _ => in_user_code(looped.span),
    }
}

/// Whether `inner` stands in `outer`, or is it.
pub(crate) fn is_within(tcx: TyCtxt<'_>, inner: HirId, outer: HirId) -> bool {
    inner == outer || tcx.hir_parent_id_iter(inner).any(|parent| parent == outer)
}

/// The variable that a place or a chain of method calls begins with: `rx` in `(&mut rx.0).by_ref()`.
pub(crate) fn root_variable(expr: &Expr<'_>) -> Option<HirId> {
    match expr.kind {
        ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
            Res::Local(binding) => Some(binding),
            _ => None,
        },
        ExprKind::DropTemps(inner)
        | ExprKind::AddrOf(_, _, inner)
        | ExprKind::Field(inner, _)
        | ExprKind::Index(inner, _, _)
        | ExprKind::Unary(UnOp::Deref, inner)
        | ExprKind::MethodCall(_, inner, _, _) => root_variable(inner),
        // `.await` and `?`: the operand is the argument of a call.
        ExprKind::Match(scrutinee, ..) => root_variable(scrutinee),
        // `timeout(limit, rx.recv())`
        ExprKind::Call(_, arguments) => arguments.iter().rev().find_map(root_variable),
        _ => None,
    }
}

/// The variable, or the field of one, that a chain of method calls begins with.
pub(crate) fn root_place(expr: &Expr<'_>) -> Option<Place> {
    match expr.kind {
        ExprKind::MethodCall(_, inner, _, _) | ExprKind::Match(inner, ..) => root_place(inner),
        ExprKind::Call(_, arguments) => arguments.iter().rev().find_map(root_place),
        _ => Place::of(expr),
    }
}

/// Every use of a variable in the function it belongs to, closures and `async` blocks included.
pub(crate) fn uses<'tcx>(tcx: TyCtxt<'tcx>, variable: HirId) -> Vec<&'tcx Expr<'tcx>> {
    let root = tcx.typeck_root_def_id(variable.owner.to_def_id());
    let mut search = Uses {
        tcx,
        variable,
        found: Vec::new(),
    };
    if let Some(body) = root
        .as_local()
        .and_then(|root| tcx.hir_maybe_body_owned_by(root))
    {
        search.visit_body(body);
    }
    search.found
}

/// The uses of a variable in one expression.
pub(crate) fn uses_in<'tcx>(
    tcx: TyCtxt<'tcx>,
    expr: &'tcx Expr<'tcx>,
    variable: HirId,
) -> Vec<&'tcx Expr<'tcx>> {
    let mut search = Uses {
        tcx,
        variable,
        found: Vec::new(),
    };
    search.visit_expr(expr);
    search.found
}

struct Uses<'tcx> {
    tcx: TyCtxt<'tcx>,
    variable: HirId,
    found: Vec<&'tcx Expr<'tcx>>,
}

impl<'tcx> Visitor<'tcx> for Uses<'tcx> {
    type NestedFilter = OnlyBodies;

    fn maybe_tcx(&mut self) -> TyCtxt<'tcx> {
        self.tcx
    }

    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if let ExprKind::Path(QPath::Resolved(None, path)) = expr.kind
            && path.res == Res::Local(self.variable)
        {
            self.found.push(expr);
        }
        walk_expr(self, expr);
    }
}

/// Whether a macro of another crate wrote the code: its user cannot change it.
pub(crate) fn written_by_foreign_macro(span: Span) -> bool {
    let written_at = match span.desugaring_kind() {
        Some(_) => span.ctxt().outer_expn_data().call_site,
        None => span,
    };
    written_at
        .macro_backtrace()
        .next()
        .and_then(|expansion| expansion.macro_def_id)
        .is_some_and(|macro_def| !macro_def.is_local())
}
