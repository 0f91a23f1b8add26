//! Tests that want a panic to happen.

use rustc_hir::{
    def_id::{DefId, DefIdSet, LocalDefId},
    find_attr,
};
use rustc_middle::{
    mir::{Rvalue, StatementKind},
    ty::{self, Ty},
};
use rustc_span::sym;

use super::{
    async_path::Reached,
    call_graph::{CallGraph, Site},
    origin::holds,
};
use crate::paths::Resolver;

/// Methods that say that an error is what was wanted.
const WANTS_ERROR: &[&str] = &[
    "core::result::Result::is_err",
    "core::result::Result::is_err_and",
    "core::result::Result::err",
    "core::result::Result::unwrap_err",
    "core::result::Result::expect_err",
];

/// Methods that are only called on the error of a task that may have panicked.
const LOOKS_AT_PANIC: &[&str] = &[
    "tokio::task::JoinError::is_panic",
    "tokio::task::JoinError::into_panic",
    "tokio::task::JoinError::try_into_panic",
    "std::panic::resume_unwind",
];

pub(crate) struct ExpectedPanics {
    wants_error: DefIdSet,
    looks_at_panic: DefIdSet,
    join_error: DefIdSet,
    any: DefIdSet,
}

/// A function and the closures and `async` blocks in it.
fn own_bodies(graph: &CallGraph<'_>, root: LocalDefId) -> impl Iterator<Item = LocalDefId> {
    std::iter::once(root).chain(graph.bodies.tcx.nested_bodies_within(root))
}

impl ExpectedPanics {
    pub(crate) fn new(paths: &Resolver<'_>) -> Self {
        Self {
            wants_error: paths.all(WANTS_ERROR.iter().copied()),
            looks_at_panic: paths.all(LOOKS_AT_PANIC.iter().copied()),
            join_error: paths.all(["tokio::task::JoinError"]),
            any: paths.all(["core::any::Any"]),
        }
    }

    /// Whether a panic in `owner`, a body of the function `root`, is what the function wants.
    pub(crate) fn expected_of(
        &self,
        graph: &CallGraph<'_>,
        root: DefId,
        owner: LocalDefId,
    ) -> bool {
        let tcx = graph.bodies.tcx;
        let Some(function) = root.as_local() else {
            return false;
        };
        find_attr!(tcx, function, ShouldPanic { .. })
            || owner != function
                && (self.is_caught(graph, function, owner)
                    || self.any_site(graph, function, |site| self.looks(site)))
    }

    /// Whether the function runs its closure `owner` only where a panic is caught.
    fn is_caught(&self, graph: &CallGraph<'_>, function: LocalDefId, owner: LocalDefId) -> bool {
        let start = graph.bodies.identity(function);
        let runs = |follow_caught: bool| {
            let reached = Reached::from(graph, [start], &mut |_, site| {
                follow_caught || !site.catches_panic
            });
            reached
                .bodies
                .iter()
                .any(|body| body.instance.def_id() == owner.to_def_id())
        };
        runs(true) && !runs(false)
    }

    /// Whether the function looks at how one of its tasks or threads failed.
    pub(crate) fn task_panic_is_looked_at(&self, graph: &CallGraph<'_>, root: DefId) -> bool {
        let Some(root) = root.as_local() else {
            return false;
        };
        self.any_site(graph, root, |site| self.looks(site))
            || own_bodies(graph, root).any(|body| self.matches_result(graph, body))
    }

    /// Whether a body takes the result of a task apart by itself: `match task.await { Err(_) … }`.
    fn matches_result(&self, graph: &CallGraph<'_>, body: LocalDefId) -> bool {
        let tcx = graph.bodies.tcx;
        let Some(mir) = graph.bodies.mir(body.to_def_id()) else {
            return false;
        };
        let statements = mir
            .body
            .basic_blocks
            .iter()
            .flat_map(|block| &block.statements);
        statements.into_iter().any(|statement| {
            let StatementKind::Assign(assign) = &statement.kind else {
                return false;
            };
            let Rvalue::Discriminant(place) = assign.1 else {
                return false;
            };
            let ty = place.ty(&mir.body.local_decls, tcx).ty;
            match ty.kind() {
                ty::Adt(adt, args) => {
                    tcx.is_diagnostic_item(sym::Result, adt.did())
                        && args
                            .types()
                            .nth(1)
                            .is_some_and(|error| self.is_panic(error))
                }
                _ => false,
            }
        })
    }

    fn any_site<'tcx>(
        &self,
        graph: &CallGraph<'tcx>,
        root: LocalDefId,
        wanted: impl Fn(&Site<'tcx>) -> bool,
    ) -> bool {
        own_bodies(graph, root).any(|body| {
            graph
                .node(graph.bodies.identity(body))
                .sites
                .iter()
                .any(&wanted)
        })
    }

    fn looks(&self, site: &Site<'_>) -> bool {
        site.callee.is_some_and(|callee| {
            self.looks_at_panic.contains(&callee.def_id)
                || self.wants_error.contains(&callee.def_id)
                    && callee.args.types().any(|ty| self.is_panic(ty))
        })
    }

    fn is_panic(&self, ty: Ty<'_>) -> bool {
        holds(ty, &|ty| {
            ty.ty_adt_def()
                .is_some_and(|adt| self.join_error.contains(&adt.did()))
                || ty.is_box()
                    && ty.boxed_ty().is_some_and(|inner| {
                        matches!(inner.kind(), ty::Dynamic(bounds, ..)
                            if bounds.principal_def_id().is_some_and(
                                |bound| self.any.contains(&bound)))
                    })
        })
    }
}
