//! An async body that gives something to whoever polls it, and then returns to them once.

use rustc_hir::def_id::{DefId, LocalDefId};
use rustc_middle::{
    mir::{AggregateKind, BasicBlockData, Rvalue, StatementKind, TerminatorKind},
    ty::TyCtxt,
};

use super::outside::is_in;
use crate::facts::Facts;

/// Modules with what a value is put into through a shared reference.
const SHARED: &[(&str, &[&str])] = &[
    ("std", &["sync"]),
    ("core", &["cell", "sync"]),
    ("lock_api", &["mutex", "rwlock"]),
    ("spin", &["mutex", "rwlock"]),
];

/// Whether the async body around a `poll_fn` closure uses a lock, a cell or an atomic before it
/// makes the closure. Generators do: they leave an item there, and who polls them takes it when the
/// answer is `Pending`.
pub(super) fn is_handed_over(facts: &Facts<'_>, closure: LocalDefId) -> bool {
    let tcx = facts.tcx;
    if !tcx.is_closure_like(closure.to_def_id()) {
        return false;
    }
    let parent = tcx.local_parent(closure);
    if !tcx.coroutine_is_async(parent.to_def_id()) {
        return false;
    }
    let graph = facts.call_graphs().for_owner(parent);
    let bodies = &graph.bodies;
    let Some(mir) = bodies.mir(parent.to_def_id()) else {
        return false;
    };
    let flow = bodies.flow(&mir);
    let blocks = || {
        let blocks = mir.body.basic_blocks.iter_enumerated();
        blocks.filter(|(_, data)| !data.is_cleanup)
    };
    let Some((made, _)) = blocks().find(|(_, data)| makes(data, closure.to_def_id())) else {
        return false;
    };
    blocks().any(|(block, data)| is_shared_use(tcx, data) && flow.reaches(block, made))
}

fn makes(data: &BasicBlockData<'_>, closure: DefId) -> bool {
    data.statements.iter().any(|statement| {
        matches!(&statement.kind, StatementKind::Assign(assign)
            if matches!(&assign.1, Rvalue::Aggregate(kind, _)
                if matches!(**kind, AggregateKind::Closure(def, _) if def == closure)))
    })
}

fn is_shared_use(tcx: TyCtxt<'_>, data: &BasicBlockData<'_>) -> bool {
    let TerminatorKind::Call { func, .. } = &data.terminator().kind else {
        return false;
    };
    func.const_fn_def()
        .is_some_and(|(function, _)| is_in(tcx, function, SHARED))
}
