//! Values that own a tokio runtime, and where they are dropped.

use rustc_hir::{
    def::DefKind,
    def_id::{DefId, DefIdSet},
};
use rustc_middle::{
    mir::{BasicBlock, TerminatorKind},
    ty::{self, Instance, Ty, TyCtxt},
};
use rustc_span::Span;

use super::bodies::{Bodies, MirBody};
use crate::paths::Resolver;

const RUNTIMES: &[&str] = &["tokio::runtime::Runtime", "tokio::runtime::LocalRuntime"];

/// Makes a runtime.
pub(crate) const BUILDS: &[&str] = &[
    "tokio::runtime::Runtime::new",
    "tokio::runtime::Builder::build",
    "tokio::runtime::Builder::build_local",
    "tokio::runtime::LocalRuntime::new",
];

/// Types nested deeper than this are not looked into.
const DEEPEST: usize = 6;

pub(crate) struct RuntimeValues {
    runtimes: DefIdSet,
    drop: DefIdSet,
}

impl RuntimeValues {
    pub(crate) fn new(paths: &Resolver<'_>) -> Self {
        Self {
            runtimes: paths.all(RUNTIMES.iter().copied()),
            drop: paths.all(["core::mem::drop"]),
        }
    }

    /// The crate's functions with a parameter that has to do with a runtime. A function that drops
    /// one has made it or was given it.
    pub(crate) fn functions_given_one(&self, tcx: TyCtxt<'_>) -> impl Iterator<Item = DefId> {
        let functions = tcx
            .hir_body_owners()
            .filter(move |_| !self.runtimes.is_empty())
            .filter(move |owner| matches!(tcx.def_kind(*owner), DefKind::Fn | DefKind::AssocFn));
        functions
            .map(|owner| owner.to_def_id())
            .filter(move |owner| {
                let signature = tcx.fn_sig(*owner).instantiate_identity().skip_binder();
                signature
                    .inputs()
                    .iter()
                    .flat_map(|input| input.walk())
                    .filter_map(|part| part.as_type()?.ty_adt_def())
                    .any(|adt| {
                        self.runtimes.contains(&adt.did())
                            || adt.did().is_local()
                                && adt.all_fields().any(|field| {
                                    let field = tcx.type_of(field.did).instantiate_identity();
                                    self.names(field)
                                })
                    })
            })
    }

    /// The places where a live block of the body drops a runtime. An `Option` does not count: what
    /// was in it was taken out as a rule.
    pub(crate) fn drops<'tcx>(
        &self,
        bodies: &Bodies<'tcx>,
        instance: Instance<'tcx>,
        mir: &MirBody<'tcx>,
    ) -> Vec<(BasicBlock, Span)> {
        if self.runtimes.is_empty() {
            return Vec::new();
        }
        let flow = bodies.flow(mir);
        let owns = |ty| {
            bodies
                .fill_in(instance, ty)
                .is_some_and(|ty| self.owns(bodies, ty, DEEPEST))
        };
        mir.body
            .basic_blocks
            .iter_enumerated()
            .filter(|(block, data)| !data.is_cleanup && flow.is_live(*block))
            .filter_map(|(block, data)| {
                let terminator = data.terminator();
                match &terminator.kind {
                    TerminatorKind::Drop { place, .. } => {
                        let declared = &mir.body.local_decls[place.local];
                        let span = match place.as_local() {
                            Some(_) => declared.source_info.span,
                            None => terminator.source_info.span,
                        };
                        owns(place.ty(&mir.body.local_decls, bodies.tcx).ty)
                            .then_some((block, span))
                    }
                    TerminatorKind::Call { func, args, .. } => {
                        let (function, _) = func.const_fn_def()?;
                        let value = &args.first()?.node;
                        (self.drop.contains(&function)
                            && owns(value.ty(&mir.body.local_decls, bodies.tcx)))
                        .then_some((block, terminator.source_info.span))
                    }
                    _ => None,
                }
            })
            .collect()
    }

    fn owns<'tcx>(&self, bodies: &Bodies<'tcx>, ty: Ty<'tcx>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        match *ty.kind() {
            ty::Tuple(parts) => parts.iter().any(|part| self.owns(bodies, part, depth)),
            ty::Adt(adt, args) => {
                self.runtimes.contains(&adt.did())
                    || adt.is_box() && self.owns(bodies, args.type_at(0), depth)
                    || adt.did().is_local()
                        && adt.is_struct()
                        // A destructor may shut the runtime down first.
                        && !adt.has_dtor(bodies.tcx)
                        && adt.all_fields().any(|field| {
                            bodies
                                .tcx
                                .try_normalize_erasing_regions(
                                    bodies.typing_env,
                                    field.ty(bodies.tcx, args),
                                )
                                .is_ok_and(|field| self.owns(bodies, field, depth))
                        })
            }
            _ => false,
        }
    }

    fn names(&self, ty: Ty<'_>) -> bool {
        ty.walk()
            .filter_map(|part| part.as_type()?.ty_adt_def())
            .any(|adt| self.runtimes.contains(&adt.did()))
    }
}
