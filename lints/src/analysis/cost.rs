//! Evidence that a future costs its thread time.

use rustc_hir::{def::DefKind, def_id::DefId};
use rustc_middle::ty::TyCtxt;
use rustc_span::Span;

use super::{
    async_path::Reached,
    blocking_calls::{BlockingCalls, Cost},
    bodies::source_owner,
    loops::long_loops,
};

/// Calls from the timed future within which a file access counts although the future really waits
/// in other places: what is further away is another concern than the timeout.
const NEAR: usize = 1;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A call of this function.
    Call(DefId, Cost),
    Loop,
    Recursion,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub(crate) kind: Kind,
    /// The body it stands in, by its position in the walk.
    pub(crate) body: usize,
    pub(crate) span: Span,
}

/// The evidence nearest to where the walk began.
///
/// Of a future that suspends somewhere only blocking calls count: how long it computes between two
/// suspensions cannot be told, and the timeout gets its turn at the next one.
pub(crate) fn evidence<'tcx>(
    tcx: TyCtxt<'tcx>,
    calls: &BlockingCalls,
    reached: &Reached<'tcx>,
    suspends: bool,
) -> Option<Evidence> {
    let nearest = (0..reached.bodies.len()).find_map(|body| {
        blocking_call(tcx, calls, reached, body, suspends).or_else(|| {
            if suspends {
                None
            } else {
                long_loop(tcx, reached, body)
            }
        })
    });
    nearest.or_else(|| {
        if suspends {
            None
        } else {
            recursion(tcx, reached)
        }
    })
}

fn blocking_call<'tcx>(
    tcx: TyCtxt<'tcx>,
    calls: &BlockingCalls,
    reached: &Reached<'tcx>,
    body: usize,
    suspends: bool,
) -> Option<Evidence> {
    let near = reached.bodies[body].distance <= NEAR;
    reached.bodies[body].sites().find_map(|(_, site)| {
        let callee = site.callee.as_ref()?;
        let cost = calls.cost(tcx, callee)?;
        let counts = match cost {
            Cost::Waits => true,
            Cost::UsesFiles => near || !suspends,
            Cost::Computes => !suspends,
        };
        counts.then_some(Evidence {
            kind: Kind::Call(callee.def_id, cost),
            body,
            span: site.span,
        })
    })
}

fn long_loop<'tcx>(tcx: TyCtxt<'tcx>, reached: &Reached<'tcx>, body: usize) -> Option<Evidence> {
    let owner = source_owner(tcx, reached.bodies[body].instance.def_id()).as_local()?;
    let for_trait = on_way_to(reached, body).any(|def| implements_trait(tcx, def));
    long_loops(tcx, owner)
        .into_iter()
        .find(|found| !(found.over_collection && for_trait))
        .map(|found| Evidence {
            kind: Kind::Loop,
            body,
            span: found.span,
        })
}

fn recursion<'tcx>(tcx: TyCtxt<'tcx>, reached: &Reached<'tcx>) -> Option<Evidence> {
    let body = reached.recursion()?;
    let span = tcx.def_span(source_owner(tcx, reached.bodies[body].instance.def_id()));
    Some(Evidence {
        kind: Kind::Recursion,
        body,
        span,
    })
}

/// The bodies on the way to a body, and that body.
fn on_way_to<'r>(reached: &'r Reached<'_>, body: usize) -> impl Iterator<Item = DefId> + 'r {
    let mut way: Vec<usize> = reached
        .chain_to(body)
        .iter()
        .map(|step| step.from)
        .collect();
    way.push(body);
    way.into_iter()
        .map(|body| reached.bodies[body].instance.def_id())
}

/// Whether the body belongs to an async method that a trait asks for. Such a method is async for
/// the sake of other implementations: one that keeps its data in memory and goes through it once is
/// no work to be timed.
fn implements_trait(tcx: TyCtxt<'_>, body: DefId) -> bool {
    let function = tcx.typeck_root_def_id(body);
    function != body
        && tcx.def_kind(function) == DefKind::AssocFn
        && matches!(
            tcx.def_kind(tcx.parent(function)),
            DefKind::Impl { of_trait: true }
        )
}
