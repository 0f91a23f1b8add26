//! Awaited timeouts, and what happens after they have fired.

use rustc_hir::{
    Expr, ExprKind, HirId, LangItem, MatchSource, Node,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::{
    mir::{Operand, TerminatorKind},
    ty::{Ty, TyCtxt, TypeckResults},
};
use rustc_span::Span;

use super::survivors::{assigns, overlap, places_in};
use crate::{
    analysis::{
        call_graph::CallGraph,
        cancel_safety::{Loss, table::Answer},
        makers::coroutine_of,
        origin::Frame,
        select::{After, Back, Loop, Place, after, enclosing_loop},
    },
    diagnostics::in_user_code,
    facts::Facts,
};

/// Functions that give a future up: with the position of the future, and how they say so.
const LIMITS: &[(&str, usize, Gone)] = &[
    ("tokio::time::timeout", 1, Gone::Err),
    ("tokio::time::timeout_at", 1, Gone::Err),
    ("tokio_util::future::FutureExt::timeout", 0, Gone::Err),
    ("tokio_util::future::FutureExt::timeout_at", 0, Gone::Err),
    ("tokio_util::time::FutureExt::timeout", 0, Gone::Err),
    (
        "tokio_util::sync::CancellationToken::run_until_cancelled",
        1,
        Gone::None,
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    Err,
    None,
}

/// An awaited timeout.
pub(super) struct Timed<'tcx> {
    pub(super) node: HirId,
    pub(super) span: Span,
    /// When the future is given up, for a message.
    pub(super) when: &'static str,
    pub(super) ty: Ty<'tcx>,
    pub(super) value: Operand<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    /// What the future is made of.
    places: Vec<Place>,
    after: After<'tcx>,
}

/// Shows every awaited timeout of the crate to `judge`.
pub(super) fn each<'tcx>(
    facts: &Facts<'tcx>,
    judge: &mut dyn FnMut(&CallGraph<'tcx>, &Frame<'_, 'tcx>, &Timed<'tcx>),
) {
    let functions: Vec<(DefId, usize, Gone)> = LIMITS
        .iter()
        .flat_map(|&(path, position, gone)| {
            facts
                .paths
                .items(path)
                .into_iter()
                .map(move |item| (item, position, gone))
        })
        .collect();
    let named: DefIdSet = functions.iter().map(|(function, ..)| *function).collect();
    for owner in facts.mentions().bodies_naming(&named) {
        let graph = facts.call_graphs().for_owner(owner);
        let Some(frame) = Frame::new(&graph.bodies, graph.bodies.identity(owner)) else {
            continue;
        };
        for timed in find(facts.tcx, &graph, &frame, owner, &functions) {
            judge(&graph, &frame, &timed);
        }
    }
}

fn find<'tcx>(
    tcx: TyCtxt<'tcx>,
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    owner: LocalDefId,
    functions: &[(DefId, usize, Gone)],
) -> Vec<Timed<'tcx>> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    let typeck = tcx.typeck(owner);
    let mut calls = Calls {
        typeck,
        functions,
        found: Vec::new(),
    };
    calls.visit_body(body);
    calls
        .found
        .into_iter()
        .filter(|(call, ..)| !call.span.in_external_macro(tcx.sess.source_map()))
        .filter_map(|(call, function, position, gone)| {
            let future = argument(call, position)?;
            let gone_variant = tcx.lang_items().get(match gone {
                Gone::Err => LangItem::ResultErr,
                Gone::None => LangItem::OptionNone,
            })?;
            let awaited = awaited(tcx, call)?;
            let value = value(frame, call.span, function, position)?;
            let ty = frame.operand_ty(&graph.bodies, &value)?;
            Some(Timed {
                node: call.hir_id,
                span: call.span,
                when: match gone {
                    Gone::Err => "when this timeout fires",
                    Gone::None => "when the token is cancelled",
                },
                ty,
                value,
                typeck,
                places: places_in(tcx, future),
                after: after(tcx, typeck, awaited, gone_variant),
            })
        })
        .collect()
}

impl<'tcx> Timed<'tcx> {
    /// The loop that makes the future anew after it was given up.
    pub(super) fn again(&self, tcx: TyCtxt<'tcx>) -> Option<Loop> {
        if self
            .after
            .passed
            .iter()
            .any(|expr| assigns(expr, &self.places))
        {
            return None;
        }
        let innermost = enclosing_loop(tcx, self.node)?;
        match self.after.back {
            Back::InLoop => Some(innermost),
            Back::InOuterLoop => enclosing_loop(tcx, innermost.id),
            Back::Never => None,
        }
    }

    /// Where the same stream is used again in the same way, once the future was given up.
    pub(super) fn used_again(
        &self,
        facts: &Facts<'tcx>,
        graph: &CallGraph<'tcx>,
        what: Loss,
    ) -> Option<Span> {
        if self
            .after
            .passed
            .iter()
            .any(|expr| assigns(expr, &self.places))
        {
            return None;
        }
        self.after
            .passed
            .iter()
            .filter(|expr| {
                let parts: Vec<&Expr<'_>> = match expr.kind {
                    ExprKind::MethodCall(_, receiver, arguments, _) => {
                        std::iter::once(receiver).chain(arguments).collect()
                    }
                    ExprKind::Call(_, arguments) => arguments.iter().collect(),
                    _ => return false,
                };
                parts
                    .iter()
                    .filter_map(|part| Place::of(part))
                    .any(|used| self.places.iter().any(|place| overlap(place, &used)))
            })
            .find(|expr| self.does_the_same(facts, graph, expr, what))
            .map(|expr| in_user_code(expr.span))
    }

    fn does_the_same(
        &self,
        facts: &Facts<'tcx>,
        graph: &CallGraph<'tcx>,
        call: &Expr<'tcx>,
        what: Loss,
    ) -> bool {
        let function = match call.kind {
            ExprKind::MethodCall(..) => self.typeck.type_dependent_def_id(call.hir_id),
            ExprKind::Call(function, _) => match &function.kind {
                ExprKind::Path(path) => self.typeck.qpath_res(path, function.hir_id).opt_def_id(),
                _ => None,
            },
            _ => None,
        };
        let Some(function) = function else {
            return false;
        };
        let writes = |loss: Loss| loss == Loss::PartWritten;
        let safety = facts.cancel_safety();
        let found = match function.as_local() {
            Some(local) => coroutine_of(graph, graph.bodies.identity(local)).and_then(|body| {
                let summary = safety.summary(graph, body, &[]);
                let loses = summary.loss.as_ref().map(|(lost, _)| lost.what);
                loses.or(summary.hands_out.map(|(what, _)| what))
            }),
            None => safety.documented(function).and_then(|answer| match answer {
                Answer::Loses(loss, _) | Answer::Takes(loss) => Some(loss),
                Answer::TakesInto { loss, .. } => Some(loss),
                Answer::Fills { .. } => Some(Loss::BytesRead),
                Answer::Copies | Answer::Sends { .. } | Answer::QueuePlace => None,
            }),
        };
        found.is_some_and(|found| writes(found) == writes(what))
    }
}

/// The `.await` that a call is the operand of.
fn awaited<'tcx>(tcx: TyCtxt<'tcx>, call: &'tcx Expr<'tcx>) -> Option<&'tcx Expr<'tcx>> {
    for (_, node) in tcx.hir_parent_iter(call.hir_id).take(2) {
        match node {
            Node::Expr(
                expr @ Expr {
                    kind: ExprKind::Match(_, _, MatchSource::AwaitDesugar),
                    ..
                },
            ) => return Some(expr),
            Node::Expr(Expr {
                kind: ExprKind::Call(..),
                ..
            }) => {}
            _ => return None,
        }
    }
    None
}

fn argument<'tcx>(call: &'tcx Expr<'tcx>, position: usize) -> Option<&'tcx Expr<'tcx>> {
    match call.kind {
        ExprKind::Call(_, arguments) => arguments.get(position),
        ExprKind::MethodCall(_, receiver, ..) if position == 0 => Some(receiver),
        ExprKind::MethodCall(_, _, arguments, _) => arguments.get(position - 1),
        _ => None,
    }
}

/// The future that the call is given, in the MIR.
fn value<'tcx>(
    frame: &Frame<'_, 'tcx>,
    span: Span,
    function: DefId,
    position: usize,
) -> Option<Operand<'tcx>> {
    frame.mir.body.basic_blocks.iter().find_map(|data| {
        let terminator = data.terminator();
        match &terminator.kind {
            TerminatorKind::Call { func, args, .. }
                if terminator.source_info.span == span
                    && func.const_fn_def().is_some_and(|(def, _)| def == function) =>
            {
                args.get(position).map(|argument| argument.node.clone())
            }
            _ => None,
        }
    })
}

struct Calls<'a, 'tcx> {
    typeck: &'tcx TypeckResults<'tcx>,
    functions: &'a [(DefId, usize, Gone)],
    found: Vec<(&'tcx Expr<'tcx>, DefId, usize, Gone)>,
}

impl<'tcx> Visitor<'tcx> for Calls<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let named = match expr.kind {
            ExprKind::Call(function, _) => match &function.kind {
                ExprKind::Path(path) => self.typeck.qpath_res(path, function.hir_id).opt_def_id(),
                _ => None,
            },
            ExprKind::MethodCall(..) => self.typeck.type_dependent_def_id(expr.hir_id),
            _ => None,
        };
        if let Some(&(function, position, gone)) = self
            .functions
            .iter()
            .find(|(function, ..)| Some(*function) == named)
        {
            self.found.push((expr, function, position, gone));
        }
        walk_expr(self, expr);
    }
}
