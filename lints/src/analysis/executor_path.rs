//! From each body that an executor polls, the calls that lead to what a lint looks for, on the
//! same thread.
//!
//! What an async body awaits or spawns is polled itself and is searched by itself; what it calls is
//! followed, through functions of the crate and closures that are run in place. Closures that are
//! handed to another thread are not followed, nor is `block_in_place`, which makes the thread one
//! that may be blocked, nor what is done once in the life of the program (`OnceLock::get_or_init`).

use std::{cell::RefCell, rc::Rc};

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    HirId,
    def_id::{DefId, DefIdSet, LocalDefId},
};
use rustc_middle::{
    mir::BasicBlock,
    ty::{Instance, TyCtxt},
};
use rustc_span::Span;

use super::{
    async_body::is_polled,
    async_path::{Hop, Reached},
    bodies::source_owner,
    call_graph::{CallGraph, CallGraphs, Site, Via},
    describe,
    handoffs::is_std,
};
use crate::{diagnostics::in_user_code, paths::Resolver};

const NOT_FOLLOWED: &[&str] = &[
    "tokio::task::block_in_place",
    "std::sync::Once::call_once",
    "std::sync::Once::call_once_force",
    "std::sync::OnceLock::get_or_init",
    "std::sync::OnceLock::get_or_try_init",
    "core::cell::OnceCell::get_or_init",
    "core::cell::OnceCell::get_or_try_init",
    "once_cell::sync::OnceCell::get_or_init",
    "once_cell::sync::OnceCell::get_or_try_init",
    "once_cell::unsync::OnceCell::get_or_init",
    "once_cell::unsync::OnceCell::get_or_try_init",
    "lazy_static::lazy::Lazy::get",
];

/// What a lint looks for, in one body.
#[derive(Clone)]
pub(crate) struct Target<W> {
    pub(crate) block: BasicBlock,
    pub(crate) span: Span,
    pub(crate) what: W,
}

type Targets<W> = Rc<Vec<Target<W>>>;

pub(crate) trait Sought<'tcx> {
    type What: Clone;

    /// The targets in a body, whoever runs it.
    fn in_body(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>)
    -> Vec<Target<Self::What>>;

    /// Whether what a site calls belongs to the path.
    fn follows(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>, site: &Site<'tcx>)
    -> bool;

    /// Whether a place in the polled body counts.
    fn counts(&self, polled: LocalDefId, block: BasicBlock) -> bool;
}

/// A place in the source of a polled body that is a target, or leads to one.
pub(crate) struct Found<W> {
    pub(crate) span: Span,
    pub(crate) node: HirId,
    /// Whether the place is the target itself.
    pub(crate) direct: bool,
    /// The calls after this one, down to the body of the target.
    pub(crate) chain: Vec<(Span, String)>,
    pub(crate) target: Target<W>,
    /// How the body is called in which the target stands.
    pub(crate) target_in: String,
}

pub(crate) struct ExecutorPath<'f, 'tcx, S: Sought<'tcx>> {
    tcx: TyCtxt<'tcx>,
    graphs: &'f CallGraphs<'tcx>,
    sought: S,
    /// The targets of the bodies that were asked: many polled bodies lead to the same ones.
    known: RefCell<FxHashMap<Instance<'tcx>, Targets<S::What>>>,
    not_followed: DefIdSet,
    /// Functions that lead to a target by the names in them.
    leading: FxHashSet<LocalDefId>,
}

impl<'f, 'tcx, S: Sought<'tcx>> ExecutorPath<'f, 'tcx, S> {
    pub(crate) fn new(
        graphs: &'f CallGraphs<'tcx>,
        paths: &Resolver<'tcx>,
        sought: S,
        leading: FxHashSet<LocalDefId>,
    ) -> Self {
        Self {
            tcx: graphs.tcx,
            graphs,
            sought,
            known: RefCell::default(),
            not_followed: paths.all(NOT_FOLLOWED.iter().copied()),
            leading,
        }
    }

    /// Whether a body can lead to a target at all.
    pub(crate) fn may_lead(&self, body: DefId) -> bool {
        self.tcx
            .typeck_root_def_id(body)
            .as_local()
            .is_some_and(|function| self.leading.contains(&function))
    }

    pub(crate) fn search(&self, polled: LocalDefId) -> Vec<Found<S::What>> {
        let sought = &self.sought;
        let graph = self.graphs.for_owner(polled);
        let start = graph.bodies.identity(polled);
        let reached = Reached::among(
            &graph,
            [start],
            &mut |instance, site| {
                matches!(site.via, Via::Call | Via::Poll)
                    && (instance != start || sought.counts(polled, site.block))
                    && !self.is_cut(&graph, instance, site)
                    && sought.follows(&graph, instance, site)
            },
            &mut |next| self.is_entered(next),
        );
        let targets: Vec<Targets<S::What>> = reached
            .bodies
            .iter()
            .map(|body| self.targets_in(&graph, body.instance))
            .collect();
        let position = |instance| reached.position(instance);
        let toward = reached.toward_first(&|_, body| {
            let targets = targets.get(position(body.instance)?)?;
            (!targets.is_empty()).then_some(0)
        });
        let walk = Walk {
            tcx: self.tcx,
            reached: &reached,
            targets: &targets,
            toward: &toward,
            own: own_source(self.tcx, &reached, polled),
        };
        let mut found = Vec::new();
        for body in 0..reached.bodies.len() {
            if walk.own[body] {
                let counts = |block| body != 0 || sought.counts(polled, block);
                walk.found_in(body, &counts, &mut found);
            }
        }
        found
    }

    fn targets_in(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>) -> Targets<S::What> {
        if let Some(known) = self.known.borrow().get(&instance) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.sought.in_body(graph, instance));
        self.known.borrow_mut().insert(instance, Rc::clone(&found));
        found
    }

    fn is_cut(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>, site: &Site<'tcx>) -> bool {
        // A function that is given by name has a site of its own, in the block of the call.
        graph
            .node(instance)
            .sites
            .iter()
            .filter(|other| other.block == site.block)
            .filter_map(|other| other.callee)
            .any(|callee| self.not_followed.contains(&callee.def_id))
    }

    fn is_entered(&self, next: Instance<'tcx>) -> bool {
        let runs_what_it_is_given = || {
            next.args
                .types()
                .flat_map(|ty| ty.walk())
                .filter_map(|part| part.as_type())
                .any(|part| part.is_closure() || part.is_fn())
        };
        !is_polled(self.tcx, next.def_id())
            && (self.may_lead(next.def_id()) || runs_what_it_is_given())
    }
}

struct Walk<'w, 'tcx, W> {
    tcx: TyCtxt<'tcx>,
    reached: &'w Reached<'tcx>,
    targets: &'w [Targets<W>],
    toward: &'w [Option<Hop>],
    own: Vec<bool>,
}

impl<W: Clone> Walk<'_, '_, W> {
    /// The places in one body of the polled body's own source.
    fn found_in(
        &self,
        body: usize,
        counts: &dyn Fn(BasicBlock) -> bool,
        found: &mut Vec<Found<W>>,
    ) {
        let reached = &self.reached.bodies[body];
        let owner = describe::local_owner(self.tcx, reached.instance);
        let mut add = |at: Span, chain: Option<Vec<_>>, target: &Target<W>, target_in: String| {
            if !is_users(self.tcx, at) {
                return;
            }
            let span = in_user_code(at);
            if found.iter().any(|found: &Found<W>| found.span == span) {
                return;
            }
            found.push(Found {
                span,
                node: describe::node_at(self.tcx, owner, span),
                direct: chain.is_none(),
                chain: chain.unwrap_or_default(),
                target: target.clone(),
                target_in,
            });
        };
        for target in self.targets[body].iter() {
            if counts(target.block) {
                let name = describe::name(self.tcx, reached.instance.def_id());
                add(target.span, None, target, name);
            }
        }
        for (_, site) in reached.sites().filter(|(_, site)| counts(site.block)) {
            let outside = site
                .next
                .iter()
                .filter_map(|next| self.reached.position(*next))
                .filter(|&next| self.toward[next].is_some())
                // A way that comes back into the own source is found there.
                .find(|&next| !self.on_way(next).any(|body| self.own[body]));
            let Some(next) = outside else { continue };
            let (chain, last) = self.chain(next);
            if let Some(target) = self.targets[last].first() {
                let name = describe::name(self.tcx, self.reached.bodies[last].instance.def_id());
                add(site.span, Some(chain), target, name);
            }
        }
    }

    fn on_way(&self, body: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(body), |body| {
            self.toward[*body].and_then(|hop| hop.next)
        })
    }

    /// The calls from a body to the one that has the target, and that body.
    fn chain(&self, from: usize) -> (Vec<(Span, String)>, usize) {
        let mut chain = Vec::new();
        let mut current = from;
        while let Some(Hop {
            site,
            next: Some(next),
        }) = self.toward[current]
        {
            let body = &self.reached.bodies[current];
            let name = describe::name(self.tcx, body.instance.def_id());
            let site = body.site(site);
            let next_def = self.reached.bodies[next].instance.def_id();
            chain.push((
                describe::place(self.tcx, body.instance, site),
                describe::step(self.tcx, &name, site, next_def),
            ));
            current = next;
        }
        (chain, current)
    }
}

/// Which bodies stand in the source of the polled body: itself and the closures in it.
fn own_source(tcx: TyCtxt<'_>, reached: &Reached<'_>, polled: LocalDefId) -> Vec<bool> {
    let polled = polled.to_def_id();
    reached
        .bodies
        .iter()
        .map(|body| {
            let mut current = source_owner(tcx, body.instance.def_id());
            while current != polled {
                if !tcx.is_closure_like(current) || is_polled(tcx, current) {
                    return false;
                }
                current = tcx.parent(current);
            }
            true
        })
        .collect()
}

/// Whether the user wrote the code, or a macro of the user's own, or of std (`writeln!`).
fn is_users(tcx: TyCtxt<'_>, mut span: Span) -> bool {
    while span.in_external_macro(tcx.sess.source_map()) {
        let expansion = span.ctxt().outer_expn_data();
        match expansion.macro_def_id {
            Some(def) if is_std(tcx, def) => span = expansion.call_site,
            _ => return false,
        }
    }
    true
}
