//! [`BLOCK_IN_PLACE_IN_TEST`]: from each place where a future is handed to a current-thread runtime
//! or a `LocalSet`, the async path is walked to `block_in_place`.

use rustc_data_structures::fx::FxHashSet;
use rustc_errors::Diag;
use rustc_hir::{
    HirId,
    def_id::{DefId, DefIdSet},
};
use rustc_lint::Lint;
use rustc_middle::ty::TyCtxt;
use rustc_session::declare_lint;
use rustc_span::{ExpnKind, Span};

use crate::{
    analysis::{
        async_path::{Hop, Reached},
        call_graph::{Site, Via},
        describe,
        expected_panic::ExpectedPanics,
        flavor_guard::{FLAVOR_QUESTIONS, FlavorGuards, Questions},
        runtime_flavor::{Context, Flavor, single_thread_contexts},
        test_functions::is_test,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds calls of `tokio::task::block_in_place` that run on a current-thread runtime or inside
    /// a `LocalSet`: directly in a test or `main`, or through functions of the same crate that they
    /// call, await or spawn.
    ///
    /// ### Why is this bad?
    /// `block_in_place` hands the other tasks of the worker thread to another one before it runs its
    /// closure. A current-thread runtime has no other thread, so the call panics with "can call
    /// blocking only when running on the multi-threaded runtime". `#[tokio::test]` is
    /// a current-thread runtime unless it is given another flavor, so code that works in production
    /// panics in its test.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed, so an integration test that calls into
    /// its own library is not reported. Conditions other than on the runtime's flavor are not
    /// understood: a call behind one counts as a call.
    ///
    /// ### Example
    /// ```rust,ignore
    /// fn checksum(data: &[u8]) -> u64 {
    ///     tokio::task::block_in_place(|| slow_checksum(data))
    /// }
    ///
    /// #[tokio::test]
    /// async fn checksum_is_stable() {
    ///     assert_eq!(checksum(b"abc"), 7);
    /// }
    /// ```
    /// Use instead, where the code must work on every runtime:
    /// ```rust,ignore
    /// async fn checksum(data: Vec<u8>) -> u64 {
    ///     tokio::task::spawn_blocking(move || slow_checksum(&data)).await.unwrap()
    /// }
    /// ```
    /// or, where it is meant for the multi-thread runtime only:
    /// ```rust,ignore
    /// #[tokio::test(flavor = "multi_thread")]
    /// async fn checksum_is_stable() {
    ///     assert_eq!(checksum(b"abc"), 7);
    /// }
    /// ```
    pub BLOCK_IN_PLACE_IN_TEST,
    Warn,
    "`block_in_place` runs on a current-thread runtime, where it panics"
}

/// How what is looked for is called in the notes.
const TARGET: &str = "block_in_place";

/// The check behind [`BLOCK_IN_PLACE_IN_TEST`].
pub(crate) struct BlockInPlaceInTest;

impl<'tcx> Check<'tcx> for BlockInPlaceInTest {
    fn lint(&self) -> &'static Lint {
        BLOCK_IN_PLACE_IN_TEST
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let block_in_place = facts.paths.all(["tokio::task::block_in_place"]);
        if facts.mentions().bodies_naming(&block_in_place).is_empty() {
            return;
        }
        let questions = Questions::new(facts.mentions(), &facts.paths, FLAVOR_QUESTIONS);
        let panics = ExpectedPanics::new(&facts.paths);
        let search = Search {
            facts,
            block_in_place,
            questions,
            panics,
        };
        let mut reported = FxHashSet::default();
        for context in single_thread_contexts(facts.call_graphs(), facts.mentions(), &facts.paths) {
            for finding in search.findings(&context) {
                if reported.insert((search.root(&context), finding.span)) {
                    search.report(&context, &finding);
                }
            }
        }
    }
}

/// A call that leads to `block_in_place`, in the code that chose the runtime.
struct Finding {
    span: Span,
    /// Whether the call is the `block_in_place` itself.
    direct: bool,
    node: HirId,
    /// The calls after this one.
    chain: Vec<(Span, String)>,
}

struct Search<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    block_in_place: DefIdSet,
    questions: Questions<'tcx>,
    panics: ExpectedPanics,
}

impl<'tcx> Search<'_, 'tcx> {
    /// The function whose source chose the runtime.
    fn root(&self, context: &Context<'tcx>) -> DefId {
        self.facts.tcx.typeck_root_def_id(context.owner.to_def_id())
    }

    fn is_target(&self, site: &Site<'tcx>) -> bool {
        site.callee
            .is_some_and(|callee| self.block_in_place.contains(&callee.def_id))
    }

    fn findings(&self, context: &Context<'tcx>) -> Vec<Finding> {
        let tcx = self.facts.tcx;
        let root = self.root(context);
        if self.panics.expected_of(&context.graph, root, context.owner) {
            return Vec::new();
        }
        let tasks_may_panic = self.panics.task_panic_is_looked_at(&context.graph, root);
        let guards = FlavorGuards::new(&context.graph, &self.questions);
        let starts = context.futures.iter().copied();
        let reached = Reached::from(&context.graph, starts, &mut |instance, site| {
            !(site.catches_panic
                || site.via == Via::Spawn && tasks_may_panic
                || guards.guards(instance, site.block))
        });
        let is_target = |site: &Site<'tcx>| self.is_target(site);
        let toward = reached.toward(&is_target);

        let own = own_source(tcx, &reached, root, context.span);
        let mut findings = Vec::new();
        for (position, body) in reached.bodies.iter().enumerate() {
            if own[position] {
                self.findings_in(&reached, &toward, &own, position, &mut findings);
            } else if let Some(hop) = toward[position].filter(|_| body.distance == 0) {
                findings.push(Finding {
                    span: in_user_code(context.span),
                    direct: false,
                    node: describe::node_at(tcx, context.owner, context.span),
                    chain: describe::chain(tcx, &reached, &toward, (position, hop), TARGET),
                });
            }
        }
        findings
    }

    /// The calls in one body of the root's own source that are, or lead to, `block_in_place`.
    fn findings_in(
        &self,
        reached: &Reached<'tcx>,
        toward: &[Option<Hop>],
        own: &[bool],
        body: usize,
        findings: &mut Vec<Finding>,
    ) {
        let tcx = self.facts.tcx;
        let instance = reached.bodies[body].instance;
        let owner = describe::local_owner(tcx, instance);
        for (position, site) in reached.bodies[body].sites() {
            let direct = self.is_target(site);
            // A way that comes back into the root's own source is reported there.
            let outside = site
                .next
                .iter()
                .filter_map(|next| reached.position(*next))
                .filter(|&next| toward[next].is_some())
                .find(|&next| !on_way(toward, next).any(|body| own[body]));
            let chain = match outside {
                _ if direct => Vec::new(),
                Some(next) => {
                    let hop = Hop {
                        site: position,
                        next: Some(next),
                    };
                    describe::chain(tcx, reached, toward, (body, hop), TARGET).split_off(1)
                }
                None => continue,
            };
            let span = describe::place(tcx, instance, site);
            findings.push(Finding {
                span,
                direct,
                node: describe::node_at(tcx, owner, span),
                chain,
            });
        }
    }

    fn report(&self, context: &Context<'tcx>, finding: &Finding) {
        let tcx = self.facts.tcx;
        let place = match context.flavor {
            Flavor::LocalSet => "inside a `LocalSet`",
            Flavor::CurrentThread | Flavor::MultiThread => "on a current-thread runtime",
        };
        let message = if finding.direct {
            format!("`block_in_place` runs {place}, where it panics")
        } else {
            format!("this leads to `block_in_place`, which runs {place} and panics there")
        };
        diagnostics::report(
            tcx,
            BLOCK_IN_PLACE_IN_TEST,
            finding.node,
            finding.span,
            message,
            |diag| {
                for (span, text) in &finding.chain {
                    diag.span_note(*span, text.clone());
                }
                self.note_context(context, diag);
                diag.help("use `tokio::task::spawn_blocking`, which works on every runtime");
                self.help_flavor(context, diag);
            },
        );
    }

    fn note_context(&self, context: &Context<'tcx>, diag: &mut Diag<'_, ()>) {
        let tcx = self.facts.tcx;
        let root = self.root(context);
        let entry = tcx.item_name(context.entry);
        let shown = tcx
            .sess
            .source_map()
            .span_to_snippet(in_user_code(context.span))
            .is_ok_and(|snippet| snippet.contains(entry.as_str()));
        if shown {
            let text = match context.flavor {
                Flavor::LocalSet => "the future is given to a `LocalSet` here",
                Flavor::CurrentThread | Flavor::MultiThread => {
                    "the future is given to a current-thread runtime here"
                }
            };
            diag.span_note(in_user_code(context.span), text);
        } else {
            // The call stands in the expansion of an attribute such as `#[tokio::test]`.
            diag.span_note(
                tcx.def_span(root),
                format!("`{}` runs on a current-thread runtime", tcx.item_name(root)),
            );
        }
    }

    fn help_flavor(&self, context: &Context<'tcx>, diag: &mut Diag<'_, ()>) {
        if context.flavor != Flavor::CurrentThread {
            return;
        }
        let root = self.root(context);
        let is_test = root
            .as_local()
            .is_some_and(|root| is_test(self.facts.tcx, root));
        diag.help(if is_test {
            "or give the test the runtime it needs: `#[tokio::test(flavor = \"multi_thread\")]`"
        } else {
            "or build the runtime with `Builder::new_multi_thread`"
        });
    }
}

/// Which bodies are the root's own source: the closures and `async` blocks in it, and functions that
/// a macro put around the user's code, as test attributes do.
fn own_source<'tcx>(
    tcx: TyCtxt<'tcx>,
    reached: &Reached<'tcx>,
    root: DefId,
    entered_at: Span,
) -> Vec<bool> {
    let stands_in_root = |mut function: DefId| {
        while function != root {
            match tcx.opt_parent(function) {
                Some(parent) => function = parent,
                None => return false,
            }
        }
        true
    };
    let made_by_macro = |span: Span| {
        span.macro_backtrace()
            .any(|expansion| matches!(expansion.kind, ExpnKind::Macro(..)))
    };
    let mut functions: FxHashSet<DefId> = FxHashSet::default();
    functions.insert(root);
    let function_of = |body: usize| tcx.typeck_root_def_id(reached.bodies[body].instance.def_id());
    // Bodies stand in the order in which they were reached, so one round sees callers first.
    for (position, body) in reached.bodies.iter().enumerate() {
        if body.distance == 0 && made_by_macro(entered_at) && stands_in_root(function_of(position))
        {
            functions.insert(function_of(position));
        }
        if !functions.contains(&function_of(position)) {
            continue;
        }
        for (_, site) in body.sites().filter(|(_, site)| made_by_macro(site.span)) {
            for next in site.next.iter().filter_map(|next| reached.position(*next)) {
                if stands_in_root(function_of(next)) {
                    functions.insert(function_of(next));
                }
            }
        }
    }
    (0..reached.bodies.len())
        .map(|body| functions.contains(&function_of(body)))
        .collect()
}

/// The bodies on the shortest way from a body to `block_in_place`, and that body.
fn on_way(toward: &[Option<Hop>], body: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(body), |body| toward[*body].and_then(|hop| hop.next))
}
