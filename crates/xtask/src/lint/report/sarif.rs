//! SARIF 2.1.0, for code scanning services and editors.

use std::collections::BTreeMap;
use std::path::Path;

use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Location, Message,
    MultiformatMessageString, PhysicalLocation, Region, Replacement, ReportingConfiguration,
    ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif, Tool, ToolComponent,
};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Base, Report};
use crate::error::{Error, Result};
use crate::hash::hex;
use crate::lint::catalog::Lint;
use crate::lint::finding::{self, BaselineState, Finding, Note, Place};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The name that relative addresses start at.
const ROOT: &str = "SRCROOT";

pub(super) fn render(report: &Report) -> Result<String> {
    let base = report.base();
    let tool = ToolComponent::builder()
        .name("async-patterns")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .rules(report.catalog.lints.iter().map(rule).collect::<Vec<_>>())
        .build();
    let results = report
        .findings
        .iter()
        .map(|finding| result(finding, report, &base));
    let root = ArtifactLocation::builder()
        .uri(folder_address(&base.folder)?)
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(tool).build())
        // rustc counts characters; SARIF's default are UTF-16 units.
        .column_kind("unicodeCodePoints")
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .results(results.collect::<Vec<_>>())
        .build();
    let log = Sarif::builder()
        .schema(SCHEMA)
        .version("2.1.0")
        .runs(vec![run])
        .build();
    serde_json::to_string_pretty(&log)
        .map(|text| text + "\n")
        .map_err(|error| Error::new(format!("could not write the SARIF document: {error}")))
}

fn rule(lint: &Lint) -> ReportingDescriptor {
    let configuration = ReportingConfiguration::builder()
        .enabled(lint.is_on_by_default())
        .level(if lint.level == "deny" {
            "error"
        } else {
            "warning"
        })
        .build();
    ReportingDescriptor::builder()
        .id(&lint.name)
        .name(&lint.name)
        .short_description(text(&lint.description))
        .help(text(&format!(
            "{}. See {}",
            lint.description,
            lint.help_uri()
        )))
        .help_uri(lint.help_uri())
        .default_configuration(configuration)
        .build()
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn result(finding: &Finding, report: &Report, base: &Base) -> SarifResult {
    let rule = report
        .catalog
        .lints
        .iter()
        .position(|lint| lint.name == finding.lint);
    let related: Vec<_> = finding
        .notes
        .iter()
        .flat_map(|note| related(note, base))
        .enumerate()
        .map(numbered)
        .collect();
    let mut result = SarifResult::builder()
        .rule_id(&finding.lint)
        .level(ResultLevel::Warning)
        .message(message(&whole_message(finding)))
        .locations(vec![location(&finding.place, Some(&finding.snippet), base)])
        .partial_fingerprints(BTreeMap::from([(
            "asyncPatterns/v1".to_owned(),
            fingerprint(finding, base),
        )]))
        .build();
    result.rule_index = rule.and_then(|at| i64::try_from(at).ok());
    // The words are SARIF's own; the generated type has no enumeration here.
    result.baseline_state = finding.baseline.map(|state| match state {
        BaselineState::New => "new".into(),
        BaselineState::Unchanged => "unchanged".into(),
    });
    result.related_locations = (!related.is_empty()).then_some(related);
    let fixes: Vec<_> = finding
        .fixes
        .iter()
        .map(|fix| sarif_fix(fix, base))
        .collect();
    result.fixes = (!fixes.is_empty()).then_some(fixes);
    result
}

/// The message and what has no place of its own.
fn whole_message(finding: &Finding) -> String {
    let homeless = finding.notes.iter().filter(|note| note.places.is_empty());
    std::iter::once(finding.message.clone())
        .chain(homeless.map(|note| format!("{}: {}", note.kind, note.message)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn related(note: &Note, base: &Base) -> Vec<Location> {
    note.places
        .iter()
        .map(|place| {
            let mut location = location(place, None, base);
            location.message = Some(message(&note.message));
            location
        })
        .collect()
}

fn numbered((at, mut location): (usize, Location)) -> Location {
    location.id = i64::try_from(at).ok();
    location
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn location(place: &Place, snippet: Option<&str>, base: &Base) -> Location {
    let mut region = region(place);
    region.snippet = snippet.map(|text| ArtifactContent::builder().text(text).build());
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact(&place.file, base))
        .region(region)
        .build();
    Location::builder().physical_location(physical).build()
}

fn region(place: &Place) -> Region {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Region::builder()
        .start_line(number(place.line))
        .start_column(number(place.column))
        .end_line(number(place.end_line))
        .end_column(number(place.end_column))
        .build()
}

fn artifact(file: &str, base: &Base) -> ArtifactLocation {
    let path = base.path(file);
    match Url::from_file_path(&path) {
        Ok(address) => ArtifactLocation::builder().uri(address.as_str()).build(),
        Err(()) => ArtifactLocation::builder()
            .uri(relative_address(&path))
            .uri_base_id(ROOT)
            .build(),
    }
}

/// A path as an address: what has a meaning there is escaped part by part.
fn relative_address(path: &str) -> String {
    let Ok(mut address) = Url::parse("file:///") else {
        return path.to_owned();
    };
    if let Ok(mut parts) = address.path_segments_mut() {
        parts.clear().extend(path.split('/'));
    }
    address.path().trim_start_matches('/').to_owned()
}

fn folder_address(folder: &Path) -> Result<String> {
    Url::from_directory_path(folder)
        .map(String::from)
        .map_err(|()| {
            Error::new(format!(
                "the project's folder `{}` is no absolute path",
                folder.display()
            ))
        })
}

fn sarif_fix(fix: &finding::Fix, base: &Base) -> Fix {
    let mut by_file: BTreeMap<&str, Vec<Replacement>> = BTreeMap::new();
    for replacement in &fix.replacements {
        let inserted = ArtifactContent::builder().text(&replacement.text).build();
        let change = Replacement::builder()
            .deleted_region(region(&replacement.place))
            .inserted_content(inserted)
            .build();
        by_file
            .entry(&replacement.place.file)
            .or_default()
            .push(change);
    }
    let changes = by_file.into_iter().map(|(file, replacements)| {
        ArtifactChange::builder()
            .artifact_location(artifact(file, base))
            .replacements(replacements)
            .build()
    });
    Fix::builder()
        .description(message(&fix.message))
        .artifact_changes(changes.collect::<Vec<_>>())
        .build()
}

/// The same when lines above are added, so that a service can tell old findings from new ones.
fn fingerprint(finding: &Finding, base: &Base) -> String {
    let mut hash = Sha256::new();
    for part in [
        &finding.lint,
        &base.path(&finding.place.file),
        &finding.snippet,
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hex(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;
    use serde_json::Value;

    fn rendered(report: &Report) -> Value {
        serde_json::from_str(&render(report).expect("a document")).expect("JSON")
    }

    /// The official schema, out of the package that our types are generated from.
    fn schema() -> Value {
        let cargo = |arguments: &[&str]| {
            let output = std::process::Command::new(env!("CARGO"))
                .args(arguments)
                .output()
                .expect("cargo");
            String::from_utf8(output.stdout).expect("text")
        };
        let about = cargo(&["-vV"]);
        let host = about
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .expect("a host");
        // Only this platform's packages: those of others need not be downloaded.
        let json = cargo(&[
            "metadata",
            "--format-version=1",
            "--offline",
            "--filter-platform",
            host,
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ]);
        let metadata: cargo_metadata::Metadata = serde_json::from_str(&json).expect("metadata");
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name == "serde-sarif");
        let folder = package
            .expect("a dependency")
            .manifest_path
            .with_file_name("src");
        let text = std::fs::read_to_string(folder.join("schema.json")).expect("the schema");
        // The schema has a stray `]` in a pattern, of a field that we do not write.
        serde_json::from_str(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$")).expect("JSON")
    }

    #[test]
    fn the_document_follows_the_official_schema() {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema())
            .expect("a usable schema");
        let mut empty = report();
        empty.findings.clear();
        for report in [report(), empty] {
            let errors: Vec<_> = validator
                .iter_errors(&rendered(&report))
                .map(|error| error.to_string())
                .collect();
            assert_eq!(errors, Vec::<String>::new());
        }
        // The check itself finds something wrong in a wrong document.
        let mut wrong = rendered(&report());
        wrong["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] =
            Value::from(0);
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn results_point_at_rules_places_and_fixes() {
        let document = rendered(&report());
        let run = &document["runs"][0];
        assert_eq!(
            run["originalUriBaseIds"][ROOT]["uri"],
            "file:///repo/project/"
        );
        let result = &run["results"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let at = result["ruleIndex"].as_u64().expect("a rule");
        let rule = &rules[usize::try_from(at).expect("an index")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(
            rule["helpUri"],
            "https://async-patterns.github.io/book/traps/timeout_over_cpu_work.html"
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "src/a%20b.rs");
        assert_eq!(place["artifactLocation"]["uriBaseId"], ROOT);
        assert_eq!(place["region"]["startColumn"], 5);
        assert_eq!(place["region"]["endColumn"], 9);
        assert_eq!(
            result["relatedLocations"][0]["message"]["text"],
            "it loops here"
        );
        let text = result["message"]["text"].as_str().expect("a text");
        assert!(text.ends_with("\nhelp: spawn it"), "{text}");
        let change = &result["fixes"][0]["artifactChanges"][0];
        assert_eq!(
            change["replacements"][0]["insertedContent"]["text"],
            "spawn"
        );
    }

    #[test]
    fn the_baseline_is_told_result_by_result() {
        let mut report = report();
        assert!(rendered(&report)["runs"][0]["results"][0]["baselineState"].is_null());
        for (state, written) in [
            (BaselineState::New, "new"),
            (BaselineState::Unchanged, "unchanged"),
        ] {
            report.findings[0].baseline = Some(state);
            let document = rendered(&report);
            assert_eq!(document["runs"][0]["results"][0]["baselineState"], written);
        }
    }

    #[test]
    fn a_fingerprint_survives_added_lines() {
        let mut moved = report();
        moved.findings[0].place.line = 99;
        let of = |report: &Report| {
            rendered(report)["runs"][0]["results"][0]["partialFingerprints"].clone()
        };
        assert_eq!(of(&moved), of(&report()));
        moved.findings[0].snippet = "something else".to_owned();
        assert_ne!(of(&moved), of(&report()));
    }
}
