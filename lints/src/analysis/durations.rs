//! How long a `Duration` is, where the source tells.

use rustc_ast::LitKind;
use rustc_hir::{
    BinOpKind, BindingMode, ByRef, Expr, ExprKind, Node, PatKind, QPath,
    def::{DefKind, Res},
    def_id::LocalDefId,
};
use rustc_middle::ty::TyCtxt;
use rustc_span::Symbol;

use super::{
    enclosing::uses,
    exits::{Control, value},
    length::Lengths,
};

/// Definitions followed from one to the next.
const DEEPEST: usize = 8;

const SECOND: u128 = 1_000_000_000;

/// What one unit of a constructor is in nanoseconds.
const UNITS: &[(&str, u128)] = &[
    ("from_nanos", 1),
    ("from_micros", 1_000),
    ("from_millis", 1_000_000),
    ("from_secs", SECOND),
    ("from_mins", 60 * SECOND),
    ("from_hours", 3_600 * SECOND),
];

/// The length of a duration in nanoseconds.
pub(crate) fn nanoseconds<'tcx>(
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    expr: &'tcx Expr<'tcx>,
) -> Option<u128> {
    Durations { tcx, owner }.length(expr, DEEPEST)
}

struct Durations<'tcx> {
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
}

impl<'tcx> Durations<'tcx> {
    fn length(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> Option<u128> {
        let depth = depth.checked_sub(1)?;
        let expr = value(expr);
        match expr.kind {
            ExprKind::Call(_, arguments) => self.constructed(expr, arguments),
            ExprKind::Binary(operator, left, right) => match operator.node {
                BinOpKind::Add => self
                    .length(left, depth)?
                    .checked_add(self.length(right, depth)?),
                BinOpKind::Sub => self
                    .length(left, depth)?
                    .checked_sub(self.length(right, depth)?),
                BinOpKind::Mul => self.length(left, depth)?.checked_mul(self.integer(right)?),
                BinOpKind::Div => self.length(left, depth)?.checked_div(self.integer(right)?),
                _ => None,
            },
            ExprKind::Path(ref path) => self.named(expr, path, depth),
            _ => None,
        }
    }

    fn constructed(&self, call: &'tcx Expr<'tcx>, arguments: &'tcx [Expr<'tcx>]) -> Option<u128> {
        let typeck = self.tcx.typeck(self.owner);
        let is_duration = typeck.expr_ty(call).ty_adt_def().is_some_and(|adt| {
            self.tcx
                .is_diagnostic_item(Symbol::intern("Duration"), adt.did())
        });
        let control = Control {
            tcx: self.tcx,
            typeck,
        };
        let constructor = control.callee(call)?;
        if !is_duration || !super::handoffs::is_std(self.tcx, constructor) {
            return None;
        }
        let name = self.tcx.item_name(constructor);
        match (name.as_str(), arguments) {
            ("new", [seconds, nanoseconds]) => self
                .integer(seconds)?
                .checked_mul(SECOND)?
                .checked_add(self.integer(nanoseconds)?),
            ("from_secs_f64" | "from_secs_f32", [seconds]) => match seconds.kind {
                ExprKind::Lit(literal) => match literal.node {
                    LitKind::Float(seconds, _) => {
                        let seconds: f64 = seconds.as_str().parse().ok()?;
                        let length = std::time::Duration::try_from_secs_f64(seconds).ok()?;
                        Some(length.as_nanos())
                    }
                    _ => None,
                },
                _ => None,
            },
            (name, [count]) => {
                let (_, unit) = UNITS.iter().find(|(constructor, _)| *constructor == name)?;
                self.integer(count)?.checked_mul(*unit)
            }
            _ => None,
        }
    }

    fn integer(&self, expr: &'tcx Expr<'tcx>) -> Option<u128> {
        Lengths::new(self.tcx, self.owner).integer(expr)
    }

    fn named(&self, expr: &'tcx Expr<'tcx>, path: &QPath<'tcx>, depth: usize) -> Option<u128> {
        match self.tcx.typeck(self.owner).qpath_res(path, expr.hir_id) {
            Res::Def(DefKind::Const { .. } | DefKind::AssocConst { .. }, item) => {
                if self
                    .tcx
                    .is_diagnostic_item(Symbol::intern("Duration"), self.tcx.parent(item))
                    || self.tcx.item_name(item).as_str() == "ZERO"
                {
                    return (self.tcx.item_name(item).as_str() == "ZERO").then_some(0);
                }
                let owner = item.as_local()?;
                let body = self.tcx.hir_maybe_body_owned_by(owner)?;
                let there = Self {
                    tcx: self.tcx,
                    owner,
                };
                there.length(body.value, depth)
            }
            Res::Local(variable) => self.length(initializer(self.tcx, variable)?, depth),
            _ => None,
        }
    }
}

/// What an immutable variable is set to, or one that is declared mutable and never assigned to.
pub(crate) fn initializer<'tcx>(
    tcx: TyCtxt<'tcx>,
    variable: rustc_hir::HirId,
) -> Option<&'tcx Expr<'tcx>> {
    let Node::Pat(pattern) = tcx.hir_node(variable) else {
        return None;
    };
    let PatKind::Binding(BindingMode(ByRef::No, _), _, _, None) = pattern.kind else {
        return None;
    };
    let Node::LetStmt(statement) = tcx.parent_hir_node(variable) else {
        return None;
    };
    let assigned = uses(tcx, variable).into_iter().any(|used| {
        matches!(tcx.parent_hir_node(used.hir_id), Node::Expr(parent)
            if matches!(parent.kind, ExprKind::Assign(target, ..) | ExprKind::AssignOp(_, target, _)
                if target.hir_id == used.hir_id))
    });
    statement
        .init
        .filter(|_| statement.els.is_none() && !assigned)
}
