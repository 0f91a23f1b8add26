//! What stands behind a value whose type does not say it: a trait object, a function pointer, a
//! runtime handle. Each is a [`Tracer`] that follows the value back to where its type was known.

use rustc_middle::ty::{Instance, Ty};

use super::{
    bodies::Bodies,
    call_graph::CallGraph,
    handoffs::Handoffs,
    origin::{CallSeen, Frame, Go, Tracer, holds},
};

/// Looks for the types that values had before they became `dyn Future`.
pub(super) struct Futures<'b, 'tcx> {
    pub(super) graph: &'b CallGraph<'tcx>,
    pub(super) futures: Vec<Ty<'tcx>>,
    pub(super) lost: bool,
}

impl<'tcx> Tracer<'tcx> for Futures<'_, 'tcx> {
    fn unsize(&mut self, source: Ty<'tcx>) -> bool {
        if holds(source, &|ty| ty.is_trait()) {
            return true;
        }
        self.futures.push(source);
        false
    }

    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let bodies = &self.graph.bodies;
        if let Some(body) = call.callee.and_then(|callee| callee.local(bodies)) {
            return Go::Returned(vec![(true, body)]);
        }
        // A function of another crate, such as `FutureExt::boxed`: it can only have made the trait
        // object out of what it was given.
        let mut arguments = Vec::new();
        for (position, operand) in call.operands.iter().enumerate() {
            let Some(ty) = frame.operand_ty(bodies, &operand.node) else {
                continue;
            };
            if holds(ty, &|ty| ty.is_trait()) {
                arguments.push(position);
            } else if holds(ty, &|ty| ty.is_coroutine()) {
                self.futures.push(ty);
            }
        }
        if arguments.is_empty() && self.futures.is_empty() {
            self.lost = true;
        }
        Go::Arguments(arguments)
    }

    fn lost(&mut self) {
        self.lost = true;
    }
}

/// Looks for the functions and closures behind a pointer.
pub(super) struct Functions<'b, 'tcx> {
    pub(super) bodies: &'b Bodies<'tcx>,
    pub(super) functions: Vec<Instance<'tcx>>,
}

impl<'tcx> Functions<'_, 'tcx> {
    fn add(&mut self, ty: Ty<'tcx>) {
        let function = self.bodies.called_value(ty);
        self.functions
            .extend(function.and_then(|function| function.local(self.bodies)));
    }
}

impl<'tcx> Tracer<'tcx> for Functions<'_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        if let Some(body) = call.callee.and_then(|callee| callee.local(self.bodies)) {
            return Go::Returned(vec![(true, body)]);
        }
        let is_pointer = |position: &usize| {
            frame
                .operand_ty(self.bodies, &call.operands[*position].node)
                .is_some_and(|ty| {
                    holds(ty, &|ty| ty.is_fn_ptr() || ty.is_trait() || ty.is_closure())
                })
        };
        Go::Arguments((0..call.operands.len()).filter(is_pointer).collect())
    }

    fn unsize(&mut self, source: Ty<'tcx>) -> bool {
        let before = self.functions.len();
        self.add(source);
        before == self.functions.len()
    }

    fn constant(&mut self, ty: Ty<'tcx>) {
        self.add(ty);
    }
}

/// Whether a handle can only be the one of the current runtime.
pub(super) struct CurrentHandle<'h> {
    pub(super) handoffs: &'h Handoffs,
    pub(super) current: bool,
    pub(super) lost: bool,
}

impl<'tcx> Tracer<'tcx> for CurrentHandle<'_> {
    fn call(&mut self, _: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            self.lost = true;
            return Go::Stop;
        };
        if self.handoffs.current_handle.contains(&callee.def_id) {
            self.current = true;
            return Go::Stop;
        }
        Go::Arguments(vec![0])
    }

    fn lost(&mut self) {
        self.lost = true;
    }
}
