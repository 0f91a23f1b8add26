//! The crate's own `Drop` implementations that dropping a value runs.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{LangItem, def_id::DefId};
use rustc_middle::ty::{self, Instance, Ty};
use rustc_span::sym;

use super::{bodies::Bodies, handoffs::is_std};

/// Owners that drop what they hold only with their last copy, or never.
const SHARED: &[rustc_span::Symbol] = &[sym::Arc, sym::Rc, sym::ArcWeak, sym::RcWeak];

pub(crate) fn run_by_drop<'tcx>(bodies: &Bodies<'tcx>, ty: Ty<'tcx>) -> Vec<Instance<'tcx>> {
    let mut search = Search {
        bodies,
        seen: FxHashSet::default(),
        found: Vec::new(),
    };
    if ty.needs_drop(bodies.tcx, bodies.typing_env) {
        search.value(ty, 0);
    }
    search.found
}

struct Search<'b, 'tcx> {
    bodies: &'b Bodies<'tcx>,
    seen: FxHashSet<Ty<'tcx>>,
    found: Vec<Instance<'tcx>>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn value(&mut self, ty: Ty<'tcx>, depth: usize) {
        const DEEPEST: usize = 8;
        if depth > DEEPEST || !self.seen.insert(ty) {
            return;
        }
        let tcx = self.bodies.tcx;
        match *ty.kind() {
            ty::Tuple(parts) => parts.iter().for_each(|part| self.value(part, depth + 1)),
            ty::Array(element, _) | ty::Slice(element) => self.value(element, depth + 1),
            ty::Closure(_, args) => self.value(args.as_closure().tupled_upvars_ty(), depth + 1),
            ty::Adt(adt, args) if adt.did().is_local() => {
                self.destructor(ty);
                if adt.is_enum() || adt.is_struct() {
                    for field in adt.all_fields() {
                        let field = field.ty(tcx, args);
                        if let Ok(field) =
                            tcx.try_normalize_erasing_regions(self.bodies.typing_env, field)
                        {
                            self.value(field, depth + 1);
                        }
                    }
                }
            }
            ty::Adt(adt, args) if is_std(tcx, adt.did()) && !self.is_shared(adt.did()) => {
                if !adt.is_manually_drop() && !adt.is_phantom_data() {
                    args.types().for_each(|part| self.value(part, depth + 1));
                }
            }
            _ => {}
        }
    }

    fn destructor(&mut self, ty: Ty<'tcx>) {
        let tcx = self.bodies.tcx;
        let Some(drop_method) = tcx
            .lang_items()
            .get(LangItem::Drop)
            .and_then(|drop| tcx.associated_item_def_ids(drop).first().copied())
        else {
            return;
        };
        let method = self.bodies.resolve(drop_method, tcx.mk_args(&[ty.into()]));
        self.found.extend(method.local(self.bodies));
    }

    fn is_shared(&self, owner: DefId) -> bool {
        self.bodies
            .tcx
            .get_diagnostic_name(owner)
            .is_some_and(|name| SHARED.contains(&name))
    }
}
