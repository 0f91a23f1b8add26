//! Which places may hold a live value: a forward may-analysis over one poll function, with the
//! suspensions joined to the blocks that resume them.
//!
//! One bit stands for one holding of one base: "a wanted value may be alive here". A move out, a
//! drop and an emptying call clear it. What is known about the variant of an enum is used as well:
//! on the `None` arm of an `Option<Guard>` there is no guard.

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::{fx::FxHashMap, work_queue::WorkQueue};
use rustc_index::{IndexVec, bit_set::DenseBitSet};
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, BasicBlockData, Local, Operand, Place, Rvalue, Statement,
        StatementKind, SwitchTargets, Terminator, TerminatorKind, UnOp,
    },
    ty::{self, CoroutineArgs, CoroutineArgsExt, Mutability, Ty},
};
use rustc_span::Spanned;

use super::{
    calls::{self, Effect, KnownCalls},
    places::{Origin, Places, Spot},
};
use crate::analysis::ownership::{Holding, Step};

/// The holdings that may be alive.
pub(super) type State = DenseBitSet<usize>;

/// What was alive in a value, by the way from the value to the holding.
type Content = Vec<(Vec<Step>, bool)>;

/// What a value that is written to a place brings with it.
enum Incoming {
    Nothing,
    /// Everything that the type of the place can hold.
    Anything,
    Content(Content),
}

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
            Some(known) => known.union(state),
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
    /// Booleans that say in which of its first two variants the enum at a spot is: the spot and
    /// the variant for `true`.
    predicates: FxHashMap<Local, (Spot, VariantIdx)>,
    /// Enums that are in the same variant as the enum at another spot.
    mirrors: FxHashMap<Local, Spot>,
}

impl<'a, 'tcx> Flow<'a, 'tcx> {
    pub(super) fn new(places: &'a Places<'a, 'tcx>, known: &'a KnownCalls) -> Self {
        let mut flow = Self {
            places,
            known,
            predicates: FxHashMap::default(),
            mirrors: FxHashMap::default(),
        };
        flow.find_correlations();
        flow
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
                        known.union(&state);
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
        let mut state = State::new_empty(self.places.bits());
        for base in self.places.bases() {
            if matches!(self.places.origin(base), Origin::Captured(_)) {
                self.write(&mut state, &Spot::whole(base), &Incoming::Anything);
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
                self.write(state, &Spot::whole(base), &Incoming::Nothing);
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
                    self.keep_variants(state, &spot, |variant| variant == *variant_index);
                }
            }
            StatementKind::StorageDead(local) => {
                let whole = Spot::whole(self.places.local(*local));
                self.write(state, &whole, &Incoming::Nothing);
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
                    self.end(state, &spot, |holding| holding.in_future);
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
            self.write(state, &spot, &incoming);
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
        self.write(state, &spot, &Incoming::Nothing);
        for (bit, holding) in self.places.holdings(spot.base) {
            // A wanted value itself is put together here, not something that holds one.
            if holding.path == spot.steps && !holding.in_container {
                state.insert(bit);
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
            self.write(state, &part_spot, part);
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
                    self.end(&mut state, &spot, |_| true);
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
                let taken = target(0).map(|spot| self.take(state, &spot));
                taken.map_or(Incoming::Anything, Incoming::Content)
            }
            Some(Effect::Replace) => {
                let old = target(0).map(|spot| self.take(state, &spot));
                if let Some(spot) = target(0)
                    && let Some(new) = args.get(1)
                {
                    let new = self.consume(state, &new.node);
                    self.put(state, &spot, &new);
                }
                old.map_or(Incoming::Anything, Incoming::Content)
            }
            Some(Effect::Swap) => {
                let (first, second) = (target(0), target(1));
                let from_first = first.as_ref().map(|spot| self.take(state, spot));
                let from_second = second.as_ref().map(|spot| self.take(state, spot));
                let fill =
                    |content: Option<Content>| content.map_or(Incoming::Nothing, Incoming::Content);
                if let Some(spot) = first {
                    self.write(state, &spot, &fill(from_second));
                }
                if let Some(spot) = second {
                    self.write(state, &spot, &fill(from_first));
                }
                Incoming::Nothing
            }
            Some(Effect::End) => {
                if let Some(spot) = target(0) {
                    self.end(state, &spot, |_| true);
                }
                Incoming::Anything
            }
            Some(Effect::Fill) => {
                if let Some(spot) = target(0) {
                    self.put(state, &spot, &Incoming::Anything);
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
            self.write(state, &spot, &result);
        }
    }

    /// A function of which only the signature is known.
    fn unknown_call(
        &self,
        state: &mut State,
        callee: Option<rustc_hir::def_id::DefId>,
        args: &[Spanned<Operand<'tcx>>],
    ) -> Incoming {
        let types: Vec<Ty<'tcx>> = args
            .iter()
            .map(|arg| arg.node.ty(self.places.body, self.places.tcx))
            .collect();
        let mut brings = Vec::new();
        for arg in args {
            if let Incoming::Content(content) = self.consume(state, &arg.node) {
                brings.extend(content);
            }
        }
        let brings_any = brings.iter().any(|(_, alive)| *alive);
        for arg in args {
            if brings_any {
                self.fill_behind(state, &arg.node);
            } else {
                self.hand_out(state, &arg.node);
            }
        }
        match callee {
            Some(callee) if calls::makes_empty(self.places.tcx, callee, types.into_iter()) => {
                Incoming::Content(Vec::new())
            }
            // Given a dead guard, a future or an option made from it holds none.
            _ if !brings.is_empty() && !brings_any => Incoming::Nothing,
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
            self.end(state, &target, |holding| {
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
            self.put(state, &target, &Incoming::Anything);
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
            && let Some((spot, yes)) = self.predicates.get(&local)
        {
            for (target, truth) in [
                (targets.target_for_value(0), false),
                (targets.otherwise(), true),
            ] {
                let mut state = state.clone();
                self.refine(&mut state, spot, |variant| (variant == *yes) == truth);
                flow_to(target, &state);
            }
            return;
        }
        let Some((spot, ty)) = local.and_then(|local| self.discriminated(data, local)) else {
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
                self.refine(&mut state, &spot, |other| other == variant);
            }
            flow_to(target, &state);
        }
        let mut state = state.clone();
        self.refine(&mut state, &spot, |other| !named.contains(&other));
        flow_to(targets.otherwise(), &state);
    }

    /// The enum whose discriminant `local` holds at the end of a block.
    fn discriminated(&self, data: &BasicBlockData<'tcx>, local: Local) -> Option<(Spot, Ty<'tcx>)> {
        data.statements
            .iter()
            .rev()
            .find_map(|statement| match &statement.kind {
                StatementKind::Assign(assign) if assign.0.as_local() == Some(local) => {
                    Some(&assign.1)
                }
                _ => None,
            })
            .and_then(|rvalue| match rvalue {
                Rvalue::Discriminant(place) => {
                    Some((self.places.spot(*place)?, self.places.ty(*place)))
                }
                _ => None,
            })
    }

    /// The enum at `spot`, and the one it mirrors, is in a variant for which `is` holds.
    fn refine(&self, state: &mut State, spot: &Spot, is: impl Fn(VariantIdx) -> bool) {
        self.keep_variants(state, spot, &is);
        if let Some(mirrored) = self
            .mirrors
            .iter()
            .find(|(local, _)| Spot::whole(self.places.local(**local)) == *spot)
            .map(|(_, mirrored)| mirrored)
        {
            self.keep_variants(state, mirrored, is);
        }
    }

    fn keep_variants(&self, state: &mut State, spot: &Spot, is: impl Fn(VariantIdx) -> bool) {
        if spot.inside {
            return;
        }
        for (bit, holding) in self.places.holdings(spot.base) {
            if let Some([Step::Variant(variant, _), ..]) =
                holding.path.strip_prefix(spot.steps.as_slice())
                && !is(*variant)
            {
                state.remove(bit);
            }
        }
    }

    /// Moves out of an operand; what it held is gone from its place.
    fn consume(&self, state: &mut State, operand: &Operand<'tcx>) -> Incoming {
        match operand {
            Operand::Move(place) => match self.places.spot(*place) {
                Some(spot) => Incoming::Content(self.take(state, &spot)),
                None => Incoming::Anything,
            },
            Operand::Copy(_) | Operand::Constant(_) | Operand::RuntimeChecks(_) => {
                Incoming::Nothing
            }
        }
    }

    /// What is alive at a spot, which is empty afterwards.
    fn take(&self, state: &mut State, spot: &Spot) -> Content {
        let mut content = Vec::new();
        for (bit, holding) in self.places.holdings(spot.base) {
            if let Some(way) = way_to(spot, holding) {
                // Whoever names the variant has seen that the value is in it.
                let seen = holding
                    .if_poisoned
                    .is_some_and(|steps| spot.steps.len() >= steps);
                content.push((way.to_vec(), state.remove(bit) || seen));
            }
        }
        content
    }

    /// Ends what is alive at a spot, as far as `which` says so.
    fn end(&self, state: &mut State, spot: &Spot, which: impl Fn(&Holding) -> bool) {
        for (bit, holding) in self.places.holdings(spot.base) {
            if way_to(spot, holding).is_some() && which(holding) {
                state.remove(bit);
            }
        }
    }

    /// Writes a value over a spot.
    fn write(&self, state: &mut State, spot: &Spot, incoming: &Incoming) {
        for (bit, holding) in self.places.holdings(spot.base) {
            let Some(way) = way_to(spot, holding) else {
                continue;
            };
            let alive = brings(incoming, way, holding);
            let is_part_of_container =
                holding.in_container && (spot.inside || spot.steps.len() > holding.path.len());
            if alive {
                state.insert(bit);
            } else if !is_part_of_container {
                state.remove(bit);
            }
        }
    }

    /// Puts a value into a spot, besides what is there already.
    fn put(&self, state: &mut State, spot: &Spot, incoming: &Incoming) {
        for (bit, holding) in self.places.holdings(spot.base) {
            if let Some(way) = way_to(spot, holding)
                && brings(incoming, way, holding)
            {
                state.insert(bit);
            }
        }
    }

    fn find_correlations(&mut self) {
        let body = self.places.body;
        for data in body.basic_blocks.iter() {
            let TerminatorKind::Call {
                func,
                args,
                destination,
                ..
            } = &data.terminator().kind
            else {
                continue;
            };
            let Some(effect) = calls::callee(func).and_then(|callee| self.known.effect(callee))
            else {
                continue;
            };
            let Some(local) = destination.as_local() else {
                continue;
            };
            let Some(spot) = args
                .first()
                .and_then(|arg| arg.node.place())
                .and_then(|place| self.places.spot(place))
                .and_then(|spot| self.places.target(&spot))
            else {
                continue;
            };
            match effect {
                Effect::Mirror => {
                    self.mirrors.insert(local, spot);
                }
                Effect::IsFirst => {
                    self.predicates.insert(local, (spot, VariantIdx::ZERO));
                }
                Effect::IsSecond => {
                    self.predicates
                        .insert(local, (spot, VariantIdx::from_u32(1)));
                }
                _ => {}
            }
        }
        self.follow_negations();
    }

    /// `!is_some(x)` says the same as `is_none(x)`.
    fn follow_negations(&mut self) {
        for data in self.places.body.basic_blocks.iter() {
            for statement in &data.statements {
                if let StatementKind::Assign(assign) = &statement.kind
                    && let Some(local) = assign.0.as_local()
                    && let Rvalue::UnaryOp(UnOp::Not, operand) = &assign.1
                    && let Some(negated) = operand.place().and_then(|place| place.as_local())
                    && let Some((spot, yes)) = self.predicates.get(&negated).cloned()
                {
                    let no = VariantIdx::from_u32(1 - yes.as_u32());
                    self.predicates.insert(local, (spot, no));
                }
            }
        }
    }
}

/// The way from a spot to a holding: empty if the spot is the holding or inside of it, none if
/// they have nothing to do with each other.
fn way_to<'h>(spot: &Spot, holding: &'h Holding) -> Option<&'h [Step]> {
    if let Some(way) = holding.path.strip_prefix(spot.steps.as_slice()) {
        return (way.is_empty() || !spot.inside).then_some(way);
    }
    (holding.in_container && spot.steps.starts_with(&holding.path)).then_some(&[])
}

/// Whether a value brings something alive into a holding that is reached by `way` from it.
fn brings(incoming: &Incoming, way: &[Step], holding: &Holding) -> bool {
    match incoming {
        Incoming::Nothing => false,
        Incoming::Anything => holding.if_poisoned.is_none(),
        Incoming::Content(content) => content
            .iter()
            .any(|(from, alive)| *alive && (from.starts_with(way) || way.starts_with(from))),
    }
}
