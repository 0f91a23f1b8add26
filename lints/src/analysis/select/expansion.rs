//! Recognizes the expansions of the macros; the head of [`select`](super) describes their shapes.

use rustc_ast::LitKind;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Arm, Block, Expr, ExprKind, HirId, LetStmt, MatchSource, Node, Pat, PatKind, Stmt, StmtKind,
    UnOp,
    def_id::LocalDefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{TyCtxt, TypeckResults};
use rustc_span::{DesugaringKind, Span};

use super::{Branch, Fallback, FallbackKind, Family, Loop, Select, SelectMacros, Source, after};
use crate::{
    analysis::expressions::{any_in, any_in_body},
    diagnostics::in_user_code,
};

pub(super) fn find<'tcx>(
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    macros: &SelectMacros,
) -> Vec<Select<'tcx>> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    if macros.tokio.is_empty() && macros.futures.is_empty() {
        return Vec::new();
    }
    let mut search = Search {
        tcx,
        typeck: tcx.typeck(owner),
        macros,
        seen: FxHashSet::default(),
        found: Vec::new(),
    };
    search.visit_body(body);
    search.found
}

struct Search<'s, 'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    macros: &'s SelectMacros,
    /// The macro calls that were found.
    seen: FxHashSet<Span>,
    found: Vec<Select<'tcx>>,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if let ExprKind::Block(block, None) = expr.kind
            && let Some((family, call)) = self.macros.written_by(expr.span)
            && !self.seen.contains(&call)
        {
            let parts = match family {
                Family::Tokio => self.tokio(block, call),
                Family::Futures => self.futures(block),
            };
            if let Some(select) = parts.and_then(|parts| self.assemble(expr, family, call, &parts))
            {
                self.seen.insert(call);
                self.found.push(select);
            }
        }
        walk_expr(self, expr);
    }
}

/// What both macros are made of.
struct Parts<'tcx> {
    /// Each future, and whether the macro polls it where it is.
    futures: Vec<(&'tcx Expr<'tcx>, bool)>,
    preconditions: Vec<Option<&'tcx Expr<'tcx>>>,
    /// The `match` on the output, whose value is that of the `select!`.
    tail: &'tcx Expr<'tcx>,
    arms: &'tcx [Arm<'tcx>],
    fallbacks: Vec<(FallbackKind, &'tcx Expr<'tcx>)>,
    biased: bool,
}

impl<'tcx> Search<'_, 'tcx> {
    fn tokio(&self, block: &'tcx Block<'tcx>, call: Span) -> Option<Parts<'tcx>> {
        let tail = block.expr?;
        let (_, arms) = as_match(tail)?;
        let polling = block.stmts.iter().rev().find_map(let_block)?;
        let tuple = polling.stmts.iter().find_map(|stmt| match stmt.kind {
            StmtKind::Let(LetStmt {
                init: Some(init), ..
            }) => match init.kind {
                ExprKind::Tup(futures) => Some(futures),
                _ => None,
            },
            _ => None,
        })?;
        let polls = closure_in(polling);
        let others = arms.get(tuple.len()..)?;
        let generated = |expr: &Expr<'_>| {
            expr.span
                .macro_backtrace()
                .any(|expansion| expansion.call_site == call)
        };
        let fallbacks = others
            .first()
            .filter(|arm| !generated(arm.body))
            .map(|arm| (FallbackKind::Else, arm.body))
            .into_iter()
            .collect();
        Some(Parts {
            futures: tuple.iter().map(|future| (future, false)).collect(),
            preconditions: block
                .stmts
                .iter()
                .filter_map(|stmt| self.precondition(stmt))
                .collect(),
            tail,
            arms,
            fallbacks,
            biased: polls.is_some_and(|closure| self.starts_at_first(closure)),
        })
    }

    /// The condition of `if !$condition { … }`; `Some(None)` where the macro wrote `true`.
    fn precondition(&self, stmt: &'tcx Stmt<'tcx>) -> Option<Option<&'tcx Expr<'tcx>>> {
        let (StmtKind::Expr(expr) | StmtKind::Semi(expr)) = stmt.kind else {
            return None;
        };
        let ExprKind::If(negated, ..) = expr.kind else {
            return None;
        };
        let ExprKind::Unary(UnOp::Not, condition) = negated.peel_drop_temps().kind else {
            return None;
        };
        Some((self.macros.written_by(condition.span).is_none()).then_some(condition))
    }

    /// Whether the polling closure begins with the first branch in each round.
    fn starts_at_first(&self, closure: LocalDefId) -> bool {
        let Some(body) = self.tcx.hir_maybe_body_owned_by(closure) else {
            return false;
        };
        let ExprKind::Block(block, _) = body.value.kind else {
            return false;
        };
        block.stmts.iter().any(|stmt| {
            let StmtKind::Let(LetStmt {
                init: Some(init), ..
            }) = stmt.kind
            else {
                return false;
            };
            matches!(init.kind, ExprKind::Lit(literal) if matches!(literal.node, LitKind::Int(..)))
        })
    }

    fn futures(&self, block: &'tcx Block<'tcx>) -> Option<Parts<'tcx>> {
        let tail = block.expr?;
        let (_, arms) = as_match(tail)?;
        let polling = block.stmts.iter().rev().find_map(let_block)?;
        let mut futures = Vec::new();
        let mut polls = None;
        for stmt in polling.stmts {
            match stmt.kind {
                StmtKind::Let(LetStmt {
                    init: Some(init), ..
                }) => match init.kind {
                    ExprKind::Closure(closure) if self.macros.written_by(init.span).is_some() => {
                        polls = Some(closure.def_id);
                    }
                    _ => futures.push((*init, false)),
                },
                // `assert_fused_future(&path);` and then `assert_unpin(&path);`.
                StmtKind::Semi(Expr {
                    kind: ExprKind::Call(function, [argument]),
                    ..
                }) => {
                    if let ExprKind::AddrOf(_, _, path) = argument.kind
                        && is_named(self.tcx, self.typeck, function, "assert_fused_future")
                    {
                        futures.push((path, true));
                    }
                }
                _ => {}
            }
        }
        // With `default`, the output is the result of a single poll.
        let (arms, default) = match arms {
            [ready, pending] if polling_once(polling) => {
                let (_, inner) = as_match(ready.body)?;
                (inner, Some(pending.body))
            }
            _ => (arms, None),
        };
        let complete = arms.get(futures.len()).map(|arm| arm.body);
        let fallbacks = complete
            .map(|handler| (FallbackKind::Complete, handler))
            .into_iter()
            .chain(default.map(|handler| (FallbackKind::Default, handler)))
            .collect();
        let biased = polls.is_some_and(|closure| !self.shuffles(closure));
        Some(Parts {
            preconditions: vec![None; futures.len()],
            futures,
            tail,
            arms,
            fallbacks,
            biased,
        })
    }

    fn shuffles(&self, closure: LocalDefId) -> bool {
        let Some(body) = self.tcx.hir_maybe_body_owned_by(closure) else {
            return false;
        };
        let typeck = self.tcx.typeck(closure);
        any_in_body(body, &mut |expr| match expr.kind {
            ExprKind::Call(function, _) => is_named(self.tcx, typeck, function, "shuffle"),
            _ => false,
        })
    }

    fn handler_span(&self, handler: &Expr<'tcx>) -> Span {
        let written = |span: Span| self.macros.written_by(span).is_none();
        let ExprKind::Block(block, _) = handler.kind else {
            return in_user_code(handler.span);
        };
        let parts = block
            .stmts
            .iter()
            .map(|stmt| stmt.span)
            .chain(block.expr.map(|tail| tail.span));
        let whole = [handler.span, block.span]
            .into_iter()
            .find(|span| written(*span))
            .or_else(|| parts.map(in_user_code).reduce(Span::to));
        // An empty block has no place of its own.
        whole.map_or(handler.span.shrink_to_hi(), in_user_code)
    }

    fn assemble(
        &self,
        expr: &'tcx Expr<'tcx>,
        family: Family,
        call: Span,
        parts: &Parts<'tcx>,
    ) -> Option<Select<'tcx>> {
        let after = after::Search::new(self.tcx, self.typeck, parts.tail);
        let mut branches = Vec::with_capacity(parts.futures.len());
        for (position, &(future, named)) in parts.futures.iter().enumerate() {
            let arm = parts.arms.get(position)?;
            branches.push(Branch {
                future,
                span: in_user_code(future.span),
                ty: self.typeck.expr_ty_adjusted(future),
                source: Source::of(self.tcx, self.typeck, future, named),
                pattern: inner_pattern(arm.pat)?,
                precondition: *parts.preconditions.get(position)?,
                handler: arm.body,
                handler_span: self.handler_span(arm.body),
                back: after.back(arm.body),
            });
        }
        if branches.is_empty() {
            return None;
        }
        let fallbacks = parts
            .fallbacks
            .iter()
            .map(|&(kind, handler)| Fallback {
                kind,
                back: after.back(handler),
            })
            .collect();
        Some(Select {
            family,
            span: call,
            expr,
            branches,
            biased: parts.biased,
            fallbacks,
            around: enclosing_loop(self.tcx, expr.hir_id),
        })
    }
}

/// The innermost loop of the same body around a node.
pub(crate) fn enclosing_loop(tcx: TyCtxt<'_>, node: HirId) -> Option<Loop> {
    for (_, node) in tcx.hir_parent_iter(node) {
        match node {
            Node::Expr(Expr {
                kind: ExprKind::Loop(_, _, _, head),
                hir_id,
                span,
            }) if !span.is_desugaring(DesugaringKind::Await) => {
                return Some(Loop {
                    id: *hir_id,
                    head: in_user_code(*head),
                    span: in_user_code(*span),
                });
            }
            Node::Expr(Expr {
                kind: ExprKind::Closure(_),
                ..
            })
            | Node::Item(_)
            | Node::ImplItem(_)
            | Node::TraitItem(_) => return None,
            _ => {}
        }
    }
    None
}

/// `(pattern)` inside `Out::_0(pattern)`.
fn inner_pattern<'tcx>(pattern: &'tcx Pat<'tcx>) -> Option<&'tcx Pat<'tcx>> {
    match pattern.kind {
        PatKind::TupleStruct(_, [inner], _) => Some(inner),
        _ => None,
    }
}

fn as_match<'tcx>(expr: &'tcx Expr<'tcx>) -> Option<(&'tcx Expr<'tcx>, &'tcx [Arm<'tcx>])> {
    match expr.kind {
        ExprKind::Match(scrutinee, arms, MatchSource::Normal) => Some((scrutinee, arms)),
        ExprKind::Block(block, None) if block.stmts.is_empty() => as_match(block.expr?),
        ExprKind::DropTemps(inner) => as_match(inner),
        _ => None,
    }
}

/// The block in `let x = { … };`.
fn let_block<'tcx>(stmt: &'tcx Stmt<'tcx>) -> Option<&'tcx Block<'tcx>> {
    match stmt.kind {
        StmtKind::Let(LetStmt {
            init:
                Some(Expr {
                    kind: ExprKind::Block(block, _),
                    ..
                }),
            ..
        }) => Some(block),
        _ => None,
    }
}

/// The closure that a block's tail gives to `poll_fn`.
fn closure_in(polling: &Block<'_>) -> Option<LocalDefId> {
    struct First(Option<LocalDefId>);
    impl<'tcx> Visitor<'tcx> for First {
        fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
            if let ExprKind::Closure(closure) = expr.kind {
                self.0.get_or_insert(closure.def_id);
            }
            walk_expr(self, expr);
        }
    }
    let mut first = First(None);
    // Futures of the branches may be closures' results, so only the tail counts.
    first.visit_expr(polling.expr?);
    first.0
}

/// Whether an expression is the path of a function of that name.
fn is_named<'tcx>(
    tcx: TyCtxt<'tcx>,
    typeck: &TypeckResults<'tcx>,
    function: &Expr<'tcx>,
    name: &str,
) -> bool {
    let ExprKind::Path(path) = &function.kind else {
        return false;
    };
    typeck
        .qpath_res(path, function.hir_id)
        .opt_def_id()
        .and_then(|def| tcx.opt_item_name(def))
        .is_some_and(|found| found.as_str() == name)
}

/// Whether the block's tail calls the polling closure at once instead of awaiting `poll_fn`.
fn polling_once<'tcx>(polling: &'tcx Block<'tcx>) -> bool {
    let is_await =
        |expr: &Expr<'_>| matches!(expr.kind, ExprKind::Match(_, _, MatchSource::AwaitDesugar));
    !polling
        .expr
        .is_some_and(|tail| any_in(tail, &mut |expr| is_await(expr)))
}
