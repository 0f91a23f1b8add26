//! What a future is made of: the calls and bodies behind a value that is polled.

use rustc_abi::FieldIdx;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{Operand, TerminatorKind},
    ty::{Instance, Ty},
};
use rustc_span::Span;

use super::{
    CancelSafety, Finding, How, Kind, Known, Loss, Lost, crate_facts::Fact, table::Answer,
};
use crate::analysis::{
    bodies::source_owner,
    call_graph::{CallGraph, Site, Via},
    makers::{self, Operands, call_span, captured_operands, captured_types},
    origin::Frame,
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
        let parts = self.graph.polled_owned(frame, ty, operand);
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
        if callee.def_id != self.graph.handoffs.future_poll {
            return Vec::new();
        }
        let body = frame.mir.body;
        let TerminatorKind::Call { args, .. } = &body.basic_blocks[site.block].terminator().kind
        else {
            return Vec::new();
        };
        match args.first() {
            Some(pinned) => {
                let future = callee.args.type_at(0);
                let parts = self.graph.polled_owned(frame, future, &pinned.node);
                self.of_parts(frame, &parts, &pinned.node, depth)
            }
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
            let safety = self.safety;
            makers::each(
                self.graph,
                frame,
                operand,
                &|function| safety.has_answer(function),
                &mut |frame, function, operands| {
                    found.extend(self.of_call(frame, function, operands));
                },
            );
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
        operands: Operands<'tcx>,
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
                    Kind::Loses(cut_off(Loss::PartCopied)),
                    roots_of(0).into_iter().chain(roots_of(1)).collect(),
                ),
                Answer::Fills { buffer } => one(
                    Kind::Fills {
                        lost: cut_off(Loss::BytesRead),
                        buffer: roots_of(buffer),
                    },
                    roots_of(0),
                ),
                Answer::Takes(what) => one(Kind::Takes(what), roots_of(0)),
                Answer::TakesInto { loss, buffer, .. } => one(
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
        cut_off: &dyn Fn(Loss) -> Lost,
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

fn is_async<'tcx>(graph: &CallGraph<'tcx>, body: Instance<'tcx>) -> bool {
    let tcx = graph.bodies.tcx;
    tcx.coroutine_is_async(source_owner(tcx, body.def_id()))
}

/// Where the value in a variable was made.
fn place_of<'tcx>(frame: &Frame<'_, 'tcx>, operand: &Operand<'tcx>) -> Span {
    operand.place().map_or(frame.mir.body.span, |place| {
        frame.mir.body.local_decls[place.local].source_info.span
    })
}
