//! [`BLOCK_ON_IN_ASYNC`]: from each body that an executor polls, the calls on its thread are walked
//! to those that poll a future to its end, and to those that make or drop a runtime.

use rustc_hir::def_id::{DefId, DefIdSet, LocalDefId};
use rustc_lint::Lint;
use rustc_middle::{
    mir::{BasicBlock, TerminatorKind},
    ty::Instance,
};
use rustc_session::declare_lint;

use crate::{
    analysis::{
        async_body::polled_bodies,
        blocking_calls::BRIDGES,
        bodies::{Callee, source_owner},
        call_graph::{CallGraph, Site},
        describe,
        executor_path::{ExecutorPath, Found, Sought, Target},
        expected_panic::ExpectedPanics,
        flavor_guard::{FlavorGuards, Questions},
        origin::Frame,
        runtime_values::{BUILDS, RuntimeValues},
        suspension::Suspensions,
        test_code::is_run_by_tests,
        zero::ZeroDurations,
    },
    diagnostics,
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds calls that start an executor inside another one: `Runtime::block_on`,
    /// `Handle::block_on`, `futures::executor::block_on` and the like in `async` functions, blocks
    /// and closures and in `poll` functions, and in functions of the same crate that those call;
    /// and runtimes of tokio that are made and dropped there.
    ///
    /// ### Why is this bad?
    /// tokio's `block_on` panics on a thread that already runs tasks: "Cannot start a runtime from
    /// within a runtime". Dropping a `Runtime` there panics as well, because the drop waits for the
    /// runtime's blocking threads. Executors that do not panic block the thread: a future that waits
    /// for another task of that thread then waits for ever. One that those executors are given is not
    /// reported when it can only be ready at once, or in a test.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed. A runtime that is handed on is not
    /// followed to where it is dropped.
    ///
    /// ### Example
    /// ```rust,ignore
    /// fn price() -> u32 {
    ///     Runtime::new().unwrap().block_on(fetch_price())
    /// }
    ///
    /// async fn checkout() -> u32 {
    ///     price() * 2
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// async fn checkout() -> u32 {
    ///     fetch_price().await * 2
    /// }
    /// ```
    /// or, where the function in between has to be synchronous:
    /// ```rust,ignore
    /// async fn checkout() -> u32 {
    ///     tokio::task::spawn_blocking(price).await.unwrap() * 2
    /// }
    /// ```
    pub BLOCK_ON_IN_ASYNC,
    Warn,
    "an executor is started on the thread of another one"
}

/// What a program asks to learn whether it is on a runtime, and on which.
const QUESTIONS: &[&str] = &[
    "tokio::runtime::Handle::try_current",
    "tokio::runtime::Handle::runtime_flavor",
    "tokio::runtime::RuntimeMetrics::num_workers",
];

/// Executors that run inside any other, and inside themselves, without a panic.
const NEST: &[&str] = &[
    "async_std",
    "async_io",
    "async_global_executor",
    "futures_lite",
    "pollster",
];

/// The check behind [`BLOCK_ON_IN_ASYNC`].
pub(crate) struct BlockOnInAsync;

impl<'tcx> Check<'tcx> for BlockOnInAsync {
    fn lint(&self) -> &'static Lint {
        BLOCK_ON_IN_ASYNC
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let runtimes = RuntimeValues::new(&facts.paths);
        let executors = BRIDGES.iter().chain(BUILDS).copied();
        let mut targets = facts.paths.all(executors);
        targets.extend(runtimes.functions_given_one(facts.tcx));
        let mut leading = facts.mentions().leading_to(&targets);
        leading.extend(
            runtimes
                .functions_given_one(facts.tcx)
                .filter_map(DefId::as_local),
        );
        if leading.is_empty() {
            return;
        }
        let (graphs, mentions) = (facts.call_graphs(), facts.mentions());
        let panics = ExpectedPanics::new(&facts.paths);
        let sought = Executors {
            facts,
            builds: facts.paths.all(BUILDS.iter().copied()),
            shutdown: facts
                .paths
                .all(["tokio::runtime::Runtime::shutdown_timeout"]),
            runtimes,
            zero: ZeroDurations::new(&facts.paths),
            questions: Questions::new(mentions, &facts.paths, QUESTIONS),
        };
        let path = ExecutorPath::new(graphs, &facts.paths, sought, leading);
        for body in polled_bodies(facts.tcx) {
            if !path.may_lead(body.to_def_id()) {
                continue;
            }
            let root = facts.tcx.typeck_root_def_id(body.to_def_id());
            if panics.expected_of(&graphs.for_owner(body), root, body) {
                continue;
            }
            for found in path.search(body) {
                report(facts, &found);
            }
        }
    }
}

#[derive(Clone)]
enum What {
    /// A call of this function polls a future until it is done.
    Polls {
        name: String,
        is_tokio: bool,
    },
    /// A runtime is made here and dropped in the same body.
    MadeAndDropped,
    Dropped,
}

struct Executors<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    builds: DefIdSet,
    shutdown: DefIdSet,
    runtimes: RuntimeValues,
    zero: ZeroDurations,
    questions: Questions<'tcx>,
}

impl<'tcx> Sought<'tcx> for Executors<'_, 'tcx> {
    type What = What;

    fn in_body(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>) -> Vec<Target<What>> {
        self.executors_in(graph, instance)
    }

    fn follows(
        &self,
        graph: &CallGraph<'tcx>,
        instance: Instance<'tcx>,
        site: &Site<'tcx>,
    ) -> bool {
        let calls = self.facts.blocking_calls();
        !site.callee.is_some_and(|callee| calls.is_bridge(&callee))
            && !FlavorGuards::new(graph, &self.questions).guards(instance, site.block)
    }

    fn counts(&self, _: LocalDefId, _: BasicBlock) -> bool {
        true
    }
}

impl<'tcx> Executors<'_, 'tcx> {
    /// Whether the body is there for tests, which have their thread to themselves.
    fn is_tested(&self, instance: Instance<'tcx>) -> bool {
        let tcx = self.facts.tcx;
        source_owner(tcx, instance.def_id())
            .as_local()
            .is_some_and(|body| is_run_by_tests(tcx, body))
    }

    fn executors_in(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>) -> Vec<Target<What>> {
        let tcx = self.facts.tcx;
        let guards = FlavorGuards::new(graph, &self.questions);
        let node = graph.node(instance);
        let mut found: Vec<Target<What>> = node
            .sites
            .iter()
            .filter_map(|site| {
                let callee = site.callee?;
                if !self.facts.blocking_calls().is_bridge(&callee) {
                    return None;
                }
                let executor = tcx.crate_name(callee.def_id.krate);
                let is_tokio = executor.as_str() == "tokio";
                if NEST.contains(&executor.as_str())
                    && (self.is_tested(instance) || is_done_at_once(graph, instance, site, &callee))
                {
                    return None;
                }
                Some(Target {
                    block: site.block,
                    span: site.span,
                    what: What::Polls {
                        name: describe::function(tcx, callee.def_id),
                        is_tokio,
                    },
                })
            })
            .collect();
        if found.is_empty() {
            found = self.runtimes_dropped_in(graph, instance);
        }
        found.retain(|target| !guards.guards(instance, target.block));
        found
    }

    fn runtimes_dropped_in(
        &self,
        graph: &CallGraph<'tcx>,
        instance: Instance<'tcx>,
    ) -> Vec<Target<What>> {
        let Some(mir) = graph.bodies.mir(instance.def_id()) else {
            return Vec::new();
        };
        let mut dropped = self.runtimes.drops(&graph.bodies, instance, &mir);
        for (block, data) in mir.body.basic_blocks.iter_enumerated() {
            if let TerminatorKind::Call { func, args, .. } = &data.terminator().kind
                && let Some((function, _)) = func.const_fn_def()
                && self.shutdown.contains(&function)
                && !self.zero.among(
                    &graph.bodies,
                    instance,
                    &mir,
                    args.iter().map(|argument| &argument.node),
                )
            {
                dropped.push((block, data.terminator().source_info.span));
            }
        }
        let made = graph
            .node(instance)
            .sites
            .iter()
            .find(|site| {
                site.callee
                    .is_some_and(|callee| self.builds.contains(&callee.def_id))
            })
            .map(|site| (site.block, site.span));
        match (made, dropped.is_empty()) {
            (_, true) => Vec::new(),
            (Some((block, span)), false) => vec![Target {
                block,
                span,
                what: What::MadeAndDropped,
            }],
            (None, false) => dropped
                .into_iter()
                .map(|(block, span)| Target {
                    block,
                    span,
                    what: What::Dropped,
                })
                .collect(),
        }
    }
}

/// Whether the future given to an executor never suspends: then nobody waits.
fn is_done_at_once<'tcx>(
    graph: &CallGraph<'tcx>,
    instance: Instance<'tcx>,
    site: &Site<'tcx>,
    callee: &Callee<'tcx>,
) -> bool {
    let Some(frame) = Frame::new(&graph.bodies, instance) else {
        return false;
    };
    let futures = graph.polled_arguments(&frame, site.block, callee);
    let suspensions = Suspensions::new(graph);
    futures.iter().any(|future| !suspensions.possible(future))
}

fn report(facts: &Facts<'_>, found: &Found<What>) {
    let tcx = facts.tcx;
    let what = &found.target.what;
    let (deed, consequence) = match what {
        What::Polls {
            name,
            is_tokio: true,
        } => (
            format!("`{name}`"),
            "panics on a thread that runs async code",
        ),
        What::Polls {
            name,
            is_tokio: false,
        } => (
            format!("`{name}`"),
            "blocks the executor's thread, and deadlocks if its future needs that thread",
        ),
        What::MadeAndDropped => (
            "a `Runtime` that is made and dropped".to_owned(),
            "panics on a thread that runs async code, because the drop waits",
        ),
        What::Dropped => (
            "the drop of a `Runtime`".to_owned(),
            "panics on a thread that runs async code, because it waits",
        ),
    };
    let message = if found.direct {
        format!("{deed} {consequence}")
    } else {
        format!("this leads to {deed}, which {consequence}")
    };
    diagnostics::report(
        tcx,
        BLOCK_ON_IN_ASYNC,
        found.node,
        found.span,
        message,
        |diag| {
            for (span, text) in &found.chain {
                diag.span_note(*span, text.clone());
            }
            if !found.direct {
                let deed = match what {
                    What::Polls { name, .. } => format!("calls `{name}`"),
                    What::MadeAndDropped => "makes a `Runtime` and drops it".to_owned(),
                    What::Dropped => "drops a `Runtime`".to_owned(),
                };
                diag.span_note(
                    diagnostics::in_user_code(found.target.span),
                    format!("{} {deed} here", found.target_in),
                );
            }
            diag.help(match what {
                What::Polls { .. } if found.direct => {
                    "await the future; or block in `tokio::task::spawn_blocking` and await that"
                }
                What::Polls { .. } => {
                    "make the functions in between `async` and await the future; or call them in \
                     `tokio::task::spawn_blocking` and await that"
                }
                What::MadeAndDropped | What::Dropped => {
                    "use `Runtime::shutdown_background`, or do it in `tokio::task::spawn_blocking`"
                }
            });
        },
    );
}
