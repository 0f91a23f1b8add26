//! What runs when a value is polled as a future.
//!
//! The answer comes from the type alone: `Timeout<Pin<Box<{async block}>>>` polls the async block.
//! Only behind `dyn Future` the type says nothing; the call graph then asks where the value came
//! from.

use rustc_middle::ty::{self, GenericArgsRef, Instance, Ty};

use super::{bodies::Bodies, handoffs::Handoffs};

/// Types nested deeper than this are taken for foreign.
const DEEPEST_WRAPPER: usize = 16;

/// One thing that polling a value runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polled<'tcx> {
    /// A coroutine of the crate under check, or the `poll` of one of its types.
    Body(Instance<'tcx>),
    /// The closure of a `poll_fn`.
    PollFn(Instance<'tcx>),
    /// A closure or function that an adapter such as `FutureExt::map` calls.
    Called(Instance<'tcx>),
    /// A future of another crate.
    Foreign(Ty<'tcx>),
    /// A trait object, behind which nothing could be found.
    Dynamic(Ty<'tcx>),
    /// A type parameter.
    Open(Ty<'tcx>),
}

impl<'tcx> Polled<'tcx> {
    pub(crate) fn body(self) -> Option<Instance<'tcx>> {
        match self {
            Self::Body(instance) | Self::PollFn(instance) | Self::Called(instance) => {
                Some(instance)
            }
            Self::Foreign(_) | Self::Dynamic(_) | Self::Open(_) => None,
        }
    }
}

/// Everything that polling a value of this type can run.
pub(crate) fn polled<'tcx>(
    bodies: &Bodies<'tcx>,
    handoffs: &Handoffs,
    ty: Ty<'tcx>,
) -> Vec<Polled<'tcx>> {
    search(bodies, handoffs, ty, true)
}

/// The same without what is behind a reference: the parts that are dropped with the value.
pub(crate) fn polled_owned<'tcx>(
    bodies: &Bodies<'tcx>,
    handoffs: &Handoffs,
    ty: Ty<'tcx>,
) -> Vec<Polled<'tcx>> {
    search(bodies, handoffs, ty, false)
}

fn search<'tcx>(
    bodies: &Bodies<'tcx>,
    handoffs: &Handoffs,
    ty: Ty<'tcx>,
    behind_references: bool,
) -> Vec<Polled<'tcx>> {
    let mut search = Search {
        bodies,
        handoffs,
        behind_references,
        found: Vec::new(),
    };
    search.future(ty, DEEPEST_WRAPPER);
    search.found
}

struct Search<'s, 'tcx> {
    bodies: &'s Bodies<'tcx>,
    handoffs: &'s Handoffs,
    behind_references: bool,
    found: Vec<Polled<'tcx>>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn future(&mut self, ty: Ty<'tcx>, depth: usize) {
        if depth == 0 {
            self.add(Polled::Foreign(ty));
            return;
        }
        match *ty.kind() {
            ty::Ref(_, inner, _) => {
                if self.behind_references {
                    self.future(inner, depth - 1);
                }
            }
            ty::Dynamic(..) => self.add(Polled::Dynamic(ty)),
            ty::Param(_) | ty::Alias(..) => self.add(Polled::Open(ty)),
            ty::Coroutine(_, args) => match self.poll_of(ty) {
                Some(body) => self.add(Polled::Body(body)),
                None => {
                    self.add(Polled::Foreign(ty));
                    for argument in args.as_coroutine().parent_args() {
                        if let Some(argument) = argument.as_type() {
                            self.part(argument, depth - 1);
                        }
                    }
                }
            },
            ty::Adt(adt, args) => self.adt(ty, adt, args, depth),
            _ => self.add(Polled::Foreign(ty)),
        }
    }

    fn adt(
        &mut self,
        ty: Ty<'tcx>,
        adt: ty::AdtDef<'tcx>,
        args: GenericArgsRef<'tcx>,
        depth: usize,
    ) {
        let tcx = self.bodies.tcx;
        if self.handoffs.ready.contains(&adt.did()) {
            return;
        }
        if adt.is_box() || tcx.is_lang_item(adt.did(), rustc_hir::LangItem::Pin) {
            self.future(args.type_at(0), depth - 1);
        } else if self.handoffs.wrappers.contains(&adt.did()) {
            for argument in args.types() {
                self.part(argument, depth - 1);
            }
        } else if self.handoffs.poll_fn_type.contains(&adt.did()) {
            let closure = args
                .types()
                .next()
                .and_then(|ty| self.bodies.called_value(ty));
            match closure.and_then(|closure| closure.local(self.bodies)) {
                Some(closure) => self.add(Polled::PollFn(closure)),
                None => self.add(Polled::Foreign(ty)),
            }
        } else if let Some(body) = self.poll_of(ty) {
            self.add(Polled::Body(body));
        } else {
            self.add(Polled::Foreign(ty));
            // `Next<'_, FuturesUnordered<F>>` borrows the stream, and with it the futures.
            let borrows = args.regions().next().is_some();
            if self.behind_references || !borrows {
                for argument in args.types() {
                    self.part(argument, depth - 1);
                }
            }
        }
    }

    /// A type argument of a future: a future itself, a closure, a stream of futures, or just data.
    fn part(&mut self, ty: Ty<'tcx>, depth: usize) {
        if depth == 0 {
            return;
        }
        match *ty.kind() {
            ty::Coroutine(..) | ty::Dynamic(..) | ty::Param(_) | ty::Alias(..) => {
                self.future(ty, depth);
            }
            ty::Closure(..) | ty::CoroutineClosure(..) | ty::FnDef(..) => {
                let called = self.bodies.called_value(ty);
                if let Some(body) = called.and_then(|called| called.local(self.bodies)) {
                    self.add(Polled::Called(body));
                    // `stream.map(|item| work(item)).buffered(8)` polls what the closure returns.
                    if let Some(returned) = self.bodies.returned(body) {
                        self.part(returned, depth - 1);
                    }
                }
            }
            ty::Ref(_, inner, _) => {
                if self.behind_references {
                    self.part(inner, depth - 1);
                }
            }
            ty::Adt(_, args) => {
                if self.is_future(ty) {
                    self.future(ty, depth);
                } else {
                    for argument in args.types() {
                        self.part(argument, depth - 1);
                    }
                }
            }
            ty::Tuple(parts) => {
                for part in parts {
                    self.part(part, depth - 1);
                }
            }
            _ => {}
        }
    }

    fn is_future(&self, ty: Ty<'tcx>) -> bool {
        self.bodies
            .resolve(
                self.handoffs.future_poll,
                self.bodies.tcx.mk_args(&[ty.into()]),
            )
            .resolved
            .is_some()
    }

    /// The crate's own body behind `<ty as Future>::poll`.
    fn poll_of(&self, ty: Ty<'tcx>) -> Option<Instance<'tcx>> {
        let args = self.bodies.tcx.mk_args(&[ty.into()]);
        self.bodies
            .resolve(self.handoffs.future_poll, args)
            .local(self.bodies)
    }

    fn add(&mut self, polled: Polled<'tcx>) {
        if !self.found.contains(&polled) {
            self.found.push(polled);
        }
    }
}
