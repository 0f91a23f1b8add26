//! Where the future of a branch lives: in the `select!`, or outside of it.

use rustc_hir::{BorrowKind, Expr, ExprKind, HirId, LangItem, QPath, StmtKind, UnOp, def::Res};
use rustc_middle::ty::{self, Ty, TyCtxt, TypeckResults};
use rustc_span::Symbol;

/// Whether a future ends with the `select!`.
#[derive(Clone, Debug)]
pub(crate) enum Source<'tcx> {
    /// Made for this `select!` and dropped with it.
    Owned,
    /// Polled by reference: it lives on when another branch wins.
    ByReference {
        /// The variable or field that is borrowed; `None` where that is no plain place.
        place: Option<Place>,
        /// The type of the future behind the reference.
        future: Ty<'tcx>,
    },
}

/// A variable, or a field of one. Dereferences are looked through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The binding of the variable: of a `self` or a captured variable, its own.
    pub(crate) variable: HirId,
    pub(crate) fields: Vec<Symbol>,
}

impl Place {
    /// The place that an expression names.
    pub(crate) fn of(expr: &Expr<'_>) -> Option<Self> {
        match expr.kind {
            ExprKind::Path(QPath::Resolved(None, path)) => match path.res {
                Res::Local(variable) => Some(Self {
                    variable,
                    fields: Vec::new(),
                }),
                _ => None,
            },
            ExprKind::Field(base, field) => {
                let mut place = Self::of(base)?;
                place.fields.push(field.name);
                Some(place)
            }
            ExprKind::Unary(UnOp::Deref, inner)
            | ExprKind::DropTemps(inner)
            | ExprKind::AddrOf(BorrowKind::Ref, _, inner) => Self::of(inner),
            _ => None,
        }
    }
}

impl<'tcx> Source<'tcx> {
    /// `named` tells that the macro polls the place itself and not its value.
    pub(crate) fn of(
        tcx: TyCtxt<'tcx>,
        typeck: &TypeckResults<'tcx>,
        future: &'tcx Expr<'tcx>,
        named: bool,
    ) -> Self {
        let ty = typeck.expr_ty_adjusted(future);
        match behind_reference(tcx, ty) {
            Some(behind) => Self::ByReference {
                place: borrowed_place(tcx, typeck, future),
                future: behind,
            },
            None if named => Self::ByReference {
                place: Place::of(future),
                future: ty,
            },
            None => Self::Owned,
        }
    }
}

/// The future behind `&mut F`, `Pin<&mut F>` and references to these.
pub(crate) fn behind_reference<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> Option<Ty<'tcx>> {
    match *ty.kind() {
        ty::Ref(_, inner, _) => Some(behind_reference(tcx, inner).unwrap_or(inner)),
        ty::Adt(adt, args) if tcx.is_lang_item(adt.did(), LangItem::Pin) => {
            behind_reference(tcx, args.type_at(0))
        }
        _ => None,
    }
}

/// The place that `&mut x`, `x.as_mut()`, `Pin::new(&mut x)`, `&mut *x` and the like borrow.
fn borrowed_place<'tcx>(
    tcx: TyCtxt<'tcx>,
    typeck: &TypeckResults<'tcx>,
    expr: &'tcx Expr<'tcx>,
) -> Option<Place> {
    if let Some(place) = Place::of(expr) {
        return Some(place);
    }
    let is_reference = |expr: &Expr<'tcx>| {
        let ty = typeck.expr_ty_adjusted(expr);
        behind_reference(tcx, ty).is_some()
    };
    match expr.kind {
        // `fut.as_mut()`, `opt.as_pin_mut()`, `boxed.deref_mut()`.
        ExprKind::MethodCall(_, receiver, [], _) if is_reference(receiver) => {
            borrowed_place(tcx, typeck, receiver)
        }
        // `Pin::new(&mut fut)`.
        ExprKind::Call(_, [argument]) if is_reference(argument) => {
            borrowed_place(tcx, typeck, argument)
        }
        ExprKind::AddrOf(BorrowKind::Ref, _, inner)
        | ExprKind::Unary(UnOp::Deref, inner)
        | ExprKind::DropTemps(inner) => borrowed_place(tcx, typeck, inner),
        ExprKind::Block(block, None) => match (block.stmts, block.expr) {
            ([], Some(tail)) => borrowed_place(tcx, typeck, tail),
            ([only], None) => match only.kind {
                StmtKind::Expr(tail) => borrowed_place(tcx, typeck, tail),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
