//! What the code has found out about the variant of an enum, other than by a match on it.

use rustc_abi::VariantIdx;
use rustc_data_structures::fx::FxHashMap;
use rustc_middle::{
    mir::{BasicBlockData, Local, Place, Rvalue, StatementKind, TerminatorKind, UnOp},
    ty::Ty,
};

use super::{
    calls::{self, Effect, KnownCalls},
    places::{Base, Places, Spot},
    state::State,
};

/// Locals whose value tells something about an enum elsewhere.
#[derive(Default)]
pub(super) struct Correlations {
    /// Booleans: the spot of the enum, and which of its first two variants `true` stands for.
    predicates: FxHashMap<Local, (Spot, VariantIdx)>,
    /// Enums that are in the same variant as the one at the spot.
    mirrors: FxHashMap<Base, Spot>,
}

impl Correlations {
    /// What the boolean in a local says: the spot of an enum, and its variant if it is true.
    pub(super) fn predicate(&self, local: Local) -> Option<&(Spot, VariantIdx)> {
        self.predicates.get(&local)
    }

    /// The enum at `spot`, and the one it mirrors, is in a variant for which `is` holds.
    pub(super) fn refine(
        &self,
        places: &Places<'_, '_>,
        state: &mut State,
        spot: &Spot,
        is: impl Fn(VariantIdx) -> bool,
    ) {
        state.keep_variants(places, spot, &is);
        if spot.steps.is_empty()
            && let Some(mirrored) = self.mirrors.get(&spot.base)
        {
            state.keep_variants(places, mirrored, is);
        }
    }

    pub(super) fn new(places: &Places<'_, '_>, known: &KnownCalls) -> Self {
        let body = places.body;
        let mut correlations = Self::default();
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
            let Some(effect) = calls::callee(func).and_then(|callee| known.effect(callee)) else {
                continue;
            };
            let Some(spot) = args
                .first()
                .and_then(|arg| arg.node.place())
                .and_then(|place| places.spot(place))
                .and_then(|spot| places.target(&spot))
            else {
                continue;
            };
            correlations.note(places, effect, *destination, spot);
        }
        correlations.follow_negations(places);
        correlations
    }

    /// A call with an effect on the enum at `spot` writes its result to `destination`.
    fn note<'tcx>(
        &mut self,
        places: &Places<'_, 'tcx>,
        effect: Effect,
        destination: Place<'tcx>,
        spot: Spot,
    ) {
        let yes = match effect {
            Effect::Mirror => {
                if let Some(mirror) = places.spot(destination)
                    && mirror.steps.is_empty()
                {
                    self.mirrors.insert(mirror.base, spot);
                }
                return;
            }
            Effect::IsFirst => VariantIdx::ZERO,
            Effect::IsSecond => VariantIdx::from_u32(1),
            _ => return,
        };
        if let Some(local) = destination.as_local() {
            self.predicates.insert(local, (spot, yes));
        }
    }

    /// `!is_some(x)` says the same as `is_none(x)`.
    fn follow_negations(&mut self, places: &Places<'_, '_>) {
        for data in places.body.basic_blocks.iter() {
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

/// The enum whose discriminant `local` holds at the end of a block.
pub(super) fn discriminated<'tcx>(
    places: &Places<'_, 'tcx>,
    data: &BasicBlockData<'tcx>,
    local: Local,
) -> Option<(Spot, Ty<'tcx>)> {
    data.statements
        .iter()
        .rev()
        .find_map(|statement| match &statement.kind {
            StatementKind::Assign(assign) if assign.0.as_local() == Some(local) => Some(&assign.1),
            _ => None,
        })
        .and_then(|rvalue| match rvalue {
            Rvalue::Discriminant(place) => Some((places.spot(*place)?, places.ty(*place))),
            _ => None,
        })
}
