//! Durations that are the same in each pass, and times that are not.

use rustc_hir::{BinOpKind, Expr, ExprKind, HirId, Node, QPath, def::Res};

use super::Looped;
use crate::analysis::{
    durations::initializer,
    enclosing::{is_within, root_variable, uses},
    exits::value,
    expressions::any_in,
};

impl<'tcx> Looped<'_, '_, 'tcx> {
    /// The expression of a duration that is the same in each pass.
    pub(super) fn fixed(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> Option<&'tcx Expr<'tcx>> {
        let depth = depth.checked_sub(1)?;
        let expr = value(expr);
        match expr.kind {
            ExprKind::Lit(_) => Some(expr),
            ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
                Res::Local(variable) => self.fixed_variable(expr, variable, depth),
                _ => Some(expr),
            },
            ExprKind::Path(_) => Some(expr),
            ExprKind::Field(..) => {
                let variable = root_variable(expr)?;
                let is_outside = !is_within(self.tcx, variable, self.looped.hir_id);
                (is_outside && !self.field_is_assigned(expr)).then_some(expr)
            }
            ExprKind::Unary(rustc_hir::UnOp::Deref, inner) => {
                self.fixed(inner, depth).map(|_| expr)
            }
            ExprKind::Cast(inner, _) => self.fixed(inner, depth).map(|_| expr),
            ExprKind::Call(_, arguments) => {
                let all = arguments
                    .iter()
                    .all(|argument| self.fixed(argument, depth).is_some());
                (all && !arguments.is_empty()).then_some(expr)
            }
            ExprKind::Binary(operator, left, right) => {
                let adds = matches!(
                    operator.node,
                    BinOpKind::Mul | BinOpKind::Div | BinOpKind::Add
                );
                (adds && self.fixed(left, depth).is_some() && self.fixed(right, depth).is_some())
                    .then_some(expr)
            }
            _ => None,
        }
    }

    fn fixed_variable(
        &self,
        used: &'tcx Expr<'tcx>,
        variable: HirId,
        depth: usize,
    ) -> Option<&'tcx Expr<'tcx>> {
        if is_within(self.tcx, variable, self.looped.hir_id) {
            return self.fixed(initializer(self.tcx, variable)?, depth);
        }
        let changes = uses(self.tcx, variable).into_iter().any(|used| {
            match self.tcx.parent_hir_node(used.hir_id) {
                Node::Expr(parent) => match parent.kind {
                    ExprKind::Assign(target, ..) | ExprKind::AssignOp(_, target, _) => {
                        target.hir_id == used.hir_id
                    }
                    ExprKind::AddrOf(_, mutability, _) => mutability.is_mut(),
                    _ => false,
                },
                _ => false,
            }
        });
        (!changes).then_some(used)
    }

    fn field_is_assigned(&self, field: &'tcx Expr<'tcx>) -> bool {
        let ExprKind::Field(_, name) = field.kind else {
            return false;
        };
        any_in(self.looped, &mut |expr| match expr.kind {
            ExprKind::Assign(target, ..) | ExprKind::AssignOp(_, target, _) => {
                matches!(target.kind, ExprKind::Field(_, assigned) if assigned.name == name.name)
            }
            _ => false,
        })
    }

    /// What is added to the current time, if the expression asks for it in this pass.
    pub(super) fn added_to_now(
        &self,
        expr: &'tcx Expr<'tcx>,
        depth: usize,
    ) -> Option<&'tcx Expr<'tcx>> {
        let depth = depth.checked_sub(1)?;
        let expr = value(expr);
        match expr.kind {
            ExprKind::Binary(operator, now, added) if operator.node == BinOpKind::Add => {
                self.is_now(now, depth).then_some(added)
            }
            ExprKind::MethodCall(method, now, [added], _) if method.ident.as_str() == "add" => {
                self.is_now(now, depth).then_some(added)
            }
            ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
                Res::Local(variable) if is_within(self.tcx, variable, self.looped.hir_id) => {
                    self.added_to_now(initializer(self.tcx, variable)?, depth)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn is_now(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> bool {
        let expr = value(expr);
        match expr.kind {
            ExprKind::Call(_, []) => self
                .control()
                .callee(expr)
                .is_some_and(|function| self.tcx.item_name(function).as_str() == "now"),
            ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
                Res::Local(variable) => {
                    depth > 0
                        && is_within(self.tcx, variable, self.looped.hir_id)
                        && initializer(self.tcx, variable)
                            .is_some_and(|init| self.is_now(init, depth - 1))
                }
                _ => false,
            },
            _ => false,
        }
    }
}
