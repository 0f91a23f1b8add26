//! The ways through a `poll` that end in a `Pending` of its own making.

use rustc_abi::VariantIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::LangItem;
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, Body, BorrowKind, Local, Operand, Place, RETURN_PLACE, Rvalue,
        START_BLOCK, Statement, StatementKind, TerminatorKind,
    },
    ty::{Instance, TyCtxt},
};
use rustc_span::Span;

use super::{
    outside::Outside,
    parts::{Part, Slice, part_behind},
};
use crate::analysis::{
    bodies::Bodies,
    context_uses::ContextUses,
    definitions::{Definitions, Root, Variable},
    flow::Flow,
    taint::{Call, Spread, Taint, through_reference},
};

const PENDING: VariantIdx = VariantIdx::from_u32(1);

/// A `Pending` that is returned with the context not used on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unwoken {
    /// The `Poll::Pending`.
    pub(super) span: Span,
    pub(super) why: Why,
}

/// Why another poll would have another answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// What is looked at here may be changed by others.
    Outside(Span),
    /// The poll has itself changed what the next one looks at.
    OwnChange(Span),
    /// What is looked at here is the future's own, and nobody can change it while it is awaited.
    Unchanging(Span),
}

/// Who calls the body again, as far as its signature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// An executor: the body is `Future::poll`.
    Executor,
    /// Somebody who polls when woken.
    Waker,
    /// Somebody with rules of their own, who may poll after each call of another method.
    Driver,
}

pub(super) struct Ways<'w, 'tcx> {
    tcx: TyCtxt<'tcx>,
    body: &'w Body<'tcx>,
    flow: &'w Flow,
    uses: &'w ContextUses,
    definitions: &'w Definitions,
    caller: Caller,
    /// Variables whose value the body returns.
    returned: FxHashSet<Local>,
    outside: Taint<'w, 'tcx>,
    /// What the conditions of the body look at.
    looked_at: FxHashSet<Part>,
}

/// A place on a way: the block, whether the value to return is then the `Pending` asked about, and
/// what was found out on the way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Step {
    block: BasicBlock,
    pending: bool,
    why: Option<Reason>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Reason {
    Outside(BasicBlock),
    OwnChange(BasicBlock, usize),
    Unchanging(BasicBlock),
}

impl<'w, 'tcx> Ways<'w, 'tcx> {
    pub(super) fn new(
        bodies: &'w Bodies<'tcx>,
        instance: Instance<'tcx>,
        body: &'w Body<'tcx>,
        flow: &'w Flow,
        definitions: &'w Definitions,
        uses: &'w ContextUses,
        caller: Caller,
    ) -> Self {
        let tcx = bodies.tcx;
        let outside = Outside::new(bodies);
        let asked = body.basic_blocks.iter().filter_map(|data| {
            let TerminatorKind::Call {
                func, destination, ..
            } = &data.terminator().kind
            else {
                return None;
            };
            let func = bodies.operand_ty(instance, body, func)?;
            let callee = bodies.callee(func)?;
            (!data.is_cleanup && outside.is_asked_by(&callee)).then_some(*destination)
        });
        let roots: Vec<_> = asked
            .map(|place| Variable::of_place(tcx, body, place).root)
            .collect();
        Self {
            tcx,
            body,
            flow,
            uses,
            definitions,
            caller,
            returned: returned(body),
            outside: Taint::new(tcx, body, roots, &Everything),
            looked_at: Slice::of(tcx, body, definitions, conditions(body)).parts,
        }
    }

    /// Each `Pending` of the body's own making that somebody waits for in vain.
    pub(super) fn unwoken(&self) -> Vec<Unwoken> {
        let mut found = Vec::new();
        for (block, data) in self.body.basic_blocks.iter_enumerated() {
            if data.is_cleanup || !self.flow.is_live(block) || self.uses.at(block) {
                continue;
            }
            for (index, statement) in data.statements.iter().enumerate() {
                // One way to this `Pending` keeps the waker; the other may rely on that it was
                // kept earlier.
                if self.makes_pending(statement)
                    && !self.registered_before(block)
                    && let Some(why) = self.why((block, index))
                {
                    found.push(Unwoken {
                        span: statement.source_info.span,
                        why,
                    });
                }
            }
        }
        found
    }

    fn makes_pending(&self, statement: &Statement<'tcx>) -> bool {
        let StatementKind::Assign(assign) = &statement.kind else {
            return false;
        };
        assign
            .0
            .as_local()
            .is_some_and(|local| self.returned.contains(&local))
            && is_pending(self.tcx, &assign.1)
    }

    fn registered_before(&self, block: BasicBlock) -> bool {
        self.uses
            .registering()
            .any(|registering| self.flow.reachable_from(registering).contains(&block))
    }

    /// Looks for a way from the start to the end, over the `Pending` and without the context, on
    /// which there is a reason to poll again.
    fn why(&self, pending: (BasicBlock, usize)) -> Option<Why> {
        let mixed = self.uses.registering().next().is_some();
        let counts_changes = !mixed && self.caller != Caller::Driver;
        let mut seen = FxHashSet::default();
        let mut ways = vec![Step {
            block: START_BLOCK,
            pending: false,
            why: None,
        }];
        while let Some(mut step) = ways.pop() {
            if !seen.insert(step) || self.uses.at(step.block) {
                continue;
            }
            let data = &self.body.basic_blocks[step.block];
            for (index, statement) in data.statements.iter().enumerate() {
                let StatementKind::Assign(assign) = &statement.kind else {
                    continue;
                };
                if (step.block, index) == pending {
                    step.pending = true;
                } else if assign.0.as_local() == Some(RETURN_PLACE) && !self.is_copy(&assign.1) {
                    step.pending = false;
                } else if counts_changes
                    && step.why.is_none()
                    && self.changes_what_is_looked_at(assign.0)
                {
                    step.why = Some(Reason::OwnChange(step.block, index));
                }
            }
            match &data.terminator().kind {
                TerminatorKind::Return if step.pending => {
                    if let Some(reason) = step.why {
                        return Some(self.explain(reason));
                    }
                }
                TerminatorKind::SwitchInt { discr, .. }
                    if self.outside.in_operand(discr) && self.decides(step.block, pending.0) =>
                {
                    step.why = Some(Reason::Outside(step.block));
                }
                TerminatorKind::SwitchInt { discr, .. }
                    if !mixed
                        && self.caller == Caller::Executor
                        && step.why.is_none()
                        && self.is_unchanging(discr)
                        && self.decides(step.block, pending.0) =>
                {
                    step.why = Some(Reason::Unchanging(step.block));
                }
                TerminatorKind::Call { destination, .. }
                    if destination.as_local() == Some(RETURN_PLACE) =>
                {
                    step.pending = false;
                }
                _ => {}
            }
            ways.extend(
                self.flow
                    .successors(step.block)
                    .iter()
                    .map(|&block| Step { block, ..step }),
            );
        }
        None
    }

    /// The value to return is only passed on.
    fn is_copy(&self, rvalue: &Rvalue<'tcx>) -> bool {
        matches!(rvalue, Rvalue::Use(Operand::Copy(from) | Operand::Move(from))
            if from.as_local().is_some_and(|local| self.returned.contains(&local)))
    }

    /// Whether a condition decides between this `Pending` and a result, without the context.
    fn decides(&self, condition: BasicBlock, pending: BasicBlock) -> bool {
        self.flow.successors(condition).iter().any(|&way| {
            way != pending
                && !self.flow.reachable_from(way).contains(&pending)
                && self.is_ready_after(way)
        })
    }

    fn is_ready_after(&self, block: BasicBlock) -> bool {
        let mut seen = FxHashSet::default();
        let mut ways = vec![(block, true)];
        while let Some((block, mut ready)) = ways.pop() {
            if !seen.insert((block, ready)) || self.uses.at(block) {
                continue;
            }
            let data = &self.body.basic_blocks[block];
            for statement in &data.statements {
                if self.makes_pending(statement) {
                    ready = false;
                } else if let StatementKind::Assign(assign) = &statement.kind
                    && assign.0.as_local() == Some(RETURN_PLACE)
                    && !self.is_copy(&assign.1)
                {
                    ready = true;
                }
            }
            if ready && matches!(data.terminator().kind, TerminatorKind::Return) {
                return true;
            }
            ways.extend(
                self.flow
                    .successors(block)
                    .iter()
                    .map(|&next| (next, ready)),
            );
        }
        false
    }

    fn changes_what_is_looked_at(&self, place: Place<'tcx>) -> bool {
        (through_reference(self.tcx, self.body, place)
            || matches!(
                Variable::of_place(self.tcx, self.body, place).root,
                Root::Captured(_)
            ))
            && self
                .part_behind(place)
                .is_some_and(|part| self.looked_at.contains(&part))
    }

    /// Whether a condition is a flag or number of the future's own that the body never writes.
    fn is_unchanging(&self, condition: &Operand<'tcx>) -> bool {
        let slice = Slice::of(self.tcx, self.body, self.definitions, condition.place());
        let written = self.written();
        slice.is_plain
            && !slice.parts.is_empty()
            && slice
                .parts
                .iter()
                .all(|part| !self.tcx.is_closure_like(part.0) && !written.contains(part))
    }

    /// The fields that the body writes or lends for writing.
    fn written(&self) -> FxHashSet<Part> {
        let statements = self
            .body
            .basic_blocks
            .iter()
            .flat_map(|data| &data.statements);
        statements
            .filter_map(|statement| match &statement.kind {
                StatementKind::Assign(assign) => match &assign.1 {
                    Rvalue::Ref(_, BorrowKind::Mut { .. }, of) => self.part_behind(*of),
                    _ if through_reference(self.tcx, self.body, assign.0) => {
                        self.part_behind(assign.0)
                    }
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    fn part_behind(&self, place: Place<'tcx>) -> Option<Part> {
        part_behind(self.tcx, self.body, self.definitions, place)
    }

    fn condition_span(&self, block: BasicBlock) -> Span {
        self.body.basic_blocks[block].terminator().source_info.span
    }

    fn explain(&self, reason: Reason) -> Why {
        match reason {
            Reason::Outside(block) => Why::Outside(self.condition_span(block)),
            Reason::Unchanging(block) => Why::Unchanging(self.condition_span(block)),
            Reason::OwnChange(block, index) => Why::OwnChange(
                self.body.basic_blocks[block].statements[index]
                    .source_info
                    .span,
            ),
        }
    }
}

struct Everything;

impl<'tcx> Spread<'tcx> for Everything {
    fn through_call(&self, _: &Call<'_, 'tcx>) -> bool {
        true
    }
}

pub(super) fn is_pending<'tcx>(tcx: TyCtxt<'tcx>, rvalue: &Rvalue<'tcx>) -> bool {
    matches!(rvalue, Rvalue::Aggregate(kind, _)
        if matches!(**kind, AggregateKind::Adt(adt, PENDING, ..)
            if tcx.is_lang_item(adt, LangItem::Poll)))
}

/// The variables that are copied into what a body returns.
pub(super) fn returned(body: &Body<'_>) -> FxHashSet<Local> {
    let mut returned: FxHashSet<Local> = [RETURN_PLACE].into_iter().collect();
    loop {
        let before = returned.len();
        for statement in body.basic_blocks.iter().flat_map(|data| &data.statements) {
            if let StatementKind::Assign(assign) = &statement.kind
                && assign.0.as_local().is_some_and(|to| returned.contains(&to))
                && let Rvalue::Use(Operand::Copy(from) | Operand::Move(from)) = &assign.1
                && let Some(from) = from.as_local()
            {
                returned.insert(from);
            }
        }
        if returned.len() == before {
            return returned;
        }
    }
}

/// Everything that the body branches on.
fn conditions<'tcx>(body: &Body<'tcx>) -> impl Iterator<Item = Place<'tcx>> {
    body.basic_blocks
        .iter()
        .filter(|data| !data.is_cleanup)
        .filter_map(|data| match &data.terminator().kind {
            TerminatorKind::SwitchInt { discr, .. } => discr.place(),
            _ => None,
        })
}
