//! Bodies that executors poll, and in which blocking does no harm all the same.
//!
//! Two kinds: what only tests run, and what only runs on a thread that was started for it, such as
//! the future of `thread::spawn(|| runtime.block_on(future))` with a current-thread runtime. A
//! function belongs to one of them when everything that names it does.

use std::cell::RefCell;

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    def::DefKind,
    def_id::{DefIdSet, LocalDefId},
};
use rustc_middle::ty::TyCtxt;
use rustc_session::config::CrateType;

use super::{
    async_body::is_polled,
    bodies::source_owner,
    call_graph::{CallGraphs, own_type_arguments},
    mentions::Mentions,
    runtime_flavor::single_thread_contexts,
    test_code::{is_test_code, is_test_crate},
};
use crate::paths::Resolver;

/// Runs the closure or function that it is given on a thread where blocking is allowed.
const THREAD_STARTERS: &[&str] = &[
    "std::thread::spawn",
    "std::thread::Builder::spawn",
    "std::thread::Builder::spawn_unchecked",
    "std::thread::Builder::spawn_scoped",
    "std::thread::Scope::spawn",
    "tokio::task::spawn_blocking",
    "tokio::task::block_in_place",
    "tokio::task::Builder::spawn_blocking",
    "tokio::task::JoinSet::spawn_blocking",
    "tokio::runtime::Handle::spawn_blocking",
    "tokio::runtime::Runtime::spawn_blocking",
    "tokio_util::task::TaskTracker::spawn_blocking",
    "async_patterns::task::spawn_dedicated",
    "async_patterns::task::spawn_cancellable_blocking",
    "actix_web::web::block",
    "async_std::task::spawn_blocking",
    "blocking::unblock",
    "rayon_core::spawn",
];

/// Polls a future on the calling thread, on whichever runtime.
const POLLS_HERE: &[&str] = &[
    "tokio::runtime::Handle::block_on",
    "futures_executor::block_on",
    "futures_lite::future::block_on",
    "pollster::block_on",
];

/// The functions of other crates that this analysis asks for.
pub(crate) fn named(paths: &Resolver<'_>) -> DefIdSet {
    paths.all(THREAD_STARTERS.iter().chain(POLLS_HERE).copied())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Excuse {
    Test,
    OwnThread,
}

pub(crate) struct Excuses<'f, 'tcx> {
    tcx: TyCtxt<'tcx>,
    mentions: &'f Mentions<'tcx>,
    /// Given to a thread.
    on_threads: FxHashSet<LocalDefId>,
    /// Polls a future on the calling thread.
    polls_here: FxHashSet<LocalDefId>,
    known: RefCell<FxHashMap<LocalDefId, Option<Excuse>>>,
    known_threads: RefCell<FxHashMap<LocalDefId, bool>>,
}

impl<'f, 'tcx> Excuses<'f, 'tcx> {
    pub(crate) fn new(
        graphs: &CallGraphs<'tcx>,
        mentions: &'f Mentions<'tcx>,
        paths: &Resolver<'tcx>,
    ) -> Self {
        let starters = paths.all(THREAD_STARTERS.iter().copied());
        let on_threads = functions_given_to(graphs, mentions, &starters);
        let mut polls_here: FxHashSet<LocalDefId> = FxHashSet::default();
        // Only threads of their own are asked for below.
        if !on_threads.is_empty() {
            let polling = paths.all(POLLS_HERE.iter().copied());
            polls_here.extend(mentions.bodies_naming(&polling));
            polls_here.extend(
                single_thread_contexts(graphs, mentions, paths)
                    .iter()
                    .map(|context| context.owner),
            );
        }
        Self {
            tcx: graphs.tcx,
            mentions,
            on_threads,
            polls_here,
            known: RefCell::default(),
            known_threads: RefCell::default(),
        }
    }

    /// Whether blocking in the body does no harm.
    pub(crate) fn excused(&self, body: LocalDefId) -> bool {
        is_test_crate(self.tcx) || self.excuse(body).is_some()
    }

    fn excuse(&self, body: LocalDefId) -> Option<Excuse> {
        if let Some(known) = self.known.borrow().get(&body) {
            return *known;
        }
        // A function that names itself says nothing about itself.
        self.known.borrow_mut().insert(body, Some(Excuse::Test));
        let excuse = if is_test_code(self.tcx, body) {
            Some(Excuse::Test)
        } else if (self.polls_here.contains(&body) || self.is_synchronous(body))
            && self.is_on_own_thread(body)
        {
            Some(Excuse::OwnThread)
        } else if self.tcx.def_kind(body) == DefKind::Closure {
            self.excuse(self.tcx.local_parent(body))
        } else {
            self.excuse_of_callers(body)
        };
        self.known.borrow_mut().insert(body, excuse);
        excuse
    }

    /// Whether the body is a function that is not async: one that takes a context is called by a loop
    /// that polls by itself, where it is not the `poll` of a trait.
    fn is_synchronous(&self, body: LocalDefId) -> bool {
        match self.tcx.def_kind(body) {
            DefKind::Fn => true,
            DefKind::AssocFn => matches!(
                self.tcx.def_kind(self.tcx.local_parent(body)),
                DefKind::Impl { of_trait: false }
            ),
            _ => false,
        }
    }

    fn excuse_of_callers(&self, function: LocalDefId) -> Option<Excuse> {
        let others = self.others_naming(function);
        let excuses: Option<Vec<Excuse>> =
            others.iter().map(|caller| self.excuse(*caller)).collect();
        let excuses = excuses.filter(|excuses| !excuses.is_empty())?;
        if excuses.contains(&Excuse::OwnThread) {
            return Some(Excuse::OwnThread);
        }
        // Others may call what the crate offers to them.
        (!self.is_offered(function)).then_some(Excuse::Test)
    }

    fn is_on_own_thread(&self, body: LocalDefId) -> bool {
        if self.on_threads.contains(&body) {
            return true;
        }
        if let Some(known) = self.known_threads.borrow().get(&body) {
            return *known;
        }
        self.known_threads.borrow_mut().insert(body, false);
        let found = if self.tcx.def_kind(body) == DefKind::Closure {
            !is_polled(self.tcx, body.to_def_id())
                && self.is_on_own_thread(self.tcx.local_parent(body))
        } else {
            let others = self.others_naming(body);
            !others.is_empty() && others.iter().all(|caller| self.is_on_own_thread(*caller))
        };
        self.known_threads.borrow_mut().insert(body, found);
        found
    }

    /// The bodies outside a function that name it.
    fn others_naming(&self, function: LocalDefId) -> Vec<LocalDefId> {
        let own = function.to_def_id();
        self.mentions
            .naming(function)
            .iter()
            .copied()
            .filter(|body| self.tcx.typeck_root_def_id(body.to_def_id()) != own)
            .collect()
    }

    fn is_offered(&self, function: LocalDefId) -> bool {
        let only_executable = self
            .tcx
            .crate_types()
            .iter()
            .all(|kind| *kind == CrateType::Executable);
        let is_program = only_executable && !self.tcx.sess.opts.test;
        !is_program && self.tcx.effective_visibilities(()).is_exported(function)
    }
}

/// The closures and functions of the crate that are given to one of `takers`.
pub(crate) fn functions_given_to(
    graphs: &CallGraphs<'_>,
    mentions: &Mentions<'_>,
    takers: &DefIdSet,
) -> FxHashSet<LocalDefId> {
    let mut given = FxHashSet::default();
    for owner in mentions.bodies_naming(takers) {
        let graph = graphs.for_owner(owner);
        let node = graph.node(graph.bodies.identity(owner));
        let callees = node.sites.iter().filter_map(|site| site.callee);
        for callee in callees.filter(|callee| takers.contains(&callee.def_id)) {
            given.extend(
                own_type_arguments(&graph.bodies, &callee)
                    .filter_map(|ty| graph.bodies.called_value(ty))
                    .filter_map(|function| function.local(&graph.bodies))
                    .filter_map(|body| source_owner(graphs.tcx, body.def_id()).as_local()),
            );
        }
    }
    given
}
