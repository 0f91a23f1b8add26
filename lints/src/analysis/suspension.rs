//! May a future suspend?
//!
//! A future that never suspends runs to its end in its first poll, whatever stands around it: no
//! timeout, `select!` or cancellation takes effect before. The answer is "may suspend" unless every
//! future it awaits is known not to.

use std::cell::RefCell;

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::DefId;
use rustc_middle::ty::Instance;

use super::{
    bodies::source_owner,
    call_graph::{CallGraph, Site},
    polled::Polled,
};

/// Crates whose macros (`join!`, `select!`) write a `poll_fn` that suspends only when one of the
/// futures in it does.
const JOINING_CRATES: &[&str] = &["tokio", "futures_util", "futures_macro"];

pub(crate) struct Suspensions<'g, 'tcx> {
    graph: &'g CallGraph<'tcx>,
    known: RefCell<FxHashMap<Instance<'tcx>, bool>>,
}

impl<'g, 'tcx> Suspensions<'g, 'tcx> {
    pub(crate) fn new(graph: &'g CallGraph<'tcx>) -> Self {
        Self {
            graph,
            known: RefCell::default(),
        }
    }

    /// Whether a future that consists of these parts may suspend.
    pub(crate) fn possible(&self, parts: &[Polled<'tcx>]) -> bool {
        parts.iter().any(|part| match *part {
            Polled::Body(body) => self.in_body(body),
            Polled::PollFn(closure) => !self.joins(closure.def_id()) || self.awaits(closure),
            Polled::Called(_) => false,
            Polled::Foreign(_) | Polled::Dynamic(_) | Polled::Open(_) => true,
        })
    }

    fn in_body(&self, body: Instance<'tcx>) -> bool {
        if let Some(&known) = self.known.borrow().get(&body) {
            return known;
        }
        // A future that awaits itself suspends only where another part of it does.
        self.known.borrow_mut().insert(body, false);
        let is_async = self
            .graph
            .bodies
            .tcx
            .coroutine_is_async(source_owner(self.graph.bodies.tcx, body.def_id()));
        // A `poll` written by hand may return `Pending` by itself.
        let may = !is_async || self.awaits(body);
        self.known.borrow_mut().insert(body, may);
        may
    }

    fn awaits(&self, body: Instance<'tcx>) -> bool {
        self.graph
            .node(body)
            .sites
            .iter()
            .any(|site| self.is_await(site) && self.possible(&site.polled))
    }

    fn is_await(&self, site: &Site<'tcx>) -> bool {
        match site.callee {
            Some(callee) => callee.def_id == self.graph.handoffs.future_poll,
            None => !site.polled.is_empty(),
        }
    }

    fn joins(&self, closure: DefId) -> bool {
        let tcx = self.graph.bodies.tcx;
        let expansion = tcx.def_span(closure).ctxt().outer_expn_data();
        expansion
            .macro_def_id
            .is_some_and(|def| JOINING_CRATES.contains(&tcx.crate_name(def.krate).as_str()))
    }
}
