//! Where a descriptor's number comes from.

use rustc_hir::{
    def::DefKind,
    def_id::{DefId, DefIdSet},
};
use rustc_middle::{
    mir::{BasicBlock, Operand, Rvalue, StatementKind},
    ty::{Ty, TyCtxt},
};

use crate::{
    analysis::{
        bodies::Bodies,
        definitions::{Root, Variable},
        origin::{self, CallSeen, Frame, Go, Tracer},
    },
    paths::Resolver,
};

/// The functions that matter to the search, as items of the crates that are loaded.
pub(super) struct FdItems {
    pub(super) as_raw_fd: DefIdSet,
    /// Owners that are never closed.
    standard_streams: DefIdSet,
}

impl FdItems {
    pub(super) fn new(paths: &Resolver<'_>) -> Self {
        Self {
            as_raw_fd: paths.all(["std::os::fd::AsRawFd::as_raw_fd"]),
            standard_streams: paths.all([
                "std::io::Stdin",
                "std::io::StdinLock",
                "std::io::Stdout",
                "std::io::StdoutLock",
                "std::io::Stderr",
                "std::io::StderrLock",
                "tokio::io::Stdin",
                "tokio::io::Stdout",
                "tokio::io::Stderr",
            ]),
        }
    }
}

/// A number that was read off an owner which stays where it is.
#[derive(Clone, Copy)]
pub(super) struct Borrowed<'tcx> {
    /// The body in which it was read, and the owner's variable there.
    pub(super) body: DefId,
    pub(super) owner: Option<Root>,
    pub(super) owner_ty: Ty<'tcx>,
}

/// Looks for the `as_raw_fd` behind a number.
pub(super) struct FdSource<'s, 'tcx> {
    pub(super) bodies: &'s Bodies<'tcx>,
    pub(super) items: &'s FdItems,
    pub(super) borrowed: Vec<Borrowed<'tcx>>,
    /// The number may come from a parameter of the outermost function.
    pub(super) open: bool,
}

impl<'tcx> Tracer<'tcx> for FdSource<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let tcx = self.bodies.tcx;
        let Some(callee) = call.callee else {
            return Go::Stop;
        };
        if self.items.as_raw_fd.contains(&callee.def_id) {
            let Some(receiver) = call.operands.first() else {
                return Go::Stop;
            };
            let ty = frame
                .operand_ty(self.bodies, &receiver.node)
                .map(Ty::peel_refs);
            match ty {
                // A number is its own descriptor: go on to where it comes from.
                Some(ty) if ty.is_integral() => return Go::Arguments(vec![0]),
                Some(ty) if !self.is_never_closed(frame, &receiver.node, ty) => {
                    self.borrowed.push(Borrowed {
                        body: frame.instance.def_id(),
                        owner: owner_of(self.bodies, frame, &receiver.node),
                        owner_ty: ty,
                    });
                }
                _ => {}
            }
            return Go::Stop;
        }
        if let Some(body) = callee.local(self.bodies) {
            return Go::Returned(vec![(true, body)]);
        }
        // `into_raw_fd`, `dup` and whatever else makes a number: that one is the task's own.
        let makes_number = tcx
            .fn_sig(callee.def_id)
            .skip_binder()
            .output()
            .skip_binder()
            .is_integral();
        if makes_number {
            return Go::Stop;
        }
        Go::Arguments((0..call.operands.len()).collect())
    }

    fn parameter(&mut self, _: Ty<'tcx>) {
        self.open = true;
    }
}

impl<'tcx> FdSource<'_, 'tcx> {
    fn is_never_closed(
        &self,
        frame: &Frame<'_, 'tcx>,
        receiver: &Operand<'tcx>,
        ty: Ty<'tcx>,
    ) -> bool {
        let is_stream = ty
            .ty_adt_def()
            .is_some_and(|adt| self.items.standard_streams.contains(&adt.did()));
        let mut search = InStatic {
            tcx: self.bodies.tcx,
            found: false,
        };
        origin::trace(self.bodies, frame, receiver, &mut search);
        is_stream || search.found
    }
}

/// The variable whose value `receiver` refers to.
fn owner_of<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    receiver: &Operand<'tcx>,
) -> Option<Root> {
    let definitions = bodies.definitions(&frame.mir);
    let body = frame.mir.body;
    let mut place = receiver.place()?;
    // `as_raw_fd(_5)` with `_5 = &_3`: the variable is `_3`.
    for _ in 0..8 {
        let root = Variable::of_place(bodies.tcx, body, place).root;
        let [definition] = definitions.of(root) else {
            return Some(root);
        };
        let data = &body.basic_blocks[definition.location.block];
        let source = data
            .statements
            .get(definition.location.statement_index)
            .and_then(|statement| match &statement.kind {
                StatementKind::Assign(assign) => match &assign.1 {
                    Rvalue::Ref(_, _, of) | Rvalue::CopyForDeref(of) => Some(*of),
                    Rvalue::Use(Operand::Copy(of)) => Some(*of),
                    _ => None,
                },
                _ => None,
            });
        match source {
            Some(source) => place = source,
            None => return Some(root),
        }
    }
    None
}

/// Whether a value is kept in a static.
struct InStatic<'tcx> {
    tcx: TyCtxt<'tcx>,
    found: bool,
}

impl<'tcx> Tracer<'tcx> for InStatic<'tcx> {
    fn call(&mut self, _: &Frame<'_, 'tcx>, _: &CallSeen<'tcx>) -> Go<'tcx> {
        Go::Arguments(vec![0])
    }

    fn assigned(&mut self, frame: &Frame<'_, 'tcx>, _: BasicBlock) {
        self.found |= matches!(
            self.tcx.def_kind(frame.instance.def_id()),
            DefKind::Static { .. }
        );
    }
}
