//! Where the futures of a body were made: the calls behind a value that is polled, and what these
//! calls were given.

use rustc_abi::FieldIdx;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{AggregateKind, Local, Operand, Rvalue, StatementKind, TerminatorKind},
    ty::{self, Instance, Ty},
};
use rustc_span::{Span, Spanned};

use super::{
    bodies::{Bodies, source_owner},
    call_graph::CallGraph,
    definitions,
    origin::{CallSeen, Frame, Go, Tracer, trace},
    roots::{Root, Source, roots},
};

/// What a call is given.
pub(crate) type Operands<'tcx> = &'tcx [Spanned<Operand<'tcx>>];

/// Shows the calls of wanted functions that a future of another crate was made by. Adapters are
/// looked through, and so are functions of the crate that return a future; a task is not.
pub(crate) fn each<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    future: &Operand<'tcx>,
    wanted: &dyn Fn(DefId) -> bool,
    show: &mut dyn FnMut(&Frame<'_, 'tcx>, DefId, Operands<'tcx>),
) {
    let mut makers = Makers {
        graph,
        wanted,
        show,
    };
    trace(&graph.bodies, frame, future, &mut makers);
}

struct Makers<'a, 'tcx> {
    graph: &'a CallGraph<'tcx>,
    wanted: &'a dyn Fn(DefId) -> bool,
    show: &'a mut dyn FnMut(&Frame<'_, 'tcx>, DefId, Operands<'tcx>),
}

impl<'tcx> Tracer<'tcx> for Makers<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            return Go::Stop;
        };
        for function in [callee.def_id, callee.running()] {
            if (self.wanted)(function) {
                (self.show)(frame, function, call.operands);
                return Go::Stop;
            }
        }
        let handoffs = &self.graph.handoffs;
        // The value that comes out of an await is not the future, nor is a task's handle.
        if callee.def_id == handoffs.future_poll
            || handoffs.spawns.contains(&callee.def_id)
            || handoffs.handle_spawns.contains(&callee.def_id)
        {
            return Go::Stop;
        }
        if let Some(body) = callee.local(&self.graph.bodies) {
            if self.graph.bodies.tcx.asyncness(body.def_id()).is_async() {
                return Go::Stop;
            }
            return Go::Returned(vec![(true, body)]);
        }
        // An adapter: the future is among what it was given.
        Go::Arguments((0..call.operands.len()).collect())
    }

    fn lost(&mut self) {}
}

/// Where a call with these operands stands.
pub(crate) fn call_span<'tcx>(frame: &Frame<'_, 'tcx>, operands: Operands<'tcx>) -> Span {
    frame
        .mir
        .body
        .basic_blocks
        .iter()
        .map(|data| data.terminator())
        .find(|terminator| {
            matches!(&terminator.kind, TerminatorKind::Call { args, .. }
                if std::ptr::eq(&raw const **args, operands))
        })
        .map_or_else(
            || frame.mir.body.span,
            |terminator| terminator.source_info.span,
        )
}

/// The coroutine that an async function returns.
pub(crate) fn coroutine_of<'tcx>(
    graph: &CallGraph<'tcx>,
    function: Instance<'tcx>,
) -> Option<Instance<'tcx>> {
    let returned = graph.bodies.returned(function)?;
    match *returned.kind() {
        ty::Coroutine(def, args) => {
            let body = Instance::new_raw(def, args);
            graph.bodies.has_body(body).then_some(body)
        }
        _ => None,
    }
}

/// What a coroutine captured, with the types.
pub(crate) fn captured_types<'tcx>(
    bodies: &Bodies<'tcx>,
    coroutine: Instance<'tcx>,
) -> Vec<(FieldIdx, Ty<'tcx>)> {
    let tcx = bodies.tcx;
    let block = source_owner(tcx, coroutine.def_id());
    match *tcx.type_of(block).instantiate_identity().kind() {
        ty::Coroutine(_, args) => args
            .as_coroutine()
            .upvar_tys()
            .iter()
            .enumerate()
            .map(|(position, ty)| {
                let ty = bodies.fill_in(coroutine, ty).unwrap_or(ty);
                (FieldIdx::from_usize(position), ty)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The parameter of the function around a coroutine that one of its captured variables comes from.
pub(crate) fn parameter_of<'tcx>(
    graph: &CallGraph<'tcx>,
    function: Instance<'tcx>,
    coroutine: Instance<'tcx>,
    field: FieldIdx,
) -> Option<usize> {
    let shell = Frame::new(&graph.bodies, function)?;
    let operand = aggregate_operand(&graph.bodies, &shell, coroutine.def_id(), field)?;
    let local = |local: Local| local.as_usize().checked_sub(1);
    roots(&graph.bodies, &shell, &operand)
        .into_iter()
        .find_map(|root| match root {
            Root::Beyond(
                Source::Parameter(parameter) | Source::Shared(definitions::Root::Local(parameter)),
            )
            | Root::Owned(definitions::Root::Local(parameter)) => local(parameter),
            _ => None,
        })
        .filter(|position| *position < shell.mir.body.arg_count)
}

fn aggregate_operand<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    coroutine: DefId,
    field: FieldIdx,
) -> Option<Operand<'tcx>> {
    let wanted = source_owner(bodies.tcx, coroutine);
    frame
        .mir
        .body
        .basic_blocks
        .iter()
        .flat_map(|data| &data.statements)
        .find_map(|statement| match &statement.kind {
            StatementKind::Assign(assign) => match &assign.1 {
                Rvalue::Aggregate(kind, operands) => match **kind {
                    AggregateKind::Coroutine(def, _) if def == wanted => {
                        operands.get(field).cloned()
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
}

/// What a captured variable of an awaited body was given in the body that awaits it.
pub(crate) fn captured_operands<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    body: Instance<'tcx>,
    field: FieldIdx,
    operand: &Operand<'tcx>,
) -> Vec<Operand<'tcx>> {
    let bodies = &graph.bodies;
    if let Some(operand) = aggregate_operand(bodies, frame, body.def_id(), field) {
        return vec![operand];
    }
    let shell = bodies.tcx.parent(source_owner(bodies.tcx, body.def_id()));
    let mut calls = Calls {
        graph,
        of: shell,
        depth_of: frame.instance.def_id(),
        found: Vec::new(),
    };
    trace(bodies, frame, operand, &mut calls);
    calls
        .found
        .iter()
        .filter_map(|(function, operands)| {
            let position = parameter_of(graph, *function, body, field)?;
            operands.get(position).map(|operand| operand.node.clone())
        })
        .collect()
}

/// Looks for the calls of one function that a value comes from.
struct Calls<'a, 'tcx> {
    graph: &'a CallGraph<'tcx>,
    of: DefId,
    depth_of: DefId,
    found: Vec<(Instance<'tcx>, &'tcx [Spanned<Operand<'tcx>>])>,
}

impl<'tcx> Tracer<'tcx> for Calls<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            return Go::Stop;
        };
        if callee.def_id == self.graph.handoffs.future_poll {
            return Go::Stop;
        }
        match callee.local(&self.graph.bodies) {
            Some(body) if body.def_id() == self.of => {
                if frame.instance.def_id() == self.depth_of {
                    self.found.push((body, call.operands));
                }
                Go::Stop
            }
            Some(_) => Go::Stop,
            None => Go::Arguments((0..call.operands.len()).collect()),
        }
    }

    fn lost(&mut self) {}
}
