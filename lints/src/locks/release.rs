//! Suggests where to drop a guard.

use rustc_errors::{Applicability, Diag};
use rustc_hir::{
    Block, Expr, ExprKind, HirId, Node, Pat, PatKind, QPath, Stmt, StmtKind,
    def::Res,
    def_id::LocalDefId,
    intravisit::{self, Visitor},
};
use rustc_middle::{
    hir::nested_filter::OnlyBodies,
    ty::{Ty, TyCtxt, TypeckResults},
};
use rustc_span::{Span, Symbol};

use crate::diagnostics;

/// A `let` statement that binds nothing but the guard.
struct GuardLet<'tcx> {
    block: &'tcx Block<'tcx>,
    position: usize,
    variable: HirId,
    name: Symbol,
    ty: Ty<'tcx>,
}

/// Suggests a `drop` right before the first statement with one of the awaits.
///
/// Only where the guard is not used from there on, and no variable that may borrow from it was
/// bound. The suggestion can be applied by a machine if it is certain that nothing borrows.
///
/// Returns whether there was something to suggest.
pub(super) fn suggest(
    tcx: TyCtxt<'_>,
    coroutine: LocalDefId,
    binding: Span,
    awaits: &[Span],
    diag: &mut Diag<'_, ()>,
) -> bool {
    let typeck = tcx.typeck(coroutine);
    let Some(guard) = find_let(tcx, coroutine, typeck, binding) else {
        return false;
    };
    let after = &guard.block.stmts[guard.position + 1..];
    let Some(first) = after
        .iter()
        .map(|statement| statement.span)
        .chain(guard.block.expr.map(|tail| tail.span))
        .position(|span| awaits.iter().any(|&place| span.contains(place)))
    else {
        return false;
    };
    let (between, rest) = after.split_at(first.min(after.len()));
    let used_later = rest
        .iter()
        .any(|statement| uses(tcx, statement, guard.variable))
        || guard
            .block
            .expr
            .is_some_and(|tail| uses_expr(tcx, tail, guard.variable));
    let (place, node) = match rest.first() {
        Some(statement) => (statement.span, statement.hir_id),
        None => match guard.block.expr {
            Some(tail) => (tail.span, tail.hir_id),
            None => return false,
        },
    };
    if used_later || !is_written_here(place) || !tcx.hir_attrs(node).is_empty() {
        return false;
    }
    let place = diagnostics::in_user_code(place);
    // A guard that is named as unused, or over `()`, protects something else than its content, and
    // that has to be locked for as long as the code says.
    let protects_something_else = guard.name.as_str().starts_with('_')
        || guard
            .ty
            .walk()
            .any(|part| part.as_type().is_some_and(Ty::is_unit));
    let borrows: Vec<Borrow> = between
        .iter()
        .filter(|statement| uses(tcx, statement, guard.variable))
        .map(|statement| left_behind(typeck, statement, guard.variable))
        .collect();
    if protects_something_else || borrows.contains(&Borrow::Bound) {
        return false;
    }
    let applicability = if borrows.iter().all(|borrow| *borrow == Borrow::None) {
        Applicability::MachineApplicable
    } else {
        Applicability::MaybeIncorrect
    };
    let indent = tcx
        .sess
        .source_map()
        .indentation_before(place)
        .unwrap_or_default();
    diag.span_suggestion_verbose(
        place.shrink_to_lo(),
        "drop it before the await",
        format!("drop({});\n{indent}", guard.name),
        applicability,
    );
    true
}

fn find_let<'tcx>(
    tcx: TyCtxt<'tcx>,
    coroutine: LocalDefId,
    typeck: &TypeckResults<'tcx>,
    binding: Span,
) -> Option<GuardLet<'tcx>> {
    struct FindBinding<'tcx> {
        span: Span,
        found: Option<&'tcx Pat<'tcx>>,
    }
    impl<'tcx> Visitor<'tcx> for FindBinding<'tcx> {
        fn visit_pat(&mut self, pat: &'tcx Pat<'tcx>) {
            if pat.span == self.span && matches!(pat.kind, PatKind::Binding(..)) {
                self.found = Some(pat);
            }
            intravisit::walk_pat(self, pat);
        }
    }
    let mut find = FindBinding {
        span: binding,
        found: None,
    };
    find.visit_body(tcx.hir_body_owned_by(coroutine));
    let pat = find.found?;
    let PatKind::Binding(_, variable, name, None) = pat.kind else {
        return None;
    };
    let Node::LetStmt(statement) = tcx.parent_hir_node(pat.hir_id) else {
        return None;
    };
    if statement.els.is_some() {
        return None;
    }
    let Node::Stmt(statement) = tcx.parent_hir_node(statement.hir_id) else {
        return None;
    };
    let Node::Block(block) = tcx.parent_hir_node(statement.hir_id) else {
        return None;
    };
    let position = block
        .stmts
        .iter()
        .position(|other| other.hir_id == statement.hir_id)?;
    Some(GuardLet {
        block,
        position,
        variable,
        name: name.name,
        ty: typeck.node_type(variable),
    })
}

/// What a statement that uses the guard leaves behind that borrows from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Borrow {
    None,
    /// It cannot be told.
    Perhaps,
    /// A variable whose type has a lifetime.
    Bound,
}

fn left_behind(typeck: &TypeckResults<'_>, statement: &Stmt<'_>, guard: HirId) -> Borrow {
    let certain = match statement.kind {
        StmtKind::Let(bound) => {
            return if owns_all(typeck.node_type(bound.pat.hir_id)) {
                Borrow::None
            } else {
                Borrow::Bound
            };
        }
        StmtKind::Semi(expr) | StmtKind::Expr(expr) => match expr.kind {
            ExprKind::Assign(to, value, _) | ExprKind::AssignOp(_, to, value) => {
                is_part_of(to, guard) && owns_all(typeck.expr_ty(value))
            }
            ExprKind::MethodCall(_, receiver, arguments, _) => {
                is_part_of(receiver, guard)
                    && arguments
                        .iter()
                        .all(|argument| owns_all(typeck.expr_ty(argument)))
            }
            _ => false,
        },
        StmtKind::Item(_) => true,
    };
    if certain {
        Borrow::None
    } else {
        Borrow::Perhaps
    }
}

/// Whether a statement stands in the source as it is, apart from what `for` and `.await` become.
fn is_written_here(statement: Span) -> bool {
    !statement.from_expansion() || statement.desugaring_kind().is_some()
}

/// Whether a place expression begins at the variable.
fn is_part_of(mut expr: &Expr<'_>, variable: HirId) -> bool {
    loop {
        match expr.kind {
            ExprKind::Field(inner, _)
            | ExprKind::Index(inner, _, _)
            | ExprKind::Unary(_, inner)
            | ExprKind::AddrOf(_, _, inner) => expr = inner,
            _ => return is_variable(expr, variable),
        }
    }
}

fn owns_all(ty: Ty<'_>) -> bool {
    ty.walk().all(|part| part.as_region().is_none())
}

fn is_variable(expr: &Expr<'_>, variable: HirId) -> bool {
    matches!(
        expr.kind,
        ExprKind::Path(QPath::Resolved(None, path)) if path.res == Res::Local(variable)
    )
}

fn uses<'tcx>(tcx: TyCtxt<'tcx>, statement: &'tcx Stmt<'tcx>, variable: HirId) -> bool {
    let mut find = FindUse::new(tcx, variable);
    find.visit_stmt(statement);
    find.found
}

fn uses_expr<'tcx>(tcx: TyCtxt<'tcx>, expr: &'tcx Expr<'tcx>, variable: HirId) -> bool {
    let mut find = FindUse::new(tcx, variable);
    find.visit_expr(expr);
    find.found
}

/// Looks for a variable, in closures as well.
struct FindUse<'tcx> {
    tcx: TyCtxt<'tcx>,
    variable: HirId,
    found: bool,
}

impl<'tcx> FindUse<'tcx> {
    fn new(tcx: TyCtxt<'tcx>, variable: HirId) -> Self {
        Self {
            tcx,
            variable,
            found: false,
        }
    }
}

impl<'tcx> Visitor<'tcx> for FindUse<'tcx> {
    type NestedFilter = OnlyBodies;

    fn maybe_tcx(&mut self) -> TyCtxt<'tcx> {
        self.tcx
    }

    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if is_variable(expr, self.variable) {
            self.found = true;
        }
        intravisit::walk_expr(self, expr);
    }
}
