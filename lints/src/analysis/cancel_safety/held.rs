//! Data that an async body holds while it is suspended.
//!
//! A forward analysis over the body's MIR follows what each await took (its source) through the
//! variables, and a backward one tells which variables are still used. Data of a source that is in
//! a variable which a suspension keeps and which is used later is lost if the future is dropped
//! there.
//!
//! # What ends a source
//! - It is written behind a reference that the future was given (`self.last = message`), or a
//!   function that is not async is given it together with such a reference
//!   (`self.queue.push_back(message)`, `sender.try_send(message)`).
//! - It is given to a task of its own (`tokio::spawn`).
//! - It is dropped, or never used again: dropping is no use.
//! - It is given to an async body of the crate that stores it before it suspends itself.
//!
//! Numbers computed from data are data (a length that was read); comparisons are not.

mod forward;
mod uses;

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{
        BasicBlock, BasicBlockData, Operand, Place, RETURN_PLACE, Rvalue, START_BLOCK,
        StatementKind, TerminatorKind,
    },
    ty::{self, Instance},
};
use rustc_span::Span;

use super::{CancelSafety, Finding, How, Kind, Loss, Lost, Summary, awaited::Awaited, is_data};
use crate::analysis::{
    bodies::source_owner,
    call_graph::{CallGraph, Via},
    definitions::{Root, Variable},
    describe,
    flow::{Flow, suspended_as},
    makers,
    origin::Frame,
    polled::Polled,
    roots::{self, behind_reference},
    suspension::Suspensions,
};

/// One bit per source.
type Sources = u64;
/// More sources than this are not told apart from none.
const MOST_SOURCES: usize = 64;
/// The source of what the body was given.
const GIVEN: Sources = 1;

/// Which sources each variable holds data of.
type State = FxHashMap<Root, Sources>;

struct Await<'tcx> {
    block: BasicBlock,
    /// What is polled.
    parts: Vec<Polled<'tcx>>,
    /// It is a `send` that owns its message.
    sends: bool,
    /// The body that is awaited, where it is one of the crate's.
    body: Option<Instance<'tcx>>,
    /// The future, pinned.
    pinned: Operand<'tcx>,
}

struct Taken {
    what: Loss,
    /// The await; of what the body was given, its first block.
    block: BasicBlock,
    /// The captured variable that it was taken from.
    from: Option<FieldIdx>,
}

pub(super) struct Analysis<'a, 'tcx> {
    safety: &'a CancelSafety<'tcx>,
    graph: &'a CallGraph<'tcx>,
    frame: &'a Frame<'a, 'tcx>,
    given: &'a [FieldIdx],
    /// By their bit.
    sources: Vec<Taken>,
    /// What gets data when the block begins.
    arrivals: FxHashMap<BasicBlock, Vec<(Root, Sources)>>,
    awaits: Vec<Await<'tcx>>,
    /// What was given to each async function or block that was called or made.
    given_on: FxHashMap<DefId, Vec<Sources>>,
}

impl<'a, 'tcx> Analysis<'a, 'tcx> {
    pub(super) fn new(
        safety: &'a CancelSafety<'tcx>,
        graph: &'a CallGraph<'tcx>,
        frame: &'a Frame<'a, 'tcx>,
        given: &'a [FieldIdx],
    ) -> Self {
        Self {
            safety,
            graph,
            frame,
            given,
            // The first bit is for what the body was given.
            sources: vec![Taken {
                what: Loss::Something,
                block: START_BLOCK,
                from: None,
            }],
            arrivals: FxHashMap::default(),
            awaits: Vec::new(),
            given_on: FxHashMap::default(),
        }
    }

    pub(super) fn run(mut self) -> Summary {
        let mut summary = Summary::default();
        self.find_awaits(&mut summary);
        if self.sources.len() == 1 && self.given.is_empty() {
            return summary;
        }
        let entries = self.forward();
        self.judge(&entries, &mut summary);
        summary
    }

    fn find_awaits(&mut self, summary: &mut Summary) {
        let tcx = self.graph.bodies.tcx;
        let node = self.graph.node(self.frame.instance);
        let awaited = Awaited::new(self.safety, self.graph);
        for site in &node.sites {
            let is_poll = site.via == Via::Poll
                && site
                    .callee
                    .is_none_or(|callee| callee.def_id == self.graph.handoffs.future_poll);
            if !is_poll {
                continue;
            }
            let TerminatorKind::Call {
                args, destination, ..
            } = &self.frame.mir.body.basic_blocks[site.block]
                .terminator()
                .kind
            else {
                continue;
            };
            let Some(pinned) = args.first() else { continue };
            let body = match site.polled[..] {
                [Polled::Body(body)] => Some(body),
                _ => None,
            };
            let findings = awaited.of_site(self.frame, site);
            self.awaits.push(Await {
                block: site.block,
                sends: findings
                    .iter()
                    .any(|finding| matches!(finding.kind, Kind::Sends { .. })),
                parts: site.polled.clone(),
                body,
                pinned: pinned.node.clone(),
            });
            let output = self
                .graph
                .bodies
                .fill_in(
                    self.frame.instance,
                    destination.ty(&self.frame.mir.body.local_decls, tcx).ty,
                )
                .filter(|ty| is_data(tcx, *ty))
                .map(|_| Variable::of_place(tcx, self.frame.mir.body, *destination).root);
            for finding in findings {
                self.note(site.block, output, finding, summary);
            }
        }
    }

    fn note(
        &mut self,
        block: BasicBlock,
        output: Option<Root>,
        finding: Finding<'tcx>,
        summary: &mut Summary,
    ) {
        let is_beyond = finding.is_beyond();
        let from = finding.resources.iter().find_map(|root| match root {
            roots::Root::Beyond(roots::Source::Captured(field)) => Some(*field),
            _ => None,
        });
        let beyond = |root: &roots::Root| matches!(root, roots::Root::Beyond(_));
        match finding.kind {
            Kind::Loses(lost) if is_beyond && summary.loss.is_none() => {
                summary.loss = Some((with_place(lost, self.place(block)), from));
            }
            Kind::Fills { lost, buffer }
                if is_beyond && !buffer.iter().any(beyond) && summary.loss.is_none() =>
            {
                summary.loss = Some((with_place(lost, self.place(block)), from));
            }
            Kind::Fills { lost, buffer } if is_beyond => {
                let taken = Taken {
                    what: lost.what,
                    block,
                    from,
                };
                self.arrive_in(block, taken, &buffer);
            }
            Kind::Takes(what) if is_beyond => {
                if let Some(output) = output {
                    self.arrive(block, Taken { what, block, from }, vec![output]);
                }
            }
            Kind::TakesInto { what, buffer } if is_beyond => {
                self.arrive_in(block, Taken { what, block, from }, &buffer);
            }
            Kind::QueuePlace(function) => summary.queues = summary.queues.or(Some(function)),
            _ => {}
        }
    }

    /// Data arrive in a buffer; one that outlives the future keeps them.
    fn arrive_in(&mut self, block: BasicBlock, taken: Taken, buffer: &[roots::Root]) {
        let own: Vec<Root> = buffer
            .iter()
            .filter_map(|root| match root {
                roots::Root::Owned(root) => Some(*root),
                _ => None,
            })
            .collect();
        if own.len() == buffer.len() && !own.is_empty() {
            self.arrive(block, taken, own);
        }
    }

    fn arrive(&mut self, poll: BasicBlock, taken: Taken, variables: Vec<Root>) {
        if self.sources.len() >= MOST_SOURCES {
            return;
        }
        let bit = 1 << self.sources.len();
        self.sources.push(taken);
        let ready = self.when_ready(poll);
        let arrivals = self.arrivals.entry(ready).or_default();
        arrivals.extend(variables.into_iter().map(|variable| (variable, bit)));
    }

    /// Where the await that polls in a block stands.
    fn place(&self, poll: BasicBlock) -> Span {
        let node = self.graph.node(self.frame.instance);
        node.sites
            .iter()
            .find(|site| site.block == poll && site.via == Via::Poll)
            .map_or(self.frame.mir.body.span, |site| {
                describe::place(self.graph.bodies.tcx, self.frame.instance, site)
            })
    }

    fn data(&self, block: BasicBlock) -> &'tcx BasicBlockData<'tcx> {
        &self.frame.mir.body.basic_blocks[block]
    }

    fn flow(&self) -> &Flow {
        self.graph.bodies.flow(&self.frame.mir)
    }

    /// The block that runs when the poll has returned `Ready`, the first variant.
    fn when_ready(&self, poll: BasicBlock) -> BasicBlock {
        let mut block = poll;
        for _ in 0..8 {
            let [next] = self.flow().successors(block) else {
                break;
            };
            if let TerminatorKind::SwitchInt { targets, .. } = &self.data(*next).terminator().kind {
                return targets.target_for_value(0);
            }
            block = *next;
        }
        block
    }

    fn variable(&self, place: Place<'tcx>) -> Variable {
        Variable::of_place(self.graph.bodies.tcx, self.frame.mir.body, place)
    }

    fn behind_reference(&self, place: Place<'tcx>) -> bool {
        behind_reference(self.graph.bodies.tcx, self.frame.mir.body, place)
    }

    fn judge(&self, entries: &FxHashMap<BasicBlock, State>, summary: &mut Summary) {
        let used = self.used();
        let suspensions = Suspensions::new(self.graph);
        for waiting in &self.awaits {
            let Some(suspension) = self.suspension_of(waiting.block) else {
                continue;
            };
            let Some(&resume) = self.flow().successors(suspension).first() else {
                continue;
            };
            let Some(state) = entries.get(&resume) else {
                continue;
            };
            if state.is_empty() || !suspensions.possible(&waiting.parts) {
                continue;
            }
            let used = used.get(&resume);
            let mut held = 0;
            for (variable, sources) in state {
                if used.is_some_and(|used| used.contains(variable)) {
                    held |= if self.is_awaitee(waiting, *variable) {
                        self.held_by_awaited(waiting, *sources)
                    } else {
                        *sources
                    };
                }
            }
            if held & GIVEN != 0 && summary.holds_given.is_none() {
                summary.holds_given = Some(self.place(waiting.block));
            }
            if held & GIVEN != 0 && waiting.sends {
                summary.sends_given = summary.sends_given.or(Some(self.place(waiting.block)));
            }
            let taken = self
                .sources
                .iter()
                .enumerate()
                .skip(1)
                .find(|(position, _)| held & (1 << position) != 0);
            if let Some((_, taken)) = taken
                && summary.loss.is_none()
            {
                let lost = Lost {
                    what: taken.what,
                    chain: Vec::new(),
                    how: How::Held {
                        taken: self.place(taken.block),
                        suspended: self.place(waiting.block),
                    },
                };
                summary.loss = Some((lost, taken.from));
            }
        }
        self.judge_return(entries, summary);
    }

    /// What the body returns, it hands over to whoever awaits it.
    fn judge_return(&self, entries: &FxHashMap<BasicBlock, State>, summary: &mut Summary) {
        for (block, data) in self.frame.mir.body.basic_blocks.iter_enumerated() {
            if !matches!(data.terminator().kind, TerminatorKind::Return)
                || suspended_as(&data.statements).is_some()
            {
                continue;
            }
            let Some(state) = entries.get(&block) else {
                continue;
            };
            // The value is set in the block itself or before it.
            let before = state.get(&Root::Local(RETURN_PLACE)).copied();
            let inside = data
                .statements
                .iter()
                .rev()
                .find_map(|statement| match &statement.kind {
                    StatementKind::Assign(assign) if assign.0.as_local() == Some(RETURN_PLACE) => {
                        Some(self.of_rvalue(state, &assign.1))
                    }
                    _ => None,
                });
            let sources = inside.or(before).unwrap_or(0);
            let taken = self
                .sources
                .iter()
                .enumerate()
                .skip(1)
                .find(|(position, _)| sources & (1 << position) != 0);
            if let Some((_, taken)) = taken {
                summary.hands_out = summary.hands_out.or(Some((taken.what, taken.from)));
            }
        }
    }

    fn is_awaitee(&self, waiting: &Await<'tcx>, variable: Root) -> bool {
        waiting.pinned.place().is_some_and(|_| {
            let found = roots_through_pin(self, &waiting.pinned);
            found.contains(&variable)
        })
    }

    /// What the awaited body goes on holding while it is suspended.
    fn held_by_awaited(&self, waiting: &Await<'tcx>, sources: Sources) -> Sources {
        let Some(body) = waiting.body else {
            return sources;
        };
        let tcx = self.graph.bodies.tcx;
        let block = source_owner(tcx, body.def_id());
        let shell = tcx.parent(block);
        let mut held = 0;
        let captures = makers::captured_types(&self.graph.bodies, body);
        for (position, bit) in (0..self.sources.len()).map(|position| (position, 1 << position)) {
            if sources & bit == 0 {
                continue;
            }
            let given: Vec<FieldIdx> = captures
                .iter()
                .map(|(field, _)| *field)
                .filter(|field| self.was_given(block, shell, body, *field) & bit != 0)
                .collect();
            let unclear = given.is_empty();
            if unclear
                || self
                    .safety
                    .summary(self.graph, body, &given)
                    .holds_given
                    .is_some()
            {
                held |= 1 << position;
            }
        }
        held
    }

    fn was_given(
        &self,
        block: DefId,
        shell: DefId,
        body: Instance<'tcx>,
        field: FieldIdx,
    ) -> Sources {
        let at = |given: &Vec<Sources>, position: usize| given.get(position).copied().unwrap_or(0);
        if let Some(given) = self.given_on.get(&block) {
            return at(given, field.as_usize());
        }
        let Some(given) = self.given_on.get(&shell) else {
            return 0;
        };
        let function = Instance::new_raw(shell, self.parent_args(shell, body));
        makers::parameter_of(self.graph, function, body, field)
            .map_or(0, |position| at(given, position))
    }

    fn parent_args(&self, shell: DefId, body: Instance<'tcx>) -> ty::GenericArgsRef<'tcx> {
        let tcx = self.graph.bodies.tcx;
        match shell.as_local() {
            Some(local) => self.graph.bodies.maker(local, body).args,
            None => tcx.mk_args(&[]),
        }
    }

    /// The block in which the await that polls in `poll` suspends.
    fn suspension_of(&self, poll: BasicBlock) -> Option<BasicBlock> {
        let polls: FxHashSet<BasicBlock> =
            self.awaits.iter().map(|waiting| waiting.block).collect();
        let mut seen = FxHashSet::default();
        let mut pending = self.flow().successors(poll).to_vec();
        let mut position = 0;
        while let Some(&block) = pending.get(position) {
            position += 1;
            if polls.contains(&block) || !seen.insert(block) {
                continue;
            }
            if suspended_as(&self.data(block).statements).is_some()
                && matches!(self.data(block).terminator().kind, TerminatorKind::Return)
            {
                return Some(block);
            }
            pending.extend(self.flow().successors(block));
        }
        None
    }
}

/// Whether the place is all of a variable.
fn is_whole(place: Place<'_>, root: Root) -> bool {
    match root {
        Root::Local(_) => place.projection.is_empty(),
        // Through the coroutine's reference to itself, the variant and the field.
        Root::Saved(..) => place.projection.len() <= 3,
        Root::Captured(_) => place.projection.len() <= 2,
    }
}

/// The variables behind a pinned reference to a future, whatever the future itself borrows.
fn roots_through_pin<'tcx>(
    analysis: &Analysis<'_, 'tcx>,
    pinned: &Operand<'tcx>,
) -> FxHashSet<Root> {
    let bodies = &analysis.graph.bodies;
    let body = analysis.frame.mir.body;
    let mut found = FxHashSet::default();
    let mut pending: Vec<Place<'tcx>> = pinned.place().into_iter().collect();
    for _ in 0..16 {
        let Some(place) = pending.pop() else { break };
        let variable = analysis.variable(place);
        found.insert(variable.root);
        for definition in bodies.definitions(&analysis.frame.mir).of(variable.root) {
            let data = &body.basic_blocks[definition.location.block];
            match data.statements.get(definition.location.statement_index) {
                Some(statement) => {
                    if let StatementKind::Assign(assign) = &statement.kind {
                        match &assign.1 {
                            Rvalue::Ref(_, _, place) => pending.push(*place),
                            Rvalue::Use(operand) => pending.extend(operand.place()),
                            Rvalue::Aggregate(_, operands) if operands.len() == 1 => {
                                pending.extend(operands.iter().filter_map(Operand::place));
                            }
                            _ => {}
                        }
                    }
                }
                None => {
                    // `Pin::new_unchecked`, `IntoFuture::into_future`.
                    if let TerminatorKind::Call { args, .. } = &data.terminator().kind
                        && let [only] = &args[..]
                    {
                        pending.extend(only.node.place());
                    }
                }
            }
        }
    }
    found
}

/// A loss that happens in another body, with the place of the await that leads there.
fn with_place(mut lost: Lost, span: Span) -> Lost {
    if let Some(first) = lost.chain.first_mut() {
        first.0 = span;
    }
    lost
}
