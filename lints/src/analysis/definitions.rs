//! Where the variables of a body get their values.

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::fx::FxHashMap;
use rustc_middle::{
    mir::{Body, Local, Location, Place, ProjectionElem, StatementKind, TerminatorKind},
    ty::{self, TyCtxt},
};

use super::bodies::source_owner;

/// A variable as the source has it, however the compiler keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Root {
    Local(Local),
    /// A variable of a coroutine that lives across an await.
    Saved(VariantIdx, FieldIdx),
    /// What a closure or coroutine captured.
    Captured(FieldIdx),
}

/// A variable, or a part of it. References are looked through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variable {
    pub(crate) root: Root,
    /// Fields of the crate's own types and of tuples. Parts of other types (an `Option`, a `Vec`)
    /// stand for the whole.
    pub(crate) fields: Vec<FieldIdx>,
}

impl Variable {
    pub(crate) fn local(local: Local) -> Self {
        Self {
            root: Root::Local(local),
            fields: Vec::new(),
        }
    }

    pub(crate) fn of_place<'tcx>(tcx: TyCtxt<'tcx>, body: &Body<'tcx>, place: Place<'tcx>) -> Self {
        let own_def = source_owner(tcx, body.source.def_id());
        let mut root = Root::Local(place.local);
        let mut fields = Vec::new();
        for (base, elem) in place.iter_projections() {
            let ProjectionElem::Field(field, _) = elem else {
                continue;
            };
            let base = base.ty(&body.local_decls, tcx);
            match base.ty.kind() {
                ty::Coroutine(def, _) if *def == own_def => {
                    root = match base.variant_index {
                        Some(variant) => Root::Saved(variant, field),
                        None => Root::Captured(field),
                    };
                    fields.clear();
                }
                ty::Closure(def, _) if *def == own_def => {
                    root = Root::Captured(field);
                    fields.clear();
                }
                ty::Adt(adt, _) if !adt.did().is_local() => {}
                _ => fields.push(field),
            }
        }
        Self { root, fields }
    }
}

/// All assignments of a body by the variable they set.
pub(crate) struct Definitions {
    by_root: FxHashMap<Root, Vec<Definition>>,
}

pub(crate) struct Definition {
    /// The part of the variable that is set.
    pub(crate) fields: Vec<FieldIdx>,
    /// The assignment, or the call whose result is stored.
    pub(crate) location: Location,
}

impl Definitions {
    pub(crate) fn new<'tcx>(tcx: TyCtxt<'tcx>, body: &Body<'tcx>) -> Self {
        let mut by_root: FxHashMap<Root, Vec<Definition>> = FxHashMap::default();
        let mut add = |place, location| {
            let variable = Variable::of_place(tcx, body, place);
            by_root.entry(variable.root).or_default().push(Definition {
                fields: variable.fields,
                location,
            });
        };
        for (block, data) in body.basic_blocks.iter_enumerated() {
            if data.is_cleanup {
                continue;
            }
            for (statement_index, statement) in data.statements.iter().enumerate() {
                if let StatementKind::Assign(assign) = &statement.kind {
                    add(
                        assign.0,
                        Location {
                            block,
                            statement_index,
                        },
                    );
                }
            }
            if let TerminatorKind::Call { destination, .. } = data.terminator().kind {
                add(destination, body.terminator_loc(block));
            }
        }
        Self { by_root }
    }

    pub(crate) fn of(&self, root: Root) -> &[Definition] {
        self.by_root.get(&root).map_or(&[], Vec::as_slice)
    }
}
