//! [`UNBOUNDED_CONCURRENCY`]: of each place where many futures or tasks are started, how many there
//! can be.

use rustc_hir::{
    Expr, ExprKind, LoopSource, MatchSource, Node, QPath,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::ty::{Ty, TyCtxt, TypeckResults};
use rustc_session::declare_lint;
use rustc_span::{DesugaringKind, Span};

use crate::{
    analysis::{
        expressions::{self, any_in, any_in_body, called},
        length::Lengths,
        test_code::is_test_code,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds places that start as many futures or tasks at once as their input is long: `join_all`
    /// and `FuturesUnordered` over a collection, `spawn` in a loop over one or over what comes in,
    /// `buffer_unordered` and `for_each_concurrent` with a bound that is none, and channels without
    /// a bound. More than 1024 at once count as without a bound.
    ///
    /// ### Why is this bad?
    /// Every future takes memory, and what it does takes sockets, files and the time of somebody
    /// else's server. With an input that is ten times longer than in the test, the program runs out
    /// of one of them; and when work comes in faster than it is done, it is never told to slow down.
    ///
    /// ### Known problems
    /// How long an input can be is often known to the author and not to the lint; this is why it is
    /// off by default. A limit is recognised in the same function: a semaphore, a look at the length
    /// of the set, a wait in the loop, input in chunks.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let pages = join_all(links.iter().map(fetch)).await;
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let pages: Vec<_> = stream::iter(&links).map(fetch).buffer_unordered(64).collect().await;
    /// ```
    pub UNBOUNDED_CONCURRENCY,
    Allow,
    "as many futures or tasks at once as the input is long"
}

/// Futures at once that are taken for a bound.
const MOST: u128 = 1_024;

const JOINS: &[&str] = &[
    "futures_util::future::join_all",
    "futures_util::future::try_join_all",
    "futures_util::future::select_all",
];

const COLLECTIONS: &[&str] = &[
    "futures_util::stream::FuturesUnordered",
    "futures_util::stream::FuturesOrdered",
];

const PUSHES: &[&str] = &[
    "futures_util::stream::FuturesUnordered::push",
    "futures_util::stream::FuturesOrdered::push",
    "futures_util::stream::FuturesOrdered::push_back",
];

const SPAWNS: &[&str] = &[
    "tokio::task::spawn",
    "tokio::task::spawn_local",
    "tokio::task::spawn_blocking",
    "tokio::task::JoinSet::spawn",
    "tokio::task::JoinSet::spawn_blocking",
    "tokio::task::JoinSet::spawn_local",
    "tokio::runtime::Handle::spawn",
    "tokio::runtime::Runtime::spawn",
    "tokio_util::task::TaskTracker::spawn",
    "tokio_util::task::JoinMap::spawn",
];

/// Adapters by the position of their bound among the arguments.
const BOUNDED: &[(&str, usize)] = &[
    ("futures_util::stream::StreamExt::buffered", 0),
    ("futures_util::stream::StreamExt::buffer_unordered", 0),
    ("futures_util::stream::TryStreamExt::try_buffered", 0),
    (
        "futures_util::stream::TryStreamExt::try_buffer_unordered",
        0,
    ),
    ("futures_util::stream::StreamExt::for_each_concurrent", 0),
    (
        "futures_util::stream::TryStreamExt::try_for_each_concurrent",
        0,
    ),
];

const UNBOUNDED_CHANNELS: &[&str] = &[
    "tokio::sync::mpsc::unbounded_channel",
    "futures_channel::mpsc::unbounded",
    "async_channel::unbounded",
    "flume::unbounded",
];

/// Waits until there is room.
const LIMITS: &[&str] = &[
    "tokio::sync::Semaphore::acquire",
    "tokio::sync::Semaphore::acquire_many",
    "tokio::sync::Semaphore::acquire_owned",
    "tokio::sync::Semaphore::acquire_many_owned",
    "tokio::sync::Semaphore::try_acquire",
    "tokio::sync::Semaphore::try_acquire_owned",
    "async_lock::Semaphore::acquire",
    "async_lock::Semaphore::acquire_arc",
];

/// Methods that hand out an input in pieces.
const CHUNKS: &[&str] = &[
    "chunks",
    "chunks_exact",
    "rchunks",
    "array_chunks",
    "ready_chunks",
    "try_ready_chunks",
    "chunks_timeout",
    "recv_many",
];

/// Methods that wait for the next piece of an input that has no end.
const INPUTS: &[&str] = &["accept", "recv", "recv_from", "next", "try_next"];

/// Methods that look at how many there are, or wait for one of them to end.
const LOOKS: &[&str] = &["len", "join_next", "is_full", "available_permits"];

/// The check behind [`UNBOUNDED_CONCURRENCY`].
pub(crate) struct UnboundedConcurrency;

impl<'tcx> Check<'tcx> for UnboundedConcurrency {
    fn lint(&self) -> &'static Lint {
        UNBOUNDED_CONCURRENCY
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let all = |list: &[&'static str]| facts.paths.all(list.iter().copied());
        let known = Known {
            joins: all(JOINS),
            pushes: all(PUSHES),
            spawns: all(SPAWNS),
            bounded: BOUNDED
                .iter()
                .map(|(path, argument)| (facts.paths.all([*path]), *argument))
                .collect(),
            channels: all(UNBOUNDED_CHANNELS),
            collections: all(COLLECTIONS),
            collect: all(&["core::iter::Iterator::collect"]),
            limits: all(LIMITS),
            handle: all(&["tokio::task::JoinHandle"]),
        };
        let tcx = facts.tcx;
        for owner in tcx.hir_body_owners() {
            if is_test_code(tcx, owner) {
                continue;
            }
            let mut search = Search {
                tcx,
                owner,
                typeck: tcx.typeck(owner),
                lengths: Lengths::new(tcx, owner),
                known: &known,
            };
            search.visit_body(tcx.hir_body_owned_by(owner));
        }
    }
}

struct Known {
    joins: DefIdSet,
    pushes: DefIdSet,
    spawns: DefIdSet,
    bounded: Vec<(DefIdSet, usize)>,
    channels: DefIdSet,
    collections: DefIdSet,
    collect: DefIdSet,
    limits: DefIdSet,
    handle: DefIdSet,
}

struct Search<'k, 'tcx> {
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    typeck: &'tcx TypeckResults<'tcx>,
    lengths: Lengths<'tcx>,
    known: &'k Known,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if let Some(called) = called(self.typeck, expr)
            && !expr.span.in_external_macro(self.tcx.sess.source_map())
        {
            self.call(expr, called);
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> Search<'_, 'tcx> {
    fn call(&self, expr: &'tcx Expr<'tcx>, called: DefId) {
        let known = self.known;
        let arguments: &[Expr<'tcx>] = match expr.kind {
            ExprKind::Call(_, arguments) | ExprKind::MethodCall(_, _, arguments, _) => arguments,
            _ => return,
        };
        if known.channels.contains(&called) {
            let what = "this channel has no bound: a sender that is faster than its receiver fills \
                        the memory";
            self.report(expr, expr.span, what, CHANNEL_HELP);
        } else if known.joins.contains(&called) {
            if let [input] = arguments {
                self.at_once(expr, input);
            }
        } else if known.collect.contains(&called) {
            let collects = self
                .typeck
                .expr_ty(expr)
                .ty_adt_def()
                .is_some_and(|adt| known.collections.contains(&adt.did()));
            if let (true, ExprKind::MethodCall(_, input, ..)) = (collects, expr.kind) {
                self.at_once(expr, input);
            }
        } else if known.pushes.contains(&called) || known.spawns.contains(&called) {
            self.in_loop(expr);
        } else if let Some((_, position)) = known
            .bounded
            .iter()
            .find(|(adapters, _)| adapters.contains(&called))
            && let Some(bound) = arguments.get(*position)
            && self.is_no_bound(bound)
        {
            let what = "this bound is none: it starts as many futures at once as there are items";
            self.report(expr, bound.span, what, STREAM_HELP);
        }
    }

    /// All items of `input` are started at once.
    fn at_once(&self, expr: &'tcx Expr<'tcx>, input: &'tcx Expr<'tcx>) {
        let known = match self.lengths.of(input) {
            Some(length) => length <= MOST,
            None => self.is_built_by_hand(input) || self.is_limited() || self.is_in_pieces(),
        };
        if known || self.holds_handles(input) {
            return;
        }
        let what = "this starts as many futures at once as its input is long";
        self.report(expr, expr.span, what, STREAM_HELP);
    }

    /// Whether the futures are tasks, which are started elsewhere.
    fn holds_handles(&self, input: &'tcx Expr<'tcx>) -> bool {
        holds(self.typeck.expr_ty(input), &self.known.handle)
    }

    /// Whether the input is a `Vec` that the function fills outside of loops.
    fn is_built_by_hand(&self, input: &'tcx Expr<'tcx>) -> bool {
        let Some(variable) = expressions::variable(input) else {
            return false;
        };
        let Node::LetStmt(statement) = self.tcx.parent_hir_node(variable) else {
            return false;
        };
        let starts_empty = statement.init.is_some_and(|init| {
            called(self.typeck, init).is_some_and(|called| {
                matches!(
                    self.tcx.item_name(called).as_str(),
                    "new" | "with_capacity" | "default"
                )
            })
        });
        let Some(body) = self.tcx.hir_maybe_body_owned_by(self.owner) else {
            return false;
        };
        starts_empty
            && !any_in_body(body, &mut |expr| match expr.kind {
                ExprKind::MethodCall(method, receiver, ..)
                    if expressions::variable(receiver) == Some(variable) =>
                {
                    match method.ident.as_str() {
                        "push" => self.loops_around(expr).next().is_some(),
                        "extend" | "append" | "extend_from_slice" => true,
                        _ => false,
                    }
                }
                _ => false,
            })
    }

    /// One future is started in each pass of a loop.
    fn in_loop(&self, expr: &'tcx Expr<'tcx>) {
        let Some(around) = self
            .loops_around(expr)
            .find(|around| self.has_no_bound(around))
        else {
            return;
        };
        if self.is_limited() || self.is_in_pieces() || self.waits_in(around) {
            return;
        }
        let what = "this loop starts one task or future for each item of an input without a bound";
        self.report(expr, expr.span, what, LOOP_HELP);
    }

    fn loops_around(&self, expr: &Expr<'_>) -> impl Iterator<Item = &'tcx Expr<'tcx>> {
        let body = self.tcx.local_def_id_to_hir_id(self.owner);
        self.tcx
            .hir_parent_iter(expr.hir_id)
            .take_while(move |(node, _)| *node != body)
            .take_while(|(_, node)| {
                !matches!(
                    node,
                    Node::Expr(Expr {
                        kind: ExprKind::Closure(_),
                        ..
                    })
                )
            })
            .filter_map(|(_, node)| match node {
                Node::Expr(expr) => Some(expr),
                _ => None,
            })
            .filter(|expr| match expr.kind {
                ExprKind::Match(_, [_], MatchSource::ForLoopDesugar) => true,
                ExprKind::Loop(_, _, LoopSource::Loop, _) => {
                    !expr.span.is_desugaring(DesugaringKind::Await)
                }
                ExprKind::Loop(_, _, LoopSource::While, _) => true,
                _ => false,
            })
    }

    fn has_no_bound(&self, around: &'tcx Expr<'tcx>) -> bool {
        match around.kind {
            ExprKind::Match(into_iter, ..) => {
                let ExprKind::Call(_, [input]) = into_iter.kind else {
                    return false;
                };
                match self.lengths.of(input) {
                    Some(length) => length > MOST,
                    // A count that was chosen, as of workers, is no input.
                    None => !self.is_count(input),
                }
            }
            _ => any_in(around, &mut |expr| match expr.kind {
                ExprKind::MethodCall(method, ..) => INPUTS.contains(&method.ident.as_str()),
                _ => false,
            }),
        }
    }

    /// `0..workers`, but not `0..items.len()`.
    fn is_count(&self, input: &'tcx Expr<'tcx>) -> bool {
        let is_range = self.typeck.expr_ty(input).ty_adt_def().is_some_and(|adt| {
            matches!(
                self.tcx.item_name(adt.did()).as_str(),
                "Range" | "RangeInclusive"
            )
        });
        is_range
            && !any_in(input, &mut |expr| {
                matches!(expr.kind, ExprKind::MethodCall(method, ..)
                    if method.ident.as_str() == "len")
            })
    }

    /// Whether the function asks a semaphore, here or in what it starts.
    fn is_limited(&self) -> bool {
        let root = self.tcx.typeck_root_def_id(self.owner.to_def_id());
        let Some(root) = root.as_local() else {
            return false;
        };
        std::iter::once(root)
            .chain(self.tcx.nested_bodies_within(root))
            .filter_map(|owner| Some((owner, self.tcx.hir_maybe_body_owned_by(owner)?)))
            .any(|(owner, body)| {
                let typeck = self.tcx.typeck(owner);
                any_in_body(body, &mut |expr| {
                    called(typeck, expr).is_some_and(|called| self.known.limits.contains(&called))
                })
            })
    }

    /// Whether the function goes through its input in pieces.
    fn is_in_pieces(&self) -> bool {
        let root = self.tcx.typeck_root_def_id(self.owner.to_def_id());
        let Some(root) = root.as_local() else {
            return false;
        };
        std::iter::once(root)
            .chain(self.tcx.nested_bodies_within(root))
            .filter_map(|owner| self.tcx.hir_maybe_body_owned_by(owner))
            .any(|body| {
                any_in_body(body, &mut |expr| match expr.kind {
                    ExprKind::MethodCall(method, ..) => CHUNKS.contains(&method.ident.as_str()),
                    _ => false,
                })
            })
    }

    /// Whether a pass of the loop looks at how many there are, or waits for one of them.
    fn waits_in(&self, around: &'tcx Expr<'tcx>) -> bool {
        any_in(around, &mut |expr| match expr.kind {
            ExprKind::MethodCall(method, receiver, ..) => {
                let name = method.ident.as_str();
                LOOKS.contains(&name)
                    || matches!(name, "next" | "poll_next" | "select_next_some")
                        && holds_adt(self.typeck.expr_ty(receiver), &self.known.collections)
            }
            // `task.await`
            ExprKind::Match(awaited, _, MatchSource::AwaitDesugar) => match awaited.kind {
                ExprKind::Call(_, [future]) => {
                    holds(self.typeck.expr_ty(future), &self.known.handle)
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether the bound of an adapter is far above what anybody can mean by one.
    fn is_no_bound(&self, bound: &'tcx Expr<'tcx>) -> bool {
        match bound.kind {
            ExprKind::Path(QPath::Resolved(_, path))
                if path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident.as_str() == "None") =>
            {
                true
            }
            ExprKind::Call(_, [inner]) => self.is_no_bound(inner),
            ExprKind::MethodCall(method, ..) if method.ident.as_str() == "len" => {
                self.lengths.integer(bound).is_none_or(|bound| bound > MOST)
            }
            _ => self
                .lengths
                .integer(bound)
                .is_some_and(|bound| bound > MOST),
        }
    }

    fn report(&self, expr: &Expr<'_>, span: Span, what: &str, help: &'static str) {
        diagnostics::report(
            self.tcx,
            UNBOUNDED_CONCURRENCY,
            expr.hir_id,
            in_user_code(span),
            what.to_owned(),
            |diag| {
                diag.help(help);
            },
        );
    }
}

const CHANNEL_HELP: &str =
    "give the channel a bound, so that a fast sender waits (`tokio::sync::mpsc::channel`)";
const STREAM_HELP: &str = "give it a bound: `stream::iter(..).map(..).buffer_unordered(64)`, or \
                           `for_each_concurrent(64, ..)`";
const LOOP_HELP: &str = "take a permit of a `tokio::sync::Semaphore` before each one, or wait for one \
                         to end when there are enough (`while tasks.len() >= LIMIT`)";

/// Whether the type is one of these or holds it in its type arguments.
fn holds(ty: Ty<'_>, adts: &DefIdSet) -> bool {
    ty.walk()
        .any(|part| part.as_type().is_some_and(|ty| is_adt(ty, adts)))
}

fn holds_adt(ty: Ty<'_>, adts: &DefIdSet) -> bool {
    is_adt(ty.peel_refs(), adts)
}

fn is_adt(ty: Ty<'_>, adts: &DefIdSet) -> bool {
    ty.ty_adt_def().is_some_and(|adt| adts.contains(&adt.did()))
}
