//! Which fields a value in a body depends on.

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{Body, Place, ProjectionElem, Rvalue, StatementKind},
    ty::{self, TyCtxt},
};

use crate::analysis::{
    definitions::{Definitions, Variable},
    taint::{Call, places_in},
};

/// A field of a struct, enum or closure.
pub(super) type Part = (DefId, FieldIdx);

/// What some values are computed from.
pub(super) struct Slice {
    pub(super) parts: FxHashSet<Part>,
    /// They are computed from nothing else: no call, and not the variant of an enum.
    pub(super) is_plain: bool,
}

impl Slice {
    pub(super) fn of<'tcx>(
        tcx: TyCtxt<'tcx>,
        body: &Body<'tcx>,
        definitions: &Definitions,
        values: impl IntoIterator<Item = Place<'tcx>>,
    ) -> Self {
        let mut slice = Self {
            parts: FxHashSet::default(),
            is_plain: true,
        };
        let mut seen = FxHashSet::default();
        let mut pending: Vec<Place<'tcx>> = values.into_iter().collect();
        while let Some(place) = pending.pop() {
            if !seen.insert(place) {
                continue;
            }
            if let Some(part) = part(tcx, body, place) {
                slice.parts.insert(part);
                continue;
            }
            let root = Variable::of_place(tcx, body, place).root;
            for definition in definitions.of(root) {
                let data = &body.basic_blocks[definition.location.block];
                match data.statements.get(definition.location.statement_index) {
                    Some(statement) => {
                        if let StatementKind::Assign(assign) = &statement.kind {
                            slice.is_plain &= !matches!(assign.1, Rvalue::Discriminant(_));
                            pending.extend(places_in(&assign.1));
                        }
                    }
                    None => {
                        slice.is_plain = false;
                        if let Some(call) = Call::of(data.terminator()) {
                            pending.extend(call.args.iter().filter_map(|arg| arg.node.place()));
                        }
                    }
                }
            }
        }
        slice
    }
}

/// The innermost field that a place names.
fn part<'tcx>(tcx: TyCtxt<'tcx>, body: &Body<'tcx>, place: Place<'tcx>) -> Option<Part> {
    place
        .iter_projections()
        .filter_map(|(base, elem)| {
            let ProjectionElem::Field(field, _) = elem else {
                return None;
            };
            match base.ty(&body.local_decls, tcx).ty.kind() {
                ty::Adt(adt, _) => Some((adt.did(), field)),
                ty::Closure(def, _) => Some((*def, field)),
                _ => None,
            }
        })
        .last()
}

/// The field that a place names, by itself or through one reference.
pub(super) fn part_behind<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &Body<'tcx>,
    definitions: &Definitions,
    place: Place<'tcx>,
) -> Option<Part> {
    part(tcx, body, place).or_else(|| {
        let root = Variable::of_place(tcx, body, place).root;
        let mut sources = definitions.of(root).iter().filter_map(|definition| {
            let data = &body.basic_blocks[definition.location.block];
            let statement = data.statements.get(definition.location.statement_index)?;
            match &statement.kind {
                // Not what is written through it.
                StatementKind::Assign(assign) if assign.0.as_local().is_some() => Some(&assign.1),
                _ => None,
            }
        });
        let (Some(source), None) = (sources.next(), sources.next()) else {
            return None;
        };
        places_in(source)
            .into_iter()
            .find_map(|place| part(tcx, body, place))
    })
}
