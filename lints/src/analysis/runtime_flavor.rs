//! On which kind of runtime a future runs.
//!
//! Attributes are not looked at: `#[tokio::test]` and `#[tokio::main]` expand to a runtime builder
//! and a `block_on`, and so do the test macros of other crates. A [`Context`] is a place where a
//! future is handed to a runtime that can be followed back to how it was built.

use std::rc::Rc;

use rustc_hir::def_id::{DefId, DefIdSet, LocalDefId};
use rustc_middle::{
    mir::Operand,
    ty::{self, Instance, Ty},
};
use rustc_span::Span;

use super::{
    bodies::Bodies,
    call_graph::{CallGraph, CallGraphs, own_type_arguments},
    entry_calls::{EntryCall, Verdict, judge_calls},
    handoffs::is_std,
    mentions::Mentions,
    origin::{self, CallSeen, Frame, Go, Tracer, holds},
    polled::Polled,
};
use crate::paths::Resolver;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    /// Inside a `LocalSet`, which behaves like a current-thread runtime on any runtime.
    LocalSet,
    MultiThread,
}

/// What tells the flavor of the runtime that a function hands a future to.
#[derive(Clone, Copy)]
enum By {
    Argument(usize),
    Flavor(Flavor),
}

const ENTRIES: &[(&str, By)] = &[
    ("tokio::runtime::Runtime::block_on", By::Argument(0)),
    ("tokio::runtime::Runtime::spawn", By::Argument(0)),
    ("tokio::runtime::Handle::spawn", By::Argument(0)),
    (
        "tokio::runtime::LocalRuntime::block_on",
        By::Flavor(Flavor::CurrentThread),
    ),
    (
        "tokio::runtime::LocalRuntime::spawn_local",
        By::Flavor(Flavor::CurrentThread),
    ),
    (
        "tokio::task::LocalSet::block_on",
        By::Flavor(Flavor::LocalSet),
    ),
    (
        "tokio::task::LocalSet::run_until",
        By::Flavor(Flavor::LocalSet),
    ),
    (
        "tokio::task::LocalSet::spawn_local",
        By::Flavor(Flavor::LocalSet),
    ),
    ("tokio::task::spawn_local", By::Flavor(Flavor::LocalSet)),
    (
        "tokio::task::Builder::spawn_local",
        By::Flavor(Flavor::LocalSet),
    ),
    (
        "tokio::task::JoinSet::spawn_local",
        By::Flavor(Flavor::LocalSet),
    ),
    (
        "tokio::task::JoinSet::spawn_local_on",
        By::Flavor(Flavor::LocalSet),
    ),
    ("tokio::task::JoinSet::spawn_on", By::Argument(2)),
    (
        "tokio_util::task::JoinMap::spawn_local",
        By::Flavor(Flavor::LocalSet),
    ),
    ("tokio_util::task::JoinMap::spawn_on", By::Argument(3)),
    (
        "tokio_util::task::TaskTracker::spawn_local",
        By::Flavor(Flavor::LocalSet),
    ),
    ("tokio_util::task::TaskTracker::spawn_on", By::Argument(2)),
    ("tokio_test::block_on", By::Flavor(Flavor::CurrentThread)),
    ("tokio_uring::start", By::Flavor(Flavor::CurrentThread)),
    (
        "actix_rt::SystemRunner::block_on",
        By::Flavor(Flavor::LocalSet),
    ),
    ("actix_rt::Runtime::block_on", By::Flavor(Flavor::LocalSet)),
    ("actix_rt::spawn", By::Flavor(Flavor::LocalSet)),
];

const BUILDS_CURRENT_THREAD: &[&str] = &[
    "tokio::runtime::Builder::new_current_thread",
    "tokio::runtime::Builder::build_local",
    "tokio::runtime::LocalRuntime::new",
];

const BUILDS_MULTI_THREAD: &[&str] = &[
    "tokio::runtime::Builder::new_multi_thread",
    "tokio::runtime::Builder::new_multi_thread_alt",
    "tokio::runtime::Runtime::new",
];

const RUNTIME_TYPES: &[&str] = &[
    "tokio::runtime::Builder",
    "tokio::runtime::Runtime",
    "tokio::runtime::LocalRuntime",
    "tokio::runtime::Handle",
    "tokio::runtime::EnterGuard",
];

/// A place where futures are handed to a runtime of known flavor.
pub(crate) struct Context<'tcx> {
    pub(crate) graph: Rc<CallGraph<'tcx>>,
    pub(crate) flavor: Flavor,
    /// The body in which it happens: a test, `main`, or the caller of a helper.
    pub(crate) owner: LocalDefId,
    pub(crate) span: Span,
    /// The function of tokio that takes the future.
    pub(crate) entry: DefId,
    pub(crate) futures: Vec<Instance<'tcx>>,
}

/// All contexts whose runtime is not multi-threaded.
pub(crate) fn single_thread_contexts<'tcx>(
    graphs: &CallGraphs<'tcx>,
    mentions: &Mentions<'tcx>,
    paths: &Resolver<'tcx>,
) -> Vec<Context<'tcx>> {
    let entries: Vec<(DefIdSet, By)> = ENTRIES
        .iter()
        .map(|(path, by)| (paths.all([*path]), *by))
        .collect();
    let names = Names {
        current_thread: paths.all(BUILDS_CURRENT_THREAD.iter().copied()),
        multi_thread: paths.all(BUILDS_MULTI_THREAD.iter().copied()),
        types: paths.all(RUNTIME_TYPES.iter().copied()),
    };
    let functions = paths.all(ENTRIES.iter().map(|(path, _)| *path));
    let mut contexts = Vec::new();
    judge_calls(graphs, mentions, &functions, &mut |call| {
        let by = entries
            .iter()
            .find(|(items, _)| items.contains(&call.callee.def_id));
        match by {
            Some((_, by)) => judge(&names, *by, call, &mut contexts),
            None => Verdict::Settled,
        }
    });
    contexts
}

fn judge<'tcx>(
    names: &Names,
    by: By,
    call: &EntryCall<'_, '_, 'tcx>,
    contexts: &mut Vec<Context<'tcx>>,
) -> Verdict {
    let flavor = match by {
        By::Flavor(flavor) => Some(flavor),
        By::Argument(position) => call
            .operands
            .get(position)
            .and_then(|operand| flavor_of(&call.graph.bodies, names, call.frame, &operand.node)),
    };
    if flavor == Some(Flavor::MultiThread) {
        return Verdict::Settled;
    }
    let values: Vec<&Operand<'tcx>> = call.operands.iter().map(|operand| &operand.node).collect();
    let polled: Vec<Polled<'tcx>> = own_type_arguments(&call.graph.bodies, &call.callee)
        .flat_map(|future| call.graph.polled_value(call.frame, future, &values))
        .collect();
    let futures: Vec<Instance<'tcx>> = polled.iter().filter_map(|polled| polled.body()).collect();
    let open = polled
        .iter()
        .any(|polled| matches!(polled, Polled::Open(_) | Polled::Dynamic(_)));
    match flavor {
        Some(flavor) if !open => {
            if !futures.is_empty() {
                contexts.push(Context {
                    graph: Rc::clone(call.graph),
                    flavor,
                    owner: call.owner,
                    span: call.owner_span,
                    entry: call.callee.def_id,
                    futures,
                });
            }
            Verdict::Settled
        }
        _ => Verdict::AskCallers,
    }
}

struct Names {
    current_thread: DefIdSet,
    multi_thread: DefIdSet,
    types: DefIdSet,
}

impl Names {
    /// Whether a value of this type can hold a runtime, or what it is built from.
    fn carries(&self, ty: Ty<'_>) -> bool {
        holds(ty, &|ty| {
            ty.ty_adt_def()
                .is_some_and(|adt| adt.did().is_local() || self.types.contains(&adt.did()))
        })
    }
}

fn flavor_of<'tcx>(
    bodies: &Bodies<'tcx>,
    names: &Names,
    frame: &Frame<'_, 'tcx>,
    runtime: &Operand<'tcx>,
) -> Option<Flavor> {
    let mut search = BuiltAs {
        bodies,
        names,
        flavors: Vec::new(),
        lost: false,
    };
    origin::trace(bodies, frame, runtime, &mut search);
    match search.flavors[..] {
        [flavor] if !search.lost => Some(flavor),
        _ => None,
    }
}

/// Follows a runtime back to its builder.
struct BuiltAs<'b, 'tcx> {
    bodies: &'b Bodies<'tcx>,
    names: &'b Names,
    flavors: Vec<Flavor>,
    lost: bool,
}

impl<'tcx> BuiltAs<'_, 'tcx> {
    fn add(&mut self, flavor: Flavor) -> Go<'tcx> {
        if !self.flavors.contains(&flavor) {
            self.flavors.push(flavor);
        }
        Go::Stop
    }

    /// The body of a closure or function that returns something that holds a runtime, as in
    /// `OnceLock::get_or_init(build)`.
    fn making_closure(&self, ty: Ty<'tcx>) -> Option<Instance<'tcx>> {
        let output = match *ty.peel_refs().kind() {
            ty::Closure(_, args) => args.as_closure().sig().output().skip_binder(),
            ty::FnDef(def, args) => self
                .bodies
                .tcx
                .fn_sig(def)
                .instantiate(self.bodies.tcx, args)
                .output()
                .skip_binder(),
            _ => return None,
        };
        if !self.names.carries(output) {
            return None;
        }
        self.bodies.called_value(ty)?.local(self.bodies)
    }
}

impl<'tcx> Tracer<'tcx> for BuiltAs<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            self.lost = true;
            return Go::Stop;
        };
        if self.names.current_thread.contains(&callee.def_id) {
            return self.add(Flavor::CurrentThread);
        }
        if self.names.multi_thread.contains(&callee.def_id) {
            return self.add(Flavor::MultiThread);
        }
        if let Some(body) = callee.local(self.bodies) {
            return Go::Returned(vec![(true, body)]);
        }
        let mut carriers = Vec::new();
        let mut makers = Vec::new();
        for (position, operand) in call.operands.iter().enumerate() {
            let Some(ty) = frame.operand_ty(self.bodies, &operand.node) else {
                continue;
            };
            if let Some(maker) = self.making_closure(ty) {
                makers.push((false, maker));
            } else if self.names.carries(ty) {
                carriers.push(position);
            }
        }
        if !makers.is_empty() {
            return Go::Returned(makers);
        }
        // `OnceLock::new()` holds no runtime yet.
        let empty = call.operands.is_empty() && is_std(self.bodies.tcx, callee.def_id);
        if carriers.is_empty() && !empty {
            self.lost = true;
        }
        Go::Arguments(carriers)
    }

    fn constant(&mut self, ty: Ty<'tcx>) {
        // The function that `LazyLock::new` was given.
        if let Some(maker) = self.making_closure(ty) {
            match Frame::new(self.bodies, maker) {
                Some(frame) => origin::trace_returned(self.bodies, &frame, self),
                None => self.lost = true,
            }
        }
    }

    fn lost(&mut self) {
        self.lost = true;
    }
}
