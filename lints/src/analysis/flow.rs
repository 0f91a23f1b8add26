//! The control flow of a MIR body as its author wrote it.
//!
//! The MIR of a coroutine is a state machine: an await ends in a `return`, and the next poll jumps
//! from the entry block to the place after it. [`Flow`] joins the two again, so that "comes before"
//! means what it means in the source. Unwinding and the branches of a constant condition that is
//! not taken (`if cfg!(…)`) are left out.

use rustc_data_structures::{
    fx::{FxHashMap, FxHashSet},
    graph::{
        DirectedGraph, Predecessors, StartNode, Successors,
        dominators::{Dominators, dominators},
    },
};
use rustc_index::IndexVec;
use rustc_middle::{
    mir::{
        BasicBlock, Body, ConstOperand, Operand, Rvalue, START_BLOCK, Statement, StatementKind,
        TerminatorKind,
    },
    ty::{TyCtxt, TypingEnv},
};

/// The suspend states of a coroutine come after unresumed, returned and panicked.
const FIRST_SUSPEND_STATE: u128 = 3;

pub(crate) struct Flow {
    successors: IndexVec<BasicBlock, Vec<BasicBlock>>,
    dominators: Dominators<BasicBlock>,
}

impl Flow {
    pub(crate) fn new<'tcx>(
        tcx: TyCtxt<'tcx>,
        typing_env: TypingEnv<'tcx>,
        body: &Body<'tcx>,
    ) -> Self {
        let mut edges = Edges {
            successors: successors(tcx, typing_env, body),
            predecessors: IndexVec::from_elem(Vec::new(), &body.basic_blocks),
        };
        for block in body.basic_blocks.indices() {
            for &next in &edges.successors[block] {
                edges.predecessors[next].push(block);
            }
        }
        let dominators = dominators(&edges);
        Self {
            successors: edges.successors,
            dominators,
        }
    }

    /// The blocks that may come after this one, itself only if a loop leads back to it.
    pub(crate) fn reachable_from(&self, block: BasicBlock) -> FxHashSet<BasicBlock> {
        let mut seen = FxHashSet::default();
        let mut pending = self.successors[block].clone();
        while let Some(block) = pending.pop() {
            if seen.insert(block) {
                pending.extend(&self.successors[block]);
            }
        }
        seen
    }

    /// Whether the block can be reached from the body's start.
    pub(crate) fn is_live(&self, block: BasicBlock) -> bool {
        block == START_BLOCK || self.dominators.is_reachable(block)
    }

    /// The blocks that run next; of a suspension, the one that it resumes at.
    pub(crate) fn successors(&self, block: BasicBlock) -> &[BasicBlock] {
        &self.successors[block]
    }

    /// The blocks in which the body decides whether `block` runs: each way to `block` goes through
    /// them, and at least one way out of them does not come back to it.
    pub(crate) fn deciders(&self, block: BasicBlock) -> Vec<BasicBlock> {
        let mut deciders = Vec::new();
        let mut current = block;
        while let Some(dominator) = self.dominators.immediate_dominator(current) {
            let next = &self.successors[dominator];
            if next.len() > 1
                && next
                    .iter()
                    .any(|&way| !self.reaches_without(way, block, Some(dominator)))
            {
                deciders.push(dominator);
            }
            current = dominator;
        }
        deciders
    }

    /// Whether one block may come after another, or is it.
    pub(crate) fn reaches(&self, from: BasicBlock, to: BasicBlock) -> bool {
        self.reaches_without(from, to, None)
    }

    fn reaches_without(
        &self,
        from: BasicBlock,
        to: BasicBlock,
        without: Option<BasicBlock>,
    ) -> bool {
        let mut seen = FxHashSet::default();
        let mut pending = vec![from];
        while let Some(block) = pending.pop() {
            if block == to {
                return true;
            }
            if Some(block) != without && seen.insert(block) {
                pending.extend(&self.successors[block]);
            }
        }
        false
    }
}

struct Edges {
    successors: IndexVec<BasicBlock, Vec<BasicBlock>>,
    predecessors: IndexVec<BasicBlock, Vec<BasicBlock>>,
}

impl DirectedGraph for Edges {
    type Node = BasicBlock;
    fn num_nodes(&self) -> usize {
        self.successors.len()
    }
}

impl StartNode for Edges {
    fn start_node(&self) -> BasicBlock {
        START_BLOCK
    }
}

impl Successors for Edges {
    fn successors(&self, node: BasicBlock) -> impl Iterator<Item = BasicBlock> {
        self.successors[node].iter().copied()
    }
}

impl Predecessors for Edges {
    fn predecessors(&self, node: BasicBlock) -> impl Iterator<Item = BasicBlock> {
        self.predecessors[node].iter().copied()
    }
}

fn successors<'tcx>(
    tcx: TyCtxt<'tcx>,
    typing_env: TypingEnv<'tcx>,
    body: &Body<'tcx>,
) -> IndexVec<BasicBlock, Vec<BasicBlock>> {
    let resumptions = resumptions(body);
    body.basic_blocks
        .iter_enumerated()
        .map(|(block, data)| {
            let terminator = data.terminator();
            if data.is_cleanup {
                return Vec::new();
            }
            if let Some(resumptions) = &resumptions {
                if block == START_BLOCK {
                    return resumptions.get(&0).copied().into_iter().collect();
                }
                if matches!(terminator.kind, TerminatorKind::Return) {
                    return suspended_as(&data.statements)
                        .and_then(|state| resumptions.get(&state).copied())
                        .into_iter()
                        .collect();
                }
            }
            if let TerminatorKind::SwitchInt { discr, targets } = &terminator.kind
                && let Some(constant) = constant(discr, &data.statements)
                && let Some(value) = constant.const_.try_eval_bits(tcx, typing_env)
            {
                return vec![targets.target_for_value(value)];
            }
            terminator
                .successors()
                .filter(|&next| !body.basic_blocks[next].is_cleanup)
                .collect()
        })
        .collect()
}

/// The constant that a condition is, or was set to just before.
fn constant<'b, 'tcx>(
    condition: &'b Operand<'tcx>,
    before: &'b [Statement<'tcx>],
) -> Option<&'b ConstOperand<'tcx>> {
    match condition {
        Operand::Constant(constant) => Some(constant),
        Operand::Copy(place) | Operand::Move(place) => {
            before
                .iter()
                .rev()
                .find_map(|statement| match &statement.kind {
                    StatementKind::Assign(assign) if assign.0 == *place => Some(&assign.1),
                    _ => None,
                })
        }
        .and_then(|value| match value {
            Rvalue::Use(Operand::Constant(constant)) => Some(&**constant),
            _ => None,
        }),
        Operand::RuntimeChecks(_) => None,
    }
}

/// Where a coroutine goes on, by state; `None` for other bodies.
fn resumptions(body: &Body<'_>) -> Option<FxHashMap<u128, BasicBlock>> {
    body.coroutine.as_ref()?;
    match &body.basic_blocks[START_BLOCK].terminator().kind {
        TerminatorKind::SwitchInt { targets, .. } => Some(targets.iter().collect()),
        _ => None,
    }
}

pub(crate) fn suspended_as(statements: &[Statement<'_>]) -> Option<u128> {
    statements.iter().rev().find_map(|statement| {
        let StatementKind::SetDiscriminant { variant_index, .. } = &statement.kind else {
            return None;
        };
        let state = u128::from(variant_index.as_u32());
        (state >= FIRST_SUSPEND_STATE).then_some(state)
    })
}
