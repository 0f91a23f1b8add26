//! What a reference leads to: the variables of a body that own the value, or something that was
//! there before the body ran and is there after it.
//!
//! Where [`origin`](super::origin) asks which value was put somewhere, this asks whose value it is.
//! The walk stays inside one body.

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::{
        BasicBlock, Local, Operand, Place, ProjectionElem, Rvalue, StatementKind, TerminatorKind,
    },
    ty::{self, Ty, TyCtxt},
};
use rustc_span::sym;

use super::{
    bodies::Bodies,
    definitions::{self, Variable},
    origin::{Frame, holds},
};

/// Definitions looked at before a walk gives up.
const MOST_STEPS: usize = 400;

/// What a walk ends at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Root {
    /// Behind a reference that the body was given, in a static, or shared through an `Arc`.
    Beyond(Source),
    /// A variable of the body itself, or what it captured by value.
    Owned(definitions::Root),
    /// Something the walk cannot see behind.
    Unknown,
}

/// Which value beyond the body it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Captured(FieldIdx, Vec<FieldIdx>),
    Parameter(Local, Vec<FieldIdx>),
    Static(DefId),
    /// A variable of the body, which shares it with others.
    Shared(definitions::Root),
}

pub(crate) fn roots<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operand: &Operand<'tcx>,
) -> Vec<Root> {
    let mut walk = Walk {
        bodies,
        frame,
        seen: FxHashSet::default(),
        found: Vec::new(),
        steps: 0,
    };
    walk.operand(operand);
    walk.found
}

/// Whether a value may be used after the body's future is dropped.
pub(crate) fn outlives<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operand: &Operand<'tcx>,
) -> bool {
    roots(bodies, frame, operand)
        .iter()
        .any(|root| matches!(root, Root::Beyond(_)))
}

/// Whether a value of the type can borrow from another. A trait object's own lifetime says nothing.
pub(crate) fn borrows<'tcx>(ty: Ty<'tcx>) -> bool {
    ty.walk().any(|part| {
        part.as_type().is_some_and(|ty| match ty.kind() {
            ty::Ref(..) => true,
            ty::Adt(_, args) => args.regions().next().is_some(),
            _ => false,
        })
    })
}

/// Whether the type is one of shared ownership.
pub(crate) fn is_shared<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> bool {
    holds(ty, &|part| {
        part.ty_adt_def().is_some_and(|adt| {
            tcx.is_diagnostic_item(sym::Arc, adt.did())
                || tcx.is_diagnostic_item(sym::Rc, adt.did())
        })
    })
}

struct Walk<'w, 'tcx> {
    bodies: &'w Bodies<'tcx>,
    frame: &'w Frame<'w, 'tcx>,
    seen: FxHashSet<Variable>,
    found: Vec<Root>,
    steps: usize,
}

impl<'tcx> Walk<'_, 'tcx> {
    fn add(&mut self, root: Root) {
        if !self.found.contains(&root) {
            self.found.push(root);
        }
    }

    fn operand(&mut self, operand: &Operand<'tcx>) {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => self.place(*place),
            Operand::Constant(constant) => {
                if let Some(item) = constant.check_static_ptr(self.bodies.tcx) {
                    self.add(Root::Beyond(Source::Static(item)));
                }
            }
            Operand::RuntimeChecks(_) => {}
        }
    }

    fn place(&mut self, place: Place<'tcx>) {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            self.add(Root::Unknown);
            return;
        }
        let tcx = self.bodies.tcx;
        let body = self.frame.mir.body;
        let variable = Variable::of_place(tcx, body, place);
        if !self.seen.insert(variable.clone()) {
            return;
        }
        let behind_reference = behind_reference(tcx, body, place);
        let Some(ty) = self
            .bodies
            .fill_in(self.frame.instance, place.ty(&body.local_decls, tcx).ty)
        else {
            self.add(Root::Unknown);
            return;
        };
        let shared = is_shared(tcx, ty);
        match variable.root {
            definitions::Root::Captured(field) => {
                self.add(if behind_reference || borrows(ty) || shared {
                    Root::Beyond(Source::Captured(field, variable.fields))
                } else {
                    Root::Owned(variable.root)
                });
            }
            root => {
                if shared && !behind_reference {
                    let before = self.found.len();
                    self.definitions(&variable);
                    if self.found.len() == before {
                        self.add(Root::Beyond(Source::Shared(root)));
                    }
                    return;
                }
                // A variable that owns what is in it; only one that borrows leads further.
                if !behind_reference && !borrows(ty) {
                    self.add(Root::Owned(root));
                    return;
                }
                self.definitions(&variable);
            }
        }
    }

    fn definitions(&mut self, variable: &Variable) {
        let body = self.frame.mir.body;
        let mir = std::rc::Rc::clone(&self.frame.mir);
        let mut any = false;
        for definition in self.bodies.definitions(&mir).of(variable.root) {
            let related = variable.fields.starts_with(&definition.fields)
                || definition.fields.starts_with(&variable.fields);
            if !related {
                continue;
            }
            any = true;
            let data = &body.basic_blocks[definition.location.block];
            match data.statements.get(definition.location.statement_index) {
                Some(statement) => {
                    if let StatementKind::Assign(assign) = &statement.kind {
                        self.rvalue(&assign.1);
                    }
                }
                None => self.call(definition.location.block),
            }
        }
        if !any {
            match variable.root {
                definitions::Root::Local(local) if local.as_usize() <= body.arg_count => {
                    self.add(Root::Beyond(Source::Parameter(
                        local,
                        variable.fields.clone(),
                    )));
                }
                _ => self.add(Root::Unknown),
            }
        }
    }

    fn rvalue(&mut self, rvalue: &Rvalue<'tcx>) {
        match rvalue {
            Rvalue::Ref(_, _, place) | Rvalue::RawPtr(_, place) | Rvalue::CopyForDeref(place) => {
                self.place(*place);
            }
            Rvalue::Use(operand)
            | Rvalue::Cast(_, operand, _)
            | Rvalue::WrapUnsafeBinder(operand, _) => self.operand(operand),
            Rvalue::Aggregate(_, operands) => {
                for operand in operands {
                    self.borrower(operand);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, block: BasicBlock) {
        let TerminatorKind::Call { args, .. } =
            &self.frame.mir.body.basic_blocks[block].terminator().kind
        else {
            return;
        };
        for operand in args {
            self.borrower(&operand.node);
        }
    }

    /// Part of something that borrows: what borrows nothing itself is not what it leads to.
    fn borrower(&mut self, operand: &Operand<'tcx>) {
        let Some(ty) = self.frame.operand_ty(self.bodies, operand) else {
            self.add(Root::Unknown);
            return;
        };
        if borrows(ty) || is_shared(self.bodies.tcx, ty) {
            self.operand(operand);
        }
    }
}

/// Whether the place is what a reference leads to; the coroutine's reference to itself is none.
pub(crate) fn behind_reference<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &rustc_middle::mir::Body<'tcx>,
    place: Place<'tcx>,
) -> bool {
    let own = super::bodies::source_owner(tcx, body.source.def_id());
    place.iter_projections().any(|(base, elem)| {
        if !matches!(elem, ProjectionElem::Deref) {
            return false;
        }
        match *base.ty(&body.local_decls, tcx).ty.kind() {
            ty::Ref(_, inner, _) | ty::RawPtr(inner, _) => !matches!(
                *inner.kind(),
                ty::Coroutine(def, _) | ty::Closure(def, _) if def == own
            ),
            _ => false,
        }
    })
}
