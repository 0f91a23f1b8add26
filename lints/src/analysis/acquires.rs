//! The locks, semaphores and bounded channels that a future queues for.
//!
//! For each it is told which one it is: the type, and the part of a captured variable or static
//! that the lock is, as far as the way to it can be followed.

use std::{cell::RefCell, rc::Rc};

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    LangItem,
    def_id::{DefId, DefIdSet},
};
use rustc_middle::{
    mir::{Operand, TerminatorKind},
    ty::{self, Instance, Ty, TyCtxt},
};
use rustc_span::{Span, sym};

use super::{
    call_graph::{CallGraph, Site, Via},
    describe,
    makers::{self, Operands, call_span, captured_operands},
    origin::{Frame, holds},
    polled::Polled,
    roots::{Part, Root, Source, parts},
};
use crate::paths::Resolver;

/// Functions whose futures wait in a queue for what their first argument leads to, and are given
/// it even if nobody polls them any more.
const QUEUES: &[&str] = &[
    "tokio::sync::Mutex::lock",
    "tokio::sync::Mutex::lock_owned",
    "tokio::sync::RwLock::read",
    "tokio::sync::RwLock::read_owned",
    "tokio::sync::RwLock::write",
    "tokio::sync::RwLock::write_owned",
    "tokio::sync::Semaphore::acquire",
    "tokio::sync::Semaphore::acquire_many",
    "tokio::sync::Semaphore::acquire_owned",
    "tokio::sync::Semaphore::acquire_many_owned",
    "tokio::sync::mpsc::Sender::send",
    "tokio::sync::mpsc::Sender::reserve",
    "tokio::sync::mpsc::Sender::reserve_many",
    "tokio::sync::mpsc::Sender::reserve_owned",
    "futures_util::lock::Mutex::lock",
    "futures_util::lock::Mutex::lock_owned",
    "async_lock::Mutex::lock",
    "async_lock::Mutex::lock_arc",
    "async_lock::RwLock::read",
    "async_lock::RwLock::write",
    "async_lock::Semaphore::acquire",
];

/// Futures that give up by themselves: what waits inside of them does not wait for ever.
const LIMITS: &[&str] = &["tokio::time::Timeout"];

/// Polls inside of polls deeper than this are not looked into.
const DEEPEST: usize = 6;

/// One lock that is queued for.
#[derive(Clone, Debug)]
pub(crate) struct Acquired<'tcx> {
    /// The type of the lock.
    pub(crate) lock: Ty<'tcx>,
    /// Which one it is, seen from the body in which the future is made; empty if that is unknown.
    pub(crate) which: Vec<Part>,
    pub(crate) function: DefId,
    pub(crate) at: Span,
}

pub(crate) struct Acquires<'tcx> {
    tcx: TyCtxt<'tcx>,
    queues: DefIdSet,
    limits: DefIdSet,
    known: RefCell<FxHashMap<Instance<'tcx>, Rc<Vec<Acquired<'tcx>>>>>,
}

impl<'tcx> Acquires<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>) -> Self {
        Self {
            tcx,
            queues: paths.all(QUEUES.iter().copied()),
            limits: paths.all(LIMITS.iter().copied()),
            known: RefCell::default(),
        }
    }

    /// Whether any of the crates at hand has such locks.
    pub(crate) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// What a future of type `ty` queues for, if `operand` leads to it in the body of `frame`.
    pub(crate) fn of_future(
        &self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        ty: Ty<'tcx>,
        operand: &Operand<'tcx>,
    ) -> Vec<Acquired<'tcx>> {
        let polled = graph.polled_value(frame, ty, &[operand]);
        self.of_parts(graph, frame, &polled, operand, DEEPEST)
    }

    /// What the future that a site polls queues for. One that is polled by reference lives
    /// elsewhere and is not counted, nor is one with a time limit.
    pub(crate) fn of_site(
        &self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        site: &Site<'tcx>,
    ) -> Vec<Acquired<'tcx>> {
        self.of_poll(graph, frame, site, DEEPEST)
    }

    fn of_poll(
        &self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        site: &Site<'tcx>,
        depth: usize,
    ) -> Vec<Acquired<'tcx>> {
        let Some(callee) = site.callee.filter(|_| site.via == Via::Poll) else {
            return Vec::new();
        };
        if callee.def_id != graph.handoffs.future_poll {
            return Vec::new();
        }
        let future = callee.args.type_at(0);
        let has_limit = holds(future, &|ty| {
            ty.ty_adt_def()
                .is_some_and(|adt| self.limits.contains(&adt.did()))
        });
        if has_limit {
            return Vec::new();
        }
        match &frame.mir.body.basic_blocks[site.block].terminator().kind {
            TerminatorKind::Call { args, .. } => match args.first() {
                Some(pinned) => {
                    let polled = graph.polled_owned(frame, future, &pinned.node);
                    self.of_parts(graph, frame, &polled, &pinned.node, depth)
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn of_parts(
        &self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        polled: &[Polled<'tcx>],
        operand: &Operand<'tcx>,
        depth: usize,
    ) -> Vec<Acquired<'tcx>> {
        let mut found = Vec::new();
        let mut foreign = false;
        for part in polled {
            match *part {
                Polled::Body(body) if depth > 0 => {
                    for acquired in self.of_body(graph, body, depth).iter() {
                        found.extend(from_outside(graph, frame, body, operand, acquired));
                    }
                }
                Polled::Foreign(_) => foreign = true,
                // The branches of a `select!` or `join!` have company while they wait.
                _ => {}
            }
        }
        if foreign {
            makers::each(
                graph,
                frame,
                operand,
                &|function| self.queues.contains(&function),
                &mut |frame, function, operands| {
                    found.extend(self.of_call(graph, frame, function, operands));
                },
            );
        }
        found
    }

    fn of_body(
        &self,
        graph: &CallGraph<'tcx>,
        body: Instance<'tcx>,
        depth: usize,
    ) -> Rc<Vec<Acquired<'tcx>>> {
        if let Some(known) = self.known.borrow().get(&body) {
            return Rc::clone(known);
        }
        self.known.borrow_mut().insert(body, Rc::default());
        let mut found = Vec::new();
        if let Some(frame) = Frame::new(&graph.bodies, body) {
            for site in &graph.node(body).sites {
                for mut acquired in self.of_poll(graph, &frame, site, depth - 1) {
                    acquired.at = describe::place(self.tcx, body, site);
                    found.push(acquired);
                }
            }
        }
        let found = Rc::new(found);
        self.known.borrow_mut().insert(body, Rc::clone(&found));
        found
    }

    fn of_call(
        &self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        function: DefId,
        operands: Operands<'tcx>,
    ) -> Option<Acquired<'tcx>> {
        let receiver = &operands.first()?.node;
        Some(Acquired {
            lock: self.lock_type(frame.operand_ty(&graph.bodies, receiver)?),
            which: parts(&graph.bodies, frame, receiver),
            function,
            at: call_span(frame, operands),
        })
    }

    /// The lock behind references and shared pointers.
    fn lock_type(&self, ty: Ty<'tcx>) -> Ty<'tcx> {
        match *ty.kind() {
            ty::Ref(_, inner, _) => self.lock_type(inner),
            ty::Adt(adt, args)
                if self.tcx.is_diagnostic_item(sym::Arc, adt.did())
                    || self.tcx.is_diagnostic_item(sym::Rc, adt.did())
                    || self.tcx.is_lang_item(adt.did(), LangItem::OwnedBox) =>
            {
                self.lock_type(args.type_at(0))
            }
            _ => self.tcx.erase_and_anonymize_regions(ty),
        }
    }
}

/// A lock that an awaited body queues for, seen from the body that awaits it. One that the awaited
/// body owns is nobody else's.
fn from_outside<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    body: Instance<'tcx>,
    operand: &Operand<'tcx>,
    acquired: &Acquired<'tcx>,
) -> Option<Acquired<'tcx>> {
    let mut which = Vec::new();
    let mut own = !acquired.which.is_empty();
    for part in &acquired.which {
        match part.root {
            Root::Beyond(Source::Captured(field)) => {
                own = false;
                for outer in outer_parts(graph, frame, body, operand, field) {
                    let mut fields = outer.fields;
                    fields.extend(&part.fields);
                    which.push(Part {
                        root: outer.root,
                        fields,
                        exact: outer.exact && part.exact,
                    });
                }
            }
            Root::Beyond(Source::Static(_)) => {
                own = false;
                which.push(part.clone());
            }
            Root::Beyond(_) | Root::Owned(_) => {}
            Root::Unknown => own = false,
        }
    }
    (!own).then(|| Acquired {
        which,
        ..acquired.clone()
    })
}

fn outer_parts<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    body: Instance<'tcx>,
    operand: &Operand<'tcx>,
    field: FieldIdx,
) -> Vec<Part> {
    captured_operands(graph, frame, body, field, operand)
        .iter()
        .flat_map(|given| parts(&graph.bodies, frame, given))
        .collect()
}

/// Whether two locks of the same type can be told apart.
pub(crate) fn are_different(one: &Acquired<'_>, other: &Acquired<'_>) -> bool {
    let known = |acquired: &Acquired<'_>| {
        !acquired.which.is_empty() && acquired.which.iter().all(|part| part.root != Root::Unknown)
    };
    known(one)
        && known(other)
        && one.which.iter().all(|part| {
            other
                .which
                .iter()
                .all(|with| part.root != with.root || are_apart(part, with))
        })
}

/// Whether two parts of the same variable are different ones.
fn are_apart(one: &Part, other: &Part) -> bool {
    one.exact
        && other.exact
        && !one.fields.starts_with(&other.fields)
        && !other.fields.starts_with(&one.fields)
}
