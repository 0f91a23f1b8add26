//! What each body of the crate runs: the async path, one body at a time.
//!
//! A [`Site`] is a place in a body that runs something else on the same thread (a call, the poll of
//! an await, a drop) or on the same runtime (a spawned task). Work that is handed to another thread
//! has no next body, so a walk over sites ends there.

use std::{cell::RefCell, rc::Rc};

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::{DefId, LocalDefId};
use rustc_middle::{
    mir::{BasicBlock, Operand, Place, Terminator, TerminatorKind},
    ty::{self, ClauseKind, Instance, Ty, TyCtxt, TypingEnv},
};
use rustc_span::{Span, Spanned};

use super::{
    behind,
    bodies::{Bodies, Callee},
    handoffs::Handoffs,
    origin::{self, Frame, holds},
    polled::{Polled, polled, polled_owned},
};
use crate::paths::Resolver;

/// How a site runs what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// A call, also of a closure that the callee runs in place.
    Call,
    /// The poll behind an `.await`, or one written by hand.
    Poll,
    /// A task of the same runtime.
    Spawn,
    /// The drop of a value.
    Drop,
}

pub(crate) struct Site<'tcx> {
    pub(crate) span: Span,
    pub(crate) block: BasicBlock,
    pub(crate) via: Via,
    /// What is called; `None` for a drop and for a call through an unknown pointer.
    pub(crate) callee: Option<Callee<'tcx>>,
    /// For [`Via::Poll`] and [`Via::Spawn`]: what the future consists of.
    pub(crate) polled: Vec<Polled<'tcx>>,
    /// The crate's own bodies that run.
    pub(crate) next: Vec<Instance<'tcx>>,
    /// A panic in what runs does not get past here.
    pub(crate) catches_panic: bool,
}

/// One body and its sites, in the order of its blocks.
pub(crate) struct Node<'tcx> {
    pub(crate) sites: Vec<Site<'tcx>>,
}

/// The call graphs of a crate, one for each typing environment: a generic function's own bounds
/// hold only inside it.
pub(crate) struct CallGraphs<'tcx> {
    pub(crate) tcx: TyCtxt<'tcx>,
    handoffs: Rc<Handoffs>,
    graphs: RefCell<FxHashMap<TypingEnv<'tcx>, Rc<CallGraph<'tcx>>>>,
}

impl<'tcx> CallGraphs<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>) -> Self {
        Self {
            tcx,
            handoffs: Rc::new(Handoffs::new(tcx, paths)),
            graphs: RefCell::default(),
        }
    }

    pub(crate) fn handoffs(&self) -> &Handoffs {
        &self.handoffs
    }

    /// The graph to use for walks that begin in this body.
    pub(crate) fn for_owner(&self, owner: LocalDefId) -> Rc<CallGraph<'tcx>> {
        let owner = self.tcx.typeck_root_def_id(owner.to_def_id());
        let typing_env = if self
            .tcx
            .generics_of(owner)
            .requires_monomorphization(self.tcx)
        {
            TypingEnv::post_analysis(self.tcx, owner)
        } else {
            TypingEnv::fully_monomorphized()
        };
        let mut graphs = self.graphs.borrow_mut();
        let graph = graphs.entry(typing_env).or_insert_with(|| {
            Rc::new(CallGraph::new(
                Bodies::new(self.tcx, typing_env),
                Rc::clone(&self.handoffs),
            ))
        });
        Rc::clone(graph)
    }
}

pub(crate) struct CallGraph<'tcx> {
    pub(crate) bodies: Bodies<'tcx>,
    pub(crate) handoffs: Rc<Handoffs>,
    nodes: RefCell<FxHashMap<Instance<'tcx>, Rc<Node<'tcx>>>>,
    called_parameters: RefCell<FxHashMap<DefId, Rc<CalledParameters>>>,
}

/// The type parameters of a function that stand for something it calls.
struct CalledParameters {
    /// Bounded by one of the `Fn` traits.
    functions: Vec<u32>,
    /// Bounded by an iterator trait: the closures inside their adapters are called.
    iterators: Vec<u32>,
}

impl<'tcx> CallGraph<'tcx> {
    fn new(bodies: Bodies<'tcx>, handoffs: Rc<Handoffs>) -> Self {
        Self {
            bodies,
            handoffs,
            nodes: RefCell::default(),
            called_parameters: RefCell::default(),
        }
    }

    pub(crate) fn node(&self, instance: Instance<'tcx>) -> Rc<Node<'tcx>> {
        if let Some(node) = self.nodes.borrow().get(&instance) {
            return Rc::clone(node);
        }
        let node = Rc::new(Node {
            sites: self.sites(instance),
        });
        self.nodes.borrow_mut().insert(instance, Rc::clone(&node));
        node
    }

    /// For each future among the types a call is made with, what polling it runs.
    pub(crate) fn polled_arguments(
        &self,
        frame: &Frame<'_, 'tcx>,
        block: BasicBlock,
        callee: &Callee<'tcx>,
    ) -> Vec<Vec<Polled<'tcx>>> {
        let terminator = frame.mir.body.basic_blocks[block].terminator();
        let TerminatorKind::Call { args, .. } = &terminator.kind else {
            return Vec::new();
        };
        let values: Vec<&Operand<'tcx>> = args.iter().map(|operand| &operand.node).collect();
        own_type_arguments(&self.bodies, callee)
            .into_iter()
            .map(|future| self.polled_value(frame, future, &values))
            .collect()
    }

    /// What polling a value runs. Behind a trait object the value is followed back to where it was
    /// a future of known type.
    pub(crate) fn polled_value(
        &self,
        frame: &Frame<'_, 'tcx>,
        ty: Ty<'tcx>,
        operands: &[&Operand<'tcx>],
    ) -> Vec<Polled<'tcx>> {
        let mut found = polled(&self.bodies, &self.handoffs, ty);
        if !found
            .iter()
            .any(|polled| matches!(polled, Polled::Dynamic(_)))
        {
            return found;
        }
        let mut search = behind::Futures {
            graph: self,
            futures: Vec::new(),
            lost: false,
        };
        for &operand in operands {
            let holds_dyn = frame
                .operand_ty(&self.bodies, operand)
                .is_some_and(|ty| holds(ty, &|ty| ty.is_trait()));
            if holds_dyn {
                origin::trace(&self.bodies, frame, operand, &mut search);
            }
        }
        if !search.lost && !search.futures.is_empty() {
            found.retain(|polled| !matches!(polled, Polled::Dynamic(_)));
        }
        for future in search.futures {
            for polled in polled(&self.bodies, &self.handoffs, future) {
                if !found.contains(&polled) {
                    found.push(polled);
                }
            }
        }
        found
    }

    /// The same without what is behind a reference: the parts that are dropped with the value.
    pub(crate) fn polled_owned(
        &self,
        frame: &Frame<'_, 'tcx>,
        ty: Ty<'tcx>,
        operand: &Operand<'tcx>,
    ) -> Vec<Polled<'tcx>> {
        let owned = polled_owned(&self.bodies, &self.handoffs, ty);
        let is_dynamic = |part: &Polled<'tcx>| matches!(part, Polled::Dynamic(_));
        if owned.iter().any(is_dynamic) {
            self.polled_value(frame, ty, &[operand])
        } else {
            owned
        }
    }

    fn sites(&self, instance: Instance<'tcx>) -> Vec<Site<'tcx>> {
        let Some(frame) = Frame::new(&self.bodies, instance) else {
            return Vec::new();
        };
        let body = frame.mir.body;
        let flow = self.bodies.flow(&frame.mir);
        let mut sites = Vec::new();
        for (block, data) in body.basic_blocks.iter_enumerated() {
            if data.is_cleanup || !flow.is_live(block) {
                continue;
            }
            let terminator = data.terminator();
            match &terminator.kind {
                TerminatorKind::Call { func, args, .. } => {
                    self.call(&frame, block, terminator, func, args, &mut sites);
                }
                TerminatorKind::Drop { place, .. } => {
                    self.drop(&frame, block, terminator, *place, &mut sites);
                }
                _ => {}
            }
        }
        sites
    }

    fn call(
        &self,
        frame: &Frame<'_, 'tcx>,
        block: BasicBlock,
        terminator: &Terminator<'tcx>,
        func: &Operand<'tcx>,
        operands: &'tcx [Spanned<Operand<'tcx>>],
        sites: &mut Vec<Site<'tcx>>,
    ) {
        let tcx = self.bodies.tcx;
        let mut site = Site {
            span: terminator.source_info.span,
            block,
            via: Via::Call,
            callee: None,
            polled: Vec::new(),
            next: Vec::new(),
            catches_panic: false,
        };
        let Some(func_ty) = frame.operand_ty(&self.bodies, func) else {
            // It may be a poll; what is not known must not look as if it were not there.
            site.polled.push(Polled::Open(tcx.types.unit));
            sites.push(site);
            return;
        };
        let Some(callee) = self.bodies.callee(func_ty) else {
            site.next = self.behind_pointer(frame, func);
            sites.push(site);
            return;
        };
        site.callee = Some(callee);
        if callee.def_id == self.handoffs.future_poll {
            let future = callee.args.type_at(0);
            site.via = Via::Poll;
            site.catches_panic = holds(future, &|ty| {
                ty.ty_adt_def()
                    .is_some_and(|adt| self.handoffs.catches_panic.contains(&adt.did()))
            });
            let pinned: Vec<_> = operands
                .iter()
                .take(1)
                .map(|operand| &operand.node)
                .collect();
            site.polled = self.polled_value(frame, future, &pinned);
        } else if let Some(via) = self.polls_argument(frame, &callee, operands) {
            site.via = via;
            let values: Vec<_> = operands.iter().map(|operand| &operand.node).collect();
            for future in own_type_arguments(&self.bodies, &callee) {
                site.polled
                    .extend(self.polled_value(frame, future, &values));
            }
        } else if let Some(body) = callee.local(&self.bodies) {
            site.next.push(body);
        } else if tcx
            .fn_trait_kind_from_def_id(tcx.parent(callee.def_id))
            .is_some()
        {
            // `Box<dyn Fn()>`, `&dyn Fn()`, a function pointer behind a reference.
            if let Some(operand) = operands.first() {
                site.next = self.behind_pointer(frame, &operand.node);
            }
        }
        site.catches_panic |= self.handoffs.catches_panic.contains(&callee.def_id);
        site.next
            .extend(site.polled.iter().filter_map(|polled| polled.body()));
        if self.handoffs.calls_in_place(tcx, callee.running()) {
            for function in self.called_arguments(&callee) {
                match function.local(&self.bodies) {
                    Some(body) => site.next.push(body),
                    None => sites.push(Site {
                        span: site.span,
                        block,
                        via: Via::Call,
                        callee: Some(function),
                        polled: Vec::new(),
                        next: Vec::new(),
                        catches_panic: site.catches_panic,
                    }),
                }
            }
        }
        sites.push(site);
    }

    /// How the call polls a future it is given, if it is one of the functions known to.
    fn polls_argument(
        &self,
        frame: &Frame<'_, 'tcx>,
        callee: &Callee<'tcx>,
        operands: &'tcx [Spanned<Operand<'tcx>>],
    ) -> Option<Via> {
        let function = callee.def_id;
        if self.handoffs.spawns.contains(&function) {
            return Some(Via::Spawn);
        }
        if self.handoffs.executors.contains(&function) {
            return Some(Via::Poll);
        }
        if self.handoffs.handle_spawns.contains(&function) {
            let mut search = behind::CurrentHandle {
                handoffs: &self.handoffs,
                current: false,
                lost: false,
            };
            origin::trace(&self.bodies, frame, &operands.first()?.node, &mut search);
            return (search.current && !search.lost).then_some(Via::Spawn);
        }
        None
    }

    /// The closures and functions among the type arguments that the callee calls.
    fn called_arguments(&self, callee: &Callee<'tcx>) -> Vec<Callee<'tcx>> {
        let parameters = self.called_parameters(callee.def_id);
        let argument = |index: &u32| {
            callee
                .args
                .get(*index as usize)
                .and_then(|argument| argument.as_type())
        };
        let mut called: Vec<Callee<'tcx>> = parameters
            .functions
            .iter()
            .filter_map(argument)
            .filter_map(|ty| self.bodies.called_value(ty))
            .collect();
        for iterator in parameters.iterators.iter().filter_map(argument) {
            called.extend(
                iterator
                    .walk()
                    .filter_map(|part| part.as_type())
                    .filter(|part| part.is_closure() || part.is_fn())
                    .filter_map(|part| self.bodies.called_value(part)),
            );
        }
        called
    }

    fn called_parameters(&self, function: DefId) -> Rc<CalledParameters> {
        if let Some(known) = self.called_parameters.borrow().get(&function) {
            return Rc::clone(known);
        }
        let tcx = self.bodies.tcx;
        let mut parameters = CalledParameters {
            functions: Vec::new(),
            iterators: Vec::new(),
        };
        let predicates = tcx.predicates_of(function).instantiate_identity(tcx);
        for clause in predicates.predicates {
            let ClauseKind::Trait(bound) = clause.kind().skip_binder() else {
                continue;
            };
            let ty::Param(parameter) = bound.self_ty().kind() else {
                continue;
            };
            let bound = bound.def_id();
            if tcx.fn_trait_kind_from_def_id(bound).is_some()
                || tcx.async_fn_trait_kind_from_def_id(bound).is_some()
            {
                parameters.functions.push(parameter.index);
            } else if self.handoffs.iteration.contains(&bound) {
                parameters.iterators.push(parameter.index);
            }
        }
        let parameters = Rc::new(parameters);
        self.called_parameters
            .borrow_mut()
            .insert(function, Rc::clone(&parameters));
        parameters
    }

    /// The crate's functions that a function pointer or `dyn Fn` can stand for.
    fn behind_pointer(
        &self,
        frame: &Frame<'_, 'tcx>,
        pointer: &Operand<'tcx>,
    ) -> Vec<Instance<'tcx>> {
        let mut search = behind::Functions {
            bodies: &self.bodies,
            functions: Vec::new(),
        };
        origin::trace(&self.bodies, frame, pointer, &mut search);
        search.functions
    }

    fn drop(
        &self,
        frame: &Frame<'_, 'tcx>,
        block: BasicBlock,
        terminator: &Terminator<'tcx>,
        place: Place<'tcx>,
        sites: &mut Vec<Site<'tcx>>,
    ) {
        let tcx = self.bodies.tcx;
        let ty = place.ty(&frame.mir.body.local_decls, tcx).ty;
        let Some(ty) = self.bodies.fill_in(frame.instance, ty) else {
            return;
        };
        let next = super::drops::run_by_drop(&self.bodies, ty);
        if !next.is_empty() {
            sites.push(Site {
                span: terminator.source_info.span,
                block,
                via: Via::Drop,
                callee: None,
                polled: Vec::new(),
                next,
                catches_panic: false,
            });
        }
    }
}

/// The types given for the function's own parameters, not those of its `impl`.
pub(crate) fn own_type_arguments<'tcx>(
    bodies: &Bodies<'tcx>,
    callee: &Callee<'tcx>,
) -> impl Iterator<Item = Ty<'tcx>> {
    let parents = bodies.tcx.generics_of(callee.def_id).parent_count;
    callee
        .args
        .iter()
        .skip(parents)
        .filter_map(|argument| argument.as_type())
}
