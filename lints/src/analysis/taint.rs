//! Where a value goes inside one body: a walk forwards, without regard to order or branches.
//!
//! The counterpart of [`origin`](super::origin). A variable is marked once something marked may
//! have been stored in it or in a part of it; what is written through a reference leaves the body
//! as far as this walk can see, and [`through_reference`] tells a lint where that happens.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{
        Body, Location, Operand, Place, ProjectionElem, Rvalue, StatementKind, Terminator,
        TerminatorKind,
        visit::{PlaceContext, Visitor},
    },
    ty::{self, Ty, TyCtxt},
};
use rustc_span::Spanned;

use super::{
    bodies::source_owner,
    definitions::{Root, Variable},
};

/// A call, as far as the walk looks at it.
pub(crate) struct Call<'b, 'tcx> {
    /// The function as written; `None` for a call through a pointer.
    pub(crate) callee: Option<DefId>,
    pub(crate) args: &'b [Spanned<Operand<'tcx>>],
    pub(crate) destination: Place<'tcx>,
}

impl<'b, 'tcx> Call<'b, 'tcx> {
    pub(crate) fn of(terminator: &'b Terminator<'tcx>) -> Option<Self> {
        match &terminator.kind {
            TerminatorKind::Call {
                func,
                args,
                destination,
                ..
            } => Some(Self {
                callee: func.const_fn_def().map(|(callee, _)| callee),
                args,
                destination: *destination,
            }),
            _ => None,
        }
    }
}

/// What marks go through.
pub(crate) trait Spread<'tcx> {
    /// Whether the result of a call that is given something marked is marked as well.
    fn through_call(&self, call: &Call<'_, 'tcx>) -> bool;

    /// Whether a value of this type can carry the mark.
    fn carries(&self, _ty: Ty<'tcx>) -> bool {
        true
    }
}

/// The marked variables of a body.
pub(crate) struct Taint<'b, 'tcx> {
    tcx: TyCtxt<'tcx>,
    body: &'b Body<'tcx>,
    marked: FxHashSet<Root>,
}

impl<'b, 'tcx> Taint<'b, 'tcx> {
    /// Follows what is in `seeds` through the body.
    pub(crate) fn new(
        tcx: TyCtxt<'tcx>,
        body: &'b Body<'tcx>,
        seeds: impl IntoIterator<Item = Root>,
        spread: &dyn Spread<'tcx>,
    ) -> Self {
        let mut taint = Self {
            tcx,
            body,
            marked: seeds.into_iter().collect(),
        };
        while taint.round(spread) {}
        taint
    }

    fn round(&mut self, spread: &dyn Spread<'tcx>) -> bool {
        let before = self.marked.len();
        if before == 0 {
            return false;
        }
        for data in self
            .body
            .basic_blocks
            .iter()
            .filter(|data| !data.is_cleanup)
        {
            for statement in &data.statements {
                if let StatementKind::Assign(assign) = &statement.kind
                    && self.in_rvalue(&assign.1)
                {
                    self.mark(assign.0, spread);
                }
            }
            if let Some(call) = Call::of(data.terminator())
                && self.in_call(&call)
                && spread.through_call(&call)
            {
                self.mark(call.destination, spread);
            }
        }
        self.marked.len() > before
    }

    fn mark(&mut self, place: Place<'tcx>, spread: &dyn Spread<'tcx>) {
        let ty = place.ty(&self.body.local_decls, self.tcx).ty;
        if !through_reference(self.tcx, self.body, place) && spread.carries(ty) {
            self.marked.insert(self.root(place));
        }
    }

    pub(crate) fn root(&self, place: Place<'tcx>) -> Root {
        Variable::of_place(self.tcx, self.body, place).root
    }

    pub(crate) fn has(&self, root: Root) -> bool {
        self.marked.contains(&root)
    }

    pub(crate) fn in_place(&self, place: Place<'tcx>) -> bool {
        self.has(self.root(place))
    }

    pub(crate) fn in_operand(&self, operand: &Operand<'tcx>) -> bool {
        operand.place().is_some_and(|place| self.in_place(place))
    }

    pub(crate) fn in_call(&self, call: &Call<'_, 'tcx>) -> bool {
        call.args.iter().any(|arg| self.in_operand(&arg.node))
    }

    pub(crate) fn in_rvalue(&self, rvalue: &Rvalue<'tcx>) -> bool {
        places_in(rvalue).iter().any(|place| self.in_place(*place))
    }
}

/// Every place that an expression reads or borrows.
pub(crate) fn places_in<'tcx>(rvalue: &Rvalue<'tcx>) -> Vec<Place<'tcx>> {
    struct Places<'tcx>(Vec<Place<'tcx>>);
    impl<'tcx> Visitor<'tcx> for Places<'tcx> {
        fn visit_place(&mut self, place: &Place<'tcx>, _: PlaceContext, _: Location) {
            self.0.push(*place);
        }
    }
    let mut places = Places(Vec::new());
    places.visit_rvalue(rvalue, Location::START);
    places.0
}

/// Whether a place lies behind a reference or box that a variable of the body holds. The reference
/// by which a closure or coroutine reaches its own variables does not count.
pub(crate) fn through_reference<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &Body<'tcx>,
    place: Place<'tcx>,
) -> bool {
    let own = source_owner(tcx, body.source.def_id());
    let mut through = false;
    for (base, elem) in place.iter_projections() {
        match elem {
            ProjectionElem::Deref => through = true,
            ProjectionElem::Field(..) => match base.ty(&body.local_decls, tcx).ty.kind() {
                ty::Coroutine(def, _) | ty::Closure(def, _) if *def == own => through = false,
                _ => {}
            },
            _ => {}
        }
    }
    through
}
