//! [`BUFFERED_STREAM_STALL`]: of each place that takes from a stream with futures in it, it is asked
//! what is awaited before the stream is polled again.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Expr, ExprKind, HirId, MatchSource, Node,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::ty::{self, Ty, TyCtxt, TypeckResults, TypingEnv};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        enclosing::{head, loops_around, root_variable, uses_in, written_by_foreign_macro},
        exits::{Control, value},
        select::Back,
    },
    diagnostics::{self, in_user_code, note_places},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds an `.await` in the body of a loop over a stream that holds futures (`buffered`,
    /// `buffer_unordered` and their `try_` variants, `FuturesUnordered`, `FuturesOrdered`), and in
    /// the closure of a `for_each`, `fold` or `then` on one.
    ///
    /// ### Why is this bad?
    /// Such a stream polls its futures only while it is polled itself. While the loop awaits
    /// something else, none of them goes on: connections time out, locks stay taken, and with a
    /// slow body the work is done one after the other.
    ///
    /// ### Known problems
    /// How long the other await takes is not known; off by default because short ones do no harm.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let mut pages = stream::iter(urls).map(download).buffer_unordered(8);
    /// while let Some(page) = pages.next().await {
    ///     store(page).await;
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// stream::iter(urls)
    ///     .for_each_concurrent(8, |url| async move { store(download(url).await).await })
    ///     .await;
    /// ```
    pub BUFFERED_STREAM_STALL,
    Allow,
    "an await in a loop over a buffered stream, whose futures are not polled meanwhile"
}

const HOLDERS: &[&str] = &[
    "futures_util::stream::Buffered",
    "futures_util::stream::BufferUnordered",
    "futures_util::stream::TryBuffered",
    "futures_util::stream::TryBufferUnordered",
    "futures_util::stream::FuturesUnordered",
    "futures_util::stream::FuturesOrdered",
];

/// Futures of something that runs by itself.
const TASKS: &[&str] = &[
    "tokio::task::JoinHandle",
    "tokio_util::task::AbortOnDropHandle",
];

/// Methods that take the next item.
const TAKES: &[&str] = &["next", "try_next", "select_next_some"];

/// Adapters that await a future for each item before they poll the stream again.
const ADAPTERS: &[&str] = &[
    "for_each",
    "fold",
    "then",
    "try_for_each",
    "try_fold",
    "and_then",
];

/// The check behind [`BUFFERED_STREAM_STALL`].
pub(crate) struct BufferedStreamStall;

impl<'tcx> Check<'tcx> for BufferedStreamStall {
    fn lint(&self) -> &'static Lint {
        BUFFERED_STREAM_STALL
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        let holders = facts.paths.all(HOLDERS.iter().copied());
        if holders.is_empty() {
            return;
        }
        let stream = facts.paths.items("futures_core::stream::Stream");
        let streams = Streams {
            tcx,
            holders,
            tasks: facts.paths.all(TASKS.iter().copied()),
            ready: facts
                .paths
                .all(["core::future::Ready", "futures_util::future::Ready"]),
            item: stream
                .into_iter()
                .flat_map(|stream| tcx.associated_item_def_ids(stream))
                .copied()
                .find(|item| tcx.item_name(*item).as_str() == "Item"),
        };
        for owner in tcx.hir_body_owners() {
            if let Some(body) = tcx.hir_maybe_body_owned_by(owner) {
                let mut search = Search {
                    streams: &streams,
                    typeck: tcx.typeck(owner),
                    env: TypingEnv::post_analysis(tcx, owner),
                    loops: FxHashSet::default(),
                };
                search.visit_body(body);
            }
        }
        for (owner, selects) in facts.selects() {
            let search = Search {
                streams: &streams,
                typeck: tcx.typeck(*owner),
                env: TypingEnv::post_analysis(tcx, *owner),
                loops: FxHashSet::default(),
            };
            for branch in selects.iter().flat_map(|select| &select.branches) {
                if branch.back == Back::InLoop
                    && let Some(receiver) = search.takes(branch.future)
                {
                    let awaits = search.other_awaits(branch.handler, receiver, None);
                    search.report(branch.future.hir_id, branch.span, awaits);
                }
            }
        }
    }
}

/// The types that the lint is about.
struct Streams<'tcx> {
    tcx: TyCtxt<'tcx>,
    holders: DefIdSet,
    tasks: DefIdSet,
    ready: DefIdSet,
    /// `Stream::Item`
    item: Option<DefId>,
}

impl<'tcx> Streams<'tcx> {
    fn normalize(&self, env: TypingEnv<'tcx>, ty: Ty<'tcx>) -> Ty<'tcx> {
        let ty = self.tcx.erase_and_anonymize_regions(ty);
        self.tcx
            .try_normalize_erasing_regions(env, ty)
            .unwrap_or(ty)
    }

    /// Whether a stream of this type polls futures that do not run by themselves.
    fn hold_futures(&self, env: TypingEnv<'tcx>, stream: Ty<'tcx>) -> bool {
        let stream = self.normalize(env, stream);
        stream.walk().filter_map(|part| part.as_type()).any(|part| {
            let ty::Adt(adt, args) = *part.kind() else {
                return false;
            };
            self.holders.contains(&adt.did())
                && args
                    .types()
                    .next()
                    .is_some_and(|inner| !self.are_tasks(env, inner))
        })
    }

    /// Whether the futures are handles of tasks: `inner` is their type, or that of a stream of
    /// them.
    fn are_tasks(&self, env: TypingEnv<'tcx>, inner: Ty<'tcx>) -> bool {
        self.is_task(inner)
            || self.item.is_some_and(|item| {
                let projection = Ty::new_projection(self.tcx, item, [inner]);
                let futures = self.tcx.try_normalize_erasing_regions(env, projection);
                futures.is_ok_and(|futures| self.is_task(futures))
            })
    }

    fn is_task(&self, future: Ty<'tcx>) -> bool {
        if let ty::Coroutine(block, _) = *future.kind() {
            return block
                .as_local()
                .is_some_and(|block| self.awaits_tasks_only(block));
        }
        future
            .walk()
            .filter_map(|part| part.as_type())
            .filter_map(Ty::ty_adt_def)
            .any(|adt| self.tasks.contains(&adt.did()))
    }

    /// `async { tokio::spawn(work(item)).await }`
    fn awaits_tasks_only(&self, block: LocalDefId) -> bool {
        let Some(body) = self.tcx.hir_maybe_body_owned_by(block) else {
            return false;
        };
        let typeck = self.tcx.typeck(block);
        let awaits = Awaits::of(body.value);
        !awaits.is_empty()
            && awaits.into_iter().all(|(_, awaited)| {
                typeck
                    .expr_ty(awaited)
                    .ty_adt_def()
                    .is_some_and(|adt| self.tasks.contains(&adt.did()))
            })
    }
}

/// Every await in an expression, with what it awaits. Closures and `async` blocks do not count.
#[derive(Default)]
struct Awaits<'tcx> {
    found: Vec<(&'tcx Expr<'tcx>, &'tcx Expr<'tcx>)>,
}

impl<'tcx> Awaits<'tcx> {
    fn of(expr: &'tcx Expr<'tcx>) -> Vec<(&'tcx Expr<'tcx>, &'tcx Expr<'tcx>)> {
        let mut awaits = Self::default();
        awaits.visit_expr(expr);
        awaits.found
    }
}

impl<'tcx> Visitor<'tcx> for Awaits<'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if let Some(awaited) = awaited(expr) {
            self.found.push((expr, awaited));
        }
        walk_expr(self, expr);
    }
}

fn awaited<'tcx>(expr: &'tcx Expr<'tcx>) -> Option<&'tcx Expr<'tcx>> {
    match expr.kind {
        ExprKind::Match(scrutinee, _, MatchSource::AwaitDesugar) => match scrutinee.kind {
            ExprKind::Call(_, [awaited]) => Some(awaited),
            _ => None,
        },
        _ => None,
    }
}

struct Search<'s, 'tcx> {
    streams: &'s Streams<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    env: TypingEnv<'tcx>,
    /// The loops that were looked at.
    loops: FxHashSet<HirId>,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if let Some(awaited) = awaited(expr) {
            if let Some(receiver) = self.takes(awaited) {
                self.in_loop(expr, receiver);
            }
        } else if let ExprKind::MethodCall(method, receiver, arguments, call) = expr.kind
            && ADAPTERS.contains(&method.ident.as_str())
            && !written_by_foreign_macro(expr.span)
        {
            self.adapter(expr, method.ident.span.to(call), receiver, arguments);
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> Search<'_, 'tcx> {
    fn control(&self) -> Control<'tcx> {
        Control {
            tcx: self.streams.tcx,
            typeck: self.typeck,
        }
    }

    /// The stream that a future takes the next item of, if that holds futures.
    fn takes(&self, future: &'tcx Expr<'tcx>) -> Option<&'tcx Expr<'tcx>> {
        let ExprKind::MethodCall(method, receiver, [], _) = value(future).kind else {
            return None;
        };
        let takes = TAKES.contains(&method.ident.as_str())
            && self.is_stream_method(value(future))
            && self
                .streams
                .hold_futures(self.env, self.typeck.expr_ty_adjusted(receiver));
        takes.then_some(receiver)
    }

    /// Whether a method is of one of the traits that extend `Stream`.
    fn is_stream_method(&self, call: &Expr<'_>) -> bool {
        let tcx = self.streams.tcx;
        self.control()
            .callee(call)
            .and_then(|method| tcx.trait_of_assoc(method))
            .is_some_and(|of| matches!(tcx.item_name(of).as_str(), "StreamExt" | "TryStreamExt"))
    }

    fn in_loop(&mut self, take: &'tcx Expr<'tcx>, receiver: &'tcx Expr<'tcx>) {
        let tcx = self.streams.tcx;
        let Some(looped) = loops_around(tcx, take.hir_id).first().copied() else {
            return;
        };
        if written_by_foreign_macro(take.span) || !self.loops.insert(looped.hir_id) {
            return;
        }
        let awaits = self.other_awaits(looped, receiver, Some(looped));
        self.report(take.hir_id, head(looped), awaits);
    }

    /// What is awaited in an expression without the stream being polled. An await after which the
    /// loop is left does no harm.
    fn other_awaits(
        &self,
        within: &'tcx Expr<'tcx>,
        receiver: &'tcx Expr<'tcx>,
        looped: Option<&'tcx Expr<'tcx>>,
    ) -> Vec<Span> {
        let tcx = self.streams.tcx;
        let stream = root_variable(receiver);
        Awaits::of(within)
            .into_iter()
            .filter(|(whole, awaited)| {
                let polls_it = stream
                    .is_some_and(|stream| !uses_in(tcx, awaited, stream).is_empty())
                    || written_by_foreign_macro(whole.span);
                !polls_it && !self.is_at_the_end(whole, within, looped)
            })
            .map(|(whole, _)| whole.span)
            .collect()
    }

    /// Whether the loop is left after an await, whatever comes.
    fn is_at_the_end(
        &self,
        awaits: &'tcx Expr<'tcx>,
        within: &'tcx Expr<'tcx>,
        looped: Option<&'tcx Expr<'tcx>>,
    ) -> bool {
        let tcx = self.streams.tcx;
        let Some(looped) = looped
            .map(|looped| looped.hir_id)
            .or_else(|| Some(loops_around(tcx, within.hir_id).first()?.hir_id))
        else {
            return false;
        };
        awaits.hir_id != within.hir_id
            && tcx
            .hir_parent_iter(awaits.hir_id)
            .take_while(|(id, _)| *id != within.hir_id)
            .any(|(_, node)| {
                matches!(node, Node::Expr(around) if self.control().always_leaves(around, looped))
            })
    }

    fn adapter(
        &self,
        call: &'tcx Expr<'tcx>,
        span: Span,
        receiver: &'tcx Expr<'tcx>,
        arguments: &'tcx [Expr<'tcx>],
    ) {
        let stream = self.typeck.expr_ty_adjusted(receiver);
        if !self.is_stream_method(call) || !self.streams.hold_futures(self.env, stream) {
            return;
        }
        let Some(function) = arguments.last() else {
            return;
        };
        let awaits = self.awaits_of_function(function);
        self.report(call.hir_id, span, awaits);
    }

    /// Where the future that a function makes for each item awaits.
    fn awaits_of_function(&self, function: &'tcx Expr<'tcx>) -> Vec<Span> {
        let tcx = self.streams.tcx;
        let ExprKind::Closure(closure) = function.kind else {
            // The name of a function: its future is worth an adapter of its own.
            return vec![function.span];
        };
        let made = value(tcx.hir_body(closure.body).value);
        if let ExprKind::Closure(block) = made.kind {
            let body = tcx.hir_body(block.body).value;
            return Awaits::of(body)
                .into_iter()
                .filter(|(whole, _)| !written_by_foreign_macro(whole.span))
                .map(|(whole, _)| whole.span)
                .collect();
        }
        let future = self.streams.normalize(self.env, self.typeck.expr_ty(made));
        let is_ready = future
            .ty_adt_def()
            .is_some_and(|adt| self.streams.ready.contains(&adt.did()));
        if is_ready {
            Vec::new()
        } else {
            vec![made.span]
        }
    }

    fn report(&self, node: HirId, primary: Span, awaits: Vec<Span>) {
        if awaits.is_empty() {
            return;
        }
        diagnostics::report(
            self.streams.tcx,
            BUFFERED_STREAM_STALL,
            node,
            in_user_code(primary),
            "the futures in this stream are not polled while the loop awaits something else"
                .to_owned(),
            |diag| {
                let places = awaits.into_iter().map(in_user_code).collect();
                note_places(diag, places, "meanwhile, this is awaited");
                diag.help(
                    "await inside of the buffered futures, use `for_each_concurrent`, or let each \
                     future run as a task: \
                     `async_patterns::stream::SpawnBufferedExt::spawn_buffered`",
                );
            },
        );
    }
}
