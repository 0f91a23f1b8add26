//! The house form of a diagnostic.
//!
//! One sentence with cause and consequence at the primary span; a note that points at every await
//! (or branch) concerned; a help that says what to write instead; last a link to the trap's
//! chapter in the book.

use rustc_errors::{Diag, DiagDecorator, MultiSpan};
use rustc_hir::HirId;
use rustc_lint::Lint;
use rustc_middle::ty::TyCtxt;
use rustc_span::{ExpnKind, Span};

const CHAPTERS: &str = "https://async-patterns.github.io/book/traps";
const NEW_BUG: &str = "https://github.com/async-patterns/async-patterns/issues/new";

/// Reports `lint` at `span`, at the level that holds for `node`.
///
/// `node` decides which `#[allow]`, `#[warn]` or `#[deny]` applies: give the innermost node that a
/// user would put the attribute on, such as the `let` statement.
pub(crate) fn report(
    tcx: TyCtxt<'_>,
    lint: &'static Lint,
    node: HirId,
    span: impl Into<MultiSpan>,
    message: String,
    details: impl FnOnce(&mut Diag<'_, ()>),
) {
    tcx.emit_node_span_lint(
        lint,
        node,
        span,
        DiagDecorator(|diag| {
            diag.primary_message(message);
            details(diag);
            diag.note(format!(
                "for more see {CHAPTERS}/{}.html",
                lint.name_lower()
            ));
        }),
    );
}

/// A note that points at several places, each of them once and in the order of the source.
pub(crate) fn note_places(diag: &mut Diag<'_, ()>, mut places: Vec<Span>, text: &'static str) {
    places.sort();
    places.dedup();
    diag.span_note(places, text);
}

/// The place in code that the user wrote: a span inside a macro becomes that of its call.
pub(crate) fn in_user_code(mut span: Span) -> Span {
    while span.from_expansion() {
        let expansion = span.ctxt().outer_expn_data();
        span = match expansion.kind {
            // `.await`, `for`, `?`: the tokens are the user's, only the context is not.
            ExpnKind::Desugaring(_) => span.with_ctxt(expansion.call_site.ctxt()),
            _ => expansion.call_site,
        };
    }
    span
}

/// Says that a lint of ours failed on one body, and that the rest was checked.
pub(crate) fn internal_error(tcx: TyCtxt<'_>, lint: &'static Lint, stage: &str, panic: &str) {
    let name = lint.name_lower();
    tcx.dcx()
        .struct_note(format!(
            "internal error in the lint `{name}` of async_patterns_lints {}: {panic}",
            env!("CARGO_PKG_VERSION")
        ))
        .with_note(format!(
            "it was checking {stage}; other bodies and lints are not affected"
        ))
        .with_note(format!("please report this at {NEW_BUG}"))
        .emit();
}
