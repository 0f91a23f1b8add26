//! What a future is made of: the calls and bodies behind a value that is polled.

use rustc_abi::FieldIdx;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{AggregateKind, Local, Operand, Rvalue, StatementKind, TerminatorKind},
    ty::{self, Instance, Ty},
};
use rustc_span::{Span, Spanned};

use super::{CancelSafety, Finding, How, Kind, Known, Lost, crate_facts::Fact, table::Answer};
use crate::analysis::select;
use crate::analysis::{
    bodies::{Bodies, source_owner},
    call_graph::{CallGraph, Site, Via},
    definitions,
    origin::{CallSeen, Frame, Go, Tracer, trace},
    polled::Polled,
    roots::{Root, Source, borrows, is_shared, roots},
};

/// `poll_fn` inside `poll_fn` deeper than this is not looked into.
const DEEPEST_NESTING: usize = 4;

pub(super) struct Awaited<'a, 'tcx> {
    safety: &'a CancelSafety<'tcx>,
    graph: &'a CallGraph<'tcx>,
}

impl<'a, 'tcx> Awaited<'a, 'tcx> {
    pub(super) fn new(safety: &'a CancelSafety<'tcx>, graph: &'a CallGraph<'tcx>) -> Self {
        Self { safety, graph }
    }

    pub(super) fn of_value(
        &self,
        frame: &Frame<'_, 'tcx>,
        ty: Ty<'tcx>,
        operand: &Operand<'tcx>,
    ) -> Vec<Finding<'tcx>> {
        if select::behind_reference(self.graph.bodies.tcx, ty).is_some() {
            return Vec::new();
        }
        let parts = self.graph.polled_value(frame, ty, &[operand]);
        self.of_parts(frame, &parts, operand, DEEPEST_NESTING)
    }

    /// What is known of the future that a site of an async body polls.
    pub(super) fn of_site(&self, frame: &Frame<'_, 'tcx>, site: &Site<'tcx>) -> Vec<Finding<'tcx>> {
        self.of_poll(frame, site, DEEPEST_NESTING)
    }

    fn of_poll(
        &self,
        frame: &Frame<'_, 'tcx>,
        site: &Site<'tcx>,
        depth: usize,
    ) -> Vec<Finding<'tcx>> {
        let Some(callee) = site.callee.filter(|_| site.via == Via::Poll) else {
            return Vec::new();
        };
        if callee.def_id != self.graph.handoffs.future_poll
            || select::behind_reference(self.graph.bodies.tcx, callee.args.type_at(0)).is_some()
        {
            return Vec::new();
        }
        let body = frame.mir.body;
        let TerminatorKind::Call { args, .. } = &body.basic_blocks[site.block].terminator().kind
        else {
            return Vec::new();
        };
        match args.first() {
            Some(pinned) => self.of_parts(frame, &site.polled, &pinned.node, depth),
            None => Vec::new(),
        }
    }

    fn of_parts(
        &self,
        frame: &Frame<'_, 'tcx>,
        parts: &[Polled<'tcx>],
        operand: &Operand<'tcx>,
        depth: usize,
    ) -> Vec<Finding<'tcx>> {
        let mut found = Vec::new();
        let mut foreign = false;
        for part in parts {
            match *part {
                Polled::Body(body) if is_async(self.graph, body) => {
                    self.of_body(frame, body, operand, &mut found);
                }
                Polled::PollFn(closure) if depth > 0 => {
                    if let Some(inner) = Frame::new(&self.graph.bodies, closure) {
                        for site in &self.graph.node(closure).sites {
                            found.extend(self.of_poll(&inner, site, depth - 1));
                        }
                    }
                }
                Polled::Foreign(_) => foreign = true,
                _ => {}
            }
        }
        if foreign {
            let mut makers = Makers {
                awaited: self,
                found: Vec::new(),
            };
            trace(&self.graph.bodies, frame, operand, &mut makers);
            found.extend(makers.found);
        }
        found
    }

    fn of_body(
        &self,
        frame: &Frame<'_, 'tcx>,
        body: Instance<'tcx>,
        operand: &Operand<'tcx>,
        found: &mut Vec<Finding<'tcx>>,
    ) {
        let summary = self.safety.summary(self.graph, body, &[]);
        let bodies = &self.graph.bodies;
        let whole = || {
            let given: Vec<Root> = captured_types(bodies, body)
                .into_iter()
                .filter(|(_, ty)| borrows(*ty) || is_shared(bodies.tcx, *ty))
                .flat_map(|(field, _)| captured_operands(self.graph, frame, body, field, operand))
                .flat_map(|operand| roots(bodies, frame, &operand))
                .collect();
            if given.is_empty() {
                roots(bodies, frame, operand)
            } else {
                given
            }
        };
        let of_field = |field: Option<FieldIdx>| match field {
            Some(field) => {
                let operands = captured_operands(self.graph, frame, body, field, operand);
                if operands.is_empty() {
                    whole()
                } else {
                    operands
                        .iter()
                        .flat_map(|operand| roots(bodies, frame, operand))
                        .collect()
                }
            }
            None => whole(),
        };
        if let Some((lost, field)) = &summary.loss {
            let mut lost = lost.clone();
            lost.chain.insert(
                0,
                (
                    place_of(frame, operand),
                    source_owner(bodies.tcx, body.def_id()),
                ),
            );
            let resources = match lost.how {
                // The configuration does not say whose data it is.
                How::CutOff { function, .. } if self.safety.assumed_unsafe.contains(&function) => {
                    vec![Root::Beyond(Source::Static(function))]
                }
                _ => of_field(*field),
            };
            found.push(Finding {
                kind: Kind::Loses(lost),
                resources,
            });
        }
        if let Some((what, field)) = summary.hands_out {
            found.push(Finding {
                kind: Kind::Takes(what),
                resources: of_field(field),
            });
        }
        if let Some(function) = summary.queues {
            found.push(Finding {
                kind: Kind::QueuePlace(function),
                resources: whole(),
            });
        }
    }

    fn of_call(
        &self,
        frame: &Frame<'_, 'tcx>,
        function: DefId,
        operands: &'tcx [Spanned<Operand<'tcx>>],
    ) -> Vec<Finding<'tcx>> {
        let bodies = &self.graph.bodies;
        let at = call_span(frame, operands);
        let roots_of = |position: usize| {
            operands
                .get(position)
                .map(|operand| roots(bodies, frame, &operand.node))
                .unwrap_or_default()
        };
        let all = || {
            operands
                .iter()
                .flat_map(|operand| roots(bodies, frame, &operand.node))
                .collect::<Vec<_>>()
        };
        let cut_off = |what| Lost {
            what,
            chain: Vec::new(),
            how: How::CutOff { at, function },
        };
        let one = |kind, resources| vec![Finding { kind, resources }];
        match self.safety.answer(function) {
            None => Vec::new(),
            Some(Known::Fact(fact)) => self.of_fact(fact, &cut_off, &roots_of, &all),
            Some(Known::Table(answer)) => match answer {
                Answer::Loses(what, _) if self.safety.assumed_unsafe.contains(&function) => one(
                    Kind::Loses(cut_off(what)),
                    vec![Root::Beyond(Source::Static(function))],
                ),
                Answer::Loses(what, from) => one(Kind::Loses(cut_off(what)), roots_of(from)),
                Answer::Copies => one(
                    Kind::Loses(cut_off(super::Loss::PartCopied)),
                    roots_of(0).into_iter().chain(roots_of(1)).collect(),
                ),
                Answer::Fills { buffer } => one(
                    Kind::Fills {
                        lost: cut_off(super::Loss::BytesRead),
                        buffer: roots_of(buffer),
                    },
                    roots_of(0),
                ),
                Answer::Takes(what) => one(Kind::Takes(what), roots_of(0)),
                Answer::TakesInto { loss, buffer } => one(
                    Kind::TakesInto {
                        what: loss,
                        buffer: roots_of(buffer),
                    },
                    roots_of(0),
                ),
                Answer::Sends { message } => match operands.get(message) {
                    Some(message) => one(
                        Kind::Sends {
                            message: message.node.clone(),
                            at,
                            function,
                        },
                        roots_of(0),
                    ),
                    None => Vec::new(),
                },
                Answer::QueuePlace => one(Kind::QueuePlace(function), roots_of(0)),
            },
        }
    }

    #[expect(clippy::unused_self, reason = "it reads like the other steps")]
    fn of_fact(
        &self,
        fact: Fact,
        cut_off: &dyn Fn(super::Loss) -> Lost,
        roots_of: &dyn Fn(usize) -> Vec<Root>,
        all: &dyn Fn() -> Vec<Root>,
    ) -> Vec<Finding<'tcx>> {
        let resources = |from: Option<usize>| from.map_or_else(all, roots_of);
        let mut found = Vec::new();
        if let Some((what, from)) = fact.loses {
            found.push(Finding {
                kind: Kind::Loses(cut_off(what)),
                resources: resources(from),
            });
        }
        if let Some((what, from)) = fact.takes {
            found.push(Finding {
                kind: Kind::Takes(what),
                resources: resources(from),
            });
        }
        found
    }
}

/// Looks for the calls that made a future of another crate.
struct Makers<'a, 'tcx> {
    awaited: &'a Awaited<'a, 'tcx>,
    found: Vec<Finding<'tcx>>,
}

impl<'tcx> Tracer<'tcx> for Makers<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            return Go::Stop;
        };
        let graph = self.awaited.graph;
        for function in [callee.def_id, callee.running()] {
            if self.awaited.safety.has_answer(function) {
                let found = self.awaited.of_call(frame, function, call.operands);
                self.found.extend(found);
                return Go::Stop;
            }
        }
        // The value that comes out of an await is not the future.
        if callee.def_id == graph.handoffs.future_poll {
            return Go::Stop;
        }
        if let Some(body) = callee.local(&graph.bodies) {
            if graph.bodies.tcx.asyncness(body.def_id()).is_async() {
                return Go::Stop;
            }
            return Go::Returned(vec![(true, body)]);
        }
        // An adapter: the future is among what it was given.
        Go::Arguments((0..call.operands.len()).collect())
    }

    fn lost(&mut self) {}
}

fn is_async<'tcx>(graph: &CallGraph<'tcx>, body: Instance<'tcx>) -> bool {
    let tcx = graph.bodies.tcx;
    tcx.coroutine_is_async(source_owner(tcx, body.def_id()))
}

/// Where a call with these operands stands.
fn call_span<'tcx>(frame: &Frame<'_, 'tcx>, operands: &'tcx [Spanned<Operand<'tcx>>]) -> Span {
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

/// Where the value in a variable was made.
fn place_of<'tcx>(frame: &Frame<'_, 'tcx>, operand: &Operand<'tcx>) -> Span {
    operand.place().map_or(frame.mir.body.span, |place| {
        frame.mir.body.local_decls[place.local].source_info.span
    })
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
pub(super) fn captured_types<'tcx>(
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
pub(super) fn parameter_of<'tcx>(
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
                Source::Parameter(parameter, _)
                | Source::Shared(definitions::Root::Local(parameter)),
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
pub(super) fn captured_operands<'tcx>(
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
