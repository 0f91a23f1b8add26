//! Data that an async body holds while it is suspended.
//!
//! A forward analysis over the body's MIR follows what each await took (its source) through the
//! variables, and a backward one tells which variables are still used. Data of a source that is in
//! a variable which a suspension keeps and which is used later is lost if the future is dropped
//! there.
//!
//! # What ends a source
//! - It is written behind a reference that the future was given (`self.last = message`), or a
//!   function that is not async is given it together with such a reference
//!   (`self.queue.push_back(message)`, `sender.try_send(message)`).
//! - It is given to a task of its own (`tokio::spawn`).
//! - It is dropped, or never used again: dropping is no use.
//! - It is given to an async body of the crate that stores it before it suspends itself.
//!
//! Numbers computed from data are data (a length that was read); comparisons are not.

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, BasicBlockData, BinOp, Operand, Place, RETURN_PLACE, Rvalue,
        START_BLOCK, Statement, StatementKind, TerminatorKind,
    },
    ty::{self, Instance},
};
use rustc_span::{Span, Spanned};

use super::{
    CancelSafety, Finding, How, Kind, Loss, Lost, Summary, any_outlives, awaited::Awaited, is_data,
};
use crate::analysis::{
    bodies::{Callee, source_owner},
    call_graph::{CallGraph, Via},
    definitions::{Root, Variable},
    describe,
    flow::{Flow, suspended_as},
    makers,
    origin::Frame,
    polled::Polled,
    roots::{self, behind_reference},
    suspension::Suspensions,
};

/// One bit per source.
type Sources = u64;
/// More sources than this are not told apart from none.
const MOST_SOURCES: usize = 64;
/// The source of what the body was given.
const GIVEN: Sources = 1;

/// Which sources each variable holds data of.
type State = FxHashMap<Root, Sources>;

struct Await<'tcx> {
    block: BasicBlock,
    span: Span,
    suspends: bool,
    /// It is a `send` that owns its message.
    sends: bool,
    /// The body that is awaited, where it is one of the crate's.
    body: Option<Instance<'tcx>>,
    /// The future, pinned.
    pinned: Operand<'tcx>,
}

struct Taken {
    what: Loss,
    span: Span,
    /// The captured variable that it was taken from.
    from: Option<FieldIdx>,
}

pub(super) struct Analysis<'a, 'tcx> {
    safety: &'a CancelSafety<'tcx>,
    graph: &'a CallGraph<'tcx>,
    frame: &'a Frame<'a, 'tcx>,
    given: &'a [FieldIdx],
    /// By their bit.
    sources: Vec<Taken>,
    /// What gets data when the block begins.
    arrivals: FxHashMap<BasicBlock, Vec<(Root, Sources)>>,
    awaits: Vec<Await<'tcx>>,
    /// What was given to each async function or block that was called or made.
    given_on: FxHashMap<DefId, Vec<Sources>>,
}

impl<'a, 'tcx> Analysis<'a, 'tcx> {
    pub(super) fn new(
        safety: &'a CancelSafety<'tcx>,
        graph: &'a CallGraph<'tcx>,
        frame: &'a Frame<'a, 'tcx>,
        given: &'a [FieldIdx],
    ) -> Self {
        Self {
            safety,
            graph,
            frame,
            given,
            // The first bit is for what the body was given.
            sources: vec![Taken {
                what: Loss::Something,
                span: frame.mir.body.span,
                from: None,
            }],
            arrivals: FxHashMap::default(),
            awaits: Vec::new(),
            given_on: FxHashMap::default(),
        }
    }

    pub(super) fn run(mut self) -> Summary {
        let mut summary = Summary::default();
        self.find_awaits(&mut summary);
        if self.sources.len() == 1 && self.given.is_empty() {
            return summary;
        }
        let entries = self.forward();
        self.judge(&entries, &mut summary);
        summary
    }

    fn find_awaits(&mut self, summary: &mut Summary) {
        let tcx = self.graph.bodies.tcx;
        let node = self.graph.node(self.frame.instance);
        let suspensions = Suspensions::new(self.graph);
        let awaited = Awaited::new(self.safety, self.graph);
        for site in &node.sites {
            let is_poll = site.via == Via::Poll
                && site
                    .callee
                    .is_none_or(|callee| callee.def_id == self.graph.handoffs.future_poll);
            if !is_poll {
                continue;
            }
            let TerminatorKind::Call {
                args, destination, ..
            } = &self.frame.mir.body.basic_blocks[site.block]
                .terminator()
                .kind
            else {
                continue;
            };
            let Some(pinned) = args.first() else { continue };
            let span = describe::place(tcx, self.frame.instance, site);
            let body = match site.polled[..] {
                [Polled::Body(body)] => Some(body),
                _ => None,
            };
            let findings = awaited.of_site(self.frame, site);
            self.awaits.push(Await {
                block: site.block,
                sends: findings
                    .iter()
                    .any(|finding| matches!(finding.kind, Kind::Sends { .. })),
                span,
                suspends: suspensions.possible(&site.polled),
                body,
                pinned: pinned.node.clone(),
            });
            let output = self
                .graph
                .bodies
                .fill_in(
                    self.frame.instance,
                    destination.ty(&self.frame.mir.body.local_decls, tcx).ty,
                )
                .filter(|ty| is_data(tcx, *ty))
                .map(|_| Variable::of_place(tcx, self.frame.mir.body, *destination).root);
            for finding in findings {
                self.note(site.block, span, output, finding, summary);
            }
        }
    }

    fn note(
        &mut self,
        block: BasicBlock,
        span: Span,
        output: Option<Root>,
        finding: Finding<'tcx>,
        summary: &mut Summary,
    ) {
        let is_beyond = finding.is_beyond();
        let from = finding.resources.iter().find_map(|root| match root {
            roots::Root::Beyond(roots::Source::Captured(field)) => Some(*field),
            _ => None,
        });
        let beyond = |root: &roots::Root| matches!(root, roots::Root::Beyond(_));
        match finding.kind {
            Kind::Loses(lost) if is_beyond && summary.loss.is_none() => {
                summary.loss = Some((with_place(lost, span), from));
            }
            Kind::Fills { lost, buffer }
                if is_beyond && !buffer.iter().any(beyond) && summary.loss.is_none() =>
            {
                summary.loss = Some((with_place(lost, span), from));
            }
            Kind::Fills { lost, buffer } if is_beyond => {
                let taken = Taken {
                    what: lost.what,
                    span,
                    from,
                };
                self.arrive_in(block, taken, &buffer);
            }
            Kind::Takes(what) if is_beyond => {
                if let Some(output) = output {
                    self.arrive(block, Taken { what, span, from }, vec![output]);
                }
            }
            Kind::TakesInto { what, buffer } if is_beyond => {
                self.arrive_in(block, Taken { what, span, from }, &buffer);
            }
            Kind::QueuePlace(function) => summary.queues = summary.queues.or(Some(function)),
            _ => {}
        }
    }

    /// Data arrive in a buffer; one that outlives the future keeps them.
    fn arrive_in(&mut self, block: BasicBlock, taken: Taken, buffer: &[roots::Root]) {
        let own: Vec<Root> = buffer
            .iter()
            .filter_map(|root| match root {
                roots::Root::Owned(root) => Some(*root),
                _ => None,
            })
            .collect();
        if own.len() == buffer.len() && !own.is_empty() {
            self.arrive(block, taken, own);
        }
    }

    fn arrive(&mut self, poll: BasicBlock, taken: Taken, variables: Vec<Root>) {
        if self.sources.len() >= MOST_SOURCES {
            return;
        }
        let bit = 1 << self.sources.len();
        self.sources.push(taken);
        let ready = self.when_ready(poll);
        let arrivals = self.arrivals.entry(ready).or_default();
        arrivals.extend(variables.into_iter().map(|variable| (variable, bit)));
    }

    fn data(&self, block: BasicBlock) -> &'tcx BasicBlockData<'tcx> {
        &self.frame.mir.body.basic_blocks[block]
    }

    fn flow(&self) -> &Flow {
        self.graph.bodies.flow(&self.frame.mir)
    }

    /// The block that runs when the poll has returned `Ready`, the first variant.
    fn when_ready(&self, poll: BasicBlock) -> BasicBlock {
        let mut block = poll;
        for _ in 0..8 {
            let [next] = self.flow().successors(block) else {
                break;
            };
            if let TerminatorKind::SwitchInt { targets, .. } = &self.data(*next).terminator().kind {
                return targets.target_for_value(0);
            }
            block = *next;
        }
        block
    }

    fn variable(&self, place: Place<'tcx>) -> Variable {
        Variable::of_place(self.graph.bodies.tcx, self.frame.mir.body, place)
    }

    fn behind_reference(&self, place: Place<'tcx>) -> bool {
        behind_reference(self.graph.bodies.tcx, self.frame.mir.body, place)
    }

    /// What each variable holds where each block begins.
    fn forward(&mut self) -> FxHashMap<BasicBlock, State> {
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

    fn of_rvalue(&self, state: &State, rvalue: &Rvalue<'tcx>) -> Sources {
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
        let each: Vec<Sources> = args
            .iter()
            .map(|arg| self.of_operand(state, &arg.node))
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

    fn judge(&self, entries: &FxHashMap<BasicBlock, State>, summary: &mut Summary) {
        let used = self.used();
        for waiting in &self.awaits {
            let Some(suspension) = self.suspension_of(waiting.block) else {
                continue;
            };
            if !waiting.suspends {
                continue;
            }
            let Some(&resume) = self.flow().successors(suspension).first() else {
                continue;
            };
            let Some(state) = entries.get(&resume) else {
                continue;
            };
            let used = used.get(&resume);
            let mut held = 0;
            for (variable, sources) in state {
                if used.is_some_and(|used| used.contains(variable)) {
                    held |= if self.is_awaitee(waiting, *variable) {
                        self.held_by_awaited(waiting, *sources)
                    } else {
                        *sources
                    };
                }
            }
            if held & GIVEN != 0 && summary.holds_given.is_none() {
                summary.holds_given = Some(waiting.span);
            }
            if held & GIVEN != 0 && waiting.sends {
                summary.sends_given = summary.sends_given.or(Some(waiting.span));
            }
            let taken = self
                .sources
                .iter()
                .enumerate()
                .skip(1)
                .find(|(position, _)| held & (1 << position) != 0);
            if let Some((_, taken)) = taken
                && summary.loss.is_none()
            {
                let lost = Lost {
                    what: taken.what,
                    chain: Vec::new(),
                    how: How::Held {
                        taken: taken.span,
                        suspended: waiting.span,
                    },
                };
                summary.loss = Some((lost, taken.from));
            }
        }
        self.judge_return(entries, summary);
    }

    /// What the body returns, it hands over to whoever awaits it.
    fn judge_return(&self, entries: &FxHashMap<BasicBlock, State>, summary: &mut Summary) {
        for (block, data) in self.frame.mir.body.basic_blocks.iter_enumerated() {
            if !matches!(data.terminator().kind, TerminatorKind::Return)
                || suspended_as(&data.statements).is_some()
            {
                continue;
            }
            let Some(state) = entries.get(&block) else {
                continue;
            };
            // The value is set in the block itself or before it.
            let before = state.get(&Root::Local(RETURN_PLACE)).copied();
            let inside = data
                .statements
                .iter()
                .rev()
                .find_map(|statement| match &statement.kind {
                    StatementKind::Assign(assign) if assign.0.as_local() == Some(RETURN_PLACE) => {
                        Some(self.of_rvalue(state, &assign.1))
                    }
                    _ => None,
                });
            let sources = inside.or(before).unwrap_or(0);
            let taken = self
                .sources
                .iter()
                .enumerate()
                .skip(1)
                .find(|(position, _)| sources & (1 << position) != 0);
            if let Some((_, taken)) = taken {
                summary.hands_out = summary.hands_out.or(Some((taken.what, taken.from)));
            }
        }
    }

    fn is_awaitee(&self, waiting: &Await<'tcx>, variable: Root) -> bool {
        waiting.pinned.place().is_some_and(|_| {
            let found = roots_through_pin(self, &waiting.pinned);
            found.contains(&variable)
        })
    }

    /// What the awaited body goes on holding while it is suspended.
    fn held_by_awaited(&self, waiting: &Await<'tcx>, sources: Sources) -> Sources {
        let Some(body) = waiting.body else {
            return sources;
        };
        let tcx = self.graph.bodies.tcx;
        let block = source_owner(tcx, body.def_id());
        let shell = tcx.parent(block);
        let mut held = 0;
        let captures = makers::captured_types(&self.graph.bodies, body);
        for (position, bit) in (0..self.sources.len()).map(|position| (position, 1 << position)) {
            if sources & bit == 0 {
                continue;
            }
            let given: Vec<FieldIdx> = captures
                .iter()
                .map(|(field, _)| *field)
                .filter(|field| self.was_given(block, shell, body, *field) & bit != 0)
                .collect();
            let unclear = given.is_empty();
            if unclear
                || self
                    .safety
                    .summary(self.graph, body, &given)
                    .holds_given
                    .is_some()
            {
                held |= 1 << position;
            }
        }
        held
    }

    fn was_given(
        &self,
        block: DefId,
        shell: DefId,
        body: Instance<'tcx>,
        field: FieldIdx,
    ) -> Sources {
        let at = |given: &Vec<Sources>, position: usize| given.get(position).copied().unwrap_or(0);
        if let Some(given) = self.given_on.get(&block) {
            return at(given, field.as_usize());
        }
        let Some(given) = self.given_on.get(&shell) else {
            return 0;
        };
        let function = Instance::new_raw(shell, self.parent_args(shell, body));
        makers::parameter_of(self.graph, function, body, field)
            .map_or(0, |position| at(given, position))
    }

    fn parent_args(&self, shell: DefId, body: Instance<'tcx>) -> ty::GenericArgsRef<'tcx> {
        let tcx = self.graph.bodies.tcx;
        match shell.as_local() {
            Some(local) => self.graph.bodies.maker(local, body).args,
            None => tcx.mk_args(&[]),
        }
    }

    /// The block in which the await that polls in `poll` suspends.
    fn suspension_of(&self, poll: BasicBlock) -> Option<BasicBlock> {
        let polls: FxHashSet<BasicBlock> =
            self.awaits.iter().map(|waiting| waiting.block).collect();
        let mut seen = FxHashSet::default();
        let mut pending = self.flow().successors(poll).to_vec();
        let mut position = 0;
        while let Some(&block) = pending.get(position) {
            position += 1;
            if polls.contains(&block) || !seen.insert(block) {
                continue;
            }
            if suspended_as(&self.data(block).statements).is_some()
                && matches!(self.data(block).terminator().kind, TerminatorKind::Return)
            {
                return Some(block);
            }
            pending.extend(self.flow().successors(block));
        }
        None
    }

    /// The variables that are used at or after the start of each block, other than to drop them.
    fn used(&self) -> FxHashMap<BasicBlock, FxHashSet<Root>> {
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

/// Whether the place is all of a variable.
fn is_whole(place: Place<'_>, root: Root) -> bool {
    match root {
        Root::Local(_) => place.projection.is_empty(),
        // Through the coroutine's reference to itself, the variant and the field.
        Root::Saved(..) => place.projection.len() <= 3,
        Root::Captured(_) => place.projection.len() <= 2,
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

/// The variables behind a pinned reference to a future, whatever the future itself borrows.
fn roots_through_pin<'tcx>(
    analysis: &Analysis<'_, 'tcx>,
    pinned: &Operand<'tcx>,
) -> FxHashSet<Root> {
    let bodies = &analysis.graph.bodies;
    let body = analysis.frame.mir.body;
    let mut found = FxHashSet::default();
    let mut pending: Vec<Place<'tcx>> = pinned.place().into_iter().collect();
    for _ in 0..16 {
        let Some(place) = pending.pop() else { break };
        let variable = analysis.variable(place);
        found.insert(variable.root);
        for definition in bodies.definitions(&analysis.frame.mir).of(variable.root) {
            let data = &body.basic_blocks[definition.location.block];
            match data.statements.get(definition.location.statement_index) {
                Some(statement) => {
                    if let StatementKind::Assign(assign) = &statement.kind {
                        match &assign.1 {
                            Rvalue::Ref(_, _, place) => pending.push(*place),
                            Rvalue::Use(operand) => pending.extend(operand.place()),
                            Rvalue::Aggregate(_, operands) if operands.len() == 1 => {
                                pending.extend(operands.iter().filter_map(Operand::place));
                            }
                            _ => {}
                        }
                    }
                }
                None => {
                    // `Pin::new_unchecked`, `IntoFuture::into_future`.
                    if let TerminatorKind::Call { args, .. } = &data.terminator().kind
                        && let [only] = &args[..]
                    {
                        pending.extend(only.node.place());
                    }
                }
            }
        }
    }
    found
}

/// A loss that happens in another body, with the place of the await that leads there.
fn with_place(mut lost: Lost, span: Span) -> Lost {
    if let Some(first) = lost.chain.first_mut() {
        first.0 = span;
    }
    lost
}

fn is_join_handle<'tcx>(tcx: ty::TyCtxt<'tcx>, ty: ty::Ty<'tcx>) -> bool {
    ty.ty_adt_def()
        .and_then(|adt| tcx.opt_item_name(adt.did()))
        .is_some_and(|name| matches!(name.as_str(), "JoinHandle" | "AbortHandle"))
}
