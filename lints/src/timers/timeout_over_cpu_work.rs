//! [`TIMEOUT_OVER_CPU_WORK`]: of each timed future two things are asked: may it suspend, and does
//! it cost time.

use std::rc::Rc;

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    HirId,
    def_id::{DefIdSet, LocalDefId},
};
use rustc_lint::Lint;
use rustc_middle::{
    mir::Operand,
    ty::{Instance, Ty},
};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        async_path::Reached,
        blocking_calls::Cost,
        call_graph::{CallGraph, Via, own_type_arguments},
        cost::{Evidence, Kind, evidence},
        describe,
        entry_calls::{EntryCall, Verdict, judge_calls},
        polled::{Polled, polled},
        suspension::Suspensions,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds timeouts around work that they cannot interrupt: `tokio::time::timeout`, `timeout_at`,
    /// `tokio_util`'s `FutureExt::timeout`, and a `select!` with a `sleep` in one branch, around
    /// a future that never suspends and computes for long, or that blocks its thread.
    ///
    /// ### Why is this bad?
    /// A timeout polls its future first and looks at the timer when the future has suspended. Work
    /// that runs through without suspending is not interrupted; the timer is only looked at when
    /// the work is done, and then the timeout even returns `Ok`. What looks like an upper limit is
    /// none, and the thread of the executor is blocked for as long.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed. How long a loop runs is not known: one
    /// whose bound is not a small constant counts as long. A loop over a collection in an async
    /// trait method does not count, since there `async` is for the sake of other implementations.
    ///
    /// ### Configuration
    /// `assume_blocking`, `assume_non_blocking` and `cpu_heavy_calls` in `dylint.toml` add to the
    /// list of blocking and long calls, or take from it.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let digest = timeout(Duration::from_secs(1), async { hash_all(&blocks) }).await?;
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let stop = Arc::new(AtomicBool::new(false));
    /// let work = tokio::task::spawn_blocking({
    ///     let stop = Arc::clone(&stop);
    ///     move || hash_until(&blocks, &stop)
    /// });
    /// let digest = timeout(Duration::from_secs(1), work).await;
    /// stop.store(true, Ordering::Relaxed);
    /// ```
    pub TIMEOUT_OVER_CPU_WORK,
    Warn,
    "a timeout around work that it cannot interrupt"
}

const TIMEOUTS: &[&str] = &[
    "tokio::time::timeout",
    "tokio::time::timeout_at",
    "tokio_util::future::FutureExt::timeout",
    "tokio_util::future::FutureExt::timeout_at",
    "tokio_util::time::FutureExt::timeout",
];

/// Calls between a future that suspends and a call that blocks: what is further away is the concern
/// of whoever makes that call, not of the timeout.
const FARTHEST_WAIT: usize = 6;

/// The check behind [`TIMEOUT_OVER_CPU_WORK`].
pub(crate) struct TimeoutOverCpuWork;

impl<'tcx> Check<'tcx> for TimeoutOverCpuWork {
    fn lint(&self) -> &'static Lint {
        TIMEOUT_OVER_CPU_WORK
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let mut search = Search {
            facts,
            sleep: facts.paths.all(["tokio::time::Sleep"]),
            reported: FxHashSet::default(),
        };
        search.timeouts();
        search.selects();
    }
}

struct Search<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    sleep: DefIdSet,
    reported: FxHashSet<Span>,
}

/// A future with a time limit around it.
struct Timed<'t, 'tcx> {
    graph: &'t CallGraph<'tcx>,
    parts: &'t [Polled<'tcx>],
    owner: LocalDefId,
    /// The timeout's call, or the future of the `select!`.
    span: Span,
    /// What the limit is called in the message.
    limit: &'static str,
    /// Where the limit is set, if that is not `span`.
    set_in: Option<Span>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn timeouts(&mut self) {
        let tcx = self.facts.tcx;
        let functions = self.facts.paths.all(TIMEOUTS.iter().copied());
        if self.facts.mentions().bodies_naming(&functions).is_empty() {
            return;
        }
        let (graphs, mentions) = (self.facts.call_graphs(), self.facts.mentions());
        judge_calls(graphs, mentions, &functions, &mut |call| {
            let parts = timed_parts(tcx, call);
            let open = parts
                .iter()
                .any(|part| matches!(part, Polled::Open(_) | Polled::Dynamic(_)));
            if open {
                return Verdict::AskCallers;
            }
            self.judge(&Timed {
                graph: call.graph,
                parts: &parts,
                owner: call.owner,
                span: call.owner_span,
                limit: "timeout",
                set_in: (call.owner_span != call.span).then_some(call.span),
            });
            Verdict::Settled
        });
    }

    fn selects(&mut self) {
        if self.sleep.is_empty() {
            return;
        }
        for (owner, selects) in self.facts.selects() {
            let graph = self.facts.call_graphs().for_owner(*owner);
            let instance = graph.bodies.identity(*owner);
            for select in selects {
                let branches: Vec<(Span, Ty<'tcx>)> = select
                    .branches
                    .iter()
                    .filter_map(|branch| {
                        Some((branch.span, graph.bodies.fill_in(instance, branch.ty)?))
                    })
                    .collect();
                let Some(timer) = branches.iter().find(|(_, ty)| self.is_timer(&graph, *ty)) else {
                    continue;
                };
                for (span, ty) in &branches {
                    self.judge(&Timed {
                        graph: &graph,
                        parts: &polled(&graph.bodies, &graph.handoffs, *ty),
                        owner: *owner,
                        span: *span,
                        limit: "`sleep` in this `select!`",
                        set_in: Some(timer.0),
                    });
                }
            }
        }
    }

    /// Whether a future only waits for time to pass: a `Sleep`, or an `async` block around one.
    fn is_timer(&self, graph: &Rc<CallGraph<'tcx>>, ty: Ty<'tcx>) -> bool {
        let is_sleep = |part: &Polled<'tcx>| match part {
            Polled::Foreign(ty) => ty
                .ty_adt_def()
                .is_some_and(|adt| self.sleep.contains(&adt.did())),
            _ => false,
        };
        polled(&graph.bodies, &graph.handoffs, ty)
            .iter()
            .all(|part| match part {
                Polled::Body(body) => {
                    let node = graph.node(*body);
                    let mut polls = node
                        .sites
                        .iter()
                        .filter(|site| site.via == Via::Poll)
                        .peekable();
                    polls.peek().is_some() && polls.all(|site| site.polled.iter().all(is_sleep))
                }
                part => is_sleep(part),
            })
    }

    fn judge(&mut self, timed: &Timed<'_, 'tcx>) {
        let tcx = self.facts.tcx;
        let starts: Vec<Instance<'tcx>> =
            timed.parts.iter().filter_map(|part| part.body()).collect();
        if starts.is_empty() {
            return;
        }
        let calls = self.facts.blocking_calls();
        let suspends = Suspensions::new(timed.graph).possible(timed.parts);
        let farthest = if suspends { FARTHEST_WAIT } else { usize::MAX };
        let reached = Reached::within(timed.graph, starts, farthest, &mut |_, site| {
            matches!(site.via, Via::Call | Via::Poll)
                && !site.callee.is_some_and(|callee| calls.is_harmless(&callee))
                && !site
                    .next
                    .iter()
                    .any(|next| calls.is_harmless_body(tcx, next.def_id()))
        });
        let Some(evidence) = evidence(tcx, calls, &reached, suspends) else {
            return;
        };
        let span = in_user_code(timed.span);
        if !self.reported.insert(span) {
            return;
        }
        self.report(timed, &reached, &evidence, suspends);
    }

    fn report(
        &self,
        timed: &Timed<'_, 'tcx>,
        reached: &Reached<'tcx>,
        evidence: &Evidence,
        suspends: bool,
    ) {
        let tcx = self.facts.tcx;
        let limit = timed.limit;
        let message = if suspends {
            format!("the {limit} cannot fire while this future blocks its thread")
        } else {
            format!("the {limit} cannot fire: this future never suspends, and it runs for long")
        };
        let node: HirId = describe::node_at(tcx, timed.owner, timed.span);
        diagnostics::report(
            tcx,
            TIMEOUT_OVER_CPU_WORK,
            node,
            in_user_code(timed.span),
            message,
            |diag| {
                if let Some(set_in) = timed.set_in {
                    diag.span_note(in_user_code(set_in), "the limit is set here");
                }
                for step in reached.chain_to(evidence.body) {
                    let from = reached.bodies[step.from].instance;
                    let site = reached.bodies[step.from].site(step.site);
                    let name = describe::name(tcx, from.def_id());
                    let next = reached.bodies[step.to].instance.def_id();
                    let text = describe::step(tcx, &name, site, next);
                    diag.span_note(describe::place(tcx, from, site), text);
                }
                let name = describe::name(tcx, reached.bodies[evidence.body].instance.def_id());
                let text = match evidence.kind {
                    Kind::Loop => format!("{name} loops here, without a small bound"),
                    Kind::Recursion => format!("{name} calls itself"),
                    Kind::Call(function, cost) => {
                        let function = tcx.def_path_str(function);
                        match cost {
                            Cost::Waits => format!("`{function}` blocks the thread here"),
                            Cost::UsesFiles => {
                                format!("`{function}` blocks the thread on the file system here")
                            }
                            Cost::Computes => format!("`{function}` computes for long here"),
                        }
                    }
                };
                diag.span_note(in_user_code(evidence.span), text);
                diag.help(if suspends {
                "use the async counterpart of the blocking call, or move it to \
                 `tokio::task::spawn_blocking` and await that"
            } else {
                "move the work to `tokio::task::spawn_blocking`, put the limit around the handle \
                 it returns, and give the work a flag that tells it to stop"
            });
            },
        );
    }
}

/// What the timed future consists of.
fn timed_parts<'tcx>(
    tcx: rustc_middle::ty::TyCtxt<'tcx>,
    call: &EntryCall<'_, '_, 'tcx>,
) -> Vec<Polled<'tcx>> {
    let values: Vec<&Operand<'tcx>> = call.operands.iter().map(|operand| &operand.node).collect();
    let is_method = tcx.trait_of_assoc(call.callee.def_id).is_some();
    let futures: Vec<Ty<'tcx>> = if is_method {
        vec![call.callee.args.type_at(0)]
    } else {
        own_type_arguments(&call.graph.bodies, &call.callee).collect()
    };
    futures
        .into_iter()
        .flat_map(|future| call.graph.polled_value(call.frame, future, &values))
        .collect()
}
