//! Loops that may go round more than a few times.

use rustc_hir::{
    BinOpKind, Block, Expr, ExprKind, LoopSource, MatchSource, QPath, StmtKind,
    def::Res,
    def_id::LocalDefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{Ty, TyCtxt};
use rustc_span::{DesugaringKind, Span};

use super::{
    enclosing::written_by_foreign_macro,
    expressions::{any_in, any_in_block},
    handoffs::is_std,
    length::{FEW, Lengths},
    origin::holds,
};

/// Rounds of nested loops, multiplied, that are taken for cheap.
const FEW_NESTED: u128 = 10_000;

/// Methods that go through an iterator at once.
const CONSUMERS: &[&str] = &[
    "all",
    "any",
    "collect",
    "count",
    "eq",
    "find",
    "find_map",
    "fold",
    "for_each",
    "last",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "nth",
    "partition",
    "position",
    "product",
    "reduce",
    "sum",
    "try_fold",
    "try_for_each",
    "unzip",
];

/// Methods that a loop retries without ever waiting for long.
const RETRIED: &[&str] = &[
    "compare_exchange",
    "compare_exchange_weak",
    "compare_and_swap",
];

/// Methods that take what is there and end the loop when nothing is.
const DRAINING: &[&str] = &["next", "next_back", "try_recv", "try_next", "now_or_never"];

/// A loop that may go round more than a few times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongLoop {
    pub(crate) span: Span,
    /// It visits what a collection holds, once each.
    pub(crate) over_collection: bool,
}

/// The long loops in a body. Closures and `async` blocks in it are bodies of their own.
pub(crate) fn long_loops(tcx: TyCtxt<'_>, owner: LocalDefId) -> Vec<LongLoop> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    let mut search = Search {
        tcx,
        around: 1,
        lengths: Lengths::new(tcx, owner),
        found: Vec::new(),
    };
    search.visit_body(body);
    search.found
}

/// How often a loop can go round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounds {
    AtMost(u128),
    /// As often as a collection has elements.
    OfCollection,
    Unknown,
}

struct Search<'tcx> {
    tcx: TyCtxt<'tcx>,
    /// Rounds of the loops around the current place, multiplied.
    around: u128,
    lengths: Lengths<'tcx>,
    found: Vec<LongLoop>,
}

impl<'tcx> Visitor<'tcx> for Search<'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let rounds = self.rounds(expr);
        let around = self.around;
        let few = match rounds {
            None => true,
            Some(Rounds::AtMost(rounds)) => {
                self.around = around.saturating_mul(rounds.max(1));
                rounds <= FEW && self.around <= FEW_NESTED
            }
            Some(Rounds::OfCollection | Rounds::Unknown) => false,
        };
        // A loop that another crate's macro writes (`select!`) is not the user's work.
        if !few && !written_by_foreign_macro(expr.span) {
            self.found.push(LongLoop {
                span: expr.span,
                over_collection: rounds == Some(Rounds::OfCollection),
            });
        }
        walk_expr(self, expr);
        self.around = around;
    }
}

impl<'tcx> Search<'tcx> {
    /// `None` for what is no loop.
    fn rounds(&self, expr: &'tcx Expr<'tcx>) -> Option<Rounds> {
        match expr.kind {
            ExprKind::Match(scrutinee, [_], MatchSource::ForLoopDesugar) => {
                // `match IntoIterator::into_iter(<what is looped over>) { mut iter => loop { … } }`
                let ExprKind::Call(_, [over]) = scrutinee.kind else {
                    return Some(Rounds::Unknown);
                };
                Some(self.rounds_over(over))
            }
            ExprKind::Loop(block, _, source, _) => self.rounds_of_loop(expr, block, source),
            ExprKind::MethodCall(method, receiver, ..)
                if CONSUMERS.contains(&method.ident.as_str())
                    && self.is_std_method(expr)
                    && self.counts(self.lengths.ty(receiver)) =>
            {
                Some(self.rounds_over(receiver))
            }
            _ => None,
        }
    }

    fn rounds_over(&self, over: &'tcx Expr<'tcx>) -> Rounds {
        match self.lengths.of(over) {
            Some(length) => Rounds::AtMost(length),
            None if self.counts(self.lengths.ty(over)) => Rounds::Unknown,
            None => Rounds::OfCollection,
        }
    }

    fn rounds_of_loop(
        &self,
        expr: &'tcx Expr<'tcx>,
        block: &'tcx Block<'tcx>,
        source: LoopSource,
    ) -> Option<Rounds> {
        if expr.span.is_desugaring(DesugaringKind::Await) || self.retries(block) {
            return None;
        }
        match source {
            LoopSource::ForLoop => None,
            LoopSource::While => {
                let ExprKind::If(condition, body, _) = block.expr?.kind else {
                    return Some(Rounds::Unknown);
                };
                Some(self.rounds_while(condition, body))
            }
            LoopSource::Loop => (!ends_in_first_round(block)).then_some(Rounds::Unknown),
        }
    }

    fn rounds_while(&self, condition: &'tcx Expr<'tcx>, body: &'tcx Expr<'tcx>) -> Rounds {
        match condition.peel_drop_temps().kind {
            ExprKind::Let(binding) => self.rounds_while_let(binding.init),
            ExprKind::Binary(operator, left, right) => {
                let (counter, limit) = match operator.node {
                    BinOpKind::Lt | BinOpKind::Le | BinOpKind::Ne => (left, right),
                    BinOpKind::Gt | BinOpKind::Ge => (right, left),
                    _ => return Rounds::Unknown,
                };
                match self.lengths.integer(limit) {
                    Some(limit) if self.counts_up(counter, body) => Rounds::AtMost(limit),
                    _ => Rounds::Unknown,
                }
            }
            _ => Rounds::Unknown,
        }
    }

    fn rounds_while_let(&self, init: &'tcx Expr<'tcx>) -> Rounds {
        let ExprKind::MethodCall(method, receiver, ..) = init.peel_drop_temps().kind else {
            return Rounds::Unknown;
        };
        let receiver_ty = self.lengths.ty(receiver).peel_refs();
        let is_option = receiver_ty.ty_adt_def().is_some_and(|adt| {
            self.tcx
                .is_diagnostic_item(rustc_span::sym::Option, adt.did())
        });
        if method.ident.as_str() == "take" && is_option {
            return Rounds::AtMost(1);
        }
        if DRAINING.contains(&method.ident.as_str()) {
            return self.rounds_over(receiver);
        }
        Rounds::Unknown
    }

    /// Whether the body adds to the variable.
    fn counts_up(&self, counter: &'tcx Expr<'tcx>, body: &'tcx Expr<'tcx>) -> bool {
        local(counter.peel_drop_temps()).is_some_and(|counter| {
            any_in(body, &mut |expr| {
                matches!(expr.kind, ExprKind::AssignOp(operator, target, _)
                    if operator.node == rustc_hir::AssignOpKind::AddAssign
                        && local(target) == Some(counter))
            })
        })
    }

    /// A compare-and-swap that is tried until it succeeds.
    fn retries(&self, block: &'tcx Block<'tcx>) -> bool {
        any_in_block(block, &mut |expr| {
            matches!(expr.kind, ExprKind::MethodCall(method, ..)
                if RETRIED.contains(&method.ident.as_str()))
        })
    }

    /// Whether an iterator of this type counts or makes up its items instead of visiting a
    /// collection.
    fn counts(&self, ty: Ty<'tcx>) -> bool {
        const COUNTING: &[&str] = &[
            "Range",
            "RangeInclusive",
            "RangeFrom",
            "Repeat",
            "RepeatN",
            "RepeatWith",
            "Successors",
            "FromFn",
            "Cycle",
        ];
        holds(ty, &|ty| {
            ty.ty_adt_def().is_some_and(|adt| {
                is_std(self.tcx, adt.did())
                    && COUNTING.contains(&self.tcx.item_name(adt.did()).as_str())
            })
        })
    }

    fn is_std_method(&self, call: &Expr<'_>) -> bool {
        self.lengths
            .method(call)
            .is_some_and(|method| is_std(self.tcx, method))
    }
}

/// Whether each way through the block leaves the loop: the idiom of a block that can be left early.
pub(crate) fn ends_in_first_round(block: &Block<'_>) -> bool {
    let last = block.expr.or_else(|| match block.stmts.last()?.kind {
        StmtKind::Semi(expr) | StmtKind::Expr(expr) => Some(expr),
        _ => None,
    });
    let leaves =
        last.is_some_and(|last| matches!(last.kind, ExprKind::Break(..) | ExprKind::Ret(_)));
    leaves && !continues(block)
}

fn continues<'tcx>(block: &'tcx Block<'tcx>) -> bool {
    any_in_block(block, &mut |expr| {
        matches!(expr.kind, ExprKind::Continue(_))
    })
}

fn local(expr: &Expr<'_>) -> Option<rustc_hir::HirId> {
    match expr.kind {
        ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
            Res::Local(binding) => Some(binding),
            _ => None,
        },
        _ => None,
    }
}
