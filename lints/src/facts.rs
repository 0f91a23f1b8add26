//! What the lints share while one crate is checked: settings, resolved items, analysis results.

use rustc_middle::ty::TyCtxt;

use crate::{config::Config, paths::Resolver};

/// Facts about the crate under check, computed when first asked for.
pub(crate) struct Facts<'tcx> {
    pub(crate) tcx: TyCtxt<'tcx>,
    pub(crate) config: Config,
    pub(crate) paths: Resolver<'tcx>,
}

impl<'tcx> Facts<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, config: Config) -> Self {
        Self {
            tcx,
            config,
            paths: Resolver::new(tcx),
        }
    }
}
