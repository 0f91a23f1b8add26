//! Whether a value was taken out of something, so that nobody has it any more once it is dropped.

use rustc_abi::FieldIdx;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::Operand,
    ty::{self, Ty},
};

use super::{CancelSafety, Finding, How, Kind, Loss, Lost, awaited::Awaited};
use crate::analysis::{
    bodies::source_owner,
    call_graph::CallGraph,
    handoffs::is_std,
    makers::{captured_operands, captured_types},
    origin::{CallSeen, Frame, Go, Tracer, trace},
    polled::Polled,
    roots::{Root, Source},
};

/// Methods of std's and tokio's types that take something out and give it away.
const TAKING: &[&str] = &[
    "pop",
    "pop_front",
    "pop_back",
    "pop_first",
    "pop_last",
    "pop_if",
    "take",
    "try_recv",
    "recv",
    "remove",
    "swap_remove",
    "replace",
    "recv_timeout",
];

/// Whether a value was received, or taken out of a collection.
pub(crate) fn is_taken<'tcx>(
    safety: &CancelSafety<'tcx>,
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    value: &Operand<'tcx>,
) -> bool {
    // What is copied is still there.
    let is_copy = frame.operand_ty(&graph.bodies, value).is_none_or(|ty| {
        graph
            .bodies
            .tcx
            .type_is_copy_modulo_regions(graph.bodies.typing_env, ty)
    });
    if is_copy {
        return false;
    }
    let mut takings = Takings {
        safety,
        graph,
        taken: false,
        other: false,
    };
    trace(&graph.bodies, frame, value, &mut takings);
    takings.taken && !takings.other
}

struct Takings<'a, 'tcx> {
    safety: &'a CancelSafety<'tcx>,
    graph: &'a CallGraph<'tcx>,
    taken: bool,
    other: bool,
}

impl<'tcx> Tracer<'tcx> for Takings<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            self.other = true;
            return Go::Stop;
        };
        let tcx = self.graph.bodies.tcx;
        if callee.def_id == self.graph.handoffs.future_poll {
            let node = self.graph.node(frame.instance);
            let awaited = Awaited::new(self.safety, self.graph);
            let takes = node
                .sites
                .iter()
                .filter(|site| {
                    matches!(
                        &frame.mir.body.basic_blocks[site.block].terminator().kind,
                        rustc_middle::mir::TerminatorKind::Call { args, .. }
                            if std::ptr::eq(&raw const **args, call.operands)
                    )
                })
                .flat_map(|site| awaited.of_site(frame, site))
                .any(
                    |finding| matches!(finding.kind, Kind::Takes(what) if what != Loss::Connection),
                );
            self.taken |= takes;
            self.other |= !takes;
            return Go::Stop;
        }
        let is_taking = is_known(tcx, callee.def_id)
            && tcx
                .opt_item_name(callee.def_id)
                .is_some_and(|name| TAKING.contains(&name.as_str()));
        if is_taking {
            self.taken = true;
            return Go::Stop;
        }
        // A copy leaves the value where it is. Of anything else, the result is as dear as what was
        // moved into it.
        let is_clone = tcx
            .opt_item_name(callee.def_id)
            .is_some_and(|name| matches!(name.as_str(), "clone" | "cloned" | "to_owned"));
        let moved: Vec<usize> = (0..call.operands.len())
            .filter(|position| {
                let operand = &call.operands[*position].node;
                matches!(operand, Operand::Move(_))
                    && frame
                        .operand_ty(&self.graph.bodies, operand)
                        .is_some_and(|ty| !ty.is_ref())
            })
            .collect();
        if is_clone || moved.is_empty() {
            self.other = true;
            return Go::Stop;
        }
        Go::Arguments(moved)
    }

    fn parameter(&mut self, _: Ty<'tcx>) {
        self.other = true;
    }

    fn lost(&mut self) {
        self.other = true;
    }
}

fn is_known(tcx: ty::TyCtxt<'_>, function: DefId) -> bool {
    is_std(tcx, function) || tcx.crate_name(function.krate).as_str() == "tokio"
}

/// A message that was taken out of something and given to an async body to be sent on.
pub(crate) fn given<'tcx>(
    safety: &CancelSafety<'tcx>,
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    ty: Ty<'tcx>,
    value: &Operand<'tcx>,
) -> Vec<Finding<'tcx>> {
    let parts = graph.polled_owned(frame, ty, value);
    let [Polled::Body(body)] = parts[..] else {
        return Vec::new();
    };
    let block = source_owner(graph.bodies.tcx, body.def_id());
    let given: Vec<FieldIdx> = captured_types(&graph.bodies, body)
        .into_iter()
        .map(|(field, _)| field)
        .filter(|field| {
            captured_operands(graph, frame, body, *field, value)
                .iter()
                .any(|operand| {
                    matches!(operand, Operand::Move(_)) && is_taken(safety, graph, frame, operand)
                })
        })
        .collect();
    if given.is_empty() {
        return Vec::new();
    }
    // What else a function does with a message may be given up on purpose; a message that is to be
    // passed on is not.
    let Some(at) = safety.summary(graph, body, &given).sends_given else {
        return Vec::new();
    };
    let lost = Lost {
        what: Loss::Unsent,
        chain: Vec::new(),
        how: How::CutOff {
            at,
            function: source_owner(graph.bodies.tcx, body.def_id()),
        },
    };
    vec![Finding {
        kind: Kind::Loses(lost),
        resources: vec![Root::Beyond(Source::Static(block))],
    }]
}
