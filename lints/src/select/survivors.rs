//! What is still there when a future has been given up and the code around it runs again.

use rustc_hir::{
    Expr, ExprKind, LetStmt, Node,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::{
    mir::Body,
    ty::{TyCtxt, TypeckResults, TypingEnv},
};
use rustc_span::Span;

use crate::{
    analysis::{
        definitions,
        enclosing::is_within,
        expressions::any_in,
        origin::Frame,
        roots::{self, Root},
        select::{Back, Branch, FallbackKind, Loop, Place, Select, Source, enclosing_loop},
    },
    diagnostics::in_user_code,
};

/// A branch whose future is dropped unfinished, and made anew when the `select!` runs again.
pub(super) struct GivenUp<'s, 'tcx> {
    pub(super) branch: &'s Branch<'tcx>,
    /// The branches before it are asked first, each time.
    pub(super) is_behind_others: bool,
    /// The loop in which it runs again.
    pub(super) again: Loop,
}

/// The branches of a `select!` that are given up for another one and then made anew.
pub(super) fn given_up<'s, 'tcx>(
    tcx: TyCtxt<'tcx>,
    select: &'s Select<'tcx>,
) -> Vec<GivenUp<'s, 'tcx>> {
    let Some(innermost) = select.around else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let source_map = tcx.sess.source_map();
    for (position, branch) in select.branches.iter().enumerate() {
        // What a macro of another crate writes is not the user's to change.
        let foreign = branch.future.span.in_external_macro(source_map);
        if foreign || !matches!(branch.source, Source::Owned) {
            continue;
        }
        let places = places_in(tcx, branch.future);
        let typeck = tcx.typeck(select.expr.hir_id.owner.def_id);
        let is_replaced = |handler: &'tcx Expr<'tcx>| {
            assigns(handler, &places)
                || !typeck.expr_ty(handler).is_never() && assigned_beside(tcx, select, &places)
        };
        let others = select.branches.iter().enumerate();
        let backs: Vec<Back> = others
            .filter(|(other, _)| *other != position)
            .filter(|(_, other)| !is_replaced(other.handler))
            .map(|(_, other)| other.back)
            .chain(select.fallbacks.iter().filter_map(|fallback| {
                // An `else` runs when every future is done or was never polled.
                (fallback.kind == FallbackKind::Default).then_some(fallback.back)
            }))
            .collect();
        let again = if backs.contains(&Back::InLoop) {
            Some(innermost)
        } else if backs.contains(&Back::InOuterLoop) {
            enclosing_loop(tcx, innermost.id)
        } else {
            None
        };
        if let Some(again) = again {
            found.push(GivenUp {
                branch,
                is_behind_others: select.biased && position > 0,
                again,
            });
        }
    }
    found
}

/// Whether one of the owners is there before and after a pass of the loop.
pub(super) fn survive<'tcx>(frame: &Frame<'_, 'tcx>, again: &Loop, owners: &[Root]) -> bool {
    owners.iter().any(|owner| match owner {
        Root::Beyond(roots::Source::Shared(root)) | Root::Owned(root) => {
            declared_at(frame.mir.body, *root)
                .is_none_or(|span| !again.span.contains(in_user_code(span)))
        }
        Root::Beyond(_) => true,
        Root::Unknown => false,
    })
}

/// Where a variable is declared; `None` for what the body was given.
fn declared_at(body: &Body<'_>, root: definitions::Root) -> Option<Span> {
    match root {
        definitions::Root::Local(local) => {
            (local.as_usize() > body.arg_count).then(|| body.local_decls[local].source_info.span)
        }
        definitions::Root::Saved(variant, field) => {
            let layout = body.coroutine_layout_raw()?;
            let saved = *layout.variant_fields.get(variant)?.get(field)?;
            Some(layout.field_tys.get(saved)?.source_info.span)
        }
        definitions::Root::Captured(_) => None,
    }
}

/// The variables and fields that a future's expression names, those included that its async block
/// does, or the one that a variable was initialized with. What is copied is not among them.
pub(super) fn places_in<'tcx>(tcx: TyCtxt<'tcx>, future: &'tcx Expr<'tcx>) -> Vec<Place> {
    struct Places<'tcx> {
        tcx: TyCtxt<'tcx>,
        typeck: &'tcx TypeckResults<'tcx>,
        found: Vec<Place>,
    }
    impl<'tcx> Visitor<'tcx> for Places<'tcx> {
        fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
            if let Some(place) = Place::of(expr) {
                if !is_copied(self.tcx, self.typeck, expr) {
                    self.found.push(place);
                }
            } else if let ExprKind::Closure(closure) = expr.kind {
                self.visit_body(self.tcx.hir_body(closure.body));
            } else {
                walk_expr(self, expr);
            }
        }
    }
    let mut places = Places {
        tcx,
        typeck: tcx.typeck(future.hir_id.owner.def_id),
        found: Vec::new(),
    };
    places.visit_expr(future);
    if let Some(Place { variable, .. }) = Place::of(future)
        && let Node::LetStmt(LetStmt {
            init: Some(init), ..
        }) = tcx.parent_hir_node(variable)
    {
        places.visit_expr(init);
    }
    places.found
}

fn is_copied<'tcx>(tcx: TyCtxt<'tcx>, typeck: &TypeckResults<'tcx>, expr: &Expr<'tcx>) -> bool {
    let ty = typeck.expr_ty(expr).peel_refs();
    let env = TypingEnv::non_body_analysis(tcx, expr.hir_id.owner.def_id);
    tcx.type_is_copy_modulo_regions(env, ty)
}

/// Whether the loop around a `select!` puts something new into one of the places, outside of the
/// `select!` and of futures.
fn assigned_beside<'tcx>(tcx: TyCtxt<'tcx>, select: &Select<'tcx>, places: &[Place]) -> bool {
    let Some(Node::Expr(looped)) = select.around.map(|around| tcx.hir_node(around.id)) else {
        return false;
    };
    any_in(looped, &mut |expr| {
        replaces(expr, places) && !is_within(tcx, expr.hir_id, select.expr.hir_id)
    })
}

/// Whether two places overlap.
pub(super) fn overlap(one: &Place, other: &Place) -> bool {
    one.variable == other.variable
        && (one.fields.starts_with(&other.fields) || other.fields.starts_with(&one.fields))
}

/// Whether an expression puts something new into one of the places.
pub(super) fn assigns<'tcx>(expr: &'tcx Expr<'tcx>, places: &[Place]) -> bool {
    any_in(expr, &mut |expr| replaces(expr, places))
}

/// Whether an expression itself is an assignment to one of the places.
fn replaces(expr: &Expr<'_>, places: &[Place]) -> bool {
    let ExprKind::Assign(target, ..) = expr.kind else {
        return false;
    };
    Place::of(target).is_some_and(|target| places.iter().any(|place| overlap(place, &target)))
}
