//! [`UNENDING_SPAWN_BLOCKING`]: in the closures that are handed to the blocking pool, and in what
//! they call, loops are looked for that nothing in them ends.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::LocalDefId;
use rustc_lint::Lint;
use rustc_middle::ty::{Instance, TyCtxt};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        async_body::is_polled,
        async_path::Reached,
        bodies::source_owner,
        call_graph::{Site, Via, own_type_arguments},
        describe,
        unending::{Ends, Unending, UnendingLoop},
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds loops in `spawn_blocking` that do not end: those without an exit, and those whose only
    /// exit is that the source they receive from is closed (a channel of std, a file watcher,
    /// a listener). They are found in the closure and in functions of the same crate that it calls.
    ///
    /// ### Why is this bad?
    /// A blocking task cannot be aborted once it runs: `abort` does nothing, and dropping its handle
    /// neither. The runtime waits for it when it is dropped, so a program with such a task does not
    /// end. Until then it takes a thread of a pool that is meant for short work.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed. Whether a source is closed in time
    /// cannot be seen. Loops that look at a flag or at a token are taken for loops that end; so are
    /// those that leave by a `break`, `return` or `?` of their own, and those that receive with
    /// tokio's `blocking_recv`, which tokio documents as the bridge to blocking code.
    ///
    /// ### Example
    /// ```rust,ignore
    /// tokio::task::spawn_blocking(move || {
    ///     for event in watcher_events {
    ///         reload(event);
    ///     }
    /// });
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let watcher = async_patterns::task::spawn_dedicated("watcher", move |stop| {
    ///     while !stop.is_cancelled() {
    ///         if let Ok(event) = watcher_events.recv_timeout(TICK) {
    ///             reload(event);
    ///         }
    ///     }
    /// });
    /// ```
    pub UNENDING_SPAWN_BLOCKING,
    Warn,
    "a loop without end on the blocking pool"
}

/// Runs a closure on the blocking pool.
const POOLS: &[&str] = &[
    "tokio::task::spawn_blocking",
    "tokio::task::Builder::spawn_blocking",
    "tokio::runtime::Handle::spawn_blocking",
    "tokio::runtime::Runtime::spawn_blocking",
    "tokio::task::JoinSet::spawn_blocking",
    "tokio::task::JoinSet::spawn_blocking_on",
    "tokio_util::task::JoinMap::spawn_blocking",
    "tokio_util::task::TaskTracker::spawn_blocking",
    "tokio_util::task::TaskTracker::spawn_blocking_on",
];

/// The check behind [`UNENDING_SPAWN_BLOCKING`].
pub(crate) struct UnendingSpawnBlocking;

impl<'tcx> Check<'tcx> for UnendingSpawnBlocking {
    fn lint(&self) -> &'static Lint {
        UNENDING_SPAWN_BLOCKING
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let pools = facts.paths.all(POOLS.iter().copied());
        let owners = facts.mentions().bodies_naming(&pools);
        if owners.is_empty() {
            return;
        }
        let unending = Unending::new(facts.tcx, &facts.paths);
        let mut reported = FxHashSet::default();
        for owner in owners {
            let graph = facts.call_graphs().for_owner(owner);
            let node = graph.node(graph.bodies.identity(owner));
            for site in &node.sites {
                let Some(callee) = site.callee else { continue };
                if !pools.contains(&callee.def_id) {
                    continue;
                }
                let works: Vec<Instance<'tcx>> = own_type_arguments(&graph.bodies, &callee)
                    .filter_map(|ty| graph.bodies.called_value(ty)?.local(&graph.bodies))
                    .collect();
                let reached = Reached::among(
                    &graph,
                    works,
                    &mut |_, site| site.via == Via::Call,
                    &mut |next| !is_polled(facts.tcx, next.def_id()),
                );
                let search = Search {
                    facts,
                    owner,
                    spawned_at: in_user_code(site.span),
                    reached,
                };
                if let Some((body, found)) = search.first_loop(&unending)
                    && reported.insert((search.spawned_at, found.head))
                {
                    search.report(body, found);
                }
            }
        }
    }
}

/// What one call of `spawn_blocking` runs.
struct Search<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    owner: LocalDefId,
    spawned_at: Span,
    reached: Reached<'tcx>,
}

impl<'tcx> Search<'_, 'tcx> {
    /// The unending loop that is the fewest calls away.
    fn first_loop(&self, unending: &Unending<'tcx>) -> Option<(usize, UnendingLoop)> {
        let tcx = self.facts.tcx;
        self.reached
            .bodies
            .iter()
            .enumerate()
            .find_map(|(position, body)| {
                let owner = source_owner(tcx, body.instance.def_id()).as_local()?;
                let found = unending.loops_in(owner).into_iter().next()?;
                Some((position, found))
            })
    }

    /// Whether a body stands in the source of the one that hands the work over.
    fn is_own(&self, body: usize) -> bool {
        let tcx = self.facts.tcx;
        let mut current = source_owner(tcx, self.reached.bodies[body].instance.def_id());
        while tcx.is_closure_like(current) {
            current = tcx.parent(current);
            if current == self.owner.to_def_id() {
                return true;
            }
        }
        false
    }

    fn report(&self, body: usize, found: UnendingLoop) {
        let tcx = self.facts.tcx;
        let (span, node, chain) = if self.is_own(body) {
            (in_user_code(found.head), found.node, Vec::new())
        } else {
            let mut chain = self.chain(body);
            let own = chain.iter().rposition(|step| step.own);
            let at = own.map_or(self.spawned_at, |own| chain[own].span);
            let owner = own.map_or(self.owner, |own| chain[own].owner);
            let rest = chain.split_off(own.map_or(0, |own| own + 1));
            (at, describe::node_at(tcx, owner, at), rest)
        };
        let direct = self.is_own(body);
        let ends = match found.ends {
            Ends::Never => "never ends",
            Ends::WithSource => "ends only when its source is closed",
        };
        let subject = if direct {
            format!("this loop on the blocking pool {ends}")
        } else {
            format!("this runs a loop on the blocking pool that {ends}")
        };
        diagnostics::report(
            tcx,
            UNENDING_SPAWN_BLOCKING,
            node,
            span,
            format!("{subject}: it cannot be aborted, and the runtime's shutdown waits for it"),
            |diag| {
                for step in &chain {
                    diag.span_note(step.span, step.text.clone());
                }
                if !direct {
                    diag.span_note(in_user_code(found.head), "the loop is here");
                }
                if span != self.spawned_at {
                    diag.span_note(self.spawned_at, "the work is handed to the pool here");
                }
                diag.help(
                    "give it a thread of its own and a token to stop by: \
                     `async_patterns::task::spawn_dedicated`",
                );
                diag.help("or look at a flag or a `CancellationToken` in each pass");
            },
        );
    }

    /// The calls on the way to a body.
    fn chain(&self, body: usize) -> Vec<CallOnWay> {
        let tcx: TyCtxt<'tcx> = self.facts.tcx;
        self.reached
            .chain_to(body)
            .into_iter()
            .map(|step| {
                let from = self.reached.bodies[step.from].instance;
                let site: &Site<'tcx> = self.reached.bodies[step.from].site(step.site);
                let name = describe::name(tcx, from.def_id());
                let next = self.reached.bodies[step.to].instance.def_id();
                CallOnWay {
                    own: self.is_own(step.from),
                    owner: describe::local_owner(tcx, from),
                    span: describe::place(tcx, from, site),
                    text: describe::step(tcx, &name, site, next),
                }
            })
            .collect()
    }
}

struct CallOnWay {
    /// It stands in the source of the body that hands the work over.
    own: bool,
    owner: LocalDefId,
    span: Span,
    text: String,
}
