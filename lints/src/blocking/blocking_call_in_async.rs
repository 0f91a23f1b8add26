//! [`BLOCKING_CALL_IN_ASYNC`]: from each body that an executor polls, the calls on its thread are
//! walked to those that block it.

use rustc_errors::Diag;
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
        blocking_calls::Cost,
        call_graph::{CallGraph, Site},
        describe,
        excuses::Excuses,
        executor_path::{ExecutorPath, Found, Sought, Target},
        sockets::Sockets,
        startup::Startup,
        test_code::runs_at_build_time,
        zero::ZeroDurations,
    },
    diagnostics,
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds calls that block the thread of an executor: `std::thread::sleep`, `std::fs`, reads,
    /// writes, connects and accepts of `std::net`, `std::process`, receiving from a channel of std,
    /// joining a thread, waiting for a `Condvar`, reading from stdin, tokio's `blocking_*`
    /// functions, and what the configuration adds. They are found in `async` functions, blocks and
    /// closures and in `poll` functions, and in functions of the same crate that those call. The
    /// report is at the call in the async code; notes show the way from there.
    ///
    /// ### Why is this bad?
    /// An executor runs many tasks on a few threads, and gets a thread back only when the task that
    /// runs on it awaits something. While one waits with the thread itself, every other task of that
    /// thread stands still: timers fire late, connections time out, and when the call waits for one
    /// of those tasks it waits for ever.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed.
    ///
    /// Locks are not reported: a lock that is held for a short time is no reason to wait. Neither is
    /// the cheap part of the file system: `Path::exists` and the like, which in most cases ask for
    /// what the system has in memory, and `File::metadata`. Add them with `assume_blocking` where
    /// the disk is a network's. Calls that only may wait are not reported: name lookups, and the
    /// `send` of bounded channels.
    ///
    /// Not looked at is what does no harm: tests and what only they call; what `main` does before
    /// its first await; what a `OnceLock` is set to; threads that were started for a current-thread
    /// runtime of their own; build scripts and procedural macros.
    ///
    /// ### Configuration
    /// `assume_blocking` and `assume_non_blocking` in `dylint.toml` add to the list of calls, or take
    /// from it.
    ///
    /// ### Example
    /// ```rust,ignore
    /// async fn config() -> io::Result<String> {
    ///     std::fs::read_to_string("config.toml")
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// async fn config() -> io::Result<String> {
    ///     tokio::fs::read_to_string("config.toml").await
    /// }
    /// ```
    /// or, for more than one call, `tokio::task::spawn_blocking(read_all_of_it).await`.
    pub BLOCKING_CALL_IN_ASYNC,
    Warn,
    "a call that blocks the thread of an executor"
}

/// The check behind [`BLOCKING_CALL_IN_ASYNC`].
pub(crate) struct BlockingCallInAsync;

impl<'tcx> Check<'tcx> for BlockingCallInAsync {
    fn lint(&self) -> &'static Lint {
        BLOCKING_CALL_IN_ASYNC
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        if runs_at_build_time(tcx) {
            return;
        }
        let leading = facts
            .mentions()
            .leading_to(&facts.blocking_calls().named(tcx));
        if leading.is_empty() {
            return;
        }
        let (graphs, mentions) = (facts.call_graphs(), facts.mentions());
        let excuses = Excuses::new(graphs, mentions, &facts.paths);
        let sought = Blocking {
            facts,
            sockets: Sockets::new(graphs, mentions, &facts.paths),
            startup: Startup::new(graphs, mentions, &facts.paths),
            zero: ZeroDurations::new(&facts.paths),
            joins: facts.paths.all([
                "std::thread::JoinHandle::join",
                "std::thread::ScopedJoinHandle::join",
            ]),
            is_finished: facts.paths.all([
                "std::thread::JoinHandle::is_finished",
                "std::thread::ScopedJoinHandle::is_finished",
            ]),
        };
        let path = ExecutorPath::new(graphs, &facts.paths, sought, leading);
        for body in polled_bodies(tcx) {
            if !path.may_lead(body.to_def_id()) || excuses.excused(body) {
                continue;
            }
            for found in path.search(body) {
                report(facts, &found);
            }
        }
    }
}

#[derive(Clone)]
struct Call {
    name: String,
    cost: Cost,
}

struct Blocking<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    sockets: Sockets<'f, 'tcx>,
    startup: Startup,
    zero: ZeroDurations,
    joins: DefIdSet,
    is_finished: DefIdSet,
}

impl<'tcx> Sought<'tcx> for Blocking<'_, 'tcx> {
    type What = Call;

    fn in_body(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>) -> Vec<Target<Call>> {
        self.blocking_in(graph, instance)
    }

    fn follows(&self, _: &CallGraph<'tcx>, _: Instance<'tcx>, site: &Site<'tcx>) -> bool {
        let calls = self.facts.blocking_calls();
        !site.callee.is_some_and(|callee| {
            calls.is_harmless(&callee) || calls.is_bridge(&callee) || self.is_listed(&callee)
        }) && !site
            .next
            .iter()
            .any(|next| calls.is_harmless_body(self.facts.tcx, next.def_id()))
    }

    fn counts(&self, polled: LocalDefId, block: BasicBlock) -> bool {
        !self.startup.contains(polled, block)
    }
}

impl<'tcx> Blocking<'_, 'tcx> {
    /// A function that is said to block is not looked into as well.
    fn is_listed(&self, callee: &crate::analysis::bodies::Callee<'tcx>) -> bool {
        self.facts
            .blocking_calls()
            .certain_cost(self.facts.tcx, callee)
            .is_some()
    }

    fn blocking_in(&self, graph: &CallGraph<'tcx>, instance: Instance<'tcx>) -> Vec<Target<Call>> {
        let tcx = self.facts.tcx;
        let calls = self.facts.blocking_calls();
        let node = graph.node(instance);
        node.sites
            .iter()
            .filter_map(|site| {
                let callee = site.callee.as_ref()?;
                let cost = calls.certain_cost(tcx, callee)?;
                if self.does_not_wait(graph, instance, site, callee.def_id) {
                    return None;
                }
                Some(Target {
                    block: site.block,
                    span: site.span,
                    what: Call {
                        name: match calls.blocks_for(tcx, callee) {
                            Some(ty) => format!(
                                "{}::{}",
                                describe::function(tcx, ty),
                                tcx.item_name(callee.def_id)
                            ),
                            None => describe::function(tcx, callee.def_id),
                        },
                        cost,
                    },
                })
            })
            .collect()
    }

    /// Whether a call that blocks as a rule does not do so here.
    fn does_not_wait(
        &self,
        graph: &CallGraph<'tcx>,
        instance: Instance<'tcx>,
        site: &Site<'tcx>,
        function: DefId,
    ) -> bool {
        if self.joins.contains(&function) {
            let node = graph.node(instance);
            return node.sites.iter().any(|site| {
                site.callee
                    .is_some_and(|callee| self.is_finished.contains(&callee.def_id))
            });
        }
        let Some(mir) = graph.bodies.mir(instance.def_id()) else {
            return false;
        };
        let terminator = mir.body.basic_blocks[site.block].terminator();
        let TerminatorKind::Call { args, .. } = &terminator.kind else {
            return false;
        };
        let operands = args.iter().map(|operand| &operand.node);
        self.zero.among(&graph.bodies, instance, &mir, operands)
            || self.sockets.may_be_nonblocking(graph, instance, args)
    }
}

fn report(facts: &Facts<'_>, found: &Found<Call>) {
    let tcx = facts.tcx;
    let Call { name, cost } = &found.target.what;
    let message = match (found.direct, cost) {
        (true, Cost::UsesFiles) => format!(
            "`{name}` makes the executor's thread wait for the file system, and every other task on \
             it as well"
        ),
        (true, _) => {
            format!("`{name}` blocks the executor's thread, and every other task on it as well")
        }
        (false, _) => format!(
            "this leads to `{name}`, which blocks the executor's thread, and every other task on it \
             as well"
        ),
    };
    diagnostics::report(
        tcx,
        BLOCKING_CALL_IN_ASYNC,
        found.node,
        found.span,
        message,
        |diag| {
            for (span, text) in &found.chain {
                diag.span_note(*span, text.clone());
            }
            if !found.direct {
                diag.span_note(
                    diagnostics::in_user_code(found.target.span),
                    format!("{} calls `{name}` here", found.target_in),
                );
            }
            help(found.direct, name, diag);
        },
    );
}

/// What to write instead, by the beginning of the path of what was called.
const INSTEAD: &[(&str, &str)] = &[
    ("std::thread::sleep", "use `tokio::time::sleep(..).await`"),
    ("std::thread::park", "use `tokio::sync::Notify`"),
    (
        "std::thread::",
        "use a task (`tokio::spawn`, `tokio::task::spawn_blocking`) and await its handle",
    ),
    (
        "std::fs::",
        "use the function of the same name in `tokio::fs`",
    ),
    ("std::net::", "use what has the same name in `tokio::net`"),
    (
        "std::os::unix::net::",
        "use what has the same name in `tokio::net`",
    ),
    ("std::process::", "use `tokio::process::Command`"),
    ("std::sync::mpsc::", "use a channel of `tokio::sync`"),
    (
        "std::sync::Condvar",
        "use `tokio::sync::Notify` or a channel of `tokio::sync`",
    ),
    ("std::sync::Barrier", "use `tokio::sync::Barrier`"),
    (
        "std::io::Stdin",
        "read on a thread of its own and send what was read through a channel",
    ),
    ("tokio::sync::", "use the async method of the same type"),
    ("reqwest::blocking::", "use the async client of `reqwest`"),
];

fn help(direct: bool, name: &str, diag: &mut Diag<'_, ()>) {
    let instead = INSTEAD
        .iter()
        .find(|(path, _)| direct && name.starts_with(path));
    match instead {
        Some((_, instead)) => diag.help(format!(
            "{instead}, or do the work in `tokio::task::spawn_blocking` and await that"
        )),
        None => diag.help("do the work in `tokio::task::spawn_blocking` and await that"),
    };
}
