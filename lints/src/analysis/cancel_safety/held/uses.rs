//! Which variables are still used: backward over the body.

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_middle::mir::{BasicBlock, Operand, Place, Rvalue, StatementKind, TerminatorKind};

use super::{Analysis, is_whole};
use crate::analysis::definitions::Root;

impl<'tcx> Analysis<'_, 'tcx> {
    /// The variables that are used at or after the start of each block, other than to drop them.
    pub(super) fn used(&self) -> FxHashMap<BasicBlock, FxHashSet<Root>> {
        let blocks = &self.frame.mir.body.basic_blocks;
        let mut before: FxHashMap<BasicBlock, Vec<BasicBlock>> = FxHashMap::default();
        for block in blocks.indices() {
            for &next in self.flow().successors(block) {
                before.entry(next).or_default().push(block);
            }
        }
        let mut used: FxHashMap<BasicBlock, FxHashSet<Root>> = FxHashMap::default();
        let mut pending: Vec<BasicBlock> = blocks.indices().collect();
        while let Some(block) = pending.pop() {
            let mut live: FxHashSet<Root> = FxHashSet::default();
            for next in self.flow().successors(block) {
                live.extend(used.get(next).into_iter().flatten().copied());
            }
            let data = self.data(block);
            if let TerminatorKind::Call {
                args, destination, ..
            } = &data.terminator().kind
            {
                self.defines(&mut live, *destination);
                for arg in args {
                    self.uses(&mut live, &arg.node);
                }
            }
            for statement in data.statements.iter().rev() {
                if let StatementKind::Assign(assign) = &statement.kind {
                    self.defines(&mut live, assign.0);
                    self.uses_in(&mut live, &assign.1);
                }
            }
            let known = used.entry(block).or_default();
            let before_count = known.len();
            known.extend(live);
            if known.len() > before_count {
                pending.extend(before.get(&block).into_iter().flatten());
            }
        }
        used
    }

    fn defines(&self, live: &mut FxHashSet<Root>, place: Place<'tcx>) {
        let variable = self.variable(place);
        if !self.behind_reference(place)
            && variable.fields.is_empty()
            && is_whole(place, variable.root)
        {
            live.remove(&variable.root);
        }
    }

    fn uses(&self, live: &mut FxHashSet<Root>, operand: &Operand<'tcx>) {
        if let Some(place) = operand.place() {
            live.insert(self.variable(place).root);
        }
    }

    fn uses_in(&self, live: &mut FxHashSet<Root>, rvalue: &Rvalue<'tcx>) {
        match rvalue {
            Rvalue::Use(operand)
            | Rvalue::Cast(_, operand, _)
            | Rvalue::Repeat(operand, _)
            | Rvalue::UnaryOp(_, operand)
            | Rvalue::WrapUnsafeBinder(operand, _) => self.uses(live, operand),
            Rvalue::Ref(_, _, place) | Rvalue::RawPtr(_, place) | Rvalue::CopyForDeref(place) => {
                live.insert(self.variable(*place).root);
            }
            Rvalue::Aggregate(_, operands) => {
                for operand in operands {
                    self.uses(live, operand);
                }
            }
            Rvalue::BinaryOp(_, operands) => {
                self.uses(live, &operands.0);
                self.uses(live, &operands.1);
            }
            Rvalue::Discriminant(_) | Rvalue::ThreadLocalRef(_) => {}
        }
    }
}
