//! Code that runs only after the program asked which runtime it is on.

use std::cell::RefCell;

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::def_id::{DefIdSet, LocalDefId};
use rustc_middle::{
    mir::{BasicBlock, Operand, TerminatorKind},
    ty::{Instance, Ty},
};

use super::{
    bodies::{Bodies, source_owner},
    call_graph::CallGraph,
    handoffs::is_std,
    mentions::Mentions,
    origin::{self, CallSeen, Frame, Go, Tracer},
};
use crate::paths::Resolver;

/// What a program asks to learn the flavor.
pub(crate) const FLAVOR_QUESTIONS: &[&str] = &[
    "tokio::runtime::Handle::runtime_flavor",
    "tokio::runtime::RuntimeMetrics::num_workers",
];

/// Conditions that decide on a condition.
const DEEPEST_CONDITION: usize = 3;
/// Calls between a condition and the question.
const DEEPEST_QUESTION: usize = 3;

pub(crate) struct FlavorGuards<'g, 'tcx> {
    graph: &'g CallGraph<'tcx>,
    questions: &'g Questions<'tcx>,
}

pub(crate) struct Questions<'tcx> {
    functions: DefIdSet,
    /// Whether the crate asks at all.
    asked: bool,
    /// The crate's functions that name a question, or a function that does, and so on.
    leading: FxHashSet<LocalDefId>,
    /// What is known about blocks, by how deep the conditions were followed.
    decided: RefCell<FxHashMap<(Instance<'tcx>, BasicBlock, usize), bool>>,
}

impl<'tcx> Questions<'tcx> {
    pub(crate) fn new(
        mentions: &Mentions<'tcx>,
        paths: &Resolver<'tcx>,
        questions: &[&'static str],
    ) -> Self {
        let functions = paths.all(questions.iter().copied());
        let asked = !mentions.bodies_naming(&functions).is_empty();
        Self {
            asked,
            leading: mentions.leading_to(&functions),
            decided: RefCell::default(),
            functions,
        }
    }
}

impl<'g, 'tcx> FlavorGuards<'g, 'tcx> {
    pub(crate) fn new(graph: &'g CallGraph<'tcx>, questions: &'g Questions<'tcx>) -> Self {
        Self { graph, questions }
    }

    /// Whether a condition on the runtime's flavor decides that the block runs.
    pub(crate) fn guards(&self, instance: Instance<'tcx>, block: BasicBlock) -> bool {
        self.questions.asked && self.decides(instance, block, DEEPEST_CONDITION)
    }

    fn decides(&self, instance: Instance<'tcx>, block: BasicBlock, depth: usize) -> bool {
        let key = (instance, block, depth);
        if let Some(&known) = self.questions.decided.borrow().get(&key) {
            return known;
        }
        let decides = self.find_decider(instance, block, depth);
        self.questions.decided.borrow_mut().insert(key, decides);
        decides
    }

    fn find_decider(&self, instance: Instance<'tcx>, block: BasicBlock, depth: usize) -> bool {
        let bodies = &self.graph.bodies;
        let Some(frame) = Frame::new(bodies, instance) else {
            return false;
        };
        let body = frame.mir.body;
        let decided_by = |value: &Operand<'tcx>| {
            let mut search = Asks {
                guards: self,
                bodies,
                found: false,
                assigned: Vec::new(),
            };
            origin::trace(bodies, &frame, value, &mut search);
            // `matches!` sets a constant in the branch that a question decided on.
            let mut assigned = search.assigned.into_iter();
            search.found
                || depth > 0 && assigned.any(|block| self.decides(instance, block, depth - 1))
        };
        // `is_multi_thread.then(|| …)`
        if let TerminatorKind::Call { func, args, .. } = &body.basic_blocks[block].terminator().kind
            && func
                .const_fn_def()
                .is_some_and(|(callee, _)| is_std(bodies.tcx, callee))
            && args
                .first()
                .is_some_and(|receiver| decided_by(&receiver.node))
        {
            return true;
        }
        bodies
            .flow(&frame.mir)
            .deciders(block)
            .into_iter()
            .any(
                |decider| match &body.basic_blocks[decider].terminator().kind {
                    TerminatorKind::SwitchInt { discr, .. } => decided_by(discr),
                    _ => false,
                },
            )
    }

    /// Whether the body, or one it calls, asks for the flavor.
    fn asks(&self, instance: Instance<'tcx>) -> bool {
        let root = self
            .graph
            .bodies
            .tcx
            .typeck_root_def_id(source_owner(self.graph.bodies.tcx, instance.def_id()));
        let leads = root
            .as_local()
            .is_some_and(|root| self.questions.leading.contains(&root));
        if !leads {
            return false;
        }
        let mut seen = FxHashSet::default();
        let mut level = vec![instance];
        for _ in 0..DEEPEST_QUESTION {
            let mut next_level = Vec::new();
            for instance in level {
                if !seen.insert(instance) {
                    continue;
                }
                for site in &self.graph.node(instance).sites {
                    if site
                        .callee
                        .is_some_and(|callee| self.questions.functions.contains(&callee.def_id))
                    {
                        return true;
                    }
                    next_level.extend(&site.next);
                }
            }
            level = next_level;
        }
        false
    }
}

struct Asks<'a, 'g, 'tcx> {
    guards: &'a FlavorGuards<'g, 'tcx>,
    bodies: &'a Bodies<'tcx>,
    found: bool,
    /// Where the condition gets its value.
    assigned: Vec<BasicBlock>,
}

impl<'tcx> Tracer<'tcx> for Asks<'_, '_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        if self.found {
            return Go::Stop;
        }
        if let Some(callee) = call.callee {
            self.found |= self.guards.questions.functions.contains(&callee.def_id)
                || callee
                    .local(self.bodies)
                    .is_some_and(|body| self.guards.asks(body));
        }
        for operand in call.operands {
            let asks = frame
                .operand_ty(self.bodies, &operand.node)
                .and_then(|ty| self.bodies.called_value(ty))
                .and_then(|function| function.local(self.bodies))
                .is_some_and(|body| self.guards.asks(body));
            self.found |= asks;
        }
        Go::Arguments((0..call.operands.len()).collect())
    }

    /// In a crate that asks for the flavor, a flag that a function is given may be the answer.
    fn parameter(&mut self, ty: Ty<'tcx>) {
        self.found |= ty.peel_refs().is_bool();
    }

    fn assigned(&mut self, frame: &Frame<'_, 'tcx>, block: BasicBlock) {
        if frame.is_outermost() && !self.assigned.contains(&block) {
            self.assigned.push(block);
        }
    }
}
