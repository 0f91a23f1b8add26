//! How bodies and calls are named in a diagnostic, and where they stand in the source.

use rustc_hir::{
    Expr, ExprKind, HirId, MatchSource,
    def::DefKind,
    def_id::{DefId, LocalDefId},
    intravisit::{Visitor, walk_block, walk_expr, walk_stmt},
};
use rustc_middle::ty::{Instance, TyCtxt};
use rustc_span::{DesugaringKind, Span};

use super::{
    async_path::{Hop, Reached},
    bodies::source_owner,
    call_graph::{Site, Via},
};
use crate::diagnostics::in_user_code;

/// Where a site stands: of an await, the whole awaited expression and not only the keyword.
pub(crate) fn place(tcx: TyCtxt<'_>, instance: Instance<'_>, site: &Site<'_>) -> Span {
    let span = in_user_code(site.span);
    if !site.span.is_desugaring(DesugaringKind::Await) {
        return span;
    }
    let mut search = Awaited {
        keyword: span,
        found: None,
    };
    if let Some(body) = tcx.hir_maybe_body_owned_by(local_owner(tcx, instance)) {
        search.visit_body(body);
    }
    search.found.unwrap_or(span)
}

struct Awaited {
    keyword: Span,
    found: Option<Span>,
}

// The match on the poll's result is marked like the whole expression, and stands inside it.
impl<'tcx> Visitor<'tcx> for Awaited {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let whole = in_user_code(expr.span);
        if matches!(expr.kind, ExprKind::Match(_, _, MatchSource::AwaitDesugar))
            && whole.contains(self.keyword)
            && whole.hi() == self.keyword.hi()
            && self.found.is_none()
        {
            self.found = Some(whole);
        }
        walk_expr(self, expr);
    }
}

/// How a body is called in a sentence.
pub(crate) fn name(tcx: TyCtxt<'_>, def: DefId) -> String {
    let def = source_owner(tcx, def);
    if tcx.def_kind(def) != DefKind::Closure {
        return format!("`{}`", short_path(tcx, def));
    }
    let parent = tcx.parent(def);
    let of_async_fn = tcx.coroutine_is_async(def)
        && matches!(tcx.def_kind(parent), DefKind::Fn | DefKind::AssocFn)
        && tcx.asyncness(parent).is_async();
    if of_async_fn {
        format!("`{}`", short_path(tcx, parent))
    } else if tcx.coroutine_is_async(def) {
        "the `async` block".to_owned()
    } else {
        "the closure".to_owned()
    }
}

fn short_path(tcx: TyCtxt<'_>, def: DefId) -> String {
    match tcx.opt_item_name(def) {
        Some(name) => match tcx
            .opt_associated_item(def)
            .and_then(|_| owner_name(tcx, def))
        {
            Some(owner) => format!("{owner}::{name}"),
            None => name.to_string(),
        },
        None => tcx.def_path_str(def),
    }
}

fn owner_name(tcx: TyCtxt<'_>, method: DefId) -> Option<String> {
    let container = tcx.parent(method);
    match tcx.def_kind(container) {
        DefKind::Trait => tcx.opt_item_name(container).map(|name| name.to_string()),
        DefKind::Impl { .. } => {
            let ty = tcx.type_of(container).instantiate_identity();
            ty.ty_adt_def()
                .and_then(|adt| tcx.opt_item_name(adt.did()))
                .map(|name| name.to_string())
        }
        _ => None,
    }
}

/// The path of a function, without type parameters.
pub(crate) fn function(tcx: TyCtxt<'_>, def: DefId) -> String {
    let path = tcx.def_path_str(def);
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(path.len());
    for part in path.split_inclusive("::") {
        let opens = part.matches('<').count();
        let closes = part.matches('>').count();
        if depth == 0 && opens == 0 {
            plain.push_str(part);
        }
        depth = (depth + opens).saturating_sub(closes);
    }
    plain
}

/// A sentence for one step of a chain.
pub(crate) fn step(tcx: TyCtxt<'_>, from: &str, site: &Site<'_>, next: DefId) -> String {
    let next = name(tcx, next);
    match site.via {
        Via::Call => format!("{from} calls {next} here"),
        Via::Poll => format!("{from} awaits {next} here"),
        Via::Spawn => format!("{from} spawns {next} here, on the same runtime"),
        Via::Drop => format!("{from} drops a value here, which runs {next}"),
    }
}

/// The calls from a body, whose next step is given, down to the call of `target`.
pub(crate) fn chain<'tcx>(
    tcx: TyCtxt<'tcx>,
    reached: &Reached<'tcx>,
    toward: &[Option<Hop>],
    from: (usize, Hop),
    target: &str,
) -> Vec<(Span, String)> {
    let mut chain = Vec::new();
    let mut current = Some(from);
    while let Some((body, hop)) = current {
        let site = reached.bodies[body].site(hop.site);
        let name = name(tcx, reached.bodies[body].instance.def_id());
        let text = match hop.next {
            None => format!("{name} calls `{target}` here"),
            Some(next) => step(tcx, &name, site, reached.bodies[next].instance.def_id()),
        };
        chain.push((place(tcx, reached.bodies[body].instance, site), text));
        current = hop.next.and_then(|next| Some((next, toward[next]?)));
    }
    chain
}

/// The item, closure or `async` block whose source a body is.
pub(crate) fn local_owner(tcx: TyCtxt<'_>, instance: Instance<'_>) -> LocalDefId {
    source_owner(tcx, instance.def_id()).expect_local()
}

/// The innermost node of a body at a place: there an attribute decides whether a lint is on.
pub(crate) fn node_at(tcx: TyCtxt<'_>, owner: LocalDefId, span: Span) -> HirId {
    let mut innermost = Innermost {
        span: in_user_code(span),
        found: tcx.local_def_id_to_hir_id(owner),
    };
    if let Some(body) = tcx.hir_maybe_body_owned_by(owner) {
        innermost.visit_body(body);
    }
    innermost.found
}

struct Innermost {
    span: Span,
    found: HirId,
}

impl Innermost {
    fn note(&mut self, node: HirId, span: Span) {
        if in_user_code(span).contains(self.span) {
            self.found = node;
        }
    }
}

impl<'tcx> Visitor<'tcx> for Innermost {
    fn visit_stmt(&mut self, stmt: &'tcx rustc_hir::Stmt<'tcx>) {
        self.note(stmt.hir_id, stmt.span);
        walk_stmt(self, stmt);
    }

    fn visit_block(&mut self, block: &'tcx rustc_hir::Block<'tcx>) {
        self.note(block.hir_id, block.span);
        walk_block(self, block);
    }

    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        self.note(expr.hir_id, expr.span);
        walk_expr(self, expr);
    }
}
