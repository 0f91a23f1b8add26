//! [`BLOCK_IN_PLACE_IN_JOIN`]: from each future that a task polls side by side with others, the async
//! path is walked to `block_in_place`.

use std::rc::Rc;

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::{DefIdSet, LocalDefId};
use rustc_lint::Lint;
use rustc_middle::ty::{Instance, Ty};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        async_path::Reached,
        call_graph::{CallGraph, Site, Via},
        describe,
        joined::joined,
        polled::{Polled, polled},
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds calls of `tokio::task::block_in_place` in futures that are polled side by side with
    /// others by one task: branches of `join!`, `try_join!` and `select!`, and what is in
    /// a `FuturesUnordered`, a `join_all` or a `buffer_unordered`. They are found in the futures
    /// themselves and in functions of the same crate that those call or await.
    ///
    /// ### Why is this bad?
    /// `block_in_place` hands the other *tasks* of its worker thread to another one before it runs
    /// its closure. The other branches of the same task stay where they are: they are not polled
    /// until the closure returns, and a timer among them fires late.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed.
    ///
    /// ### Example
    /// ```rust,ignore
    /// async fn chart() -> Image {
    ///     tokio::task::block_in_place(draw)
    /// }
    ///
    /// let (chart, text) = tokio::join!(chart(), text());
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// async fn chart() -> Image {
    ///     tokio::task::spawn_blocking(draw).await.unwrap()
    /// }
    /// ```
    /// or, where the work has to stay as it is, `tokio::join!(tokio::spawn(chart()), text())`.
    pub BLOCK_IN_PLACE_IN_JOIN,
    Warn,
    "`block_in_place` stops the other branches of its own task"
}

/// Makes one future or stream of many, which polls them side by side.
const JOINING: &[&str] = &[
    "futures_util::future::join",
    "futures_util::future::join3",
    "futures_util::future::join4",
    "futures_util::future::join5",
    "futures_util::future::join_all",
    "futures_util::future::try_join",
    "futures_util::future::try_join3",
    "futures_util::future::try_join4",
    "futures_util::future::try_join5",
    "futures_util::future::try_join_all",
    "futures_util::future::select",
    "futures_util::future::try_select",
    "futures_util::future::select_all",
    "futures_util::future::select_ok",
    "futures_util::stream::FuturesUnordered::push",
    "futures_util::stream::FuturesOrdered::push",
    "futures_util::stream::FuturesOrdered::push_back",
    "futures_util::stream::FuturesOrdered::push_front",
    "futures_util::stream::StreamExt::buffered",
    "futures_util::stream::StreamExt::buffer_unordered",
    "futures_util::stream::StreamExt::for_each_concurrent",
    "futures_util::stream::TryStreamExt::try_buffered",
    "futures_util::stream::TryStreamExt::try_buffer_unordered",
    "futures_util::stream::TryStreamExt::try_for_each_concurrent",
];

/// Collections of futures that an iterator may be collected into.
const COLLECTIONS: &[&str] = &[
    "futures_util::stream::FuturesUnordered",
    "futures_util::stream::FuturesOrdered",
];

/// How what is looked for is called in the notes.
const TARGET: &str = "block_in_place";

/// The check behind [`BLOCK_IN_PLACE_IN_JOIN`].
pub(crate) struct BlockInPlaceInJoin;

impl<'tcx> Check<'tcx> for BlockInPlaceInJoin {
    fn lint(&self) -> &'static Lint {
        BLOCK_IN_PLACE_IN_JOIN
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        let block_in_place = facts.paths.all(["tokio::task::block_in_place"]);
        let leading = facts.mentions().leading_to(&block_in_place);
        if leading.is_empty() {
            return;
        }
        let mut search = Search {
            facts,
            block_in_place,
            joining: facts.paths.all(JOINING.iter().copied()),
            collect: facts.paths.all([
                "core::iter::Iterator::collect",
                "core::iter::FromIterator::from_iter",
                "core::iter::Extend::extend",
            ]),
            collections: facts.paths.all(COLLECTIONS.iter().copied()),
            reported: FxHashSet::default(),
        };
        for owner in tcx.hir_body_owners() {
            let function = tcx.typeck_root_def_id(owner.to_def_id());
            if function
                .as_local()
                .is_some_and(|function| leading.contains(&function))
            {
                search.macros(owner);
                search.calls(owner);
            }
        }
    }
}

struct Search<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    block_in_place: DefIdSet,
    joining: DefIdSet,
    collect: DefIdSet,
    collections: DefIdSet,
    reported: FxHashSet<Span>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn macros(&mut self, owner: LocalDefId) {
        let joined = joined(self.facts.tcx, owner);
        if joined.is_empty() {
            return;
        }
        let graph = self.facts.call_graphs().for_owner(owner);
        let instance = graph.bodies.identity(owner);
        for joined in joined {
            let branches: Vec<(Span, Vec<Polled<'tcx>>)> = joined
                .parts
                .iter()
                .filter(|part| is_future(&graph, instance, part.ty))
                .filter_map(|part| {
                    let ty = graph.bodies.fill_in(instance, part.ty)?;
                    Some((part.span, polled(&graph.bodies, &graph.handoffs, ty)))
                })
                .collect();
            if branches.len() < 2 {
                continue;
            }
            for (span, parts) in branches {
                let what = format!("the other branches of this `{}!`", joined.name);
                self.judge(&graph, owner, span, &parts, &what);
            }
        }
    }

    fn calls(&mut self, owner: LocalDefId) {
        let graph = self.facts.call_graphs().for_owner(owner);
        let node = graph.node(graph.bodies.identity(owner));
        for site in &node.sites {
            let Some(callee) = site.callee else { continue };
            let collects = self.collect.contains(&callee.def_id)
                && callee.args.types().any(|ty| self.is_collection(ty));
            if !collects && !self.joining.contains(&callee.def_id) {
                continue;
            }
            let parts: Vec<Polled<'tcx>> = callee
                .args
                .types()
                .flat_map(|ty| polled(&graph.bodies, &graph.handoffs, ty))
                .filter(|part| matches!(part, Polled::Body(_)))
                .collect();
            let what = "the futures that the same task polls beside it";
            self.judge(&graph, owner, site.span, &parts, what);
        }
    }

    fn is_collection(&self, ty: Ty<'_>) -> bool {
        ty.ty_adt_def()
            .is_some_and(|adt| self.collections.contains(&adt.did()))
    }

    /// Reports a branch that leads to `block_in_place`.
    fn judge(
        &mut self,
        graph: &Rc<CallGraph<'tcx>>,
        owner: LocalDefId,
        span: Span,
        parts: &[Polled<'tcx>],
        others: &str,
    ) {
        let tcx = self.facts.tcx;
        let starts: Vec<Instance<'tcx>> = parts.iter().filter_map(|part| part.body()).collect();
        let reached = Reached::from(graph, starts, &mut |_, site| {
            matches!(site.via, Via::Call | Via::Poll)
        });
        let is_target = |site: &Site<'tcx>| {
            site.callee
                .is_some_and(|callee| self.block_in_place.contains(&callee.def_id))
        };
        let toward = reached.toward(&is_target);
        let start = reached
            .bodies
            .iter()
            .position(|body| body.distance == 0)
            .into_iter()
            .flat_map(|first| first..reached.bodies.len())
            .take_while(|body| reached.bodies[*body].distance == 0)
            .find_map(|body| Some((body, toward[body]?)));
        let Some(start) = start else { return };
        let span = in_user_code(span);
        if !self.reported.insert(span) {
            return;
        }
        diagnostics::report(
            tcx,
            BLOCK_IN_PLACE_IN_JOIN,
            describe::node_at(tcx, owner, span),
            span,
            format!("this leads to `block_in_place`, which stops {others} as well"),
            |diag| {
                for (span, text) in describe::chain(tcx, &reached, &toward, start, TARGET) {
                    diag.span_note(span, text);
                }
                diag.note("only other tasks move to another thread, and all of these are one task");
                diag.help(
                    "use `tokio::task::spawn_blocking` and await its handle, or make this a task of \
                     its own with `tokio::spawn`",
                );
            },
        );
    }
}

fn is_future<'tcx>(graph: &CallGraph<'tcx>, instance: Instance<'tcx>, ty: Ty<'tcx>) -> bool {
    let tcx = graph.bodies.tcx;
    graph.bodies.fill_in(instance, ty).is_some_and(|ty| {
        graph
            .bodies
            .resolve(graph.handoffs.future_poll, tcx.mk_args(&[ty.into()]))
            .resolved
            .is_some()
            || matches!(ty.kind(), rustc_middle::ty::Ref(_, inner, _) if is_future(graph, instance, *inner))
    })
}
