//! What is still there when a future has been given up and the code around it runs again.

use rustc_hir::{
    Expr, ExprKind,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::{mir::Body, ty::TyCtxt};
use rustc_span::Span;

use crate::{
    analysis::{
        definitions,
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
        let places = places_in(branch.future);
        let others = select.branches.iter().enumerate();
        let backs: Vec<Back> = others
            .filter(|(other, _)| *other != position)
            .filter(|(_, other)| !assigns(other.handler, &places))
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

/// The variables and fields that an expression names.
pub(super) fn places_in<'tcx>(expr: &'tcx Expr<'tcx>) -> Vec<Place> {
    struct Places(Vec<Place>);
    impl<'tcx> Visitor<'tcx> for Places {
        fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
            match Place::of(expr) {
                Some(place) => self.0.push(place),
                None => walk_expr(self, expr),
            }
        }
    }
    let mut places = Places(Vec::new());
    places.visit_expr(expr);
    places.0
}

/// Whether two places overlap.
pub(super) fn overlap(one: &Place, other: &Place) -> bool {
    one.variable == other.variable
        && (one.fields.starts_with(&other.fields) || other.fields.starts_with(&one.fields))
}

/// Whether an expression puts something new into one of the places.
pub(super) fn assigns<'tcx>(expr: &'tcx Expr<'tcx>, places: &[Place]) -> bool {
    struct Assigns<'p>(&'p [Place], bool);
    impl<'tcx> Visitor<'tcx> for Assigns<'_> {
        fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
            if let ExprKind::Assign(target, ..) = expr.kind
                && let Some(target) = Place::of(target)
            {
                self.1 |= self.0.iter().any(|place| overlap(place, &target));
            }
            walk_expr(self, expr);
        }
    }
    let mut assigns = Assigns(places, false);
    assigns.visit_expr(expr);
    assigns.1
}
