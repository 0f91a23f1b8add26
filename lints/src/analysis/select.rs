//! The `select!` model: what each `tokio::select!`, `futures::select!` and `select_biased!` in a
//! body says, rebuilt from the expansion.
//!
//! Of every `select!` the model tells
//! - its [`Branch`]es in the order of the source: the future's expression (span, type, and whether
//!   it is made for this `select!` or is a future that lives outside and is polled by reference,
//!   see [`Source`]), the pattern, the precondition and the handler;
//! - whether it is `biased`, and its `else` (or `complete`, `default`) arms;
//! - the innermost loop of the same body around it, if there is one ([`Select::around`]);
//! - for each branch whether control comes back to the `select!` after its handler ([`Back`]),
//!   within that loop or through a loop further out. The value that the handler gives is followed
//!   through `match`, `if`, `?` and an immutable variable as far as it is a literal or an enum's
//!   variant; in doubt the answer is that control comes back;
//! - on the side of the MIR: what a branch polls ([`Branch::polled`]) and where its future is made
//!   ([`Branch::made_at`]).
//!
//! # How it is told
//! By the macro's definition and the shape of its output, never by names in the user's code:
//! - `tokio::select!` becomes a block whose tail is a `match` on the output. One arm for each
//!   branch comes first, in order; then one for `else`. The futures are the first tuple inside the
//!   block that the output is computed by, and each precondition is an `if` statement before it.
//! - `futures::select!` becomes a block with the same tail. A future that is a plain path is polled
//!   where it is and shows only as an argument of `assert_fused_future`; any other is bound by a
//!   `let` of its own.
//!
//! A `select!` whose expansion has another shape (a version not seen yet) is left out, which keeps
//! the lints silent. The tests are the UI cases of the lints.

mod after;
mod expansion;
mod source;
mod values;

use rustc_hir::{
    Expr, HirId, Pat,
    def_id::{DefIdSet, LocalDefId},
};
use rustc_middle::{
    mir::{
        BasicBlock, BasicBlockData, Body, Location, Operand, StatementKind, TerminatorKind,
        VarDebugInfoContents,
    },
    ty::{Instance, Ty, TyCtxt},
};
use rustc_span::Span;

use super::{
    call_graph::CallGraph,
    mentions::Mentions,
    polled::{Polled, polled},
};
use crate::paths::Resolver;

pub(crate) use self::{
    after::{After, Back, after},
    expansion::enclosing_loop,
    source::{Place, Source, behind_reference},
};

/// Functions of which each expansion names at least one.
pub(crate) const NAMED: &[&str] = &[
    "tokio::macros::support::poll_fn",
    "futures_util::future::poll_fn",
    // `default` polls once, without `poll_fn`.
    "futures_task::noop_waker_ref",
];

/// The macros, under every path they may be reached by.
struct SelectMacros {
    tokio: DefIdSet,
    futures: DefIdSet,
}

/// Which macro a `select!` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Its futures are made anew and dropped with it, unless they are references.
    Tokio,
    /// It skips futures that are terminated, and polls a plain path by reference.
    Futures,
}

/// One `select!`.
pub(crate) struct Select<'tcx> {
    pub(crate) family: Family,
    /// The macro call as the user wrote it.
    pub(crate) span: Span,
    /// The block that the macro became.
    pub(crate) expr: &'tcx Expr<'tcx>,
    pub(crate) branches: Vec<Branch<'tcx>>,
    /// Whether the branches are polled in the order of the source.
    pub(crate) biased: bool,
    /// The arms without a future.
    pub(crate) fallbacks: Vec<Fallback>,
    /// The innermost loop of the same body in which the `select!` stands.
    pub(crate) around: Option<Loop>,
}

pub(crate) struct Branch<'tcx> {
    /// The future's expression.
    pub(crate) future: &'tcx Expr<'tcx>,
    /// Where the user wrote it.
    pub(crate) span: Span,
    /// Its type, with type parameters and `impl Trait` as written.
    pub(crate) ty: Ty<'tcx>,
    pub(crate) source: Source<'tcx>,
    pub(crate) pattern: &'tcx Pat<'tcx>,
    /// The condition after `if`.
    pub(crate) precondition: Option<&'tcx Expr<'tcx>>,
    pub(crate) handler: &'tcx Expr<'tcx>,
    /// Where the user wrote the handler. (The expression's own span is that of the macro call where
    /// the handler is a block.)
    pub(crate) handler_span: Span,
    /// Whether the `select!` can run again after the handler.
    pub(crate) back: Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FallbackKind {
    /// tokio's `else`: every branch is disabled.
    Else,
    /// `futures`' `complete`: every future has terminated.
    Complete,
    /// `futures`' `default`: no future is ready.
    Default,
}

pub(crate) struct Fallback {
    pub(crate) kind: FallbackKind,
    pub(crate) back: Back,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    pub(crate) id: HirId,
    /// The loop's head, such as `while let Some(x) = y`.
    pub(crate) head: Span,
    /// All of it.
    pub(crate) span: Span,
}

impl SelectMacros {
    fn new(paths: &Resolver<'_>) -> Self {
        Self {
            tokio: paths.all(["tokio::select"]),
            futures: paths.all([
                "futures::select",
                "futures::select_biased",
                "futures_util::select",
                "futures_util::select_biased",
                "futures_util::async_await::select_internal",
                "futures_util::async_await::select_biased_internal",
                "futures_util::select_internal",
                "futures_util::select_biased_internal",
            ]),
        }
    }

    /// The macro that wrote a span, and its call as the user wrote it: the macros call themselves,
    /// or others, several times over.
    fn written_by(&self, span: Span) -> Option<(Family, Span)> {
        let mut found = None;
        for expansion in span.macro_backtrace() {
            let Some(family) = expansion.macro_def_id.and_then(|def| {
                if self.tokio.contains(&def) {
                    Some(Family::Tokio)
                } else {
                    self.futures.contains(&def).then_some(Family::Futures)
                }
            }) else {
                break;
            };
            if found.is_some_and(|(known, _)| known != family) {
                break;
            }
            found = Some((family, expansion.call_site));
        }
        found
    }
}

impl<'tcx> Branch<'tcx> {
    /// What the branch polls, seen from an instance of the body that the `select!` stands in.
    pub(crate) fn polled(
        &self,
        graph: &CallGraph<'tcx>,
        instance: Instance<'tcx>,
    ) -> Vec<Polled<'tcx>> {
        match graph.bodies.fill_in(instance, self.ty) {
            Some(ty) => polled(&graph.bodies, &graph.handoffs, ty),
            None => Vec::new(),
        }
    }

    /// The value of the future's expression in the MIR of the body; of a variable that is polled
    /// where it is, the variable.
    pub(crate) fn value(&self, tcx: TyCtxt<'tcx>, body: &Body<'tcx>) -> Option<Operand<'tcx>> {
        let Some(location) = self.made_at(body) else {
            let Source::ByReference {
                place: Some(place), ..
            } = &self.source
            else {
                return None;
            };
            let binding = tcx.hir_span(place.variable);
            let variable = body
                .var_debug_info
                .iter()
                .find_map(|info| match info.value {
                    VarDebugInfoContents::Place(variable)
                        if binding.contains(info.source_info.span) && place.fields.is_empty() =>
                    {
                        Some(variable)
                    }
                    _ => None,
                });
            return variable.map(Operand::Copy);
        };
        let data = body.basic_blocks.get(location.block)?;
        let place = match data.statements.get(location.statement_index) {
            Some(statement) => match &statement.kind {
                StatementKind::Assign(assign) => assign.0,
                _ => return None,
            },
            None => match data.terminator().kind {
                TerminatorKind::Call { destination, .. } => destination,
                _ => return None,
            },
        };
        Some(Operand::Copy(place))
    }

    /// Where the value of the future's expression is computed in the MIR of the body. What the
    /// expression dereferences on the way has the same span and comes before.
    pub(crate) fn made_at(&self, body: &Body<'tcx>) -> Option<Location> {
        let in_block = |(block, data): (BasicBlock, &BasicBlockData<'tcx>)| {
            if data.is_cleanup {
                return None;
            }
            let terminator = data.terminator();
            if terminator.source_info.span == self.future.span
                && matches!(terminator.kind, TerminatorKind::Call { .. })
            {
                return Some(body.terminator_loc(block));
            }
            let statement_index = data.statements.iter().rposition(|statement| {
                statement.source_info.span == self.future.span
                    && matches!(statement.kind, StatementKind::Assign(_))
            })?;
            Some(Location {
                block,
                statement_index,
            })
        };
        body.basic_blocks
            .iter_enumerated()
            .filter_map(in_block)
            .last()
    }
}

/// Every `select!` of the crate, by the body it stands in. Within a body they are in the order of
/// the source; closures and `async` blocks are bodies of their own.
pub(crate) fn selects<'tcx>(
    tcx: TyCtxt<'tcx>,
    paths: &Resolver<'tcx>,
    mentions: &Mentions<'tcx>,
) -> Vec<(LocalDefId, Vec<Select<'tcx>>)> {
    let macros = SelectMacros::new(paths);
    if macros.tokio.is_empty() && macros.futures.is_empty() {
        return Vec::new();
    }
    let named = paths.all(NAMED.iter().copied());
    mentions
        .bodies_naming(&named)
        .into_iter()
        .map(|owner| (owner, expansion::find(tcx, owner, &macros)))
        .filter(|(_, selects)| !selects.is_empty())
        .collect()
}
