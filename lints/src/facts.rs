//! What the lints share while one crate is checked: settings, resolved items, analysis results.

use std::cell::OnceCell;

use rustc_middle::ty::TyCtxt;

use crate::{
    analysis::{
        guards::{self, Guards},
        ownership::Ownership,
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
}

impl<'tcx> Facts<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, config: Config) -> Self {
        Self {
            tcx,
            config,
            paths: Resolver::new(tcx),
            guards: OnceCell::new(),
            known_calls: OnceCell::new(),
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
}
