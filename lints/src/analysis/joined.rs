//! Futures that one task polls side by side: the branches of `join!`, `try_join!` and `select!`.

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    Expr,
    def_id::LocalDefId,
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{Ty, TyCtxt, TypeckResults};
use rustc_span::{ExpnData, Span};

/// Crates whose macros poll several futures in turn, and those macros. Some expand to one that does
/// the work.
const CRATES: &[&str] = &["tokio", "futures", "futures_util", "futures_macro"];
const MACROS: &[&str] = &[
    "join",
    "join_internal",
    "try_join",
    "try_join_internal",
    "select",
    "select_internal",
    "select_biased",
    "select_biased_internal",
];

/// An expression in one of the macros that the user wrote and that may be a branch.
pub(crate) struct Part<'tcx> {
    pub(crate) span: Span,
    /// Its type, with type parameters and `impl Trait` as written.
    pub(crate) ty: Ty<'tcx>,
}

/// One use of one of the macros.
pub(crate) struct Joined<'tcx> {
    /// The macro as the user wrote it: `join`.
    pub(crate) name: String,
    pub(crate) parts: Vec<Part<'tcx>>,
}

/// Every use of the macros in a body.
pub(crate) fn joined<'tcx>(tcx: TyCtxt<'tcx>, owner: LocalDefId) -> Vec<Joined<'tcx>> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    let mut search = Search {
        tcx,
        typeck: tcx.typeck(owner),
        around: None,
        found: FxHashMap::default(),
        order: Vec::new(),
    };
    search.visit_body(body);
    let Search {
        mut found, order, ..
    } = search;
    order
        .into_iter()
        .filter_map(|call| found.remove(&call))
        .collect()
}

struct Search<'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    /// The macro that wrote the expression around.
    around: Option<ExpnData>,
    /// By the place of the macro call.
    found: FxHashMap<Span, Joined<'tcx>>,
    order: Vec<Span>,
}

impl<'tcx> Visitor<'tcx> for Search<'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        let written_by = self.outermost(expr.span);
        let around = self.around.take();
        if let (Some(around), None) = (&around, &written_by) {
            self.add(around, expr);
        }
        self.around = written_by;
        walk_expr(self, expr);
        self.around = around;
    }
}

impl<'tcx> Search<'tcx> {
    /// The outermost of the macros that an expression is written by: the one the user called.
    fn outermost(&self, span: Span) -> Option<ExpnData> {
        span.macro_backtrace()
            .filter(|expansion| self.name(expansion).is_some())
            .last()
    }

    fn name(&self, expansion: &ExpnData) -> Option<String> {
        let def = expansion.macro_def_id?;
        let name = self.tcx.opt_item_name(def)?;
        let known = CRATES.contains(&self.tcx.crate_name(def.krate).as_str())
            && MACROS.contains(&name.as_str());
        known.then(|| name.to_string())
    }

    fn add(&mut self, around: &ExpnData, expr: &'tcx Expr<'tcx>) {
        let Some(ty) = self.typeck.expr_ty_opt(expr) else {
            return;
        };
        let Some(name) = self.name(around) else {
            return;
        };
        let order = &mut self.order;
        let joined = self.found.entry(around.call_site).or_insert_with(|| {
            order.push(around.call_site);
            Joined {
                name,
                parts: Vec::new(),
            }
        });
        if joined.parts.iter().all(|part| part.span != expr.span) {
            joined.parts.push(Part {
                span: expr.span,
                ty,
            });
        }
    }
}
