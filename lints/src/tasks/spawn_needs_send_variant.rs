//! [`SPAWN_NEEDS_SEND_VARIANT`]: from each spawn to the async trait methods that the task awaits
//! through a bound.

use rustc_data_structures::{fx::FxHashSet, unord::ExtendUnord};
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_lint::Lint;
use rustc_middle::{
    mir::TerminatorKind,
    ty::{self, Instance, Ty},
};
use rustc_session::declare_lint;
use rustc_span::Span;

use super::send_variants::methods_without_send;
use crate::{
    analysis::{
        async_path::Reached,
        call_graph::{CallGraph, Site, Via, own_type_arguments},
        describe,
        entry_calls::{EntryCall, Verdict, judge_calls},
        polled::{Polled, polled},
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds public traits with an `async fn` (or a method that returns `impl Future`) whose futures
    /// nobody can ask to be `Send`, and whose methods are awaited through a bound (`T: Trait`) in a
    /// task that is spawned on a multi-threaded runtime.
    ///
    /// ### Why restrict this?
    /// It compiles, because where it is spawned the compiler sees which type `T` is and that its
    /// futures are `Send`. Generic code cannot say so: whoever writes `fn serve<T: Trait>(t: T)`
    /// and spawns in there is told that the future is not `Send`, and has no bound to add. That
    /// comes up in other crates, when the trait can no longer be changed.
    ///
    /// Not reported: private traits; traits with a variant whose futures are `Send`, like those that
    /// `trait_variant::make` writes; methods that return `impl Future + Send`; `#[async_trait]`.
    ///
    /// ### Example
    /// ```rust,ignore
    /// pub trait Service {
    ///     async fn call(&self) -> u32;
    /// }
    /// async fn serve<S: Service>(service: S) { service.call().await; }
    /// tokio::spawn(serve(MyService));
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// #[trait_variant::make(Service: Send)]
    /// pub trait LocalService {
    ///     async fn call(&self) -> u32;
    /// }
    /// ```
    pub SPAWN_NEEDS_SEND_VARIANT,
    Allow,
    "a public async trait that tasks are spawned with has no form whose futures are `Send`"
}

/// The check behind [`SPAWN_NEEDS_SEND_VARIANT`].
pub(crate) struct SpawnNeedsSendVariant;

impl<'tcx> Check<'tcx> for SpawnNeedsSendVariant {
    fn lint(&self) -> &'static Lint {
        SPAWN_NEEDS_SEND_VARIANT
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let methods = methods_without_send(facts.tcx);
        if methods.is_empty() {
            return;
        }
        let handoffs = facts.call_graphs().handoffs();
        let mut spawns = facts.paths.all(["tokio::runtime::Runtime::spawn"]);
        spawns.extend_unord(handoffs.spawns.items().copied());
        spawns.extend_unord(handoffs.handle_spawns.items().copied());
        let mut search = Search {
            facts,
            methods,
            reported: FxHashSet::default(),
        };
        judge_calls(
            facts.call_graphs(),
            facts.mentions(),
            &spawns,
            &mut |call| search.judge(call),
        );
    }
}

struct Search<'s, 'tcx> {
    facts: &'s Facts<'tcx>,
    methods: DefIdSet,
    reported: FxHashSet<DefId>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn judge(&mut self, call: &EntryCall<'_, '_, 'tcx>) -> Verdict {
        let bodies = &call.graph.bodies;
        let given: Vec<Ty<'tcx>> = own_type_arguments(bodies, &call.callee).collect();
        let is_open = given.iter().any(|ty| matches!(ty.kind(), ty::Param(_)));
        let starts: Vec<Instance<'tcx>> = given
            .into_iter()
            .flat_map(|ty| polled(bodies, &call.graph.handoffs, ty))
            .filter_map(Polled::body)
            .collect();
        let reached = Reached::from(call.graph, starts, &mut |_, site| {
            matches!(site.via, Via::Call | Via::Poll)
        });
        for body in &reached.bodies {
            for (_, site) in body.sites() {
                let Some(callee) = site.callee.filter(|callee| {
                    self.methods.contains(&callee.def_id)
                        && is_through_bound(call.graph, body.instance, site)
                }) else {
                    continue;
                };
                self.report(call, callee.def_id, site.span);
            }
        }
        if is_open {
            Verdict::AskCallers
        } else {
            Verdict::Settled
        }
    }

    fn report(&mut self, call: &EntryCall<'_, '_, 'tcx>, method: DefId, used_at: Span) {
        let tcx = self.facts.tcx;
        let Some(of) = tcx.trait_of_assoc(method).and_then(DefId::as_local) else {
            return;
        };
        let span = tcx.def_span(of);
        if span.in_external_macro(tcx.sess.source_map()) || !self.reported.insert(of.to_def_id()) {
            return;
        }
        let name = tcx.item_name(of.to_def_id());
        diagnostics::report(
            tcx,
            SPAWN_NEEDS_SEND_VARIANT,
            tcx.local_def_id_to_hir_id(of),
            in_user_code(span),
            format!(
                "tasks are spawned with `{name}`, but generic code cannot ask for its futures to \
                 be `Send`"
            ),
            |diag| {
                diag.span_note(
                    in_user_code(used_at),
                    format!(
                        "{} is called through a bound here",
                        describe::name(tcx, method)
                    ),
                );
                diag.span_note(
                    in_user_code(call.owner_span),
                    "and this future is spawned here, which needs it to be `Send`",
                );
                diag.help(format!(
                    "let `#[trait_variant::make(Send{name}: Send)]` write a variant with `Send` \
                     futures, or declare the methods as `-> impl Future<Output = …> + Send`"
                ));
            },
        );
    }
}

/// Whether the body, as it is written, calls the method of a type parameter.
fn is_through_bound<'tcx>(
    graph: &CallGraph<'tcx>,
    instance: Instance<'tcx>,
    site: &Site<'tcx>,
) -> bool {
    let Some(mir) = graph.bodies.mir(instance.def_id()) else {
        return false;
    };
    let TerminatorKind::Call { func, .. } = &mir.body.basic_blocks[site.block].terminator().kind
    else {
        return false;
    };
    func.const_fn_def().is_some_and(|(_, args)| {
        args.types()
            .next()
            .is_some_and(|ty| matches!(ty.peel_refs().kind(), ty::Param(_)))
    })
}
