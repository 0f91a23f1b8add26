//! Timeouts of zero: a call that is given one looks, and does not wait.

use rustc_hir::def_id::DefIdSet;
use rustc_middle::{
    mir::{ConstOperand, ConstValue, Operand, Rvalue, StatementKind, TerminatorKind},
    ty::Instance,
};

use super::{
    bodies::{Bodies, MirBody},
    definitions::Variable,
};
use crate::paths::Resolver;

/// Makes a duration of the number it is given.
const CONSTRUCTORS: &[&str] = &[
    "core::time::Duration::from_secs",
    "core::time::Duration::from_millis",
    "core::time::Duration::from_micros",
    "core::time::Duration::from_nanos",
    "core::time::Duration::new",
];

/// Assignments followed from one to the next.
const DEEPEST: usize = 8;

pub(crate) struct ZeroDurations {
    duration: DefIdSet,
    constructors: DefIdSet,
}

impl ZeroDurations {
    pub(crate) fn new(paths: &Resolver<'_>) -> Self {
        Self {
            duration: paths.all(["core::time::Duration"]),
            constructors: paths.all(CONSTRUCTORS.iter().copied()),
        }
    }

    /// Whether one of the operands is a duration of zero.
    pub(crate) fn among<'o, 'tcx: 'o>(
        &self,
        bodies: &Bodies<'tcx>,
        instance: Instance<'tcx>,
        mir: &MirBody<'tcx>,
        operands: impl IntoIterator<Item = &'o Operand<'tcx>>,
    ) -> bool {
        operands.into_iter().any(|operand| {
            let ty = operand.ty(&mir.body.local_decls, bodies.tcx);
            ty.ty_adt_def()
                .is_some_and(|adt| self.duration.contains(&adt.did()))
                && self.is_zero(bodies, instance, mir, operand, DEEPEST)
        })
    }

    fn is_zero<'tcx>(
        &self,
        bodies: &Bodies<'tcx>,
        instance: Instance<'tcx>,
        mir: &MirBody<'tcx>,
        operand: &Operand<'tcx>,
        depth: usize,
    ) -> bool {
        let place = match operand {
            Operand::Constant(constant) => return is_zero_constant(bodies, instance, constant),
            Operand::Copy(place) | Operand::Move(place) => *place,
            Operand::RuntimeChecks(_) => return false,
        };
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let variable = Variable::of_place(bodies.tcx, mir.body, place);
        let [definition] = bodies.definitions(mir).of(variable.root) else {
            return false;
        };
        let block = &mir.body.basic_blocks[definition.location.block];
        match block.statements.get(definition.location.statement_index) {
            Some(statement) => match &statement.kind {
                StatementKind::Assign(assign) => match &assign.1 {
                    Rvalue::Use(value) => self.is_zero(bodies, instance, mir, value, depth),
                    _ => false,
                },
                _ => false,
            },
            None => match &block.terminator().kind {
                TerminatorKind::Call { func, args, .. } => {
                    func.const_fn_def()
                        .is_some_and(|(def, _)| self.constructors.contains(&def))
                        && args
                            .iter()
                            .all(|value| self.is_zero(bodies, instance, mir, &value.node, depth))
                }
                _ => false,
            },
        }
    }
}

fn is_zero_constant<'tcx>(
    bodies: &Bodies<'tcx>,
    instance: Instance<'tcx>,
    constant: &ConstOperand<'tcx>,
) -> bool {
    let Some(value) = bodies.fill_in(instance, constant.const_) else {
        return false;
    };
    let tcx = bodies.tcx;
    let ty = value.ty();
    match value.eval(tcx, bodies.typing_env, constant.span) {
        Ok(ConstValue::Scalar(scalar)) => scalar.try_to_scalar_int().is_ok_and(|int| int.is_null()),
        Ok(ConstValue::Indirect { alloc_id, offset }) => {
            let Ok(layout) = tcx.layout_of(bodies.typing_env.as_query_input(ty)) else {
                return false;
            };
            let Some(memory) = tcx.try_get_global_alloc(alloc_id) else {
                return false;
            };
            let rustc_middle::mir::interpret::GlobalAlloc::Memory(memory) = memory else {
                return false;
            };
            let (start, size) = (offset.bytes_usize(), layout.size.bytes_usize());
            let memory = memory.inner();
            start + size <= memory.len()
                && memory
                    .inspect_with_uninit_and_ptr_outside_interpreter(start..start + size)
                    .iter()
                    .all(|byte| *byte == 0)
        }
        _ => false,
    }
}
