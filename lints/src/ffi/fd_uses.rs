//! Whether a number is used as a descriptor, in a body or in those it is handed on to.

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_middle::{
    mir::{AggregateKind, Local, Rvalue, StatementKind, Terminator, TerminatorKind},
    ty::{Instance, TyCtxt},
};
use rustc_span::Span;

use crate::{
    analysis::{
        bodies::Bodies,
        definitions::Root,
        handoffs::is_std,
        taint::{Call, Spread, Taint},
    },
    paths::Resolver,
};

/// Crates whose functions take descriptors as numbers.
const CRATES: &[&str] = &[
    "async_io", "io_uring", "libc", "mio", "nix", "polling", "rustix", "socket2", "tokio",
];

/// Functions of the standard library that do.
const FUNCTIONS: &[&str] = &[
    "std::os::fd::FromRawFd::from_raw_fd",
    "std::os::fd::BorrowedFd::borrow_raw",
];

/// Calls and closures entered one inside the other.
const DEEPEST: usize = 6;

pub(super) struct FdUses<'b, 'tcx> {
    bodies: &'b Bodies<'tcx>,
    functions: DefIdSet,
}

impl<'b, 'tcx> FdUses<'b, 'tcx> {
    pub(super) fn new(bodies: &'b Bodies<'tcx>, paths: &Resolver<'_>) -> Self {
        Self {
            bodies,
            functions: paths.all(FUNCTIONS.iter().copied()),
        }
    }

    /// Where the number that a closure or coroutine captured is used as a descriptor.
    pub(super) fn of_captured(&self, task: Instance<'tcx>, field: FieldIdx) -> Option<Span> {
        let mut seen = FxHashSet::default();
        self.find(task, Root::Captured(field), DEEPEST, &mut seen)
    }

    fn find(
        &self,
        instance: Instance<'tcx>,
        number: Root,
        depth: usize,
        seen: &mut FxHashSet<(DefId, Root)>,
    ) -> Option<Span> {
        if depth == 0 || !seen.insert((instance.def_id(), number)) {
            return None;
        }
        let tcx = self.bodies.tcx;
        let mir = self.bodies.mir(instance.def_id())?;
        let taint = Taint::new(tcx, mir.body, [number], &Numbers { tcx });
        for data in mir.body.basic_blocks.iter().filter(|data| !data.is_cleanup) {
            for statement in &data.statements {
                let StatementKind::Assign(assign) = &statement.kind else {
                    continue;
                };
                let Rvalue::Aggregate(kind, operands) = &assign.1 else {
                    continue;
                };
                for (field, operand) in operands.iter_enumerated() {
                    if !taint.in_operand(operand) {
                        continue;
                    }
                    let used = match **kind {
                        AggregateKind::Closure(def, args)
                        | AggregateKind::Coroutine(def, args)
                        | AggregateKind::CoroutineClosure(def, args) => self
                            .bodies
                            .fill_in(instance, args)
                            .map(|args| Instance::new_raw(def, args))
                            .and_then(|inner| {
                                self.find(inner, Root::Captured(field), depth - 1, seen)
                            }),
                        AggregateKind::Adt(adt, ..) if is_listed(tcx, adt) => {
                            Some(statement.source_info.span)
                        }
                        _ => None,
                    };
                    if used.is_some() {
                        return used;
                    }
                }
            }
            let terminator = data.terminator();
            if let Some(call) = Call::of(terminator)
                && let Some(used) = self.in_call(instance, terminator, &call, &taint, depth, seen)
            {
                return Some(used);
            }
        }
        None
    }

    fn in_call(
        &self,
        instance: Instance<'tcx>,
        terminator: &Terminator<'tcx>,
        call: &Call<'_, 'tcx>,
        taint: &Taint<'_, 'tcx>,
        depth: usize,
        seen: &mut FxHashSet<(DefId, Root)>,
    ) -> Option<Span> {
        let tcx = self.bodies.tcx;
        let TerminatorKind::Call { func, .. } = &terminator.kind else {
            return None;
        };
        let body = self.bodies.mir(instance.def_id())?.body;
        let number = call.args.iter().position(|arg| {
            taint.in_operand(&arg.node)
                && arg
                    .node
                    .ty(&body.local_decls, tcx)
                    .peel_refs()
                    .is_integral()
        })?;
        let callee = self
            .bodies
            .operand_ty(instance, body, func)
            .and_then(|func| self.bodies.callee(func))?;
        if self.functions.contains(&callee.def_id)
            || is_listed(tcx, callee.running())
            || tcx.is_foreign_item(callee.def_id)
        {
            return Some(terminator.source_info.span);
        }
        let inner = callee.local(self.bodies)?;
        let parameter = Root::Local(Local::from_usize(number + 1));
        self.find(inner, parameter, depth - 1, seen)
    }
}

fn is_listed(tcx: TyCtxt<'_>, item: DefId) -> bool {
    CRATES.contains(&tcx.crate_name(item.krate).as_str())
}

/// A number stays what it is when the standard library passes it on.
struct Numbers<'tcx> {
    tcx: TyCtxt<'tcx>,
}

impl<'tcx> Spread<'tcx> for Numbers<'tcx> {
    fn through_call(&self, call: &Call<'_, 'tcx>) -> bool {
        call.callee.is_some_and(|callee| is_std(self.tcx, callee))
    }
}
