//! The branches of `tokio::select!`, rebuilt from its expansion.
//!
//! The macro first puts the futures of its branches, in order, into a tuple. That tuple, told by
//! the macro that wrote it, gives each branch's expression and type.

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Expr, ExprKind, LetStmt,
    def_id::{DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_local},
};
use rustc_middle::ty::{Ty, TyCtxt, TypeckResults};
use rustc_span::Span;

pub(crate) struct Branch<'tcx> {
    /// The future's expression as the user wrote it.
    pub(crate) span: Span,
    /// Its type, with type parameters and `impl Trait` as written.
    pub(crate) ty: Ty<'tcx>,
}

/// One `select!`.
pub(crate) struct Select<'tcx> {
    pub(crate) branches: Vec<Branch<'tcx>>,
}

/// Every use of one of the macros in a body.
pub(crate) fn selects<'tcx>(
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    macros: &DefIdSet,
) -> Vec<Select<'tcx>> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    let mut search = Search {
        typeck: tcx.typeck(owner),
        macros,
        seen: FxHashSet::default(),
        found: Vec::new(),
    };
    search.visit_body(body);
    search.found
}

struct Search<'s, 'tcx> {
    typeck: &'tcx TypeckResults<'tcx>,
    macros: &'s DefIdSet,
    /// The macro calls whose tuple was found.
    seen: FxHashSet<Span>,
    found: Vec<Select<'tcx>>,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_local(&mut self, statement: &'tcx LetStmt<'tcx>) {
        let expansion = statement.span.ctxt().outer_expn_data();
        if expansion
            .macro_def_id
            .is_some_and(|def| self.macros.contains(&def))
            && let Some(Expr {
                kind: ExprKind::Tup(futures),
                ..
            }) = statement.init
            && self.seen.insert(whole_call(statement.span, self.macros))
        {
            let branches = futures
                .iter()
                .map(|future| Branch {
                    span: future.span,
                    ty: self.typeck.expr_ty(future),
                })
                .collect();
            self.found.push(Select { branches });
        }
        walk_local(self, statement);
    }
}

/// The macro call as the user wrote it: the macro calls itself several times over.
fn whole_call(span: Span, macros: &DefIdSet) -> Span {
    span.macro_backtrace()
        .take_while(|expansion| {
            expansion
                .macro_def_id
                .is_some_and(|def| macros.contains(&def))
        })
        .last()
        .map_or(span, |expansion| expansion.call_site)
}
