//! The one late lint pass: a single walk over the crate's bodies that serves all lints.

use rustc_hir::Body;
use rustc_lint::{LateContext, LateLintPass, Lint, LintId, LintPass, LintVec};
use rustc_middle::ty::{TyCtxt, print::with_no_trimmed_paths};

use crate::{
    analysis::cancel_safety::crate_facts,
    blocking::{BlockInPlaceInJoin, BlockInPlaceInTest, BlockOnInAsync, BlockingCallInAsync},
    catch,
    channels::LaggedIgnored,
    config::Config,
    diagnostics,
    facts::Facts,
    ffi::{FfiPanicAborts, RawFdIntoTask},
    locks::{AsyncGuardAcrossAwait, StdGuardAcrossAwait},
    poll::{NoopWakerInAsync, PendingWithoutWake},
    receipt,
    select::{
        CancelUnsafeInSelect, Futurelock, PolledAfterCompletion, QueuePlaceLostInSelect,
        SelectLoopWithoutCancellation,
    },
    size::LargeValueAcrossAwait,
    streams::BufferedStreamStall,
    tasks::{
        BlockingTaskInJoinSet, DetachedTask, SpawnNeedsSendVariant, UnboundedConcurrency,
        UnendingSpawnBlocking,
    },
    timers::{IdleTimerInSelectLoop, TimeoutOverCpuWork, TimerResetInSelectLoop},
};

/// One lint's part in the walk.
///
/// A method may unwind half way: the pass then reports an internal error and goes on with the next
/// body. State kept across bodies must therefore be written in one step.
pub(crate) trait Check<'tcx> {
    /// The lint this check reports.
    fn lint(&self) -> &'static Lint;

    /// Called before the first body.
    fn check_crate(&mut self, _facts: &Facts<'tcx>) {}

    /// Called for every body of the crate: functions, constants, closures and coroutines alike.
    fn check_body(&mut self, _facts: &Facts<'tcx>, _body: &'tcx Body<'tcx>) {}

    /// Called after the last body.
    fn check_crate_post(&mut self, _facts: &Facts<'tcx>) {}
}

/// Every lint of the library, in the order of registration.
fn checks<'tcx>() -> Vec<Box<dyn Check<'tcx> + 'tcx>> {
    vec![
        Box::new(StdGuardAcrossAwait),
        Box::new(BlockInPlaceInTest),
        Box::new(BlockInPlaceInJoin),
        Box::new(BlockOnInAsync),
        Box::new(BlockingCallInAsync),
        Box::new(TimeoutOverCpuWork),
        Box::new(UnendingSpawnBlocking),
        Box::new(BlockingTaskInJoinSet),
        Box::new(DetachedTask),
        Box::new(UnboundedConcurrency),
        Box::new(LargeValueAcrossAwait),
        Box::new(AsyncGuardAcrossAwait::default()),
        Box::new(PendingWithoutWake::default()),
        Box::new(NoopWakerInAsync),
        Box::new(FfiPanicAborts),
        Box::new(RawFdIntoTask),
        Box::new(SpawnNeedsSendVariant),
        Box::new(LaggedIgnored),
        Box::new(PolledAfterCompletion),
        Box::new(SelectLoopWithoutCancellation),
        Box::new(TimerResetInSelectLoop),
        Box::new(IdleTimerInSelectLoop),
        Box::new(BufferedStreamStall),
        Box::new(CancelUnsafeInSelect),
        Box::new(QueuePlaceLostInSelect),
        Box::new(Futurelock),
    ]
}

/// The lints to register.
pub(crate) fn lints() -> LintVec {
    checks().iter().map(|check| check.lint()).collect()
}

/// Drives every [`Check`] that is not switched off for the whole crate.
pub(crate) struct AsyncPatterns<'tcx> {
    facts: Facts<'tcx>,
    active: Vec<Box<dyn Check<'tcx> + 'tcx>>,
    bodies: usize,
}

impl<'tcx> AsyncPatterns<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, config: &Config) -> Self {
        let unneeded = tcx.lints_that_dont_need_to_run(());
        let mut active = checks();
        active.retain(|check| !unneeded.contains(&LintId::of(check.lint())));
        Self {
            facts: Facts::new(tcx, config.clone()),
            active,
            bodies: 0,
        }
    }

    /// For the crates that depend on this one.
    fn leave_facts(&self) {
        let is_user = |check: &&Box<dyn Check<'tcx> + 'tcx>| {
            std::ptr::eq(check.lint(), CancelUnsafeInSelect.lint())
        };
        let Some(check) = self.active.iter().find(is_user) else {
            return;
        };
        let facts = &self.facts;
        let left = catch::guarded(|| {
            crate_facts::leave(facts.tcx, facts.call_graphs(), facts.cancel_safety());
        });
        if let Err(panic) = left {
            let stage = "the public functions, for the crates that depend on this one";
            diagnostics::internal_error(facts.tcx, check.lint(), stage, &panic);
        }
    }

    fn each_check(
        &mut self,
        stage: impl Fn(TyCtxt<'tcx>) -> String,
        mut call: impl FnMut(&mut dyn Check<'tcx>, &Facts<'tcx>),
    ) {
        for check in &mut self.active {
            if let Err(panic) = catch::guarded(|| call(check.as_mut(), &self.facts)) {
                let tcx = self.facts.tcx;
                diagnostics::internal_error(tcx, check.lint(), &stage(tcx), &panic);
            }
        }
    }
}

impl LintPass for AsyncPatterns<'_> {
    fn name(&self) -> &'static str {
        "AsyncPatterns"
    }

    /// Empty, because rustc leaves out a pass whose lints are all allowed, and a crate in which
    /// every lint is allowed still owes its receipt. `new` leaves out what need not run.
    fn get_lints(&self) -> LintVec {
        LintVec::new()
    }
}

impl<'tcx> LateLintPass<'tcx> for AsyncPatterns<'tcx> {
    fn check_crate(&mut self, _: &LateContext<'tcx>) {
        self.each_check(
            |_| "the crate before its first body".to_owned(),
            |check, facts| check.check_crate(facts),
        );
    }

    fn check_body(&mut self, cx: &LateContext<'tcx>, body: &Body<'tcx>) {
        self.bodies += 1;
        if self.active.is_empty() {
            return;
        }
        let owner = cx.tcx.hir_body_owner_def_id(body.id());
        // The walk hands out the body with a shorter lifetime than the crate's.
        let body = cx.tcx.hir_body(body.id());
        self.each_check(
            |tcx| with_no_trimmed_paths!(tcx.def_path_str(owner)),
            |check, facts| check.check_body(facts, body),
        );
    }

    fn check_crate_post(&mut self, cx: &LateContext<'tcx>) {
        self.each_check(
            |_| "the crate after its last body".to_owned(),
            |check, facts| check.check_crate_post(facts),
        );
        self.leave_facts();
        receipt::leave(cx.tcx, &lints(), self.bodies);
    }
}
