//! Whether control comes back to a `select!` after one of its handlers.
//!
//! A walk from the handler outwards: what the handler evaluates to goes through the expressions
//! around the `select!` and the statements after it, up to the loops it stands in. Only ways that
//! are certain not to be taken are left out (a `!`, a pattern that cannot match, `false`).

use std::cell::RefCell;

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Arm, BinOpKind, Block, Expr, ExprKind, HirId, LangItem, LetStmt, MatchSource, Node, PatKind,
    Stmt, StmtKind, UnOp,
    def_id::DefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{TyCtxt, TypeckResults};

use super::values::{Value, Values};

/// What happens after a future has been given up.
pub(crate) struct After<'tcx> {
    pub(crate) back: Back,
    /// The expressions that can be evaluated before the future is made again, in no order.
    pub(crate) passed: Vec<&'tcx Expr<'tcx>>,
}

/// What happens after `from`, if its value is the given variant of an enum.
pub(crate) fn after<'tcx>(
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    from: &'tcx Expr<'tcx>,
    variant: DefId,
) -> After<'tcx> {
    let search = Search::new(tcx, typeck, from);
    let back = search.follow(Outcome::of(Value::Variant(variant)));
    After {
        back,
        passed: search.passed.into_inner(),
    }
}

/// Whether a `select!` can run again after a handler of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// In a later round of the innermost loop around it; the answer in doubt.
    InLoop,
    /// Only through a loop further out: the handler leaves the innermost one.
    InOuterLoop,
    /// Not before the body is run anew.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Jump {
    Break(HirId),
    Continue(HirId),
}

/// How the evaluation of an expression can end.
#[derive(Clone, Default)]
struct Outcome {
    /// It has this value; `None` when it never ends normally.
    value: Option<Value>,
    jumps: FxHashSet<Jump>,
}

impl Outcome {
    fn of(value: Value) -> Self {
        Self {
            value: Some(value),
            jumps: FxHashSet::default(),
        }
    }

    /// What comes after this: its end takes the place of this one's.
    fn then(mut self, next: Self) -> Self {
        self.jumps.extend(next.jumps);
        self.value = next.value;
        self
    }

    /// Either of two.
    fn or(mut self, other: Self) -> Self {
        self.jumps.extend(other.jumps);
        self.value = match (self.value, other.value) {
            (Some(one), Some(two)) if one != two => Some(Value::Any),
            (one, two) => one.or(two),
        };
        self
    }
}

pub(super) struct Search<'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    /// The value of the `select!`.
    from: &'tcx Expr<'tcx>,
    values: Values<'tcx>,
    /// What is evaluated on the ways that are looked at.
    passed: RefCell<Vec<&'tcx Expr<'tcx>>>,
}

impl<'tcx> Search<'tcx> {
    pub(super) fn new(
        tcx: TyCtxt<'tcx>,
        typeck: &'tcx TypeckResults<'tcx>,
        from: &'tcx Expr<'tcx>,
    ) -> Self {
        Self {
            tcx,
            typeck,
            from,
            values: Values::new(tcx, typeck),
            passed: RefCell::default(),
        }
    }

    pub(super) fn back(&self, handler: &'tcx Expr<'tcx>) -> Back {
        self.values.forget();
        self.follow(self.expr(handler))
    }

    fn follow(&self, mut outcome: Outcome) -> Back {
        let mut child = self.from.hir_id;
        let mut left_a_loop = false;
        for (id, node) in self.tcx.hir_parent_iter(self.from.hir_id) {
            match node {
                Node::Block(block) => outcome = self.rest_of(block, child, outcome),
                // Both are part of the block around them, which needs to know where to go on.
                Node::Stmt(_) | Node::LetStmt(_) => {}
                Node::Arm(_) => {}
                Node::ExprField(_) => outcome = self.part(outcome),
                Node::Expr(expr) => match expr.kind {
                    ExprKind::Loop(..) => {
                        let again =
                            outcome.value.is_some() || outcome.jumps.contains(&Jump::Continue(id));
                        if again && !left_a_loop {
                            return Back::InLoop;
                        }
                        if again {
                            return Back::InOuterLoop;
                        }
                        left_a_loop = true;
                        outcome.value =
                            outcome.jumps.remove(&Jump::Break(id)).then_some(Value::Any);
                    }
                    ExprKind::Closure(_) => return Back::Never,
                    _ => outcome = self.around(expr, child, outcome),
                },
                _ => return Back::Never,
            }
            // A statement stands for what is in it.
            child = id;
        }
        Back::Never
    }

    /// Goes on in `expr` after its part `child`.
    fn around(&self, expr: &'tcx Expr<'tcx>, child: HirId, outcome: Outcome) -> Outcome {
        let Some(value) = outcome.value else {
            // Left already; a labelled block may be where to.
            return match expr.kind {
                ExprKind::Block(..) => self.end_of_block(expr.hir_id, outcome),
                _ => outcome,
            };
        };
        match expr.kind {
            ExprKind::If(condition, then, otherwise) if condition.hir_id == child => {
                let next = self.after_condition(value, then, otherwise);
                outcome.then(next)
            }
            ExprKind::Match(scrutinee, arms, source) if scrutinee.hir_id == child => {
                let next = self.after_scrutinee(value, arms, source);
                outcome.then(next)
            }
            ExprKind::If(..) | ExprKind::Match(..) | ExprKind::DropTemps(_) => outcome,
            ExprKind::Block(..) => self.end_of_block(expr.hir_id, outcome),
            ExprKind::Let(binding) => {
                let next = Outcome::of(self.values.tests(value, binding.pat));
                outcome.then(next)
            }
            ExprKind::Unary(UnOp::Not, _) => outcome.then(Outcome::of(value.negated())),
            ExprKind::Call(function, [_]) if self.is_branch(function) => outcome,
            ExprKind::MethodCall(_, receiver, ..) if receiver.hir_id == child => {
                match self.values.of_method(expr, value) {
                    Some(value) => Outcome { value, ..outcome },
                    None => self.part(outcome),
                }
            }
            ExprKind::Ret(_) | ExprKind::Become(_) => outcome.then(Outcome::default()),
            ExprKind::Break(target, _) => match target.target_id {
                Ok(target) => outcome.then(jump(Jump::Break(target))),
                Err(_) => self.part(outcome),
            },
            _ if self.never(expr) => outcome.then(Outcome::default()),
            _ => self.part(outcome),
        }
    }

    /// Some value computed from this one.
    #[expect(clippy::unused_self, reason = "it reads like the other steps")]
    fn part(&self, outcome: Outcome) -> Outcome {
        match outcome.value {
            Some(_) => outcome.then(Outcome::of(Value::Any)),
            None => outcome,
        }
    }

    /// Goes on in a block after the statement or the tail `child`.
    fn rest_of(&self, block: &'tcx Block<'tcx>, child: HirId, outcome: Outcome) -> Outcome {
        let Some(value) = outcome.value else {
            return outcome;
        };
        if block.expr.is_some_and(|tail| tail.hir_id == child) {
            return outcome;
        }
        let Some(position) = block.stmts.iter().position(|stmt| {
            stmt.hir_id == child
                || matches!(stmt.kind, StmtKind::Let(binding) if binding.hir_id == child)
                || matches!(stmt.kind, StmtKind::Expr(expr) | StmtKind::Semi(expr)
                    if expr.hir_id == child)
        }) else {
            return self.part(outcome);
        };
        let mut outcome = outcome;
        if let Some(Stmt {
            kind: StmtKind::Let(binding),
            ..
        }) = block.stmts.get(position)
        {
            let bound = self.bind(binding, value);
            outcome = outcome.then(bound);
        }
        let rest = block.stmts.get(position + 1..).unwrap_or_default();
        self.statements(rest, block.expr, outcome)
    }

    fn statements(
        &self,
        statements: &'tcx [Stmt<'tcx>],
        tail: Option<&'tcx Expr<'tcx>>,
        mut outcome: Outcome,
    ) -> Outcome {
        for stmt in statements {
            if outcome.value.is_none() {
                return outcome;
            }
            let next = match stmt.kind {
                StmtKind::Let(binding) => match binding.init {
                    Some(init) => {
                        let init = self.expr(init);
                        match init.value {
                            Some(value) => {
                                let bound = self.bind(binding, value);
                                init.then(bound)
                            }
                            None => init,
                        }
                    }
                    None => continue,
                },
                StmtKind::Expr(expr) | StmtKind::Semi(expr) => self.expr(expr),
                StmtKind::Item(_) => continue,
            };
            outcome = outcome.then(next);
        }
        match (outcome.value, tail) {
            (None, _) => outcome,
            (Some(_), Some(tail)) => {
                let tail = self.expr(tail);
                outcome.then(tail)
            }
            (Some(_), None) => outcome.then(Outcome::of(Value::Any)),
        }
    }

    fn bind(&self, binding: &'tcx LetStmt<'tcx>, value: Value) -> Outcome {
        if let PatKind::Binding(mode, variable, _, None) = binding.pat.kind
            && mode.1.is_not()
        {
            self.values.set(variable, value);
        }
        let Some(otherwise) = binding.els else {
            return Outcome::of(Value::Any);
        };
        match self.values.tests(value, binding.pat) {
            Value::Bool(true) => Outcome::of(Value::Any),
            Value::Bool(false) => self.block(otherwise),
            _ => self.block(otherwise).or(Outcome::of(Value::Any)),
        }
    }

    fn block(&self, block: &'tcx Block<'tcx>) -> Outcome {
        self.statements(block.stmts, block.expr, Outcome::of(Value::Any))
    }

    #[expect(clippy::unused_self, reason = "it reads like the other steps")]
    fn end_of_block(&self, block: HirId, mut outcome: Outcome) -> Outcome {
        if outcome.jumps.remove(&Jump::Break(block)) {
            outcome.or(Outcome::of(Value::Any))
        } else {
            outcome
        }
    }

    fn after_condition(
        &self,
        condition: Value,
        then: &'tcx Expr<'tcx>,
        otherwise: Option<&'tcx Expr<'tcx>>,
    ) -> Outcome {
        let otherwise = || otherwise.map_or(Outcome::of(Value::Any), |expr| self.expr(expr));
        match condition {
            Value::Bool(true) => self.expr(then),
            Value::Bool(false) => otherwise(),
            _ => self.expr(then).or(otherwise()),
        }
    }

    fn after_scrutinee(
        &self,
        value: Value,
        arms: &'tcx [Arm<'tcx>],
        source: MatchSource,
    ) -> Outcome {
        if let (MatchSource::TryDesugar(_), Value::Variant(variant)) = (source, value) {
            let is = |item| self.tcx.is_lang_item(variant, item);
            return if is(LangItem::ResultErr) || is(LangItem::OptionNone) {
                Outcome::default()
            } else {
                Outcome::of(Value::Any)
            };
        }
        let mut outcome = Outcome::default();
        for arm in arms {
            let test = self.values.tests(value, arm.pat);
            if test == Value::Bool(false) {
                continue;
            }
            if let Some(guard) = arm.guard {
                let jumps = self.expr(guard).jumps;
                outcome.jumps.extend(jumps);
            }
            outcome = outcome.or(self.expr(arm.body));
            if test == Value::Bool(true) && arm.guard.is_none() {
                break;
            }
        }
        outcome
    }

    fn expr(&self, expr: &'tcx Expr<'tcx>) -> Outcome {
        self.passed.borrow_mut().push(expr);
        let mut outcome = self.ways(expr);
        if self.never(expr) {
            outcome.value = None;
        }
        outcome
    }

    fn ways(&self, expr: &'tcx Expr<'tcx>) -> Outcome {
        match expr.kind {
            ExprKind::DropTemps(inner) => self.expr(inner),
            ExprKind::Block(block, _) => {
                let outcome = self.block(block);
                self.end_of_block(expr.hir_id, outcome)
            }
            ExprKind::If(condition, then, otherwise) => {
                let outcome = self.expr(condition);
                match outcome.value {
                    Some(value) => {
                        let next = self.after_condition(value, then, otherwise);
                        outcome.then(next)
                    }
                    None => outcome,
                }
            }
            ExprKind::Match(scrutinee, arms, source) => {
                let outcome = self.expr(scrutinee);
                match outcome.value {
                    Some(value) => {
                        let next = self.after_scrutinee(value, arms, source);
                        outcome.then(next)
                    }
                    None => outcome,
                }
            }
            ExprKind::Let(binding) => {
                let outcome = self.expr(binding.init);
                match outcome.value {
                    Some(value) => {
                        let test = Outcome::of(self.values.tests(value, binding.pat));
                        outcome.then(test)
                    }
                    None => outcome,
                }
            }
            ExprKind::Loop(block, ..) => {
                let mut outcome = self.block(block);
                outcome.jumps.remove(&Jump::Continue(expr.hir_id));
                outcome.value = outcome
                    .jumps
                    .remove(&Jump::Break(expr.hir_id))
                    .then_some(Value::Any);
                outcome
            }
            ExprKind::Break(target, value) => {
                let outcome = value.map_or(Outcome::of(Value::Any), |value| self.expr(value));
                match (outcome.value, target.target_id) {
                    (Some(_), Ok(target)) => outcome.then(jump(Jump::Break(target))),
                    _ => outcome,
                }
            }
            ExprKind::Continue(target) => match target.target_id {
                Ok(target) => jump(Jump::Continue(target)),
                Err(_) => Outcome::of(Value::Any),
            },
            ExprKind::Ret(value) => {
                let outcome = value.map_or(Outcome::of(Value::Any), |value| self.expr(value));
                outcome.then(Outcome::default())
            }
            ExprKind::Unary(UnOp::Not, inner) => {
                let outcome = self.expr(inner);
                match outcome.value {
                    Some(value) => outcome.then(Outcome::of(value.negated())),
                    None => outcome,
                }
            }
            ExprKind::Call(function, [argument]) if self.is_branch(function) => self.expr(argument),
            ExprKind::MethodCall(_, receiver, ..) => {
                let outcome = self.parts(expr);
                let known = self.values.of(receiver);
                match self.values.of_method(expr, known) {
                    Some(value) if outcome.value.is_some() => Outcome { value, ..outcome },
                    _ => outcome,
                }
            }
            _ => self.parts(expr),
        }
    }

    /// An expression of which each part is evaluated.
    fn parts(&self, expr: &'tcx Expr<'tcx>) -> Outcome {
        struct Parts<'s, 'tcx> {
            search: &'s Search<'tcx>,
            outcome: Outcome,
        }
        impl<'tcx> Visitor<'tcx> for Parts<'_, 'tcx> {
            fn visit_expr(&mut self, part: &'tcx Expr<'tcx>) {
                let part = self.search.expr(part);
                self.outcome.jumps.extend(part.jumps);
                if part.value.is_none() {
                    self.outcome.value = None;
                }
            }
        }
        let mut parts = Parts {
            search: self,
            outcome: Outcome::of(self.values.of(expr)),
        };
        walk_expr(&mut parts, expr);
        let mut outcome = parts.outcome;
        // The right side need not be evaluated.
        if let ExprKind::Binary(operator, left, _) = expr.kind
            && matches!(operator.node, BinOpKind::And | BinOpKind::Or)
            && self.expr(left).value.is_some()
        {
            outcome.value = Some(Value::Any);
        }
        outcome
    }

    /// Whether a function is the first half of `?`.
    fn is_branch(&self, function: &Expr<'tcx>) -> bool {
        matches!(&function.kind, ExprKind::Path(path)
            if self
                .typeck
                .qpath_res(path, function.hir_id)
                .opt_def_id()
                .is_some_and(|def| self.tcx.is_lang_item(def, LangItem::TryTraitBranch)))
    }

    fn never(&self, expr: &Expr<'_>) -> bool {
        self.typeck
            .expr_ty_opt(expr)
            .is_some_and(rustc_middle::ty::Ty::is_never)
    }
}

fn jump(to: Jump) -> Outcome {
    Outcome {
        value: None,
        jumps: [to].into_iter().collect(),
    }
}
