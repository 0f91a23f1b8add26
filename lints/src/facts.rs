//! What the lints share while one crate is checked: settings, resolved items, analysis results.

use std::cell::OnceCell;

use rustc_middle::ty::TyCtxt;

use crate::{analysis::call_graph::CallGraphs, config::Config, paths::Resolver};

/// Facts about the crate under check, computed when first asked for.
pub(crate) struct Facts<'tcx> {
    pub(crate) tcx: TyCtxt<'tcx>,
    pub(crate) config: Config,
    pub(crate) paths: Resolver<'tcx>,
    call_graphs: OnceCell<CallGraphs<'tcx>>,
}

impl<'tcx> Facts<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, config: Config) -> Self {
        Self {
            tcx,
            config,
            paths: Resolver::new(tcx),
            call_graphs: OnceCell::new(),
        }
    }

    /// Which of the crate's bodies runs which.
    pub(crate) fn call_graphs(&self) -> &CallGraphs<'tcx> {
        self.call_graphs.get_or_init(|| CallGraphs::new(self.tcx, &self.paths))
    }
}
