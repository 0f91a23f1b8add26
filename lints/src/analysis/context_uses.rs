//! What a `poll` does with the context it is given.
//!
//! The context, its waker and copies of that are followed through the body. To wake is good for
//! one more poll; anything else that is done with them (an inner poll, a store, a closure) may keep
//! the waker for later polls as well. A use in a loop counts wherever the loop is entered: a loop
//! over no futures at all has nothing to wait for.

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    LangItem,
    def::DefKind,
    def_id::{DefId, LocalDefId},
};
use rustc_middle::{
    mir::{BasicBlock, Body, Local, Place, StatementKind},
    ty::{self, Ty, TyCtxt},
};
use rustc_span::sym;

use super::{
    definitions::Root,
    flow::Flow,
    taint::{Call, Spread, Taint, through_reference},
};
use crate::paths::Resolver;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The task is woken.
    Wakes,
    /// The context or waker goes somewhere that may wake the task later.
    Registers,
}

/// The functions of `Context` and `Waker` that do not use them up.
pub(crate) struct WakerItems {
    waker: Vec<DefId>,
    wake: Vec<DefId>,
    from_waker: Vec<DefId>,
    waker_type: Vec<DefId>,
}

impl WakerItems {
    pub(crate) fn new(paths: &Resolver<'_>) -> Self {
        Self {
            waker: paths.items("core::task::Context::waker"),
            wake: [
                paths.items("core::task::Waker::wake"),
                paths.items("core::task::Waker::wake_by_ref"),
            ]
            .concat(),
            from_waker: paths.items("core::task::Context::from_waker"),
            waker_type: paths.items("core::task::Waker"),
        }
    }

    /// Whether what the call returns is only another form of the context or waker it is given.
    pub(crate) fn derives<'tcx>(&self, tcx: TyCtxt<'tcx>, callee: DefId) -> bool {
        self.waker.contains(&callee)
            || self.from_waker.contains(&callee)
            || tcx.trait_of_assoc(callee).is_some_and(|of| {
                [sym::Clone, sym::AsRef, sym::Borrow]
                    .iter()
                    .any(|name| tcx.is_diagnostic_item(*name, of))
                    || tcx.is_lang_item(of, LangItem::Clone)
                    || tcx.is_lang_item(of, LangItem::Deref)
            })
    }

    /// Whether a value of this type holds a context or waker.
    pub(crate) fn in_type<'tcx>(&self, tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> bool {
        ty.walk().filter_map(|part| part.as_type()).any(|part| {
            part.ty_adt_def().is_some_and(|adt| {
                self.waker_type.contains(&adt.did())
                    || tcx.is_lang_item(adt.did(), LangItem::Context)
            })
        })
    }
}

/// Whether the body is that of a function or closure that returns a `Poll`.
pub(crate) fn returns_poll(tcx: TyCtxt<'_>, owner: LocalDefId) -> bool {
    let returned = match tcx.def_kind(owner) {
        DefKind::Fn | DefKind::AssocFn => tcx
            .fn_sig(owner)
            .instantiate_identity()
            .skip_binder()
            .output(),
        DefKind::Closure => match tcx.type_of(owner).instantiate_identity().kind() {
            ty::Closure(_, args) => args.as_closure().sig().skip_binder().output(),
            _ => return false,
        },
        _ => return false,
    };
    is_poll(tcx, returned)
}

pub(crate) fn is_poll(tcx: TyCtxt<'_>, ty: Ty<'_>) -> bool {
    ty.ty_adt_def()
        .is_some_and(|adt| tcx.is_lang_item(adt.did(), LangItem::Poll))
}

/// The parameter by which a body is given its context.
pub(crate) fn context_parameter<'tcx>(tcx: TyCtxt<'tcx>, body: &Body<'tcx>) -> Option<Local> {
    body.args_iter().find(|local| {
        body.local_decls[*local]
            .ty
            .peel_refs()
            .ty_adt_def()
            .is_some_and(|adt| tcx.is_lang_item(adt.did(), LangItem::Context))
    })
}

/// The uses of a context in a body, by block.
pub(crate) struct ContextUses {
    direct: FxHashMap<BasicBlock, Vec<(Use, Option<DefId>)>>,
    /// Blocks in a loop in which it is used.
    looped: FxHashSet<BasicBlock>,
}

impl ContextUses {
    pub(crate) fn new<'tcx>(
        tcx: TyCtxt<'tcx>,
        items: &WakerItems,
        body: &Body<'tcx>,
        flow: &Flow,
        context: Local,
    ) -> Self {
        let spread = Derived { tcx, items };
        let taint = Taint::new(tcx, body, [Root::Local(context)], &spread);
        let mut direct: FxHashMap<BasicBlock, Vec<(Use, Option<DefId>)>> = FxHashMap::default();
        for (block, data) in body.basic_blocks.iter_enumerated() {
            if data.is_cleanup || !flow.is_live(block) {
                continue;
            }
            for statement in &data.statements {
                if let StatementKind::Assign(assign) = &statement.kind
                    && taint.in_rvalue(&assign.1)
                    && spread.escapes_to(&taint, body, assign.0)
                {
                    direct
                        .entry(block)
                        .or_default()
                        .push((Use::Registers, None));
                }
            }
            if let Some(call) = Call::of(data.terminator())
                && taint.in_call(&call)
                && let Some(used) = spread.use_by(&call)
            {
                direct.entry(block).or_default().push((used, call.callee));
            }
        }
        let looped = direct
            .keys()
            .flat_map(|&block| loop_around(flow, block))
            .collect();
        Self { direct, looped }
    }

    /// Whether a way through the block counts as a use.
    pub(crate) fn at(&self, block: BasicBlock) -> bool {
        self.direct.contains_key(&block) || self.looped.contains(&block)
    }

    /// The blocks in which the waker may be kept for later.
    pub(crate) fn registering(&self) -> impl Iterator<Item = BasicBlock> {
        self.direct
            .iter()
            .filter(|(_, uses)| uses.iter().any(|(used, _)| *used == Use::Registers))
            .map(|(block, _)| *block)
    }

    /// Whether the waker may be kept by something else than a call of this function.
    pub(crate) fn registers_outside_of(&self, function: DefId) -> bool {
        self.direct
            .values()
            .flatten()
            .any(|(used, callee)| *used == Use::Registers && *callee != Some(function))
    }
}

struct Derived<'d, 'tcx> {
    tcx: TyCtxt<'tcx>,
    items: &'d WakerItems,
}

impl<'tcx> Derived<'_, 'tcx> {
    fn use_by(&self, call: &Call<'_, 'tcx>) -> Option<Use> {
        match call.callee {
            Some(callee) if self.items.wake.contains(&callee) => Some(Use::Wakes),
            Some(callee) if self.items.derives(self.tcx, callee) => None,
            Some(callee) if self.tcx.is_diagnostic_item(sym::mem_drop, callee) => None,
            _ => Some(Use::Registers),
        }
    }

    fn escapes_to(&self, taint: &Taint<'_, 'tcx>, body: &Body<'tcx>, place: Place<'tcx>) -> bool {
        !matches!(taint.root(place), Root::Local(_))
            || through_reference(self.tcx, body, place)
            || !self.carries(place.ty(&body.local_decls, self.tcx).ty)
    }
}

impl<'tcx> Spread<'tcx> for Derived<'_, 'tcx> {
    fn through_call(&self, call: &Call<'_, 'tcx>) -> bool {
        call.callee
            .is_some_and(|callee| self.items.derives(self.tcx, callee))
    }

    fn carries(&self, ty: Ty<'tcx>) -> bool {
        self.items.in_type(self.tcx, ty)
    }
}

/// The blocks that can be reached from `block` and lead back to it.
fn loop_around(flow: &Flow, block: BasicBlock) -> Vec<BasicBlock> {
    let after = flow.reachable_from(block);
    if !after.contains(&block) {
        return Vec::new();
    }
    after
        .iter()
        .copied()
        .filter(|other| flow.reachable_from(*other).contains(&block))
        .collect()
}
