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
    handoffs::is_std,
    origin::{Frame, holds},
};

/// Definitions looked at before a walk gives up.
const MOST_STEPS: usize = 400;

/// What a walk ends at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Root {
    /// Behind a reference that the body was given, in a static, or shared through an `Arc`.
    Beyond(Source),
    /// A variable of the body itself, or what it captured by value.
    Owned(definitions::Root),
    /// Something the walk cannot see behind.
    Unknown,
}

/// Which value beyond the body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Captured(FieldIdx),
    Parameter(Local),
    Static(DefId),
    /// A variable of the body, which shares it with others.
    Shared(definitions::Root),
}

/// The part of a root that a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) root: Root,
    pub(crate) fields: Vec<FieldIdx>,
    /// Whether the fields are all: no function came between that may choose among parts.
    pub(crate) exact: bool,
}

pub(crate) fn roots<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operand: &Operand<'tcx>,
) -> Vec<Root> {
    let mut roots = Vec::new();
    for part in parts(bodies, frame, operand) {
        if !roots.contains(&part.root) {
            roots.push(part.root);
        }
    }
    roots
}

/// The same with the parts of the roots.
pub(crate) fn parts<'tcx>(
    bodies: &Bodies<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operand: &Operand<'tcx>,
) -> Vec<Part> {
    let mut walk = Walk {
        bodies,
        frame,
        seen: FxHashSet::default(),
        found: Vec::new(),
        steps: 0,
    };
    walk.operand(operand, &Trail::default());
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

/// Whether the type is one of shared ownership: what it leads to is there without this value.
pub(crate) fn is_shared<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> bool {
    holds(ty, &|part| {
        part.ty_adt_def().is_some_and(|adt| {
            tcx.is_diagnostic_item(sym::Arc, adt.did())
                || tcx.is_diagnostic_item(sym::Rc, adt.did())
                || is_sender(tcx, adt.did())
        })
    })
}

/// The sending half of a channel.
fn is_sender(tcx: TyCtxt<'_>, item: DefId) -> bool {
    const CHANNELS: &[&str] = &["tokio", "std", "futures_channel", "async_channel", "flume"];
    let name = tcx.item_name(item);
    (name.as_str() == "Sender" || name.as_str() == "UnboundedSender")
        && CHANNELS.contains(&tcx.crate_name(item.krate).as_str())
}

/// The fields passed on the way, from the outermost.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Trail {
    fields: Vec<FieldIdx>,
    inexact: bool,
}

impl Trail {
    fn inside(&self, outer: &[FieldIdx]) -> Self {
        Self {
            fields: outer.iter().chain(&self.fields).copied().collect(),
            inexact: self.inexact,
        }
    }
}

/// Functions of std that lead to the same value as their argument.
const TRANSPARENT: &[&str] = &[
    "deref",
    "deref_mut",
    "as_ref",
    "as_mut",
    "borrow",
    "borrow_mut",
    "clone",
    "new_unchecked",
    "new",
    "into_future",
    "get_mut",
    "as_deref",
    "unwrap",
    "expect",
    "branch",
    "into",
    "from",
];

struct Walk<'w, 'tcx> {
    bodies: &'w Bodies<'tcx>,
    frame: &'w Frame<'w, 'tcx>,
    seen: FxHashSet<(Variable, Trail)>,
    found: Vec<Part>,
    steps: usize,
}

impl<'tcx> Walk<'_, 'tcx> {
    fn add(&mut self, root: Root, trail: &Trail) {
        let part = Part {
            root,
            fields: trail.fields.clone(),
            exact: !trail.inexact,
        };
        if !self.found.contains(&part) {
            self.found.push(part);
        }
    }

    fn operand(&mut self, operand: &Operand<'tcx>, trail: &Trail) {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => self.place(*place, trail),
            Operand::Constant(constant) => {
                if let Some(item) = constant.check_static_ptr(self.bodies.tcx) {
                    self.add(Root::Beyond(Source::Static(item)), trail);
                }
            }
            Operand::RuntimeChecks(_) => {}
        }
    }

    fn place(&mut self, place: Place<'tcx>, trail: &Trail) {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            self.add(Root::Unknown, trail);
            return;
        }
        let tcx = self.bodies.tcx;
        let body = self.frame.mir.body;
        let variable = Variable::of_place(tcx, body, place);
        if !self.seen.insert((variable.clone(), trail.clone())) {
            return;
        }
        let behind_reference = behind_reference(tcx, body, place);
        let Some(ty) = self
            .bodies
            .fill_in(self.frame.instance, place.ty(&body.local_decls, tcx).ty)
        else {
            self.add(Root::Unknown, trail);
            return;
        };
        let shared = is_shared(tcx, ty);
        let whole = trail.inside(&variable.fields);
        match variable.root {
            definitions::Root::Captured(field) => {
                let root = if behind_reference || borrows(ty) || shared {
                    Root::Beyond(Source::Captured(field))
                } else {
                    Root::Owned(variable.root)
                };
                self.add(root, &whole);
            }
            root => {
                if shared && !behind_reference {
                    // Where it was cloned from; or it is the first of its kind.
                    let before = self.found.len();
                    self.definitions(&variable, trail);
                    if self.found.len() == before {
                        self.add(Root::Beyond(Source::Shared(root)), &whole);
                    }
                    return;
                }
                // A variable that owns what is in it; only one that borrows leads further.
                if !behind_reference && !borrows(ty) {
                    self.add(Root::Owned(root), &whole);
                    return;
                }
                self.definitions(&variable, trail);
            }
        }
    }

    fn definitions(&mut self, variable: &Variable, trail: &Trail) {
        let body = self.frame.mir.body;
        let mir = std::rc::Rc::clone(&self.frame.mir);
        let mut any = false;
        for definition in self.bodies.definitions(&mir).of(variable.root) {
            let rest = if let Some(rest) = variable.fields.strip_prefix(&definition.fields[..]) {
                rest
            } else if definition.fields.starts_with(&variable.fields) {
                &[]
            } else {
                continue;
            };
            any = true;
            let trail = trail.inside(rest);
            let data = &body.basic_blocks[definition.location.block];
            match data.statements.get(definition.location.statement_index) {
                Some(statement) => {
                    if let StatementKind::Assign(assign) = &statement.kind {
                        self.rvalue(&assign.1, &trail);
                    }
                }
                None => self.call(definition.location.block, &trail),
            }
        }
        if !any {
            let root = match variable.root {
                definitions::Root::Local(local) if local.as_usize() <= body.arg_count => {
                    Root::Beyond(Source::Parameter(local))
                }
                _ => Root::Unknown,
            };
            self.add(root, &trail.inside(&variable.fields));
        }
    }

    fn rvalue(&mut self, rvalue: &Rvalue<'tcx>, trail: &Trail) {
        match rvalue {
            Rvalue::Ref(_, _, place) | Rvalue::RawPtr(_, place) | Rvalue::CopyForDeref(place) => {
                self.place(*place, trail);
            }
            Rvalue::Use(operand)
            | Rvalue::Cast(_, operand, _)
            | Rvalue::WrapUnsafeBinder(operand, _) => self.operand(operand, trail),
            Rvalue::Aggregate(_, operands) => {
                for operand in operands {
                    self.borrower(operand, trail);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, block: BasicBlock, trail: &Trail) {
        let TerminatorKind::Call { func, args, .. } =
            &self.frame.mir.body.basic_blocks[block].terminator().kind
        else {
            return;
        };
        let tcx = self.bodies.tcx;
        let is_transparent = func.const_fn_def().is_some_and(|(callee, _)| {
            is_std(tcx, callee)
                && tcx
                    .opt_item_name(callee)
                    .is_some_and(|name| TRANSPARENT.contains(&name.as_str()))
        });
        let trail = Trail {
            fields: trail.fields.clone(),
            inexact: trail.inexact || !is_transparent,
        };
        for operand in args {
            self.borrower(&operand.node, &trail);
        }
    }

    /// Part of something that borrows: what borrows nothing itself is not what it leads to.
    fn borrower(&mut self, operand: &Operand<'tcx>, trail: &Trail) {
        let Some(ty) = self.frame.operand_ty(self.bodies, operand) else {
            self.add(Root::Unknown, trail);
            return;
        };
        if borrows(ty) || is_shared(self.bodies.tcx, ty) {
            self.operand(operand, trail);
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
