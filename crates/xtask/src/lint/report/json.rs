//! Our own JSON document; its fields are described in `docs/lint-output.md` and only ever added to
//! within a version.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use crate::error::{Error, Result};
use crate::lint::catalog::Lint;
use crate::lint::finding::Finding;

/// The version of the document's form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    /// The folder that the findings' files are relative to.
    root: String,
    lints: &'a [Lint],
    findings: &'a [Finding],
    summary: Summary<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
    rustc: String,
}

#[derive(Serialize)]
struct Summary<'a> {
    crates: &'a [String],
    units: usize,
    findings: usize,
    per_lint: BTreeMap<&'a str, usize>,
    seconds: f64,
}

pub(super) fn render(report: &Report) -> Result<String> {
    let document = Document {
        version: VERSION,
        tool: Tool {
            name: "async-patterns",
            version: env!("CARGO_PKG_VERSION"),
            rustc: report.rustc.to_string(),
        },
        root: report.root.to_string_lossy().into_owned(),
        lints: &report.catalog.lints,
        findings: &report.findings,
        summary: Summary {
            crates: &report.crates,
            units: report.units,
            findings: report.findings.len(),
            per_lint: report.per_lint(),
            // Whole milliseconds: more digits would only be noise.
            seconds: (report.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        },
    };
    serde_json::to_string_pretty(&document)
        .map(|text| text + "\n")
        .map_err(|error| Error::new(format!("could not write the JSON document: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;
    use crate::lint::finding::BaselineState;
    use serde_json::Value;

    #[test]
    fn the_document_holds_what_its_description_says() {
        let mut report = report();
        report.findings[0].baseline = Some(BaselineState::New);
        let text = render(&report).expect("a document");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["version"], 1);
        assert_eq!(document["tool"]["rustc"], "1.96.0");
        assert_eq!(document["summary"]["per_lint"]["timeout_over_cpu_work"], 1);
        assert_eq!(document["summary"]["seconds"], 62.0);
        let finding = &document["findings"][0];
        assert_eq!(finding["place"]["line"], 12);
        assert_eq!(finding["crate"], "krate");
        assert_eq!(finding["baseline"], "new");
        assert_eq!(finding["notes"][0]["places"][0]["line"], 40);
        assert_eq!(finding["fixes"][0]["replacements"][0]["text"], "spawn");
        // Every field that can be there is described.
        let described = include_str!("../../../../../docs/lint-output.md");
        for (name, value) in all_fields(&document) {
            assert!(
                described.contains(&format!("`{name}`")),
                "`{name}` ({value}) is not described"
            );
        }
    }

    fn all_fields(value: &Value) -> Vec<(String, Value)> {
        match value {
            Value::Object(fields) => fields
                .iter()
                // The keys of this one are lints.
                .filter(|(name, _)| *name != "timeout_over_cpu_work")
                .flat_map(|(name, value)| {
                    let own = (name.clone(), value.clone());
                    std::iter::once(own)
                        .chain(all_fields(value))
                        .collect::<Vec<_>>()
                })
                .collect(),
            Value::Array(items) => items.iter().flat_map(all_fields).collect(),
            _ => Vec::new(),
        }
    }
}
