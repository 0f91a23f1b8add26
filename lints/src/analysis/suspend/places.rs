//! Names for the places of a coroutine body after the compiler's state transform.
//!
//! A variable that lives across a suspension is then a field of the coroutine
//! (`((*self) as variant#3).1`), a captured variable is one as well (`(*self).0`), and only the
//! rest are still MIR locals. All three become a [`Base`] here. What a reference points to is
//! looked through where the reference is assigned only once.

use std::rc::Rc;

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::DefId;
use rustc_index::IndexVec;
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, Body, CastKind, CoroutineLayout, CoroutineSavedLocal, Local,
        Operand, Place, PlaceElem, Rvalue, START_BLOCK, StatementKind, TerminatorKind,
    },
    ty::{self, Ty, TyCtxt, TypingEnv},
};

use crate::analysis::ownership::{Holding, Ownership, Step, Wanted};

rustc_index::newtype_index! {
    /// Something that values are kept in: a saved variable, a captured one or a MIR local.
    #[orderable]
    pub(super) struct Base {}
}

/// A base, or a part of what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) base: Base,
    pub(super) steps: Vec<Step>,
    /// The spot is somewhere inside the container that `steps` lead to.
    pub(super) inside: bool,
}

impl Spot {
    pub(super) fn whole(base: Base) -> Self {
        Self {
            base,
            steps: Vec::new(),
            inside: false,
        }
    }

    pub(super) fn part(&self, step: Step) -> Self {
        let mut part = self.clone();
        if !part.inside {
            part.steps.push(step);
        }
        part
    }
}

/// What a base stands for in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A variable or temporary that some suspension keeps.
    Saved(CoroutineSavedLocal),
    /// A variable captured by value: the n-th.
    Captured(usize),
    /// Anything else; it does not survive a suspension.
    Local,
}

/// How the only assignment to a base makes it lead to another spot.
#[derive(Clone)]
enum Source<'tcx> {
    /// It is a reference (or pointer) to this place.
    BorrowOf(Place<'tcx>),
    /// It is a copy of this reference or pointer.
    CopyOf(Place<'tcx>),
    /// It is a tuple of such.
    Tuple(Vec<Operand<'tcx>>),
}

/// The places of one coroutine body.
pub(super) struct Places<'a, 'tcx> {
    pub(super) tcx: TyCtxt<'tcx>,
    pub(super) body: &'a Body<'tcx>,
    layout: &'a CoroutineLayout<'tcx>,
    /// The local that holds `&mut Self`, taken out of the pinned argument.
    this: Local,
    captured: usize,
    /// What each base may own, with the number of its first bit in a [`State`](super::flow::State).
    owned: IndexVec<Base, (usize, Rc<[Holding<'tcx>]>)>,
    bits: usize,
    sources: FxHashMap<Base, Source<'tcx>>,
}

/// Longer chains of references are not looked through.
const MAX_ALIAS_CHAIN: usize = 16;

impl<'a, 'tcx> Places<'a, 'tcx> {
    /// `None` if the body does not have the form that the state transform gives it.
    pub(super) fn new<W: Wanted<'tcx>>(
        tcx: TyCtxt<'tcx>,
        body: &'a Body<'tcx>,
        coroutine: DefId,
        ownership: &Ownership<'tcx, W>,
    ) -> Option<Self> {
        let layout = body.coroutine_layout_raw()?;
        let (this, captured) = self_reference(body, coroutine)?;
        let env = TypingEnv::post_analysis(tcx, coroutine);
        let mut bits = 0;
        let types = layout
            .field_tys
            .iter()
            .map(|saved| saved.ty)
            .chain(captured.iter().copied())
            .chain(body.local_decls.iter().map(|local| local.ty));
        let owned = types
            .map(|ty| {
                let holdings = ownership.holdings(env, ty);
                let first = bits;
                bits += holdings.len();
                (first, holdings)
            })
            .collect();
        let mut places = Self {
            tcx,
            body,
            layout,
            this,
            captured: captured.len(),
            owned,
            bits,
            sources: FxHashMap::default(),
        };
        places.sources = places.single_assignments();
        Some(places)
    }

    pub(super) fn layout(&self) -> &'a CoroutineLayout<'tcx> {
        self.layout
    }

    pub(super) fn bits(&self) -> usize {
        self.bits
    }

    pub(super) fn bases(&self) -> impl Iterator<Item = Base> {
        self.owned.indices()
    }

    pub(super) fn origin(&self, base: Base) -> Origin {
        let saved = self.layout.field_tys.len();
        let index = base.as_usize();
        if index < saved {
            Origin::Saved(CoroutineSavedLocal::from_usize(index))
        } else if index < saved + self.captured {
            Origin::Captured(index - saved)
        } else {
            Origin::Local
        }
    }

    pub(super) fn saved(&self, saved: CoroutineSavedLocal) -> Base {
        Base::from_usize(saved.as_usize())
    }

    fn captured_base(&self, index: usize) -> Base {
        Base::from_usize(self.layout.field_tys.len() + index)
    }

    pub(super) fn local(&self, local: Local) -> Base {
        Base::from_usize(self.layout.field_tys.len() + self.captured + local.as_usize())
    }

    /// The holdings of a base, each with its bit.
    pub(super) fn holdings(&self, base: Base) -> impl Iterator<Item = (usize, &Holding<'tcx>)> {
        let (first, holdings) = &self.owned[base];
        (*first..).zip(holdings.iter())
    }

    pub(super) fn is_this(&self, place: Place<'tcx>) -> bool {
        place.local == self.this && matches!(place.projection[..], [PlaceElem::Deref])
    }

    /// The spot a place names, if it can be told.
    pub(super) fn spot(&self, place: Place<'tcx>) -> Option<Spot> {
        self.spot_within(place, MAX_ALIAS_CHAIN)
    }

    /// What the reference or pointer at a spot points to, if it can be told.
    pub(super) fn target(&self, spot: &Spot) -> Option<Spot> {
        self.target_within(spot, MAX_ALIAS_CHAIN)
    }

    fn spot_within(&self, place: Place<'tcx>, fuel: usize) -> Option<Spot> {
        let (mut spot, projection) = self.root(place)?;
        let mut variant: Option<VariantIdx> = None;
        for &elem in projection {
            match elem {
                PlaceElem::Deref => spot = self.target_within(&spot, fuel)?,
                PlaceElem::Downcast(_, index) => {
                    variant = Some(index);
                    continue;
                }
                PlaceElem::Field(field, _) => {
                    spot = spot.part(match variant {
                        Some(variant) => Step::Variant(variant, field),
                        None => Step::Field(field),
                    });
                }
                PlaceElem::Index(_)
                | PlaceElem::ConstantIndex { .. }
                | PlaceElem::Subslice { .. } => spot.inside = true,
                PlaceElem::OpaqueCast(_) | PlaceElem::UnwrapUnsafeBinder(_) => {}
            }
            variant = None;
        }
        Some(spot)
    }

    /// The base of a place and the projections that are left.
    fn root(&self, place: Place<'tcx>) -> Option<(Spot, &'tcx [PlaceElem<'tcx>])> {
        let projection = place.projection.as_slice();
        if place.local != self.this {
            return Some((Spot::whole(self.local(place.local)), projection));
        }
        match projection {
            [
                PlaceElem::Deref,
                PlaceElem::Downcast(_, variant),
                PlaceElem::Field(field, _),
                rest @ ..,
            ] => {
                let saved = *self.layout.variant_fields.get(*variant)?.get(*field)?;
                Some((Spot::whole(self.saved(saved)), rest))
            }
            [PlaceElem::Deref, PlaceElem::Field(field, _), rest @ ..]
                if field.as_usize() < self.captured =>
            {
                Some((Spot::whole(self.captured_base(field.as_usize())), rest))
            }
            _ => None,
        }
    }

    fn target_within(&self, spot: &Spot, fuel: usize) -> Option<Spot> {
        let fuel = fuel.checked_sub(1)?;
        if spot.inside || self.is_in_container(spot) {
            let mut inside = spot.clone();
            inside.inside = true;
            return Some(inside);
        }
        match (self.sources.get(&spot.base)?, spot.steps.as_slice()) {
            (Source::BorrowOf(place), []) => self.spot_within(*place, fuel),
            (Source::CopyOf(place), []) => {
                self.target_within(&self.spot_within(*place, fuel)?, fuel)
            }
            (Source::Tuple(operands), [Step::Field(field)]) => {
                let place = operands.get(field.as_usize())?.place()?;
                self.target_within(&self.spot_within(place, fuel)?, fuel)
            }
            _ => None,
        }
    }

    /// Whether a pointer at this spot belongs to a container that may hold something wanted.
    fn is_in_container(&self, spot: &Spot) -> bool {
        self.owned[spot.base]
            .1
            .iter()
            .any(|holding| holding.in_container && spot.steps.starts_with(&holding.path))
    }

    /// The sources of all bases that are assigned exactly once, as a whole, from something that
    /// leads to another place.
    fn single_assignments(&self) -> FxHashMap<Base, Source<'tcx>> {
        let mut assigned: FxHashMap<Base, Option<Source<'tcx>>> = FxHashMap::default();
        let mut note = |place: Place<'tcx>, source: Option<Source<'tcx>>| {
            let Some((spot, rest)) = self.root(place) else {
                return;
            };
            if rest.first() == Some(&PlaceElem::Deref) {
                return;
            }
            // A captured variable has a value before the first assignment.
            let is_captured = matches!(self.origin(spot.base), Origin::Captured(_));
            let source = source.filter(|_| rest.is_empty() && !is_captured);
            assigned
                .entry(spot.base)
                .and_modify(|known| *known = None)
                .or_insert(source);
        };
        for block in self.body.basic_blocks.iter() {
            for statement in &block.statements {
                if let StatementKind::Assign(assign) = &statement.kind {
                    note(assign.0, source_of(&assign.1));
                }
            }
            if let TerminatorKind::Call { destination, .. } = block.terminator().kind {
                note(destination, None);
            }
        }
        assigned
            .into_iter()
            .filter_map(|(base, source)| Some((base, source?)))
            .collect()
    }

    pub(super) fn ty(&self, place: Place<'tcx>) -> Ty<'tcx> {
        place.ty(self.body, self.tcx).ty
    }

    /// The block that runs after resumption in a state, or at the very start.
    pub(super) fn resume_block(&self, state: VariantIdx) -> Option<BasicBlock> {
        match &self.body.basic_blocks[START_BLOCK].terminator().kind {
            TerminatorKind::SwitchInt { targets, .. } => targets
                .iter()
                .find(|&(value, _)| value == u128::from(state.as_u32()))
                .map(|(_, block)| block),
            _ => None,
        }
    }
}

fn source_of<'tcx>(rvalue: &Rvalue<'tcx>) -> Option<Source<'tcx>> {
    match rvalue {
        Rvalue::Ref(_, _, place) | Rvalue::RawPtr(_, place) => Some(Source::BorrowOf(*place)),
        Rvalue::Use(operand)
        | Rvalue::Cast(CastKind::Transmute | CastKind::PtrToPtr, operand, _) => {
            operand.place().map(Source::CopyOf)
        }
        Rvalue::CopyForDeref(place) => Some(Source::CopyOf(*place)),
        Rvalue::Aggregate(kind, operands) if matches!(**kind, AggregateKind::Tuple) => {
            Some(Source::Tuple(operands.iter().cloned().collect()))
        }
        _ => None,
    }
}

/// The local with `&mut Self` in the poll function of `coroutine`, and the captured types.
fn self_reference<'tcx>(body: &Body<'tcx>, coroutine: DefId) -> Option<(Local, Vec<Ty<'tcx>>)> {
    const PINNED_SELF: Local = Local::from_u32(1);
    let statements = &body.basic_blocks[START_BLOCK].statements;
    statements.iter().find_map(|statement| {
        let StatementKind::Assign(assign) = &statement.kind else {
            return None;
        };
        let (place, Rvalue::Use(Operand::Copy(source))) = &**assign else {
            return None;
        };
        let local = place.as_local()?;
        let is_pin_field = source.local == PINNED_SELF
            && matches!(source.projection[..], [PlaceElem::Field(FieldIdx::ZERO, _)]);
        let ty::Ref(_, this, _) = *body.local_decls[local].ty.kind() else {
            return None;
        };
        match *this.kind() {
            ty::Coroutine(did, args) if is_pin_field && did == coroutine => {
                Some((local, args.as_coroutine().upvar_tys().to_vec()))
            }
            _ => None,
        }
    })
}
