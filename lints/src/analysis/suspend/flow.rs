//! Which places may hold a live value: a forward may-analysis over one poll function, with the
//! suspensions joined to the blocks that resume them.

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::{fx::FxHashMap, work_queue::WorkQueue};
use rustc_hir::def_id::DefId;
use rustc_index::IndexVec;
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, BasicBlockData, Operand, Place, Rvalue, Statement,
        StatementKind, SwitchTargets, Terminator, TerminatorKind,
    },
    ty::{self, CoroutineArgs, CoroutineArgsExt, Mutability, Ty},
};
use rustc_span::Spanned;

use super::{
    calls::{self, Effect, KnownCalls},
    correlations::{self, Correlations},
    places::{Origin, Places, Spot},
    state::{Content, Incoming, State},
};
use crate::analysis::ownership::Step;

/// The blocks that are still to be looked at, and what may be alive where each begins.
struct Work {
    entry: IndexVec<BasicBlock, Option<State>>,
    queue: WorkQueue<BasicBlock>,
}

impl Work {
    fn new(blocks: usize) -> Self {
        Self {
            entry: IndexVec::from_elem_n(None, blocks),
            queue: WorkQueue::with_none(blocks),
        }
    }

    /// Adds what may be alive on one more way into `block`.
    fn join(&mut self, block: BasicBlock, state: &State) {
        let grew = match &mut self.entry[block] {
            Some(known) => known.join(state),
            unreached => {
                *unreached = Some(state.clone());
                true
            }
        };
        if grew {
            self.queue.insert(block);
        }
    }

    fn next(&mut self) -> Option<(BasicBlock, State)> {
        let block = self.queue.pop()?;
        Some((block, self.entry[block].clone()?))
    }
}

/// The first of the states in which a coroutine is suspended.
const FIRST_SUSPENSION: usize = CoroutineArgs::RESERVED_VARIANTS;

pub(super) struct Flow<'a, 'tcx> {
    places: &'a Places<'a, 'tcx>,
    known: &'a KnownCalls,
    correlations: Correlations,
}

impl<'a, 'tcx> Flow<'a, 'tcx> {
    pub(super) fn new(places: &'a Places<'a, 'tcx>, known: &'a KnownCalls) -> Self {
        Self {
            places,
            known,
            correlations: Correlations::new(places, known),
        }
    }

    /// What may be alive at each suspension, by the state of the coroutine.
    pub(super) fn run(&self) -> FxHashMap<VariantIdx, State> {
        let blocks = &self.places.body.basic_blocks;
        let mut suspended: FxHashMap<VariantIdx, State> = FxHashMap::default();
        let mut work = Work::new(blocks.len());
        let unresumed = VariantIdx::from_usize(CoroutineArgs::UNRESUMED);
        if let Some(first) = self.places.resume_block(unresumed) {
            work.join(first, &self.initial());
        }
        while let Some((block, mut state)) = work.next() {
            let data = &blocks[block];
            for statement in &data.statements {
                self.statement(&mut state, statement);
            }
            if let Some(variant) = self.suspension(data) {
                self.keep_saved(&mut state, variant);
                suspended
                    .entry(variant)
                    .and_modify(|known| {
                        known.join(&state);
                    })
                    .or_insert_with(|| state.clone());
                if let Some(resume) = self.places.resume_block(variant) {
                    work.join(resume, &state);
                }
                continue;
            }
            self.terminator(data, &state, |target, state| {
                // Nothing suspends while it unwinds.
                if !blocks[target].is_cleanup {
                    work.join(target, state);
                }
            });
        }
        suspended
    }

    /// Before the first poll, only what was captured is alive.
    fn initial(&self) -> State {
        let mut state = State::new(self.places.bits());
        for base in self.places.bases() {
            if matches!(self.places.origin(base), Origin::Captured(_)) {
                state.write(self.places, &Spot::whole(base), &Incoming::Anything);
            }
        }
        state
    }

    /// The state that a block suspends in.
    fn suspension(&self, data: &BasicBlockData<'tcx>) -> Option<VariantIdx> {
        if !matches!(data.terminator().kind, TerminatorKind::Return) {
            return None;
        }
        data.statements
            .iter()
            .rev()
            .find_map(|statement| match &statement.kind {
                StatementKind::SetDiscriminant {
                    place,
                    variant_index,
                } if self.places.is_this(**place) => Some(*variant_index),
                _ => None,
            })
            .filter(|variant| variant.as_usize() >= FIRST_SUSPENSION)
    }

    /// Forgets what a suspension does not keep.
    fn keep_saved(&self, state: &mut State, variant: VariantIdx) {
        let kept = &self.places.layout().variant_fields[variant];
        for base in self.places.bases() {
            let survives = match self.places.origin(base) {
                Origin::Saved(saved) => kept.iter().any(|&field| field == saved),
                Origin::Captured(_) => true,
                Origin::Local => false,
            };
            if !survives {
                state.write(self.places, &Spot::whole(base), &Incoming::Nothing);
            }
        }
    }

    fn statement(&self, state: &mut State, statement: &Statement<'tcx>) {
        match &statement.kind {
            StatementKind::Assign(assign) => self.assign(state, assign.0, &assign.1),
            StatementKind::SetDiscriminant {
                place,
                variant_index,
            } => {
                if let Some(spot) = self.places.spot(**place) {
                    state.keep_variants(self.places, &spot, |variant| variant == *variant_index);
                }
            }
            StatementKind::StorageDead(local) => {
                let whole = Spot::whole(self.places.local(*local));
                state.write(self.places, &whole, &Incoming::Nothing);
            }
            _ => {}
        }
    }

    fn assign(&self, state: &mut State, place: Place<'tcx>, rvalue: &Rvalue<'tcx>) {
        let incoming = match rvalue {
            Rvalue::Use(operand)
            | Rvalue::Cast(_, operand, _)
            | Rvalue::Repeat(operand, _)
            | Rvalue::WrapUnsafeBinder(operand, _) => self.consume(state, operand),
            Rvalue::Ref(_, kind, borrowed) => {
                if kind.mutability() == Mutability::Mut
                    && let Some(spot) = self.places.spot(*borrowed)
                {
                    // A future that is borrowed mutably is about to be polled, and then it
                    // decides by itself when it releases what it was given.
                    state.end(self.places, &spot, |holding| holding.in_future);
                }
                Incoming::Nothing
            }
            Rvalue::Aggregate(kind, operands) => {
                self.aggregate(state, place, kind, operands.iter());
                return;
            }
            _ => Incoming::Nothing,
        };
        if let Some(spot) = self.places.spot(place) {
            state.write(self.places, &spot, &incoming);
        }
    }

    fn aggregate<'o>(
        &self,
        state: &mut State,
        place: Place<'tcx>,
        kind: &AggregateKind<'tcx>,
        operands: impl Iterator<Item = &'o Operand<'tcx>>,
    ) where
        'tcx: 'o,
    {
        // A tuple of references is looked through later; anything else may do with them what its
        // type allows, at a time that cannot be told.
        let captures = !matches!(kind, AggregateKind::Tuple);
        let parts: Vec<Incoming> = operands
            .map(|operand| {
                if captures {
                    self.hand_out(state, operand);
                }
                self.consume(state, operand)
            })
            .collect();
        let Some(spot) = self.places.spot(place) else {
            return;
        };
        state.write(self.places, &spot, &Incoming::Nothing);
        for (bit, holding) in self.places.holdings(spot.base) {
            // A wanted value itself is put together here, not something that holds one.
            if holding.path == spot.steps && !holding.in_container {
                state.bring_to_life(bit);
            }
        }
        for (index, part) in parts.iter().enumerate() {
            let field = FieldIdx::from_usize(index);
            let part_spot = match kind {
                AggregateKind::Adt(did, variant, ..) => {
                    if self.places.tcx.adt_def(*did).is_enum() {
                        spot.part(Step::Variant(*variant, field))
                    } else {
                        spot.part(Step::Field(field))
                    }
                }
                AggregateKind::Array(_) => {
                    let mut inside = spot.clone();
                    inside.inside = true;
                    inside
                }
                _ => spot.part(Step::Field(field)),
            };
            state.write(self.places, &part_spot, part);
        }
    }

    fn terminator(
        &self,
        data: &BasicBlockData<'tcx>,
        state: &State,
        mut flow_to: impl FnMut(BasicBlock, &State),
    ) {
        let terminator: &Terminator<'tcx> = data.terminator();
        match &terminator.kind {
            TerminatorKind::SwitchInt { discr, targets } => {
                self.switch(data, discr, targets, state, flow_to);
            }
            TerminatorKind::Drop { place, target, .. } => {
                let mut state = state.clone();
                if let Some(spot) = self.places.spot(*place) {
                    state.end(self.places, &spot, |_| true);
                }
                flow_to(*target, &state);
            }
            TerminatorKind::Call {
                func,
                args,
                destination,
                target: Some(target),
                ..
            } => {
                let mut state = state.clone();
                self.call(&mut state, func, args, *destination);
                flow_to(*target, &state);
            }
            other => {
                for target in other.successors() {
                    flow_to(target, state);
                }
            }
        }
    }

    fn call(
        &self,
        state: &mut State,
        func: &Operand<'tcx>,
        args: &[Spanned<Operand<'tcx>>],
        destination: Place<'tcx>,
    ) {
        let callee = calls::callee(func);
        let effect = callee.and_then(|callee| self.known.effect(callee));
        let target = |index: usize| {
            args.get(index)
                .and_then(|arg| arg.node.place())
                .and_then(|place| self.places.spot(place))
                .and_then(|spot| self.places.target(&spot))
        };
        let result = match effect {
            Some(Effect::Take) => {
                let taken = target(0).map(|spot| state.take(self.places, &spot));
                taken.map_or(Incoming::Anything, Incoming::Content)
            }
            Some(Effect::Replace) => {
                let old = target(0).map(|spot| state.take(self.places, &spot));
                if let Some(spot) = target(0)
                    && let Some(new) = args.get(1)
                {
                    let new = self.consume(state, &new.node);
                    state.put(self.places, &spot, &new);
                }
                old.map_or(Incoming::Anything, Incoming::Content)
            }
            Some(Effect::Swap) => {
                let (first, second) = (target(0), target(1));
                let from_first = first.as_ref().map(|spot| state.take(self.places, spot));
                let from_second = second.as_ref().map(|spot| state.take(self.places, spot));
                let fill =
                    |content: Option<Content>| content.map_or(Incoming::Nothing, Incoming::Content);
                if let Some(spot) = first {
                    state.write(self.places, &spot, &fill(from_second));
                }
                if let Some(spot) = second {
                    state.write(self.places, &spot, &fill(from_first));
                }
                Incoming::Nothing
            }
            Some(Effect::End) => {
                if let Some(spot) = target(0) {
                    state.end(self.places, &spot, |_| true);
                }
                Incoming::Anything
            }
            Some(Effect::Fill) => {
                if let Some(spot) = target(0) {
                    state.put(self.places, &spot, &Incoming::Anything);
                }
                self.unknown_call(state, callee, &args[1.min(args.len())..])
            }
            Some(Effect::Look | Effect::Mirror | Effect::IsFirst | Effect::IsSecond)
                if target(0).is_some() =>
            {
                Incoming::Anything
            }
            _ => self.unknown_call(state, callee, args),
        };
        // Whatever the function does with them, the arguments are gone from here.
        for arg in args {
            self.consume(state, &arg.node);
        }
        if let Some(spot) = self.places.spot(destination) {
            state.write(self.places, &spot, &result);
        }
    }

    /// A function of which only the signature is known.
    fn unknown_call(
        &self,
        state: &mut State,
        callee: Option<DefId>,
        args: &[Spanned<Operand<'tcx>>],
    ) -> Incoming {
        let types: Vec<Ty<'tcx>> = args
            .iter()
            .map(|arg| arg.node.ty(self.places.body, self.places.tcx))
            .collect();
        let (mut could_bring, mut brings) = (false, false);
        for arg in args {
            if let Incoming::Content(content) = self.consume(state, &arg.node) {
                could_bring |= content.could_hold;
                brings |= !content.alive.is_empty();
            }
        }
        for arg in args {
            if brings {
                self.fill_behind(state, &arg.node);
            } else {
                self.hand_out(state, &arg.node);
            }
        }
        match callee {
            Some(callee) if calls::makes_empty(self.places.tcx, callee, types.into_iter()) => {
                Incoming::Nothing
            }
            // Given a dead guard, a future or an option made from it holds none.
            _ if could_bring && !brings => Incoming::Nothing,
            _ => Incoming::Anything,
        }
    }

    /// A reference is given to someone who may empty what is behind it.
    fn hand_out(&self, state: &mut State, operand: &Operand<'tcx>) {
        let Some(place) = operand.place() else {
            return;
        };
        let mutability = match *self.places.ty(place).kind() {
            ty::Ref(_, _, mutability) | ty::RawPtr(_, mutability) => mutability,
            _ => return,
        };
        if let Some(spot) = self.places.spot(place)
            && let Some(target) = self.places.target(&spot)
        {
            state.end(self.places, &target, |holding| {
                holding.in_cell || holding.optional && mutability == Mutability::Mut
            });
        }
    }

    /// A call that consumes a live value may put it behind a mutable reference it is also given.
    fn fill_behind(&self, state: &mut State, operand: &Operand<'tcx>) {
        if let Some(place) = operand.place()
            && matches!(self.places.ty(place).kind(), ty::Ref(_, _, Mutability::Mut))
            && let Some(spot) = self.places.spot(place)
            && let Some(target) = self.places.target(&spot)
        {
            state.put(self.places, &target, &Incoming::Anything);
        }
    }

    fn switch(
        &self,
        data: &BasicBlockData<'tcx>,
        discr: &Operand<'tcx>,
        targets: &SwitchTargets,
        state: &State,
        mut flow_to: impl FnMut(BasicBlock, &State),
    ) {
        let local = discr.place().and_then(|place| place.as_local());
        if let Some(local) = local
            && let Some((spot, yes)) = self.correlations.predicate(local)
        {
            for (target, truth) in [
                (targets.target_for_value(0), false),
                (targets.otherwise(), true),
            ] {
                let mut state = state.clone();
                self.correlations
                    .refine(self.places, &mut state, spot, |variant| {
                        (variant == *yes) == truth
                    });
                flow_to(target, &state);
            }
            return;
        }
        let Some((spot, ty)) =
            local.and_then(|local| correlations::discriminated(self.places, data, local))
        else {
            for &target in targets.all_targets() {
                flow_to(target, state);
            }
            return;
        };
        let variant_of = |value: u128| match ty.kind() {
            ty::Adt(adt, _) if adt.is_enum() => adt
                .discriminants(self.places.tcx)
                .find(|(_, discriminant)| discriminant.val == value)
                .map(|(variant, _)| variant),
            _ => None,
        };
        let mut named = Vec::new();
        for (value, target) in targets.iter() {
            let mut state = state.clone();
            if let Some(variant) = variant_of(value) {
                named.push(variant);
                self.correlations
                    .refine(self.places, &mut state, &spot, |other| other == variant);
            }
            flow_to(target, &state);
        }
        let mut state = state.clone();
        self.correlations
            .refine(self.places, &mut state, &spot, |other| {
                !named.contains(&other)
            });
        flow_to(targets.otherwise(), &state);
    }

    /// Moves out of an operand; what it held is gone from its place.
    fn consume(&self, state: &mut State, operand: &Operand<'tcx>) -> Incoming {
        match operand {
            Operand::Move(place) => match self.places.spot(*place) {
                Some(spot) => Incoming::Content(state.take(self.places, &spot)),
                None => Incoming::Anything,
            },
            Operand::Copy(_) | Operand::Constant(_) | Operand::RuntimeChecks(_) => {
                Incoming::Nothing
            }
        }
    }
}
