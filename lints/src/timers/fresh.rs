//! Timers that each pass of a looped `select!` makes anew, and what is wrong with them.

mod fixed;
mod limits;

use rustc_hir::{
    ClosureKind, CoroutineDesugaring, CoroutineKind, Expr, ExprKind, HirId, Node, PatKind, QPath,
    def::Res,
    def_id::{DefId, DefIdSet, LocalDefId},
};
use rustc_middle::ty::{TyCtxt, TypeckResults};
use rustc_span::Span;

use crate::{
    analysis::{
        durations::{initializer, nanoseconds},
        enclosing::{is_within, uses, uses_in},
        exits::{Control, value},
        select::{Back, Branch, Select, Source},
        suspension::Suspensions,
    },
    facts::Facts,
};

/// Definitions followed from one to the next.
const DEEPEST: usize = 8;

/// A timer in a branch.
pub(super) struct Timer<'tcx> {
    /// The duration it is made with, or that is added to the current time; `None` if that is
    /// computed from what time has passed.
    duration: Option<&'tcx Expr<'tcx>>,
    /// Whether the time at which it fires is computed from the current time.
    from_now: bool,
}

impl Timer<'_> {
    /// Whether it takes the same time in each pass.
    pub(super) fn is_fixed(&self) -> bool {
        self.duration.is_some()
    }
}

/// Why a timer can never fire, or does not mean what it says.
pub(super) enum Fault {
    /// A branch fires before it in each pass; where that branch is.
    Shorter(Span),
    AlwaysReady(Span),
    /// The duration is called or documented as a limit of the whole.
    Total(String),
    /// `sleep_until(now + limit)`
    MovingTime,
}

/// The functions that make timers.
pub(super) struct Timers<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    by_duration: DefIdSet,
    by_time: DefIdSet,
    tick: DefIdSet,
    interval: DefIdSet,
    yields: DefIdSet,
    ready: DefIdSet,
}

/// What is asked of one `select!`.
pub(super) struct Looped<'t, 'f, 'tcx> {
    timers: &'t Timers<'f, 'tcx>,
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    typeck: &'tcx TypeckResults<'tcx>,
    select: &'t Select<'tcx>,
    looped: &'tcx Expr<'tcx>,
}

impl<'f, 'tcx> Timers<'f, 'tcx> {
    /// `None` if the crate has no timers.
    pub(super) fn new(facts: &'f Facts<'tcx>) -> Option<Self> {
        let by_duration = facts.paths.all([
            "tokio::time::sleep",
            "tokio::time::timeout",
            "tokio_util::future::FutureExt::timeout",
            "tokio_util::time::FutureExt::timeout",
        ]);
        let by_time = facts.paths.all([
            "tokio::time::sleep_until",
            "tokio::time::timeout_at",
            "tokio_util::future::FutureExt::timeout_at",
        ]);
        let named = facts.mentions();
        if named.bodies_naming(&by_duration).is_empty() && named.bodies_naming(&by_time).is_empty()
        {
            return None;
        }
        Some(Self {
            facts,
            by_duration,
            by_time,
            tick: facts.paths.all(["tokio::time::Interval::tick"]),
            interval: facts
                .paths
                .all(["tokio::time::interval", "tokio::time::interval_at"]),
            yields: facts.paths.all(["tokio::task::yield_now"]),
            ready: facts
                .paths
                .all(["core::future::Ready", "futures_util::future::Ready"]),
        })
    }

    /// Calls `judge` for every branch with a fresh timer of every looped `select!`, where another
    /// branch leads to the next pass.
    pub(super) fn each(
        &self,
        judge: &mut dyn FnMut(&Looped<'_, 'f, 'tcx>, usize, &Branch<'tcx>, &Timer<'tcx>),
    ) {
        let tcx = self.facts.tcx;
        for (owner, selects) in self.facts.selects() {
            for select in selects {
                let Some(around) = select.around else {
                    continue;
                };
                let Node::Expr(expr) = tcx.hir_node(around.id) else {
                    continue;
                };
                let looped = Looped {
                    timers: self,
                    tcx,
                    owner: *owner,
                    typeck: tcx.typeck(*owner),
                    select,
                    looped: expr,
                };
                for (position, branch) in select.branches.iter().enumerate() {
                    if looped.is_restarted(position)
                        && let Some(timer) = looped.fresh_timer(branch)
                    {
                        judge(&looped, position, branch, &timer);
                    }
                }
            }
        }
    }
}

impl<'tcx> Looped<'_, '_, 'tcx> {
    fn control(&self) -> Control<'tcx> {
        Control {
            tcx: self.tcx,
            typeck: self.typeck,
        }
    }

    fn others(&self, position: usize) -> impl Iterator<Item = &Branch<'tcx>> {
        let others = self.select.branches.iter().enumerate();
        others
            .filter(move |(other, _)| *other != position)
            .map(|(_, branch)| branch)
    }

    fn is_restarted(&self, position: usize) -> bool {
        self.others(position)
            .any(|other| other.back == Back::InLoop)
    }

    /// The branches that make the timer start anew.
    pub(super) fn restarting(&self, position: usize) -> Vec<Span> {
        self.others(position)
            .filter(|other| other.back == Back::InLoop)
            .map(|other| other.span)
            .collect()
    }

    fn fresh_timer(&self, branch: &Branch<'tcx>) -> Option<Timer<'tcx>> {
        match &branch.source {
            Source::Owned => self.timer(branch.future, DEEPEST),
            Source::ByReference {
                place: Some(place), ..
            } if place.fields.is_empty() => self.timer_in(place.variable, DEEPEST),
            Source::ByReference { .. } => None,
        }
    }

    /// The timer in a variable that each pass declares.
    fn timer_in(&self, variable: HirId, depth: usize) -> Option<Timer<'tcx>> {
        if !is_within(self.tcx, variable, self.looped.hir_id) {
            return None;
        }
        let resets = uses_in(self.tcx, self.looped, variable)
            .into_iter()
            .any(|used| self.is_reset(used));
        if resets {
            return None;
        }
        self.timer(initializer(self.tcx, variable)?, depth)
    }

    fn is_reset(&self, used: &'tcx Expr<'tcx>) -> bool {
        self.tcx.hir_parent_iter(used.hir_id).take(4).any(|(_, node)| {
            matches!(node, Node::Expr(parent) if matches!(parent.kind,
                ExprKind::MethodCall(method, ..) if matches!(method.ident.as_str(), "reset" | "set")))
        })
    }

    fn timer(&self, expr: &'tcx Expr<'tcx>, depth: usize) -> Option<Timer<'tcx>> {
        let depth = depth.checked_sub(1)?;
        let expr = value(expr);
        match expr.kind {
            ExprKind::Call(_, arguments) => {
                let function = self.control().callee(expr)?;
                match self.made(function, arguments.first()) {
                    Some(timer) => Some(timer),
                    // `Pin::new(&mut timer)`, `Box::pin(sleep(limit))`
                    None => match arguments {
                        [only] if crate::analysis::handoffs::is_std(self.tcx, function) => {
                            self.timer(only, depth)
                        }
                        _ => None,
                    },
                }
            }
            ExprKind::MethodCall(method, receiver, arguments, _) => {
                let function = self.control().callee(expr)?;
                self.made(function, arguments.first()).or_else(|| {
                    let wraps = matches!(
                        method.ident.as_str(),
                        "fuse" | "map" | "boxed" | "as_mut" | "instrument" | "in_current_span"
                    );
                    wraps.then(|| self.timer(receiver, depth)).flatten()
                })
            }
            ExprKind::AddrOf(_, _, inner) => self.timer(inner, depth),
            ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
                Res::Local(variable) => self.timer_in(variable, depth),
                _ => None,
            },
            ExprKind::Struct(_, [only], _) => self.timer(only.expr, depth),
            ExprKind::Closure(closure) => {
                let is_block = matches!(
                    closure.kind,
                    ClosureKind::Coroutine(CoroutineKind::Desugared(CoroutineDesugaring::Async, _))
                );
                is_block
                    .then(|| self.only_await(self.tcx.hir_body(closure.body).value, depth))
                    .flatten()
            }
            _ => None,
        }
    }

    /// The timer that an `async` block awaits, if it does nothing else.
    fn only_await(&self, body: &'tcx Expr<'tcx>, depth: usize) -> Option<Timer<'tcx>> {
        let body = value(body);
        let only = match body.kind {
            ExprKind::Block(block, _) => match (block.stmts, block.expr) {
                ([], Some(only)) => only,
                ([only], None) => match only.kind {
                    rustc_hir::StmtKind::Semi(only) | rustc_hir::StmtKind::Expr(only) => only,
                    _ => return None,
                },
                _ => return None,
            },
            _ => body,
        };
        match value(only).kind {
            ExprKind::Match(scrutinee, _, rustc_hir::MatchSource::AwaitDesugar) => {
                match scrutinee.kind {
                    ExprKind::Call(_, [awaited]) => self.timer(awaited, depth),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn made(&self, function: DefId, argument: Option<&'tcx Expr<'tcx>>) -> Option<Timer<'tcx>> {
        // `timeout(limit, future)` and `future.timeout(limit)` both have the limit first.
        let argument = argument?;
        if self.timers.by_duration.contains(&function) {
            return Some(Timer {
                duration: self.fixed(argument, DEEPEST),
                from_now: false,
            });
        }
        if self.timers.by_time.contains(&function) {
            let added = self.added_to_now(argument, DEEPEST)?;
            return Some(Timer {
                duration: self.fixed(added, DEEPEST),
                from_now: true,
            });
        }
        None
    }

    pub(super) fn fault(
        &self,
        position: usize,
        branch: &Branch<'tcx>,
        timer: &Timer<'tcx>,
    ) -> Option<Fault> {
        let duration = timer.duration?;
        let own = nanoseconds(self.tcx, self.owner, duration);
        for other in self.others(position) {
            if other.back != Back::InLoop || other.precondition.is_some() {
                continue;
            }
            if let (Some(own), Some(period)) = (own, self.period(other))
                && period < own
            {
                return Some(Fault::Shorter(other.span));
            }
            if self.is_always_ready(other) {
                return Some(Fault::AlwaysReady(other.span));
            }
        }
        if let Some(name) = self.total(duration) {
            return Some(Fault::Total(name));
        }
        (timer.from_now && branch.back != Back::InLoop).then_some(Fault::MovingTime)
    }

    /// After how long, at the latest, a branch fires in each pass.
    fn period(&self, branch: &Branch<'tcx>) -> Option<u128> {
        let timer = matches!(branch.source, Source::Owned)
            .then(|| self.fresh_timer(branch))
            .flatten();
        if let Some(timer) = timer {
            return nanoseconds(self.tcx, self.owner, timer.duration?);
        }
        let ExprKind::MethodCall(_, receiver, [], _) = value(branch.future).kind else {
            return None;
        };
        let method = self.control().callee(value(branch.future))?;
        if !self.timers.tick.contains(&method) {
            return None;
        }
        let ExprKind::Path(QPath::Resolved(None, path)) = value(receiver).kind else {
            return None;
        };
        let Res::Local(variable) = path.res else {
            return None;
        };
        let is_plain = uses(self.tcx, variable).into_iter().all(|used| {
            matches!(self.tcx.parent_hir_node(used.hir_id), Node::Expr(parent)
                if matches!(parent.kind, ExprKind::MethodCall(method, ..)
                    if matches!(method.ident.as_str(), "tick" | "set_missed_tick_behavior")))
        });
        let made = value(initializer(self.tcx, variable)?);
        let ExprKind::Call(_, arguments) = made.kind else {
            return None;
        };
        let is_interval = self
            .control()
            .callee(made)
            .is_some_and(|function| self.timers.interval.contains(&function));
        let is_outside = !is_within(self.tcx, variable, self.looped.hir_id);
        if !is_plain || !is_interval || !is_outside {
            return None;
        }
        nanoseconds(self.tcx, self.owner, arguments.last()?)
    }

    /// Whether a branch is ready whenever it is polled.
    fn is_always_ready(&self, branch: &Branch<'tcx>) -> bool {
        let matches_anything = matches!(
            branch.pattern.kind,
            PatKind::Wild | PatKind::Binding(_, _, _, None) | PatKind::Tuple([], _)
        );
        if !matches_anything || !matches!(branch.source, Source::Owned) {
            return false;
        }
        let is_ready = branch
            .ty
            .ty_adt_def()
            .is_some_and(|adt| self.timers.ready.contains(&adt.did()));
        let yields = self
            .control()
            .callee(value(branch.future))
            .is_some_and(|function| self.timers.yields.contains(&function));
        if is_ready || yields {
            return true;
        }
        let graph = self.timers.facts.call_graphs().for_owner(self.owner);
        let instance = graph.bodies.identity(self.owner);
        let parts = branch.polled(&graph, instance);
        !parts.is_empty() && !Suspensions::new(&graph).possible(&parts)
    }
}
