//! What the lints share while one crate is checked: settings, resolved items, analysis results.

use std::cell::OnceCell;

use rustc_hir::def_id::LocalDefId;
use rustc_middle::ty::TyCtxt;

use crate::{
    analysis::{
        blocking_calls::BlockingCalls,
        call_graph::CallGraphs,
        cancel_safety::CancelSafety,
        excuses,
        guards::{self, Guards},
        mentions::Mentions,
        ownership::Ownership,
        select::{self, Select},
        sockets,
        suspend::calls::KnownCalls,
    },
    config::Config,
    paths::Resolver,
};

/// Facts about the crate under check, computed when first asked for.
pub(crate) struct Facts<'tcx> {
    pub(crate) tcx: TyCtxt<'tcx>,
    pub(crate) config: Config,
    pub(crate) paths: Resolver<'tcx>,
    guards: OnceCell<Ownership<'tcx, Guards>>,
    known_calls: OnceCell<KnownCalls>,
    mentions: OnceCell<Mentions<'tcx>>,
    call_graphs: OnceCell<CallGraphs<'tcx>>,
    blocking_calls: OnceCell<BlockingCalls>,
    cancel_safety: OnceCell<CancelSafety<'tcx>>,
    selects: OnceCell<Vec<(LocalDefId, Vec<Select<'tcx>>)>>,
}

impl<'tcx> Facts<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, config: Config) -> Self {
        Self {
            tcx,
            config,
            paths: Resolver::new(tcx),
            guards: OnceCell::new(),
            known_calls: OnceCell::new(),
            mentions: OnceCell::new(),
            call_graphs: OnceCell::new(),
            blocking_calls: OnceCell::new(),
            cancel_safety: OnceCell::new(),
            selects: OnceCell::new(),
        }
    }

    /// Where blocking lock guards are owned.
    pub(crate) fn guards(&self) -> &Ownership<'tcx, Guards> {
        self.guards
            .get_or_init(|| guards::search(self.tcx, &self.paths, &self.config))
    }

    /// What well-known functions do to what they are given.
    pub(crate) fn known_calls(&self) -> &KnownCalls {
        self.known_calls
            .get_or_init(|| KnownCalls::new(&self.paths))
    }

    /// Which of the crate's bodies name which functions.
    pub(crate) fn mentions(&self) -> &Mentions<'tcx> {
        self.mentions.get_or_init(|| {
            let named = [
                self.blocking_calls().named(self.tcx),
                excuses::named(&self.paths),
                sockets::named(&self.paths),
            ];
            Mentions::new(self.tcx, &self.paths, named)
        })
    }

    /// What is lost when a future is dropped half way.
    pub(crate) fn cancel_safety(&self) -> &CancelSafety<'tcx> {
        self.cancel_safety
            .get_or_init(|| CancelSafety::new(self.tcx, &self.paths, &self.config))
    }

    /// Every `select!` of the crate, by the body it stands in.
    pub(crate) fn selects(&self) -> &[(LocalDefId, Vec<Select<'tcx>>)] {
        self.selects
            .get_or_init(|| select::selects(self.tcx, &self.paths, self.mentions()))
    }

    /// The calls that block a thread or compute for long.
    pub(crate) fn blocking_calls(&self) -> &BlockingCalls {
        self.blocking_calls
            .get_or_init(|| BlockingCalls::new(&self.paths, &self.config))
    }

    /// Which of the crate's bodies runs which.
    pub(crate) fn call_graphs(&self) -> &CallGraphs<'tcx> {
        self.call_graphs
            .get_or_init(|| CallGraphs::new(self.tcx, &self.paths))
    }
}
