//! What a lint said about a place in the code, free of cargo's and rustc's message formats.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use cargo_metadata::diagnostic::{Applicability, Diagnostic, DiagnosticLevel, DiagnosticSpan};
use serde::{Deserialize, Serialize};

/// A range in a source file. Lines and columns count from 1, columns in Unicode characters; the
/// end column is the one after the last character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Relative to the project's root with `/` between the parts; absolute when outside of it.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

/// A note, a help text or a labelled second place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// `"label"`, `"note"` or `"help"`.
    pub(crate) kind: String,
    pub(crate) message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) places: Vec<Place>,
}

/// A text that replaces what is at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replacement {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// Replacements that are certain to be right when they are made together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fix {
    pub(crate) message: String,
    pub(crate) replacements: Vec<Replacement>,
}

/// How a finding relates to the baseline that the run was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BaselineState {
    /// Not in it.
    New,
    /// In it.
    Unchanged,
}

/// One finding of one lint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) lint: String,
    pub(crate) message: String,
    pub(crate) place: Place,
    /// The first line of the place, without indentation.
    pub(crate) snippet: String,
    /// The crate (not the package) in which it was found.
    #[serde(rename = "crate")]
    pub(crate) krate: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<Note>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fixes: Vec<Fix>,
    /// `None` in a run without a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<BaselineState>,
    /// As rustc draws it, for people.
    #[serde(skip)]
    pub(crate) rendered: String,
}

impl Finding {
    /// The finding in a rustc message, or `None` when it comes from none of `lints`.
    pub(crate) fn from_diagnostic(
        diagnostic: &Diagnostic,
        krate: &str,
        root: &Path,
        lints: &BTreeSet<String>,
    ) -> Option<Self> {
        let lint = lint_name(diagnostic).filter(|name| lints.contains(*name))?;
        let primary = diagnostic.spans.iter().find(|span| span.is_primary)?;
        let shown = call_site(primary, root);
        let mut notes: Vec<_> = labels(&diagnostic.spans, root).collect();
        notes.extend(
            diagnostic
                .children
                .iter()
                .flat_map(|child| child_notes(child, root)),
        );
        Some(Self {
            lint: lint.to_owned(),
            message: diagnostic.message.clone(),
            place: Place::new(shown, root),
            snippet: first_line(shown),
            krate: krate.to_owned(),
            notes,
            fixes: diagnostic
                .children
                .iter()
                .filter_map(|child| fix(child, root))
                .collect(),
            baseline: None,
            rendered: diagnostic.rendered.clone().unwrap_or_default(),
        })
    }

    /// Whether the baseline holds it.
    pub(crate) fn is_known(&self) -> bool {
        self.baseline == Some(BaselineState::Unchanged)
    }

    /// What makes two reports the same finding: the library and its test build report every place
    /// twice.
    fn identity(&self) -> (&Place, &str, &str) {
        (&self.place, &self.lint, &self.message)
    }
}

/// Sorts by place and drops what was reported more than once.
pub(crate) fn sort_and_dedup(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| a.identity().cmp(&b.identity()));
    findings.dedup_by(|a, b| a.identity() == b.identity());
}

impl Place {
    fn new(span: &DiagnosticSpan, root: &Path) -> Self {
        Self {
            file: file_name(&span.file_name, root),
            line: span.line_start,
            column: span.column_start,
            end_line: span.line_end,
            end_column: span.column_end,
        }
    }
}

/// The name of the lint, or of the error code, without a tool prefix such as `clippy::`.
pub(crate) fn lint_name(diagnostic: &Diagnostic) -> Option<&str> {
    diagnostic.code.as_ref().map(|code| code.code.as_str())
}

/// The span itself when it lies in the project, else the innermost macro call that does: a reader
/// can change the call and not the macro of another crate.
fn call_site<'a>(span: &'a DiagnosticSpan, root: &Path) -> &'a DiagnosticSpan {
    let mut at = span;
    loop {
        if absolute(&at.file_name, root).starts_with(root) {
            return at;
        }
        match &at.expansion {
            Some(expansion) => at = &expansion.span,
            None => return span,
        }
    }
}

fn labels<'a>(spans: &'a [DiagnosticSpan], root: &'a Path) -> impl Iterator<Item = Note> + 'a {
    spans.iter().filter_map(move |span| {
        let message = span.label.clone().filter(|label| !label.is_empty())?;
        let places = vec![Place::new(call_site(span, root), root)];
        Some(Note {
            kind: "label".to_owned(),
            message,
            places,
        })
    })
}

fn child_notes(child: &Diagnostic, root: &Path) -> Vec<Note> {
    if is_about_the_level(&child.message) {
        return Vec::new();
    }
    let kind = match child.level {
        DiagnosticLevel::Help => "help",
        _ => "note",
    };
    let places = child
        .spans
        .iter()
        .map(|span| Place::new(call_site(span, root), root))
        .collect();
    let own = Note {
        kind: kind.to_owned(),
        message: child.message.clone(),
        places,
    };
    std::iter::once(own)
        .chain(labels(&child.spans, root))
        .collect()
}

/// Where the lint's level comes from. rustc says it once a crate, at whichever finding is the first,
/// so it is no part of the finding.
pub(super) fn is_about_the_level(message: &str) -> bool {
    message == "the lint level is defined here"
        || message.starts_with("requested on the command line with")
        || (message.starts_with("`#[") && message.ends_with("on by default"))
        || (message.starts_with('`') && message.contains("` implied by `"))
}

/// The suggestion of a child message, when rustc would apply it without asking.
fn fix(child: &Diagnostic, root: &Path) -> Option<Fix> {
    let replacements: Vec<_> = child
        .spans
        .iter()
        .filter_map(|span| {
            let text = span.suggested_replacement.clone()?;
            Some((span, text))
        })
        .collect();
    let certain = !replacements.is_empty()
        && replacements.iter().all(|(span, _)| {
            span.suggestion_applicability == Some(Applicability::MachineApplicable)
        });
    certain.then(|| Fix {
        message: child.message.clone(),
        replacements: replacements
            .into_iter()
            .map(|(span, text)| Replacement {
                place: Place::new(span, root),
                text,
            })
            .collect(),
    })
}

fn first_line(span: &DiagnosticSpan) -> String {
    span.text
        .first()
        .map(|line| line.text.trim().to_owned())
        .unwrap_or_default()
}

fn file_name(name: &str, root: &Path) -> String {
    let path = absolute(name, root);
    let shown = path.strip_prefix(root).unwrap_or(&path);
    shown.to_string_lossy().replace('\\', "/")
}

/// rustc names a file of a workspace member relative to the workspace's root, and one of a member
/// beside the workspace by its whole path.
fn absolute(name: &str, root: &Path) -> PathBuf {
    let mut path = PathBuf::new();
    for part in root.join(name).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    pub(crate) fn span(file: &str, line: usize, primary: bool) -> Value {
        json!({
            "file_name": file, "byte_start": 0, "byte_end": 1, "line_start": line,
            "line_end": line, "column_start": 5, "column_end": 9, "is_primary": primary,
            "text": [{ "text": "    let guard = lock();", "highlight_start": 5, "highlight_end": 9 }],
            "label": null, "suggested_replacement": null, "suggestion_applicability": null,
            "expansion": null
        })
    }

    pub(crate) fn warning(lint: &str, spans: &Value, children: &Value) -> Diagnostic {
        let message = json!({
            "message": "the guard is held", "code": { "code": lint, "explanation": null },
            "level": "warning", "spans": spans, "children": children, "rendered": "drawn\n"
        });
        serde_json::from_value(message).expect("a rustc message")
    }

    fn found(diagnostic: &Diagnostic) -> Option<Finding> {
        let lints = BTreeSet::from(["a_lint".to_owned()]);
        Finding::from_diagnostic(diagnostic, "krate", Path::new("/project"), &lints)
    }

    /// A finding of `a_lint` on a line.
    pub(crate) fn at(file: &str, line: usize) -> Finding {
        let spans = json!([span(file, line, true)]);
        found(&warning("a_lint", &spans, &json!([]))).expect("a finding")
    }

    #[test]
    fn other_lints_are_not_ours() {
        assert_eq!(
            found(&warning(
                "unused",
                &json!([span("src/lib.rs", 1, true)]),
                &json!([])
            )),
            None
        );
    }

    #[test]
    fn files_are_named_from_the_root() {
        for name in ["src/lib.rs", "/project/src/lib.rs", "member/../src/lib.rs"] {
            let finding = found(&warning(
                "a_lint",
                &json!([span(name, 7, true)]),
                &json!([]),
            ));
            let place = finding.expect("a finding").place;
            assert_eq!(
                (place.file.as_str(), place.line, place.column),
                ("src/lib.rs", 7, 5)
            );
        }
        let outside = warning(
            "a_lint",
            &json!([span("../other/lib.rs", 7, true)]),
            &json!([]),
        );
        assert_eq!(
            found(&outside).expect("a finding").place.file,
            "/other/lib.rs"
        );
    }

    #[test]
    fn a_place_in_a_foreign_macro_is_shown_at_the_call() {
        let mut inner = span("/registry/tokio/src/macros.rs", 900, true);
        inner["expansion"] = json!({
            "span": span("src/main.rs", 12, false), "macro_decl_name": "select!",
            "def_site_span": null
        });
        let finding = found(&warning("a_lint", &json!([inner]), &json!([]))).expect("a finding");
        assert_eq!(
            (finding.place.file.as_str(), finding.place.line),
            ("src/main.rs", 12)
        );
    }

    #[test]
    fn notes_labels_and_fixes_are_kept() {
        let mut label = span("src/lib.rs", 8, false);
        label["label"] = json!("suspends here");
        let mut certain = span("src/lib.rs", 9, true);
        certain["suggested_replacement"] = json!("drop(guard);");
        certain["suggestion_applicability"] = json!("MachineApplicable");
        let mut guess = certain.clone();
        guess["suggestion_applicability"] = json!("MaybeIncorrect");
        let child = |span: Value| {
            json!({
                "message": "drop it first", "code": null, "level": "help", "spans": [span],
                "children": [], "rendered": null
            })
        };
        let spans = json!([span("src/lib.rs", 7, true), label]);
        let finding = found(&warning(
            "a_lint",
            &spans,
            &json!([child(certain), child(guess)]),
        ))
        .expect("a finding");
        let kinds: Vec<_> = finding
            .notes
            .iter()
            .map(|note| note.kind.as_str())
            .collect();
        assert_eq!(kinds, ["label", "help", "help"]);
        assert_eq!(finding.notes[0].places[0].line, 8);
        assert_eq!(finding.fixes.len(), 1);
        assert_eq!(finding.fixes[0].replacements[0].text, "drop(guard);");
        assert_eq!(finding.snippet, "let guard = lock();");
    }

    #[test]
    fn notes_about_the_level_are_no_part_of_a_finding() {
        let note = |text: &str| {
            json!({
                "message": text, "code": null, "level": "note", "spans": [], "children": [],
                "rendered": null
            })
        };
        let children = json!([
            note("`#[warn(a_lint)]` on by default"),
            note("the lint level is defined here"),
            note("requested on the command line with `-W a-lint`"),
            note("`#[warn(a_lint)]` implied by `#[warn(warnings)]`"),
            note("`#[derive]`d code holds it"),
        ]);
        let spans = json!([span("src/lib.rs", 7, true)]);
        let finding = found(&warning("a_lint", &spans, &children)).expect("a finding");
        let notes: Vec<_> = finding
            .notes
            .iter()
            .map(|note| note.message.as_str())
            .collect();
        assert_eq!(notes, ["`#[derive]`d code holds it"]);
    }

    #[test]
    fn the_same_place_twice_is_one_finding() {
        let mut findings: Vec<_> = [9, 2, 9].map(|line| at("src/lib.rs", line)).into();
        sort_and_dedup(&mut findings);
        assert_eq!(
            findings.iter().map(|f| f.place.line).collect::<Vec<_>>(),
            [2, 9]
        );
    }
}
