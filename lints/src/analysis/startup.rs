//! What is done once, before anything else runs: the beginning of `main`, up to its first await, and
//! that of every future that a function builds a runtime for. A function called `main` that nobody
//! calls counts as the program's: in a build for tests the entry is the harness.
//!
//! Where `main` only awaits one other function, that function's beginning counts as well. Outside of
//! `main`'s own source a beginning is one of something: what no await comes after is the work
//! itself.

use std::rc::Rc;

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    def::DefKind,
    def_id::{DefIdSet, LocalDefId},
};
use rustc_middle::{
    mir::{AggregateKind, BasicBlock, Rvalue, StatementKind},
    ty::{Instance, TyCtxt},
};
use rustc_span::sym;

use super::{
    async_body::is_polled,
    async_path::{Reached, ReachedBody},
    blocking_calls::BRIDGES,
    bodies::{MirBody, source_owner},
    call_graph::{CallGraph, CallGraphs, Site, Via},
    mentions::Mentions,
    origin::Frame,
    polled::Polled,
    runtime_values::BUILDS,
};
use crate::paths::Resolver;

/// Calls from `main` to where it starts its runtime.
const FARTHEST_RUNTIME: usize = 3;

#[derive(Default)]
pub(crate) struct Startup {
    mains: Vec<LocalDefId>,
    /// By body, the blocks that run before its first await.
    blocks: FxHashMap<LocalDefId, FxHashSet<BasicBlock>>,
}

impl Startup {
    pub(crate) fn new<'tcx>(
        graphs: &CallGraphs<'tcx>,
        mentions: &Mentions<'tcx>,
        paths: &Resolver<'tcx>,
    ) -> Self {
        let tcx = graphs.tcx;
        let bridges = paths.all(BRIDGES.iter().copied());
        let builders = mentions.bodies_naming(&paths.all(BUILDS.iter().copied()));
        let builders = builders
            .into_iter()
            .filter(|builder| !is_polled(tcx, builder.to_def_id()))
            .map(|builder| (builder, 0));
        let mains = mains(tcx, mentions);
        let starts = mains.iter().map(|main| (*main, FARTHEST_RUNTIME));
        let starts: Vec<_> = starts.chain(builders).collect();
        let mut startup = Self {
            mains,
            ..Self::default()
        };
        for (start, farthest) in starts {
            let graph = graphs.for_owner(start);
            for future in futures_given_to(&graph, start, farthest, &bridges) {
                startup.add(&graph, mentions, future);
            }
        }
        startup
    }

    pub(crate) fn contains(&self, body: LocalDefId, block: BasicBlock) -> bool {
        self.blocks
            .get(&body)
            .is_some_and(|blocks| blocks.contains(&block))
    }

    /// Adds the beginning of `future`, and that of the future it awaits if there is but one.
    fn add<'tcx>(
        &mut self,
        graph: &CallGraph<'tcx>,
        mentions: &Mentions<'tcx>,
        future: Instance<'tcx>,
    ) {
        let tcx = graph.bodies.tcx;
        let Some(owner) = source_owner(tcx, future.def_id()).as_local() else {
            return;
        };
        let Some(mir) = graph.bodies.mir(future.def_id()) else {
            return;
        };
        if self.blocks.contains_key(&owner) || !tcx.coroutine_is_async(owner.to_def_id()) {
            return;
        }
        let root = tcx.typeck_root_def_id(owner.to_def_id());
        let is_mains = self.mains.iter().any(|main| main.to_def_id() == root);
        let node = graph.node(future);
        let awaits: Vec<&Site<'tcx>> = node
            .sites
            .iter()
            .filter(|site| site.via == Via::Poll)
            .collect();
        let flow = graph.bodies.flow(&mir);
        let mut after = FxHashSet::default();
        let mut pending: Vec<BasicBlock> = awaits
            .iter()
            .flat_map(|site| flow.successors(site.block))
            .copied()
            .collect();
        while let Some(block) = pending.pop() {
            if after.insert(block) {
                pending.extend(flow.successors(block));
            }
        }
        let before: FxHashSet<BasicBlock> = mir
            .body
            .basic_blocks
            .indices()
            .filter(|block| flow.is_live(*block))
            .filter(|block| !after.contains(block))
            .filter(|block| {
                let leads_to = |site: &&Site<'tcx>| flow.reaches(*block, site.block);
                is_mains || awaits.iter().any(leads_to)
            })
            .collect();
        self.blocks.insert(owner, before.clone());
        if let [only] = awaits[..]
            && let [Polled::Body(next)] = only.polled[..]
            && is_made_once(graph, mentions, owner, &mir, next, &before)
        {
            self.add(graph, mentions, next);
        }
    }
}

/// The entry of the program, and what would be one in another build.
fn mains(tcx: TyCtxt<'_>, mentions: &Mentions<'_>) -> Vec<LocalDefId> {
    let entry = tcx.entry_fn(()).and_then(|(main, _)| main.as_local());
    let is_uncalled_main = |owner: &LocalDefId| {
        tcx.def_kind(*owner) == DefKind::Fn
            && tcx.item_name(owner.to_def_id()) == sym::main
            && mentions.naming(*owner).is_empty()
            && Some(*owner) != entry
    };
    let others = tcx.hir_body_owners().filter(is_uncalled_main);
    entry.into_iter().chain(others).collect()
}

/// The futures that a function, or one it calls, hands to a runtime and waits for.
fn futures_given_to<'tcx>(
    graph: &CallGraph<'tcx>,
    start: LocalDefId,
    farthest: usize,
    bridges: &DefIdSet,
) -> Vec<Instance<'tcx>> {
    let start = graph.bodies.identity(start);
    let reached = Reached::within(graph, [start], farthest, &mut |_, site| {
        site.via == Via::Call
            || site
                .callee
                .is_some_and(|callee| bridges.contains(&callee.def_id))
    });
    let mut futures = Vec::new();
    let synchronous =
        |body: &&ReachedBody<'tcx>| !is_polled(graph.bodies.tcx, body.instance.def_id());
    for body in reached.bodies.iter().filter(synchronous) {
        let Some(frame) = Frame::new(&graph.bodies, body.instance) else {
            continue;
        };
        for (_, site) in body.sites() {
            let Some(callee) = site
                .callee
                .filter(|callee| bridges.contains(&callee.def_id))
            else {
                continue;
            };
            for future in graph.polled_arguments(&frame, site.block, &callee) {
                if let [Polled::Body(future)] = future[..] {
                    futures.push(future);
                }
            }
        }
    }
    futures
}

/// Whether the future is made in `owner` before its first await, and nowhere else.
fn is_made_once<'tcx>(
    graph: &CallGraph<'tcx>,
    mentions: &Mentions<'tcx>,
    owner: LocalDefId,
    mir: &Rc<MirBody<'tcx>>,
    future: Instance<'tcx>,
    before: &FxHashSet<BasicBlock>,
) -> bool {
    let tcx = graph.bodies.tcx;
    let made = source_owner(tcx, future.def_id());
    let Some(parent) = tcx.opt_parent(made).and_then(|parent| parent.as_local()) else {
        return false;
    };
    if parent == owner {
        return mir
            .body
            .basic_blocks
            .iter_enumerated()
            .all(|(block, data)| {
                before.contains(&block)
                    || !data.statements.iter().any(|statement| {
                        matches!(&statement.kind, StatementKind::Assign(assign)
                        if matches!(&assign.1, Rvalue::Aggregate(kind, _)
                            if matches!(**kind, AggregateKind::Coroutine(def, _) if def == made)))
                    })
            });
    }
    let is_function = matches!(tcx.def_kind(parent), DefKind::Fn | DefKind::AssocFn);
    is_function
        && mentions.naming(parent) == [owner]
        && graph
            .node(graph.bodies.identity(owner))
            .sites
            .iter()
            .filter(|site| {
                site.callee
                    .is_some_and(|callee| callee.running() == parent.to_def_id())
            })
            .all(|site| before.contains(&site.block))
}
