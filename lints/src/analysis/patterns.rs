//! Patterns over the `Result` or `Option` that a receive returns.

use rustc_hir::{Pat, PatExprKind, PatKind, QPath};
use rustc_span::sym;

/// `Ok(<name>)`, `Some(_)`: it fails only when there is no value.
pub(crate) fn is_plain_success(pat: &Pat<'_>) -> bool {
    match pat.kind {
        PatKind::TupleStruct(_, [inner], _) => is_irrefutable(inner),
        // What `?` writes.
        PatKind::Struct(_, [field], _) => is_irrefutable(field.pat),
        _ => false,
    }
}

fn is_irrefutable(pat: &Pat<'_>) -> bool {
    match pat.kind {
        PatKind::Wild => true,
        PatKind::Binding(_, _, _, inner) => inner.is_none_or(is_irrefutable),
        PatKind::Tuple(parts, _) => parts.iter().all(is_irrefutable),
        _ => false,
    }
}

/// Whether a pattern over a `Result` or `Option` can match a value that was received. A `_` cannot
/// when an arm before it has taken all of them.
pub(crate) fn has_value(pat: &Pat<'_>, values_are_taken: bool) -> bool {
    match pat.kind {
        PatKind::TupleStruct(ref path, ..) | PatKind::Struct(ref path, ..) => {
            last_name(path) != Some("Err")
        }
        PatKind::Expr(expr) => match &expr.kind {
            PatExprKind::Path(path) => last_name(path) != Some("None"),
            _ => true,
        },
        PatKind::Wild => !values_are_taken,
        _ => true,
    }
}

fn last_name<'a>(path: &QPath<'a>) -> Option<&'a str> {
    match path {
        QPath::Resolved(_, path) => path.segments.last().map(|last| match last.ident.name {
            // `Break` is what `?` makes of an `Err`.
            sym::Err | sym::Break => "Err",
            sym::None => "None",
            _ => "",
        }),
        QPath::TypeRelative(..) => None,
    }
}

/// `Err(RecvTimeoutError::Disconnected)`.
pub(crate) fn is_disconnected(pat: &Pat<'_>) -> bool {
    let PatKind::TupleStruct(_, [inner], _) = pat.kind else {
        return false;
    };
    match inner.kind {
        PatKind::Expr(expr) => match &expr.kind {
            PatExprKind::Path(QPath::Resolved(_, path)) => path
                .segments
                .last()
                .is_some_and(|last| last.ident.as_str() == "Disconnected"),
            _ => false,
        },
        _ => false,
    }
}
