//! Polls with a waker that does nothing, in one body, and what follows when they are `Pending`.

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_middle::{
    mir::{
        BasicBlock, Body, Operand, Place, RETURN_PLACE, Rvalue, START_BLOCK, StatementKind,
        SwitchTargets, TerminatorKind,
    },
    ty::{Instance, Ty, TyCtxt},
};
use rustc_span::Span;

use super::pending::{is_pending, returned};
use crate::analysis::{
    bodies::Bodies,
    context_uses::{ContextUses, WakerItems, is_poll},
    definitions::{Root, Variable},
    flow::Flow,
    taint::{Call, Spread, Taint},
};

/// The value of `Poll::Pending`'s discriminant.
const PENDING: u128 = 1;

/// A poll that wakes nobody when it is `Pending`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoopPoll {
    pub(super) block: BasicBlock,
    pub(super) span: Span,
    /// The function of the crate that makes the poll, where it is not made here.
    pub(super) by: Option<DefId>,
}

/// One body in which such polls are made.
pub(super) struct NoopBody<'b, 'tcx> {
    pub(super) tcx: TyCtxt<'tcx>,
    pub(super) body: &'b Body<'tcx>,
    pub(super) flow: &'b Flow,
    pub(super) polls: Vec<NoopPoll>,
}

impl<'b, 'tcx> NoopBody<'b, 'tcx> {
    /// Finds the polls with what one of `makers` returns, and the calls of `pollers`, functions of
    /// the crate that make such a poll and return its answer.
    pub(super) fn new(
        bodies: &Bodies<'tcx>,
        items: &WakerItems,
        makers: &DefIdSet,
        pollers: &FxHashMap<DefId, Span>,
        instance: Instance<'tcx>,
        body: &'b Body<'tcx>,
        flow: &'b Flow,
    ) -> Self {
        let tcx = bodies.tcx;
        let calls = || {
            body.basic_blocks
                .iter_enumerated()
                .filter(|(block, data)| !data.is_cleanup && flow.is_live(*block))
                .filter_map(|(block, data)| Some((block, Call::of(data.terminator())?)))
        };
        let wakers = calls()
            .filter(|(_, call)| call.callee.is_some_and(|callee| makers.contains(&callee)))
            .map(|(_, call)| Variable::of_place(tcx, body, call.destination).root);
        let noop = Taint::new(tcx, body, wakers, &Wakers { tcx, items });
        let returns_poll =
            |call: &Call<'_, 'tcx>| is_poll(tcx, call.destination.ty(&body.local_decls, tcx).ty);
        let polls = calls()
            .filter(|(_, call)| returns_poll(call))
            .filter_map(|(block, call)| {
                let terminator = body.basic_blocks[block].terminator();
                let by = if noop.in_call(&call) {
                    None
                } else {
                    let TerminatorKind::Call { func, .. } = &terminator.kind else {
                        return None;
                    };
                    let func = bodies.operand_ty(instance, body, func)?;
                    let callee = bodies.callee(func)?.running();
                    Some(callee).filter(|callee| pollers.contains_key(callee))?;
                    Some(callee)
                };
                Some(NoopPoll {
                    block,
                    span: terminator.source_info.span,
                    by,
                })
            })
            .collect();
        Self {
            tcx,
            body,
            flow,
            polls,
        }
    }

    /// The first poll whose answer the body returns.
    pub(super) fn returned_poll(&self) -> Option<&NoopPoll> {
        self.polls
            .iter()
            .find(|poll| self.answer(poll).has(Root::Local(RETURN_PLACE)))
    }

    /// Whether the body, a `poll`, returns `Pending` because this poll did, with its own context
    /// not used.
    pub(super) fn returns_pending(&self, poll: &NoopPoll, uses: Option<&ContextUses>) -> bool {
        let is_used = |block| uses.is_some_and(|uses| uses.at(block));
        let reached = |start: BasicBlock| {
            let mut seen = FxHashSet::default();
            let mut pending = vec![start];
            while let Some(block) = pending.pop() {
                if block == poll.block {
                    return true;
                }
                if !is_used(block) && seen.insert(block) {
                    pending.extend(self.flow.successors(block));
                }
            }
            false
        };
        if !reached(START_BLOCK) {
            return false;
        }
        let answer = self.answer(poll);
        let passed_on = returned(self.body);
        let mut seen = FxHashSet::default();
        let here = answer.has(Root::Local(RETURN_PLACE))
            && Call::of(self.body.basic_blocks[poll.block].terminator())
                .is_some_and(|call| call.destination.as_local() == Some(RETURN_PLACE));
        let mut ways: Vec<(BasicBlock, bool)> = self
            .flow
            .successors(poll.block)
            .iter()
            .map(|&next| (next, here))
            .collect();
        while let Some((block, mut pending)) = ways.pop() {
            if is_used(block) || !seen.insert((block, pending)) {
                continue;
            }
            let data = &self.body.basic_blocks[block];
            for statement in &data.statements {
                let StatementKind::Assign(assign) = &statement.kind else {
                    continue;
                };
                if assign
                    .0
                    .as_local()
                    .is_some_and(|local| passed_on.contains(&local))
                {
                    let copied = matches!(&assign.1, Rvalue::Use(operand)
                        if self.is_passed_on(operand, &passed_on));
                    pending = is_pending(self.tcx, &assign.1)
                        || answer.in_rvalue(&assign.1)
                        || copied && pending;
                }
            }
            match &data.terminator().kind {
                TerminatorKind::Return if pending => return true,
                TerminatorKind::Call { destination, .. }
                    if destination.as_local() == Some(RETURN_PLACE) =>
                {
                    pending = answer.in_place(*destination);
                }
                _ => {}
            }
            for next in self.next_if(block, &answer, true) {
                ways.push((next, pending));
            }
        }
        false
    }

    fn is_passed_on(
        &self,
        operand: &Operand<'tcx>,
        passed_on: &FxHashSet<rustc_middle::mir::Local>,
    ) -> bool {
        operand
            .place()
            .and_then(|place| place.as_local())
            .is_some_and(|local| passed_on.contains(&local))
    }

    /// The blocks in which the body, an async one, suspends because the poll was `Pending`, to poll
    /// again after.
    pub(super) fn waits_at(&self, poll: &NoopPoll) -> Vec<BasicBlock> {
        let answer = self.answer(poll);
        let if_pending = self.until_next(poll, &answer, true);
        let if_ready = self.until_next(poll, &answer, false);
        if_pending
            .into_iter()
            .filter(|block| !if_ready.contains(block))
            .filter(|&block| {
                let data = &self.body.basic_blocks[block];
                matches!(data.terminator().kind, TerminatorKind::Return)
                    && self.flow.reachable_from(block).contains(&poll.block)
            })
            .collect()
    }

    /// The blocks between a poll with this answer and the next one.
    fn until_next(
        &self,
        poll: &NoopPoll,
        answer: &Taint<'_, 'tcx>,
        pending: bool,
    ) -> FxHashSet<BasicBlock> {
        let mut seen = FxHashSet::default();
        let mut ways = self.flow.successors(poll.block).to_vec();
        while let Some(block) = ways.pop() {
            if block != poll.block && seen.insert(block) {
                ways.extend(self.next_if(block, answer, pending));
            }
        }
        seen
    }

    /// Where the body goes on after a block if the answer is `Pending`, or if it is not.
    fn next_if(
        &self,
        block: BasicBlock,
        answer: &Taint<'_, 'tcx>,
        pending: bool,
    ) -> Vec<BasicBlock> {
        let all = self.flow.successors(block);
        let TerminatorKind::SwitchInt { discr, targets } =
            &self.body.basic_blocks[block].terminator().kind
        else {
            return all.to_vec();
        };
        let Some(if_pending) = self.pending_arm(discr, targets, answer) else {
            return all.to_vec();
        };
        all.iter()
            .copied()
            .filter(|&arm| (arm == if_pending) == pending)
            .collect()
    }

    /// The arm that is taken for `Pending`, if the condition asks for it.
    fn pending_arm(
        &self,
        condition: &Operand<'tcx>,
        targets: &SwitchTargets,
        answer: &Taint<'_, 'tcx>,
    ) -> Option<BasicBlock> {
        let asked = condition.place()?.as_local()?;
        for data in self.body.basic_blocks.iter() {
            for statement in &data.statements {
                if let StatementKind::Assign(assign) = &statement.kind
                    && assign.0.as_local() == Some(asked)
                    && let Rvalue::Discriminant(of) = assign.1
                    && answer.in_place(of)
                    && is_poll(self.tcx, of.ty(&self.body.local_decls, self.tcx).ty)
                {
                    return Some(targets.target_for_value(PENDING));
                }
            }
            if let Some(call) = Call::of(data.terminator())
                && call.destination.as_local() == Some(asked)
                && answer.in_call(&call)
                && let Some(callee) = call.callee
            {
                return match self.tcx.item_name(callee).as_str() {
                    "is_pending" => Some(targets.otherwise()),
                    "is_ready" => Some(targets.target_for_value(0)),
                    _ => None,
                };
            }
        }
        None
    }

    /// The variables that hold the answer of a poll.
    fn answer(&self, poll: &NoopPoll) -> Taint<'b, 'tcx> {
        let seed = Call::of(self.body.basic_blocks[poll.block].terminator())
            .map(|call| self.root(call.destination));
        Taint::new(self.tcx, self.body, seed, &Answers { tcx: self.tcx })
    }

    fn root(&self, place: Place<'tcx>) -> Root {
        Variable::of_place(self.tcx, self.body, place).root
    }
}

struct Wakers<'w, 'tcx> {
    tcx: TyCtxt<'tcx>,
    items: &'w WakerItems,
}

impl<'tcx> Spread<'tcx> for Wakers<'_, 'tcx> {
    fn through_call(&self, call: &Call<'_, 'tcx>) -> bool {
        call.callee
            .is_some_and(|callee| self.items.derives(self.tcx, callee))
    }

    fn carries(&self, ty: Ty<'tcx>) -> bool {
        self.items.in_type(self.tcx, ty)
    }
}

/// An answer stays one when it is mapped.
struct Answers<'tcx> {
    tcx: TyCtxt<'tcx>,
}

impl<'tcx> Spread<'tcx> for Answers<'tcx> {
    fn through_call(&self, _: &Call<'_, 'tcx>) -> bool {
        true
    }

    fn carries(&self, ty: Ty<'tcx>) -> bool {
        is_poll(self.tcx, ty.peel_refs())
    }
}
