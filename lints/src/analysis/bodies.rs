//! Function bodies with their type parameters filled in.
//!
//! An [`Instance`] is a body and the types its parameters stand for. Working on instances is what
//! lets an analysis follow `fn run<F: FnOnce()>(f: F) { f() }` into the closure that one caller
//! passes, a trait method into the implementation of one receiver, and an `.await` into the
//! coroutine behind `impl Future`.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    CoroutineDesugaring, CoroutineKind, ExprKind,
    def::DefKind,
    def_id::{DefId, LocalDefId},
};
use rustc_middle::{
    mir::{Body, Operand},
    ty::{
        self, EarlyBinder, GenericArgs, GenericArgsRef, Instance, InstanceKind, Ty, TyCtxt,
        TypeFoldable, TypingEnv,
    },
};

use super::{definitions::Definitions, flow::Flow};

/// Types nested deeper than this are not followed: a recursive generic function makes them grow
/// without end.
const DEEPEST_TYPE: usize = 64;

/// The bodies of the crate under check, read in one typing environment.
pub(crate) struct Bodies<'tcx> {
    pub(crate) tcx: TyCtxt<'tcx>,
    pub(crate) typing_env: TypingEnv<'tcx>,
    cache: RefCell<FxHashMap<DefId, Option<Rc<MirBody<'tcx>>>>>,
}

/// One body with what is computed from it on demand.
pub(crate) struct MirBody<'tcx> {
    pub(crate) body: &'tcx Body<'tcx>,
    flow: OnceCell<Flow>,
    definitions: OnceCell<Definitions>,
}

/// What a call names, and the body that runs if it is one of the crate's.
#[derive(Clone, Copy)]
pub(crate) struct Callee<'tcx> {
    /// The function as written: of a trait method, the trait's.
    pub(crate) def_id: DefId,
    pub(crate) args: GenericArgsRef<'tcx>,
    /// The function that runs, where the types decide it: of a trait method, the implementation's.
    pub(crate) resolved: Option<Instance<'tcx>>,
}

impl<'tcx> Callee<'tcx> {
    /// The definition that runs, or the one that is named where that is open.
    pub(crate) fn running(&self) -> DefId {
        self.resolved
            .map_or(self.def_id, |instance| instance.def_id())
    }

    /// The crate's own body that runs.
    pub(crate) fn local(&self, bodies: &Bodies<'tcx>) -> Option<Instance<'tcx>> {
        self.resolved.filter(|instance| bodies.has_body(*instance))
    }
}

impl<'tcx> Bodies<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, typing_env: TypingEnv<'tcx>) -> Self {
        Self {
            tcx,
            typing_env,
            cache: RefCell::default(),
        }
    }

    /// The body as it is written, its parameters standing for themselves.
    pub(crate) fn identity(&self, owner: LocalDefId) -> Instance<'tcx> {
        let owner = owner.to_def_id();
        let args = match self.tcx.def_kind(owner) {
            // The arguments of a closure hold its signature and captures besides the parameters.
            DefKind::Closure => match self.tcx.type_of(owner).instantiate_identity().kind() {
                ty::Closure(_, args) | ty::Coroutine(_, args) | ty::CoroutineClosure(_, args) => {
                    args
                }
                _ => GenericArgs::identity_for_item(self.tcx, owner),
            },
            _ => GenericArgs::identity_for_item(self.tcx, owner),
        };
        let args = self.tcx.erase_and_anonymize_regions(args);
        Instance::new_raw(owner, args)
    }

    /// The body that encloses a closure or coroutine, with the same types filled in.
    pub(crate) fn maker(&self, owner: LocalDefId, made: Instance<'tcx>) -> Instance<'tcx> {
        let written = self.identity(owner);
        let args = EarlyBinder::bind(written.args).instantiate(self.tcx, made.args);
        Instance::new_raw(written.def_id(), self.tcx.erase_and_anonymize_regions(args))
    }

    pub(crate) fn has_body(&self, instance: Instance<'tcx>) -> bool {
        matches!(instance.def, InstanceKind::Item(def) if is_own_body(self.tcx, def))
    }

    /// The MIR of one of the crate's own functions, closures, coroutines or statics.
    pub(crate) fn mir(&self, def: DefId) -> Option<Rc<MirBody<'tcx>>> {
        if let Some(known) = self.cache.borrow().get(&def) {
            return known.clone();
        }
        let body = if is_own_body(self.tcx, def) {
            Some(self.tcx.optimized_mir(def))
        } else if def.is_local() && matches!(self.tcx.def_kind(def), DefKind::Static { .. }) {
            Some(self.tcx.mir_for_ctfe(def))
        } else {
            None
        };
        let body = body
            .filter(|body| body.tainted_by_errors.is_none())
            .map(|body| {
                Rc::new(MirBody {
                    body,
                    flow: OnceCell::new(),
                    definitions: OnceCell::new(),
                })
            });
        self.cache.borrow_mut().insert(def, body.clone());
        body
    }

    pub(crate) fn flow<'m>(&self, mir: &'m MirBody<'tcx>) -> &'m Flow {
        mir.flow
            .get_or_init(|| Flow::new(self.tcx, self.typing_env, mir.body))
    }

    pub(crate) fn definitions<'m>(&self, mir: &'m MirBody<'tcx>) -> &'m Definitions {
        mir.definitions
            .get_or_init(|| Definitions::new(self.tcx, mir.body))
    }

    /// `value` out of the instance's body, with the instance's types filled in and `impl Trait`
    /// revealed.
    pub(crate) fn fill_in<T>(&self, instance: Instance<'tcx>, value: T) -> Option<T>
    where
        T: TypeFoldable<TyCtxt<'tcx>>,
    {
        instance
            .try_instantiate_mir_and_normalize_erasing_regions(
                self.tcx,
                self.typing_env,
                EarlyBinder::bind(value),
            )
            .ok()
    }

    pub(crate) fn operand_ty(
        &self,
        instance: Instance<'tcx>,
        body: &Body<'tcx>,
        operand: &Operand<'tcx>,
    ) -> Option<Ty<'tcx>> {
        self.fill_in(instance, operand.ty(&body.local_decls, self.tcx))
    }

    /// The type that a body returns.
    pub(crate) fn returned(&self, instance: Instance<'tcx>) -> Option<Ty<'tcx>> {
        let mir = self.mir(instance.def_id())?;
        self.fill_in(instance, mir.body.return_ty())
    }

    /// What calling a value of type `func` runs; `None` for function pointers.
    pub(crate) fn callee(&self, func: Ty<'tcx>) -> Option<Callee<'tcx>> {
        match *func.kind() {
            ty::FnDef(def_id, args) => Some(self.resolve(def_id, args)),
            _ => None,
        }
    }

    pub(crate) fn resolve(&self, def_id: DefId, args: GenericArgsRef<'tcx>) -> Callee<'tcx> {
        let resolved = if too_deep(args) {
            None
        } else {
            Instance::try_resolve(self.tcx, self.typing_env, def_id, args)
                .ok()
                .flatten()
                .and_then(|instance| self.behind_shim(instance))
        };
        Callee {
            def_id,
            args,
            resolved,
        }
    }

    /// The body that runs when a value of this type is called: a closure or a function item.
    pub(crate) fn called_value(&self, ty: Ty<'tcx>) -> Option<Callee<'tcx>> {
        match *ty.peel_refs().kind() {
            ty::FnDef(def_id, args) => Some(self.resolve(def_id, args)),
            ty::Closure(def_id, args) | ty::CoroutineClosure(def_id, args) => Some(Callee {
                def_id,
                args,
                resolved: Some(Instance::new_raw(def_id, args)),
            }),
            ty::Adt(adt, args) if adt.is_box() => self.called_value(args.type_at(0)),
            _ => None,
        }
    }

    /// Shims stand between a call and the body it ends in.
    fn behind_shim(&self, instance: Instance<'tcx>) -> Option<Instance<'tcx>> {
        match instance.def {
            InstanceKind::Item(_) | InstanceKind::Intrinsic(_) => Some(instance),
            InstanceKind::ReifyShim(def, _) | InstanceKind::VTableShim(def) => {
                Some(Instance::new_raw(def, instance.args))
            }
            InstanceKind::ClosureOnceShim { .. } => match *instance.args.type_at(0).kind() {
                ty::Closure(def, args) => Some(Instance::new_raw(def, args)),
                _ => None,
            },
            InstanceKind::FnPtrShim(_, ty) => match *ty.kind() {
                ty::FnDef(def, args) => self.resolve(def, args).resolved,
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_own_body(tcx: TyCtxt<'_>, def: DefId) -> bool {
    def.is_local()
        && matches!(
            tcx.def_kind(def),
            DefKind::Fn | DefKind::AssocFn | DefKind::Closure | DefKind::SyntheticCoroutineBody
        )
        && tcx.is_mir_available(def)
}

fn too_deep(args: GenericArgsRef<'_>) -> bool {
    fn depth(ty: Ty<'_>, left: usize) -> bool {
        left == 0
            || match ty.kind() {
                ty::Adt(_, args) | ty::FnDef(_, args) => args.types().any(|ty| depth(ty, left - 1)),
                ty::Closure(_, args) => depth(args.as_closure().tupled_upvars_ty(), left - 1),
                ty::Coroutine(_, args) => depth(args.as_coroutine().tupled_upvars_ty(), left - 1),
                ty::Ref(_, ty, _) | ty::RawPtr(ty, _) | ty::Slice(ty) | ty::Array(ty, _) => {
                    depth(*ty, left - 1)
                }
                ty::Tuple(types) => types.iter().any(|ty| depth(ty, left - 1)),
                _ => false,
            }
    }
    args.types().any(|ty| depth(ty, DEEPEST_TYPE))
}

/// Whether the body is that of an `async fn`, block, closure or generator.
pub(crate) fn is_async_body(tcx: TyCtxt<'_>, owner: LocalDefId) -> bool {
    matches!(
        tcx.coroutine_kind(owner),
        Some(CoroutineKind::Desugared(
            CoroutineDesugaring::Async | CoroutineDesugaring::AsyncGen,
            _
        ))
    )
}

/// The function, closure or `async` block whose source the body is: the body that an async closure
/// runs when it is called by value is a copy that the compiler made.
pub(crate) fn source_owner(tcx: TyCtxt<'_>, def: DefId) -> DefId {
    if tcx.def_kind(def) != DefKind::SyntheticCoroutineBody {
        return def;
    }
    tcx.opt_parent(def)
        .and_then(DefId::as_local)
        .and_then(
            |closure| match tcx.hir_maybe_body_owned_by(closure)?.value.kind {
                ExprKind::Closure(coroutine) => Some(coroutine.def_id.to_def_id()),
                _ => None,
            },
        )
        .unwrap_or(def)
}
