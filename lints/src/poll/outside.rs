//! Which calls look at something that others change: another thread, the clock, the system.

use std::cell::RefCell;

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::TerminatorKind,
    ty::{Instance, TyCtxt},
};

use crate::analysis::bodies::{Bodies, Callee};

/// Crates whose functions share data between threads or ask the system.
const CRATES: &[&str] = &[
    "arc_swap",
    "async_channel",
    "async_lock",
    "concurrent_queue",
    "crossbeam_channel",
    "crossbeam_deque",
    "crossbeam_queue",
    "crossbeam_utils",
    "dashmap",
    "event_listener",
    "flume",
    "futures_channel",
    "kanal",
    "libc",
    "lock_api",
    "mio",
    "nix",
    "parking_lot",
    "rustix",
    "spin",
];

/// The modules of other crates that do.
const MODULES: &[(&str, &[&str])] = &[
    (
        "std",
        &[
            "env", "fs", "io", "net", "os", "process", "sync", "thread", "time",
        ],
    ),
    ("core", &["cell", "sync"]),
    (
        "tokio",
        &["net", "process", "sync", "task", "time", "runtime"],
    ),
    ("tokio_util", &["sync"]),
    ("futures_util", &["lock"]),
];

/// Calls entered one inside the other.
const DEEPEST_CALL: usize = 4;

/// The question with its answers kept.
pub(super) struct Outside<'b, 'tcx> {
    bodies: &'b Bodies<'tcx>,
    known: RefCell<FxHashMap<DefId, bool>>,
}

impl<'b, 'tcx> Outside<'b, 'tcx> {
    pub(super) fn new(bodies: &'b Bodies<'tcx>) -> Self {
        Self {
            bodies,
            known: RefCell::default(),
        }
    }

    /// Whether what a function returns may depend on something that others change.
    pub(super) fn is_asked_by(&self, callee: &Callee<'tcx>) -> bool {
        self.asks(callee, DEEPEST_CALL)
    }

    fn asks(&self, callee: &Callee<'tcx>, depth: usize) -> bool {
        let function = callee.running();
        if !function.is_local() {
            return is_listed(self.bodies.tcx, function)
                || is_listed(self.bodies.tcx, callee.def_id);
        }
        if let Some(&known) = self.known.borrow().get(&function) {
            return known;
        }
        // A function that calls itself asks what the rest of it asks.
        self.known.borrow_mut().insert(function, false);
        let asks = depth > 0
            && callee
                .local(self.bodies)
                .is_some_and(|body| self.body_asks(body, depth - 1));
        self.known.borrow_mut().insert(function, asks);
        asks
    }

    fn body_asks(&self, body: Instance<'tcx>, depth: usize) -> bool {
        let Some(mir) = self.bodies.mir(body.def_id()) else {
            return false;
        };
        mir.body
            .basic_blocks
            .iter()
            .filter(|data| !data.is_cleanup)
            .any(|data| {
                let TerminatorKind::Call { func, .. } = &data.terminator().kind else {
                    return false;
                };
                self.bodies
                    .operand_ty(body, mir.body, func)
                    .and_then(|func| self.bodies.callee(func))
                    .is_some_and(|callee| self.asks(&callee, depth))
            })
    }
}

fn is_listed(tcx: TyCtxt<'_>, function: DefId) -> bool {
    if CRATES.contains(&tcx.crate_name(function.krate).as_str()) {
        return true;
    }
    // Formatting and converting an error of `std::io` asks nobody.
    let of_error = || {
        tcx.inherent_impl_of_assoc(function)
            .and_then(|of| tcx.type_of(of).instantiate_identity().ty_adt_def())
            .is_some_and(|adt| tcx.item_name(adt.did()).as_str() == "Error")
    };
    is_in(tcx, function, MODULES) && !of_error()
}

/// Whether a function stands in one of these modules, each after its crate.
pub(super) fn is_in(tcx: TyCtxt<'_>, function: DefId, modules: &[(&str, &[&str])]) -> bool {
    let krate = tcx.crate_name(function.krate);
    let Some((_, modules)) = modules.iter().find(|(name, _)| *name == krate.as_str()) else {
        return false;
    };
    let path = tcx.def_path(function);
    let module = path.data.first().and_then(|part| part.data.get_opt_name());
    module.is_some_and(|module| modules.contains(&module.as_str()))
}
