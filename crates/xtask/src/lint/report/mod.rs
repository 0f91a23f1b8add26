//! The forms in which findings are given out.

mod github;
mod json;
mod sarif;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;

use crate::error::Result;
use crate::lint::catalog::Catalog;
use crate::lint::finding::Finding;
use crate::lint::{Linted, Project};
use crate::setup::Toolchain;
use crate::ui::human;

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// As rustc draws its warnings
    #[default]
    Text,
    /// One JSON document, described in docs/lint-output.md
    Json,
    /// SARIF 2.1.0, for code scanning services
    Sarif,
    /// Workflow commands that GitHub Actions shows in the changed files
    Github,
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    /// The lints of the library, for their descriptions.
    pub(crate) catalog: Catalog,
    /// The root of the linted project.
    pub(crate) root: PathBuf,
    /// The names of the checked crates.
    pub(crate) crates: Vec<String>,
    /// Compilation units: a library counts again as its unit tests.
    pub(crate) units: usize,
    pub(crate) rustc: Version,
    pub(crate) elapsed: Duration,
}

impl Report {
    pub(crate) fn new(
        linted: Linted,
        catalog: Catalog,
        project: &Project,
        toolchain: &Toolchain,
    ) -> Self {
        let units = linted.outcome.units;
        let crates: BTreeSet<_> = units.iter().map(|unit| unit.target.krate()).collect();
        Self {
            findings: linted.findings,
            catalog,
            root: project.root().to_path_buf(),
            crates: crates.into_iter().collect(),
            units: units.len(),
            rustc: toolchain.rustc_version().clone(),
            elapsed: linted.elapsed,
        }
    }

    pub(crate) fn render(&self, format: Format) -> Result<String> {
        match format {
            Format::Text => Ok(text::render(self)),
            Format::Json => json::render(self),
            Format::Sarif => sarif::render(self),
            Format::Github => Ok(github::render(self)),
        }
    }

    /// The findings that a reader is to look at: those that no baseline holds.
    pub(crate) fn news(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_known())
    }

    /// How many findings the baseline holds; `None` in a run without one.
    fn known(&self) -> Option<usize> {
        let compared = self
            .findings
            .iter()
            .any(|finding| finding.baseline.is_some());
        let known = self.findings.iter().filter(|finding| finding.is_known());
        compared.then(|| known.count())
    }

    pub(crate) fn per_lint(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.lint.as_str()).or_default() += 1;
        }
        counts
    }

    /// One line: crates checked, findings per lint, time.
    pub(crate) fn summary(&self) -> String {
        let crates = counted(self.crates.len(), "crate");
        let counts: Vec<_> = self
            .per_lint()
            .into_iter()
            .map(|(lint, count)| format!("{count} {lint}"))
            .collect();
        let findings = match counts.as_slice() {
            [] => "no findings".to_owned(),
            counts => {
                format!(
                    "{} ({})",
                    counted(self.findings.len(), "finding"),
                    counts.join(", ")
                )
            }
        };
        let known = self
            .known()
            .map(|known| format!(", {known} of them in the baseline,"))
            .unwrap_or_default();
        format!(
            "checked {crates} ({}) with rustc {}: {findings}{known} in {}",
            counted(self.units, "unit"),
            self.rustc,
            human(self.elapsed)
        )
    }

    /// The folder that paths in the output are relative to: a service that shows them knows only
    /// the checkout, and the linted project may be a folder in it.
    fn base(&self) -> Base {
        let checkout = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
        Base::new(&self.root, checkout.as_deref())
    }
}

/// `1 crate`, `2 crates`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// Where paths in the output start.
#[derive(Debug, PartialEq, Eq)]
struct Base {
    folder: PathBuf,
    /// From the base to the project's root, with a `/` at the end, or nothing.
    prefix: String,
}

impl Base {
    fn new(root: &Path, checkout: Option<&Path>) -> Self {
        let inside = checkout.and_then(|checkout| {
            let prefix = root.strip_prefix(checkout).ok()?;
            Some((
                checkout.to_path_buf(),
                prefix.to_string_lossy().replace('\\', "/"),
            ))
        });
        let (folder, prefix) = inside.unwrap_or((root.to_path_buf(), String::new()));
        let prefix = if prefix.is_empty() {
            prefix
        } else {
            format!("{prefix}/")
        };
        Self { folder, prefix }
    }

    /// The path of a finding from the base; a path outside of the project stays absolute.
    fn path(&self, file: &str) -> String {
        if Path::new(file).is_absolute() {
            file.to_owned()
        } else {
            format!("{}{file}", self.prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::catalog::tests::catalog;
    use crate::lint::finding::{BaselineState, Fix, Note, Place, Replacement};

    pub(super) fn place(line: usize) -> Place {
        Place {
            file: "src/a b.rs".to_owned(),
            line,
            column: 5,
            end_line: line,
            end_column: 9,
        }
    }

    pub(super) fn report() -> Report {
        let finding = Finding {
            lint: "timeout_over_cpu_work".to_owned(),
            message: "this timeout cannot fire: 100%,\nnever".to_owned(),
            place: place(12),
            snippet: "timeout(d, work()).await".to_owned(),
            krate: "krate".to_owned(),
            notes: vec![
                Note {
                    kind: "note".to_owned(),
                    message: "it loops here".to_owned(),
                    places: vec![place(40)],
                },
                Note {
                    kind: "help".to_owned(),
                    message: "spawn it".to_owned(),
                    places: vec![],
                },
            ],
            fixes: vec![Fix {
                message: "spawn it".to_owned(),
                replacements: vec![Replacement {
                    place: place(12),
                    text: "spawn".to_owned(),
                }],
            }],
            baseline: None,
            rendered: "warning: this timeout cannot fire\n".to_owned(),
        };
        Report {
            findings: vec![finding],
            catalog: catalog(),
            root: PathBuf::from("/repo/project"),
            crates: vec!["krate".to_owned()],
            units: 2,
            rustc: Version::new(1, 96, 0),
            elapsed: Duration::from_secs(62),
        }
    }

    #[test]
    fn the_summary_is_one_line() {
        let mut report = report();
        assert_eq!(
            report.summary(),
            "checked 1 crate (2 units) with rustc 1.96.0: 1 finding (1 timeout_over_cpu_work) in \
             1m 02s"
        );
        report.findings[0].baseline = Some(BaselineState::Unchanged);
        let summary = report.summary();
        assert!(
            summary.ends_with("(1 timeout_over_cpu_work), 1 of them in the baseline, in 1m 02s"),
            "{summary}"
        );
        report.findings.clear();
        assert!(report.summary().contains("rustc 1.96.0: no findings in"));
    }

    #[test]
    fn paths_start_at_the_checkout() {
        let base = Base::new(Path::new("/repo/project"), Some(Path::new("/repo")));
        assert_eq!(base.path("src/lib.rs"), "project/src/lib.rs");
        assert_eq!(base.path("/elsewhere/lib.rs"), "/elsewhere/lib.rs");
        let base = Base::new(Path::new("/repo"), Some(Path::new("/other")));
        assert_eq!(
            (base.path("src/lib.rs").as_str(), base.folder.as_path()),
            ("src/lib.rs", Path::new("/repo"))
        );
    }
}
