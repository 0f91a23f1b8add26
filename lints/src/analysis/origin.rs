//! Where a value comes from: a walk backwards through assignments, calls, captures and statics.
//!
//! The walk knows nothing of what it is looking for; a [`Tracer`] sees each thing it passes and
//! says whether and where to go on. It does not tell branches apart: when two assignments can have
//! set a variable, both are followed.

use std::rc::Rc;

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{
        AggregateKind, BasicBlock, CastKind, Local, Location, Operand, Place, RETURN_PLACE, Rvalue,
        StatementKind, TerminatorKind,
    },
    ty::{self, Instance, Ty, TyCtxt, adjustment::PointerCoercion},
};
use rustc_span::Spanned;

use super::{
    bodies::{Bodies, Callee, MirBody},
    definitions::{Root, Variable},
};

/// Definitions looked at before a walk gives up.
const MOST_STEPS: usize = 2_000;
/// Calls entered one inside the other before a walk gives up.
const DEEPEST_CALL: usize = 12;

/// A body, and the call through which the walk came into it if it is known.
pub(crate) struct Frame<'f, 'tcx> {
    pub(crate) instance: Instance<'tcx>,
    pub(crate) mir: Rc<MirBody<'tcx>>,
    caller: Option<(&'f Frame<'f, 'tcx>, &'tcx [Spanned<Operand<'tcx>>])>,
    depth: usize,
}

impl<'f, 'tcx> Frame<'f, 'tcx> {
    pub(crate) fn new(bodies: &Bodies<'tcx>, instance: Instance<'tcx>) -> Option<Self> {
        let mir = bodies.mir(instance.def_id())?;
        Some(Self {
            instance,
            mir,
            caller: None,
            depth: 0,
        })
    }

    /// The body of a function called in this frame.
    pub(crate) fn enter<'g>(
        &'g self,
        bodies: &Bodies<'tcx>,
        instance: Instance<'tcx>,
        operands: Option<&'tcx [Spanned<Operand<'tcx>>]>,
    ) -> Option<Frame<'g, 'tcx>> {
        let mir = bodies.mir(instance.def_id())?;
        let caller = operands.map(|operands| (self as &Frame<'_, 'tcx>, operands));
        Some(Frame {
            instance,
            mir,
            caller,
            depth: self.depth + 1,
        })
    }

    /// Whether the walk began in this body.
    pub(crate) fn is_outermost(&self) -> bool {
        self.depth == 0
    }

    pub(crate) fn operand_ty(
        &self,
        bodies: &Bodies<'tcx>,
        operand: &Operand<'tcx>,
    ) -> Option<Ty<'tcx>> {
        bodies.operand_ty(self.instance, self.mir.body, operand)
    }
}

/// A call whose result flows into the value.
pub(crate) struct CallSeen<'tcx> {
    /// `None` for a call through a function pointer.
    pub(crate) callee: Option<Callee<'tcx>>,
    pub(crate) operands: &'tcx [Spanned<Operand<'tcx>>],
}

/// How a walk goes on after a call.
pub(crate) enum Go<'tcx> {
    Stop,
    /// Into these arguments, by position.
    Arguments(Vec<usize>),
    /// Into what these bodies return; the first flag says that the call's arguments are theirs.
    Returned(Vec<(bool, Instance<'tcx>)>),
}

pub(crate) trait Tracer<'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx>;

    /// A pointer to a sized type becomes one to a trait object or slice. True to go on.
    fn unsize(&mut self, _source: Ty<'tcx>) -> bool {
        true
    }

    fn constant(&mut self, _ty: Ty<'tcx>) {}

    /// A parameter of the body that the walk began in, or the part of it that is used.
    fn parameter(&mut self, _ty: Ty<'tcx>) {
        self.lost();
    }

    /// An assignment that the walk passes.
    fn assigned(&mut self, _frame: &Frame<'_, 'tcx>, _block: BasicBlock) {}

    /// The walk ends at something it cannot see behind.
    fn lost(&mut self) {}
}

/// Walks back from `operand`.
pub(crate) fn trace<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operand: &Operand<'tcx>,
    tracer: &mut dyn Tracer<'tcx>,
) {
    trace_part(bodies, frame, operand, &[], tracer);
}

/// Walks back from a part of `operand`: fields, or what a closure or coroutine captured.
pub(crate) fn trace_part<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operand: &Operand<'tcx>,
    fields: &[FieldIdx],
    tracer: &mut dyn Tracer<'tcx>,
) {
    let mut walk = Walk {
        bodies,
        tracer,
        seen: FxHashSet::default(),
        steps: 0,
    };
    walk.operand(frame, operand, fields);
}

/// Walks back from what the body returns.
pub(crate) fn trace_returned<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    tracer: &mut dyn Tracer<'tcx>,
) {
    let mut walk = Walk {
        bodies,
        tracer,
        seen: FxHashSet::default(),
        steps: 0,
    };
    walk.variable(frame, Variable::local(RETURN_PLACE));
}

struct Walk<'w, 'tcx> {
    bodies: &'w Bodies<'tcx>,
    tracer: &'w mut dyn Tracer<'tcx>,
    seen: FxHashSet<(DefId, usize, Variable)>,
    steps: usize,
}

impl<'tcx> Walk<'_, 'tcx> {
    fn operand(&mut self, frame: &Frame<'_, 'tcx>, operand: &Operand<'tcx>, fields: &[FieldIdx]) {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => self.place(frame, *place, fields),
            Operand::Constant(constant) => {
                if let Some(item) = constant.check_static_ptr(self.bodies.tcx) {
                    self.static_item(frame, item, fields);
                } else if let Some(ty) = frame.operand_ty(self.bodies, operand) {
                    self.tracer.constant(ty);
                }
            }
            Operand::RuntimeChecks(_) => {}
        }
    }

    fn place(&mut self, frame: &Frame<'_, 'tcx>, place: Place<'tcx>, fields: &[FieldIdx]) {
        let mut variable = Variable::of_place(self.bodies.tcx, frame.mir.body, place);
        variable.fields.extend(fields);
        self.variable(frame, variable);
    }

    fn variable(&mut self, frame: &Frame<'_, 'tcx>, variable: Variable) {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            self.tracer.lost();
            return;
        }
        let def = frame.instance.def_id();
        if !self.seen.insert((def, frame.depth, variable.clone())) {
            return;
        }
        let mir = Rc::clone(&frame.mir);
        let mut found = false;
        for definition in self.bodies.definitions(&mir).of(variable.root) {
            let rest = if let Some(rest) = variable.fields.strip_prefix(&definition.fields[..]) {
                rest
            } else if definition.fields.starts_with(&variable.fields) {
                &[]
            } else {
                continue;
            };
            found = true;
            self.definition(frame, definition.location, rest);
        }
        match variable.root {
            Root::Captured(field) => self.captured(frame, field, &variable.fields),
            Root::Local(local) if !found => self.parameter(frame, local, &variable.fields),
            Root::Saved(..) if !found => self.tracer.lost(),
            _ => {}
        }
    }

    fn definition(&mut self, frame: &Frame<'_, 'tcx>, location: Location, fields: &[FieldIdx]) {
        self.tracer.assigned(frame, location.block);
        let block = &frame.mir.body.basic_blocks[location.block];
        if let Some(statement) = block.statements.get(location.statement_index) {
            if let StatementKind::Assign(assign) = &statement.kind {
                self.rvalue(frame, &assign.1, fields);
            }
        } else {
            self.call(frame, location.block, fields);
        }
    }

    fn rvalue(&mut self, frame: &Frame<'_, 'tcx>, rvalue: &Rvalue<'tcx>, fields: &[FieldIdx]) {
        match rvalue {
            Rvalue::Cast(CastKind::PointerCoercion(PointerCoercion::Unsize, _), operand, _) => {
                let go_on = match frame.operand_ty(self.bodies, operand) {
                    Some(source) => self.tracer.unsize(source),
                    None => true,
                };
                if go_on {
                    self.operand(frame, operand, fields);
                }
            }
            Rvalue::Cast(
                CastKind::PointerCoercion(
                    PointerCoercion::ReifyFnPointer(_) | PointerCoercion::ClosureFnPointer(_),
                    _,
                ),
                operand,
                _,
            ) => {
                if let Some(ty) = frame.operand_ty(self.bodies, operand) {
                    self.tracer.constant(ty);
                }
            }
            Rvalue::Use(operand)
            | Rvalue::Cast(_, operand, _)
            | Rvalue::WrapUnsafeBinder(operand, _) => {
                self.operand(frame, operand, fields);
            }
            Rvalue::Ref(_, _, place) | Rvalue::RawPtr(_, place) | Rvalue::CopyForDeref(place) => {
                self.place(frame, *place, fields);
            }
            Rvalue::Aggregate(kind, operands) => {
                let own_fields = match **kind {
                    AggregateKind::Tuple
                    | AggregateKind::Closure(..)
                    | AggregateKind::Coroutine(..)
                    | AggregateKind::CoroutineClosure(..) => true,
                    AggregateKind::Adt(adt, ..) => adt.is_local(),
                    _ => false,
                };
                if own_fields && let Some((&field, rest)) = fields.split_first() {
                    if let Some(operand) = operands.get(field) {
                        self.operand(frame, operand, rest);
                    }
                } else {
                    for operand in operands {
                        self.operand(frame, operand, fields);
                    }
                }
            }
            Rvalue::BinaryOp(_, operands) => {
                self.operand(frame, &operands.0, &[]);
                self.operand(frame, &operands.1, &[]);
            }
            Rvalue::UnaryOp(_, operand) | Rvalue::Repeat(operand, _) => {
                self.operand(frame, operand, &[]);
            }
            Rvalue::Discriminant(place) => self.place(frame, *place, &[]),
            Rvalue::ThreadLocalRef(item) => self.static_item(frame, *item, fields),
        }
    }

    fn call(&mut self, frame: &Frame<'_, 'tcx>, block: BasicBlock, fields: &[FieldIdx]) {
        let body = frame.mir.body;
        let TerminatorKind::Call { func, args, .. } = &body.basic_blocks[block].terminator().kind
        else {
            return;
        };
        let callee = frame
            .operand_ty(self.bodies, func)
            .and_then(|func| self.bodies.callee(func));
        let seen = CallSeen {
            callee,
            operands: args,
        };
        match self.tracer.call(frame, &seen) {
            Go::Stop => {}
            Go::Arguments(positions) => {
                for position in positions {
                    if let Some(operand) = args.get(position) {
                        self.operand(frame, &operand.node, fields);
                    }
                }
            }
            Go::Returned(instances) => {
                for (with_arguments, instance) in instances {
                    let operands = with_arguments.then_some(&args[..]);
                    let inner = (frame.depth < DEEPEST_CALL)
                        .then(|| frame.enter(self.bodies, instance, operands))
                        .flatten();
                    match inner {
                        Some(inner) => {
                            let returned = Variable {
                                root: Root::Local(RETURN_PLACE),
                                fields: fields.to_vec(),
                            };
                            self.variable(&inner, returned);
                        }
                        None => self.tracer.lost(),
                    }
                }
            }
        }
    }

    fn parameter(&mut self, frame: &Frame<'_, 'tcx>, local: Local, fields: &[FieldIdx]) {
        let parameter = local.as_usize().wrapping_sub(1);
        let operand = frame
            .caller
            .and_then(|(caller, operands)| Some((caller, operands.get(parameter)?)));
        match operand {
            Some((caller, operand)) => self.operand(caller, &operand.node, fields),
            None if frame.is_outermost() => {
                let whole = frame.mir.body.local_decls[local].ty;
                self.tracer.parameter(part(self.bodies.tcx, whole, fields));
            }
            None => self.tracer.lost(),
        }
    }

    /// Goes on in the body that made the closure or coroutine.
    fn captured(&mut self, frame: &Frame<'_, 'tcx>, field: FieldIdx, fields: &[FieldIdx]) {
        let own = super::bodies::source_owner(self.bodies.tcx, frame.instance.def_id());
        let maker = own
            .as_local()
            .and_then(|_| self.bodies.tcx.opt_parent(own))
            .and_then(rustc_hir::def_id::DefId::as_local)
            .filter(|_| frame.depth < DEEPEST_CALL)
            .map(|maker| self.bodies.maker(maker, frame.instance))
            .and_then(|maker| frame.enter(self.bodies, maker, None));
        let Some(maker) = maker else {
            self.tracer.lost();
            return;
        };
        let body = maker.mir.body;
        let mut found = false;
        for block in body.basic_blocks.iter() {
            for statement in &block.statements {
                if let StatementKind::Assign(assign) = &statement.kind
                    && let Rvalue::Aggregate(kind, operands) = &assign.1
                    && let AggregateKind::Closure(def, _)
                    | AggregateKind::Coroutine(def, _)
                    | AggregateKind::CoroutineClosure(def, _) = **kind
                    && def == own
                    && let Some(operand) = operands.get(field)
                {
                    found = true;
                    self.operand(&maker, operand, fields);
                }
            }
        }
        if !found {
            self.tracer.lost();
        }
    }

    fn static_item(&mut self, frame: &Frame<'_, 'tcx>, item: DefId, fields: &[FieldIdx]) {
        let initializer = Instance::mono(self.bodies.tcx, item);
        match frame.enter(self.bodies, initializer, None) {
            Some(initializer) if frame.depth < DEEPEST_CALL => {
                let value = Variable {
                    root: Root::Local(RETURN_PLACE),
                    fields: fields.to_vec(),
                };
                self.variable(&initializer, value);
            }
            _ => self.tracer.lost(),
        }
    }
}

/// The type of a part of a value; of the innermost part that can be told.
fn part<'tcx>(tcx: TyCtxt<'tcx>, whole: Ty<'tcx>, fields: &[FieldIdx]) -> Ty<'tcx> {
    fields
        .iter()
        .fold(whole, |ty, field| match ty.peel_refs().kind() {
            ty::Adt(adt, args) if adt.is_struct() => {
                match adt.non_enum_variant().fields.get(*field) {
                    Some(field) => field.ty(tcx, args),
                    None => ty,
                }
            }
            ty::Tuple(parts) => parts.get(field.as_usize()).copied().unwrap_or(ty),
            _ => ty,
        })
}

/// Whether the type is, or holds in its type arguments, one that `wanted` accepts.
pub(crate) fn holds<'tcx>(ty: Ty<'tcx>, wanted: &dyn Fn(Ty<'tcx>) -> bool) -> bool {
    ty.walk()
        .any(|part| part.as_type().is_some_and(|ty| wanted(ty)))
        || match ty.kind() {
            ty::Closure(_, args) => holds(args.as_closure().tupled_upvars_ty(), wanted),
            _ => false,
        }
}
