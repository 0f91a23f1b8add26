//! Calls of chosen functions, each with the callers that decide what it does.
//!
//! `fn run<F: Future>(rt: &Runtime, f: F) { rt.block_on(f) }` says nothing about the runtime or the
//! future: its callers do. A judge that cannot settle a call is asked again once for each caller,
//! with the types and values of that caller filled in.

use std::rc::Rc;

use rustc_hir::{
    def::DefKind,
    def_id::{DefIdSet, LocalDefId},
};
use rustc_middle::{
    mir::{BasicBlock, Operand, TerminatorKind},
    ty::{self, Instance, TyCtxt},
};
use rustc_span::{Span, Spanned};

use super::{
    bodies::{Bodies, Callee},
    call_graph::{CallGraph, CallGraphs},
    mentions::Mentions,
    origin::Frame,
};

/// Callers of callers that are asked.
const DEEPEST_CALLER: usize = 3;
/// Callers that are asked at each of these levels.
const MOST_WAYS: usize = 2_000;

/// One call of a chosen function, seen from the body that settles it.
pub(crate) struct EntryCall<'c, 'f, 'tcx> {
    pub(crate) graph: &'c Rc<CallGraph<'tcx>>,
    /// The frame of the call itself.
    pub(crate) frame: &'c Frame<'f, 'tcx>,
    pub(crate) callee: Callee<'tcx>,
    pub(crate) operands: &'tcx [Spanned<Operand<'tcx>>],
    /// Where the call itself stands.
    pub(crate) span: Span,
    /// The body that the walk began in: the call's own, or a caller's.
    pub(crate) owner: LocalDefId,
    /// The place in `owner`: the call, or the call that leads to it.
    pub(crate) owner_span: Span,
}

pub(crate) enum Verdict {
    Settled,
    /// The callers of the function that the call stands in may know more.
    AskCallers,
}

/// A way to a call: the body it starts in, and a block of each body on the way.
struct Way {
    owner: LocalDefId,
    blocks: Vec<BasicBlock>,
}

/// Shows every call of the chosen functions to `judge`.
pub(crate) fn judge_calls<'tcx>(
    graphs: &CallGraphs<'tcx>,
    mentions: &Mentions<'tcx>,
    functions: &DefIdSet,
    judge: &mut dyn FnMut(&EntryCall<'_, '_, 'tcx>) -> Verdict,
) {
    let mut ways: Vec<Way> = mentions
        .bodies_naming(functions)
        .into_iter()
        .flat_map(|owner| {
            calls_in(&graphs.for_owner(owner).bodies, owner, functions)
                .into_iter()
                .map(move |block| Way {
                    owner,
                    blocks: vec![block],
                })
        })
        .collect();
    for depth in 0..=DEEPEST_CALLER {
        let open: Vec<Way> = ways
            .into_iter()
            .filter(|way| matches!(follow(graphs, way, judge), Some(Verdict::AskCallers)))
            .collect();
        if open.is_empty() || depth == DEEPEST_CALLER {
            return;
        }
        ways = one_caller_up(graphs, mentions, &open);
    }
}

fn one_caller_up(graphs: &CallGraphs<'_>, mentions: &Mentions<'_>, open: &[Way]) -> Vec<Way> {
    let callable = |way: &Way| called_function(graphs.tcx, way.owner);
    let functions: DefIdSet = open
        .iter()
        .filter_map(callable)
        .map(LocalDefId::to_def_id)
        .collect();
    let callers = mentions.callers(&functions);
    let mut ways = Vec::new();
    for way in open {
        let Some(function) = callable(way).map(LocalDefId::to_def_id) else {
            continue;
        };
        let only: DefIdSet = [function].into_iter().collect();
        for &caller in callers.get(&function).into_iter().flatten() {
            for block in calls_in(&graphs.for_owner(caller).bodies, caller, &only) {
                let mut blocks = vec![block];
                blocks.extend(&way.blocks);
                ways.push(Way {
                    owner: caller,
                    blocks,
                });
            }
        }
    }
    ways.truncate(MOST_WAYS);
    ways
}

/// The function that a caller names to run this body: of an `async fn`'s coroutine, the function.
fn called_function(tcx: TyCtxt<'_>, body: LocalDefId) -> Option<LocalDefId> {
    match tcx.def_kind(body) {
        DefKind::Fn | DefKind::AssocFn => Some(body),
        DefKind::Closure if tcx.coroutine_is_async(body.to_def_id()) => {
            let parent = tcx.local_parent(body);
            let is_async_fn = tcx.def_kind(parent).is_fn_like()
                && tcx.def_kind(parent) != DefKind::Closure
                && tcx.asyncness(parent).is_async();
            is_async_fn.then_some(parent)
        }
        _ => None,
    }
}

fn calls_in(bodies: &Bodies<'_>, owner: LocalDefId, functions: &DefIdSet) -> Vec<BasicBlock> {
    let Some(mir) = bodies.mir(owner.to_def_id()) else {
        return Vec::new();
    };
    let flow = bodies.flow(&mir);
    mir.body
        .basic_blocks
        .iter_enumerated()
        .filter(|(block, data)| {
            !data.is_cleanup
                && flow.is_live(*block)
                && matches!(
                    &data.terminator().kind,
                    TerminatorKind::Call { func, .. }
                        if func.const_fn_def().is_some_and(|(def, _)| functions.contains(&def))
                )
        })
        .map(|(block, _)| block)
        .collect()
}

fn follow<'tcx>(
    graphs: &CallGraphs<'tcx>,
    way: &Way,
    judge: &mut dyn FnMut(&EntryCall<'_, '_, 'tcx>) -> Verdict,
) -> Option<Verdict> {
    let graph = graphs.for_owner(way.owner);
    let frame = Frame::new(&graph.bodies, graph.bodies.identity(way.owner))?;
    let owner_span = frame.mir.body.basic_blocks[way.blocks[0]]
        .terminator()
        .source_info
        .span;
    step(&graph, &frame, &way.blocks, way.owner, owner_span, judge)
}

fn step<'tcx>(
    graph: &Rc<CallGraph<'tcx>>,
    frame: &Frame<'_, 'tcx>,
    blocks: &[BasicBlock],
    owner: LocalDefId,
    owner_span: Span,
    judge: &mut dyn FnMut(&EntryCall<'_, '_, 'tcx>) -> Verdict,
) -> Option<Verdict> {
    let bodies = &graph.bodies;
    let (&block, rest) = blocks.split_first()?;
    let body = frame.mir.body;
    let terminator = body.basic_blocks[block].terminator();
    let TerminatorKind::Call { func, args, .. } = &terminator.kind else {
        return None;
    };
    let callee = bodies.callee(frame.operand_ty(bodies, func)?)?;
    if rest.is_empty() {
        return Some(judge(&EntryCall {
            graph,
            frame,
            callee,
            operands: args,
            span: terminator.source_info.span,
            owner,
            owner_span,
        }));
    }
    let function = callee.local(bodies)?;
    let inner = frame.enter(bodies, function, Some(args))?;
    if called_into_coroutine(bodies, function) {
        let returned = inner.mir.body.return_ty();
        let ty::Coroutine(coroutine, args) = *bodies.fill_in(function, returned)?.kind() else {
            return None;
        };
        let coroutine = inner.enter(bodies, Instance::new_raw(coroutine, args), None)?;
        return step(graph, &coroutine, rest, owner, owner_span, judge);
    }
    step(graph, &inner, rest, owner, owner_span, judge)
}

fn called_into_coroutine(bodies: &Bodies<'_>, function: Instance<'_>) -> bool {
    bodies.tcx.asyncness(function.def_id()).is_async()
}
