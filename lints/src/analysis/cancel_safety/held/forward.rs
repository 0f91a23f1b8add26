//! Which variables hold data of which source: forward over the body.

use rustc_abi::VariantIdx;
use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, BasicBlockData, BinOp, Operand, Place, Rvalue, START_BLOCK,
        Statement, StatementKind, TerminatorKind,
    },
    ty,
};
use rustc_span::Spanned;

use super::{Analysis, GIVEN, Sources, State, is_whole};
use crate::analysis::{
    bodies::Callee,
    cancel_safety::{Answer, any_outlives, is_data},
    definitions::Root,
    flow::suspended_as,
    roots,
};

impl<'tcx> Analysis<'_, 'tcx> {
    /// What each variable holds where each block begins.
    pub(super) fn forward(&mut self) -> FxHashMap<BasicBlock, State> {
        let mut entries: FxHashMap<BasicBlock, State> = FxHashMap::default();
        let mut first = State::default();
        for field in self.given {
            first.insert(Root::Captured(*field), GIVEN);
        }
        entries.insert(START_BLOCK, first);
        let mut pending = vec![START_BLOCK];
        while let Some(block) = pending.pop() {
            let mut state = entries.get(&block).cloned().unwrap_or_default();
            for (variable, bit) in self.arrivals.get(&block).into_iter().flatten() {
                *state.entry(*variable).or_default() |= bit;
            }
            let data = self.data(block);
            for statement in &data.statements {
                self.statement(&mut state, statement);
            }
            self.terminator(&mut state, data);
            if let Some(variant) = suspended_as(&data.statements) {
                self.keep_saved(&mut state, variant);
            }
            for &next in self.flow().successors(block).to_vec().iter() {
                let mut grew = !entries.contains_key(&next);
                let entry = entries.entry(next).or_default();
                for (variable, sources) in &state {
                    let known = entry.entry(*variable).or_default();
                    grew |= *known | sources != *known;
                    *known |= sources;
                }
                if grew {
                    pending.push(next);
                }
            }
        }
        entries
    }

    fn keep_saved(&self, state: &mut State, variant: u128) {
        let Some(layout) = self.frame.mir.body.coroutine_layout_raw() else {
            return;
        };
        let Ok(variant) = usize::try_from(variant) else {
            return;
        };
        let Some(kept) = layout.variant_fields.get(VariantIdx::from_usize(variant)) else {
            return;
        };
        state.retain(|root, _| match *root {
            Root::Local(_) => false,
            Root::Captured(_) => true,
            Root::Saved(variant, field) => layout
                .variant_fields
                .get(variant)
                .and_then(|fields| fields.get(field))
                .is_some_and(|saved| kept.iter().any(|kept| kept == saved)),
        });
    }

    fn statement(&mut self, state: &mut State, statement: &'tcx Statement<'tcx>) {
        match &statement.kind {
            StatementKind::Assign(assign) => {
                let sources = self.of_rvalue(state, &assign.1);
                self.note_made(state, &assign.1);
                clear_moved(self, state, &assign.1);
                self.write(state, assign.0, sources);
            }
            StatementKind::StorageDead(local) => {
                state.remove(&Root::Local(*local));
            }
            _ => {}
        }
    }

    pub(super) fn of_rvalue(&self, state: &State, rvalue: &Rvalue<'tcx>) -> Sources {
        match rvalue {
            Rvalue::Use(operand)
            | Rvalue::Cast(_, operand, _)
            | Rvalue::Repeat(operand, _)
            | Rvalue::UnaryOp(_, operand)
            | Rvalue::WrapUnsafeBinder(operand, _) => self.of_operand(state, operand),
            Rvalue::Ref(_, _, place) | Rvalue::RawPtr(_, place) | Rvalue::CopyForDeref(place) => {
                self.of_place(state, *place)
            }
            Rvalue::Aggregate(_, operands) => operands.iter().fold(0, |sources, operand| {
                sources | self.of_operand(state, operand)
            }),
            Rvalue::BinaryOp(operator, operands) => match operator {
                BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => 0,
                _ => self.of_operand(state, &operands.0) | self.of_operand(state, &operands.1),
            },
            Rvalue::Discriminant(_) | Rvalue::ThreadLocalRef(_) => 0,
        }
    }

    fn of_operand(&self, state: &State, operand: &Operand<'tcx>) -> Sources {
        operand
            .place()
            .map_or(0, |place| self.of_place(state, place))
    }

    fn of_place(&self, state: &State, place: Place<'tcx>) -> Sources {
        if state.is_empty() {
            return 0;
        }
        let own = state.get(&self.variable(place).root).copied().unwrap_or(0);
        let body = self.frame.mir.body;
        let ty = place.ty(&body.local_decls, self.graph.bodies.tcx).ty;
        if !roots::borrows(ty) && !self.behind_reference(place) {
            return own;
        }
        roots::roots(&self.graph.bodies, self.frame, &Operand::Copy(place))
            .iter()
            .filter_map(|root| match root {
                roots::Root::Owned(root) => state.get(root),
                _ => None,
            })
            .fold(own, |sources, more| sources | more)
    }

    /// Remembers what an async block captures.
    fn note_made(&mut self, state: &State, rvalue: &Rvalue<'tcx>) {
        if let Rvalue::Aggregate(kind, operands) = rvalue
            && let AggregateKind::Coroutine(def, _) = **kind
        {
            let given = operands
                .iter()
                .map(|operand| self.of_operand(state, operand))
                .collect();
            self.remember(def, given);
        }
    }

    fn remember(&mut self, made: DefId, given: Vec<Sources>) {
        let known = self.given_on.entry(made).or_default();
        known.resize(known.len().max(given.len()), 0);
        for (known, given) in known.iter_mut().zip(given) {
            *known |= given;
        }
    }

    fn write(&self, state: &mut State, place: Place<'tcx>, sources: Sources) {
        let variable = self.variable(place);
        if self.behind_reference(place) {
            if sources == 0 {
                return;
            }
            self.put_behind(state, &Operand::Copy(place), sources);
        } else if variable.fields.is_empty() && is_whole(place, variable.root) {
            if sources == 0 {
                state.remove(&variable.root);
            } else {
                state.insert(variable.root, sources);
            }
        } else if sources != 0 {
            *state.entry(variable.root).or_default() |= sources;
        }
    }

    /// Data are put where a reference leads.
    fn put_behind(&self, state: &mut State, reference: &Operand<'tcx>, sources: Sources) {
        for root in roots::roots(&self.graph.bodies, self.frame, reference) {
            match root {
                roots::Root::Owned(root) => *state.entry(root).or_default() |= sources,
                roots::Root::Beyond(_) => end(state, sources),
                // In doubt they are in safety.
                roots::Root::Unknown => end(state, sources),
            }
        }
    }

    fn terminator(&mut self, state: &mut State, data: &'tcx BasicBlockData<'tcx>) {
        match &data.terminator().kind {
            TerminatorKind::Drop { place, .. } => {
                if !self.behind_reference(*place) {
                    state.remove(&self.variable(*place).root);
                }
            }
            TerminatorKind::Call {
                func,
                args,
                destination,
                ..
            } => {
                let callee = self
                    .frame
                    .operand_ty(&self.graph.bodies, func)
                    .and_then(|func| self.graph.bodies.callee(func));
                let sources = self.call(state, callee, args, *destination);
                for arg in args {
                    clear(self, state, &arg.node);
                }
                self.write(state, *destination, sources);
            }
            _ => {}
        }
    }

    /// What the result of a call holds.
    fn call(
        &mut self,
        state: &mut State,
        callee: Option<Callee<'tcx>>,
        args: &'tcx [Spanned<Operand<'tcx>>],
        destination: Place<'tcx>,
    ) -> Sources {
        let overwritten = self.overwritten(callee);
        if let Some(buffer) = overwritten.and_then(|buffer| args.get(buffer)) {
            for root in roots::roots(&self.graph.bodies, self.frame, &buffer.node) {
                if let roots::Root::Owned(root) = root {
                    state.remove(&root);
                }
            }
        }
        let each: Vec<Sources> = args
            .iter()
            .enumerate()
            .map(|(position, arg)| {
                if overwritten == Some(position) {
                    0
                } else {
                    self.of_operand(state, &arg.node)
                }
            })
            .collect();
        let sources = each.iter().fold(0, |all, one| all | one);
        if sources == 0 {
            return 0;
        }
        let tcx = self.graph.bodies.tcx;
        let output = destination.ty(&self.frame.mir.body.local_decls, tcx).ty;
        let Some(output) = self.graph.bodies.fill_in(self.frame.instance, output) else {
            end(state, sources);
            return 0;
        };
        let carries = is_data(tcx, output);
        if let Some(callee) = callee {
            if callee.def_id == self.graph.handoffs.future_poll {
                return if carries { sources } else { 0 };
            }
            if self.graph.handoffs.spawns.contains(&callee.def_id)
                || self.graph.handoffs.handle_spawns.contains(&callee.def_id)
                || is_join_handle(tcx, output)
            {
                end(state, sources);
                return 0;
            }
            if let Some(body) = callee.local(&self.graph.bodies)
                && self.is_future(output)
            {
                self.remember(body.def_id(), each.clone());
            }
        }
        if self.is_future(output) {
            return sources;
        }
        let body = self.frame.mir.body;
        let moved = args.iter().zip(&each).any(|(arg, sources)| {
            *sources != 0
                && !roots::borrows(arg.node.ty(&body.local_decls, tcx))
                && !matches!(arg.node, Operand::Constant(_))
        });
        let others = || {
            args.iter()
                .zip(&each)
                .filter(|(_, sources)| **sources == 0)
                .map(|(arg, _)| &arg.node)
        };
        let finished = !carries || output.is_integral();
        if (moved || finished) && any_outlives(self.graph, self.frame, others()) {
            end(state, sources);
            return 0;
        }
        // `batch.push(message)`: a variable of the body takes it.
        for other in others() {
            let ty = other.ty(&body.local_decls, tcx);
            if moved && ty.is_ref() && ty.is_mutable_ptr() {
                self.put_behind(state, other, sources);
            }
        }
        if carries { sources } else { 0 }
    }

    /// The buffer that a read writes over.
    fn overwritten(&self, callee: Option<Callee<'tcx>>) -> Option<usize> {
        match self.safety.documented(callee?.def_id)? {
            Answer::TakesInto {
                buffer,
                overwrites: true,
                ..
            } => Some(buffer),
            _ => None,
        }
    }

    fn is_future(&self, ty: ty::Ty<'tcx>) -> bool {
        if matches!(ty.kind(), ty::Coroutine(..)) {
            return true;
        }
        let bodies = &self.graph.bodies;
        let args = bodies.tcx.mk_args(&[ty.into()]);
        matches!(ty.kind(), ty::Adt(..))
            && bodies
                .resolve(self.graph.handoffs.future_poll, args)
                .resolved
                .is_some()
    }
}

fn end(state: &mut State, sources: Sources) {
    state.retain(|_, held| {
        *held &= !sources;
        *held != 0
    });
}

fn clear<'tcx>(analysis: &Analysis<'_, 'tcx>, state: &mut State, operand: &Operand<'tcx>) {
    if let Operand::Move(place) = operand
        && !analysis.behind_reference(*place)
    {
        let root = analysis.variable(*place).root;
        if is_whole(*place, root) {
            state.remove(&root);
        }
    }
}

fn clear_moved<'tcx>(analysis: &Analysis<'_, 'tcx>, state: &mut State, rvalue: &Rvalue<'tcx>) {
    match rvalue {
        Rvalue::Use(operand) | Rvalue::Cast(_, operand, _) => clear(analysis, state, operand),
        Rvalue::Aggregate(_, operands) => {
            for operand in operands {
                clear(analysis, state, operand);
            }
        }
        _ => {}
    }
}

fn is_join_handle<'tcx>(tcx: ty::TyCtxt<'tcx>, ty: ty::Ty<'tcx>) -> bool {
    ty.ty_adt_def()
        .and_then(|adt| tcx.opt_item_name(adt.did()))
        .is_some_and(|name| matches!(name.as_str(), "JoinHandle" | "AbortHandle"))
}
