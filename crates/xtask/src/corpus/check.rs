//! Linting one crate of the corpus.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cargo_metadata::Package;

use super::list::Entry;
use super::record::{Key, Record, Skipped, Status};
use super::source::{Source, target_arguments};
use crate::error::Result;
use crate::hash::sha256;
use crate::lint::{BuildSettings, CargoArguments, Linted, Linter, Outcome, Project, Target};
use crate::ui::Ui;

/// For one crate with its dependencies, none of which may be built yet.
pub(crate) const LIMIT: Duration = Duration::from_mins(30);

/// What one part of a crate is compiled as.
type Part = (Target, bool);

/// Lints crates with the same settings.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    pub(crate) linter: Linter<'a>,
    /// The hash of the lint library.
    pub(crate) library: String,
    /// Shared by all crates: dependencies of equal version are built once.
    pub(crate) target: PathBuf,
}

impl Checker<'_> {
    pub(crate) fn key(&self, source: &Source) -> Key {
        Key {
            library: self.library.clone(),
            rustc: self.linter.toolchain.rustc_version().to_string(),
            lock: sha256(&source.lock),
        }
    }

    /// Lints the crate. Whatever keeps it from being linted is a result, too.
    pub(crate) fn check(&self, entry: &Entry, source: &Source, ui: &Ui) -> Record {
        let started = Instant::now();
        let mut panics = Vec::new();
        let mut retry = false;
        let status = match self.lint(source, ui) {
            Ok((package, linted)) => {
                panics.clone_from(&linted.outcome.panics);
                status(&package, linted, source)
            }
            Err(error) => {
                // It may have been the machine, as when it was too busy for the time limit.
                retry = true;
                Status::NotLintable {
                    reason: error.to_string(),
                }
            }
        };
        if let Status::NotLintable { reason } = &status {
            ui.line(format_args!("  {} cannot be linted: {reason}", entry.id()));
        }
        let seconds = started.elapsed().as_secs();
        let mut record = Record::new(self.key(source), status, panics, seconds);
        record.retry = retry;
        record
    }

    fn lint(&self, source: &Source, ui: &Ui) -> Result<(Package, Linted)> {
        let (project, arguments) = self.open(source)?;
        let package = package(&project)?;
        let linted = self.linter.lint(&project, &arguments, ui)?;
        Ok((package, linted))
    }

    /// The crate as a project, and the arguments that choose its targets.
    pub(crate) fn open(&self, source: &Source) -> Result<(Project, CargoArguments)> {
        // Nothing chosen yet: only the lock file matters for reading the project.
        let locked = CargoArguments::new(&["--locked".to_owned()])?;
        let toolchain = self.linter.toolchain;
        let project = Project::open(&source.folder, &locked, self.settings(), toolchain)?;
        let package = package(&project)?;
        let mut arguments = target_arguments(&package.targets, source.without_dev.is_none());
        arguments.push("--locked".to_owned());
        Ok((project, CargoArguments::new(&arguments)?))
    }

    fn settings(&self) -> BuildSettings {
        BuildSettings::fixed([
            ("CARGO_TARGET_DIR", self.target.clone().into_os_string()),
            // Each crate is checked once or a few times: caches for the next edit only cost disk.
            ("CARGO_INCREMENTAL", "0".into()),
            ("CARGO_PROFILE_DEV_DEBUG", "0".into()),
        ])
    }
}

fn package(project: &Project) -> Result<Package> {
    project.package().cloned().ok_or_else(|| {
        crate::error::Error::new(format!("`{}` holds no package", project.manifest.display()))
    })
}

/// Which parts were linted, and why the others were not.
fn status(package: &Package, linted: Linted, source: &Source) -> Status {
    let outcome = &linted.outcome;
    let compiled: BTreeSet<Part> = outcome
        .units
        .iter()
        // A test target is a test harness by nature.
        .map(|unit| (unit.target.clone(), unit.test && unit.target.kind != "test"))
        .collect();
    let wanted = parts(package, source.without_dev.is_none());
    let main_parts = || {
        wanted
            .iter()
            .filter(|(target, test)| !test && is_main(target))
    };
    if !main_parts().any(|part| compiled.contains(part)) {
        return Status::NotLintable {
            reason: outcome.reason(),
        };
    }
    let mut skipped: Vec<_> = wanted
        .iter()
        .filter(|part| !compiled.contains(part))
        .map(|part| Skipped {
            target: name(part),
            reason: why_not(part, outcome, package),
        })
        .collect();
    if let Some(reason) = &source.without_dev {
        skipped.push(Skipped {
            target: "tests and examples".to_owned(),
            reason: format!("with its development dependencies, {reason}"),
        });
    }
    Status::Linted {
        units: compiled.len(),
        skipped,
        findings: linted.findings,
    }
}

fn is_main(target: &Target) -> bool {
    matches!(target.kind.as_str(), "lib" | "proc-macro" | "bin")
}

/// Everything that the chosen cargo arguments stand for.
fn parts(package: &Package, with_dev: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for cargo_target in &package.targets {
        let target = Target::new(cargo_target);
        let main = is_main(&target);
        if main || (with_dev && matches!(target.kind.as_str(), "test" | "example")) {
            parts.push((target.clone(), false));
        }
        if main && with_dev && cargo_target.test {
            parts.push((target, true));
        }
    }
    parts
}

fn name((target, test): &Part) -> String {
    if *test {
        format!("unit tests of {target}")
    } else {
        target.to_string()
    }
}

fn why_not((target, _): &Part, outcome: &Outcome, package: &Package) -> String {
    let needs = package
        .targets
        .iter()
        .find(|candidate| Target::new(candidate) == *target)
        .map(|target| target.required_features.join(", "))
        .unwrap_or_default();
    let own = outcome.errors.iter().find(|error| error.target == *target);
    match own.or_else(|| outcome.errors.first()) {
        Some(error) if error.target == *target => error.diagnostic.message.clone(),
        // Cargo passes over such a target without a word.
        _ if !needs.is_empty() => {
            format!("needs the features {needs}, which are not on by default")
        }
        Some(error) => format!(
            "{} does not compile: {}",
            error.target, error.diagnostic.message
        ),
        None => outcome.reason(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::tests::{outcome, unit};
    use serde_json::json;

    fn package() -> Package {
        let target = |kind: &str, name: &str, features: &[&str]| {
            json!({
                "kind": [kind], "crate_types": [kind], "name": name, "src_path": "/p/x.rs",
                "edition": "2021", "doc": true, "doctest": true, "test": kind != "example",
                "required-features": features
            })
        };
        let package = json!({
            "name": "x", "version": "1.2.3", "id": "path+file:///p#x@1.2.3", "license": null,
            "license_file": null, "description": null, "source": null, "dependencies": [],
            "targets": [
                target("lib", "x", &[]), target("test", "t", &[]), target("example", "e", &["full"]),
                target("bench", "b", &[])
            ],
            "features": {}, "manifest_path": "/p/Cargo.toml", "metadata": null, "publish": null,
            "authors": [], "categories": [], "keywords": [], "readme": null, "repository": null,
            "homepage": null, "documentation": null, "edition": "2021", "links": null,
            "default_run": null, "rust_version": null
        });
        serde_json::from_value(package).expect("a package")
    }

    fn source(without_dev: Option<&str>) -> Source {
        Source {
            folder: PathBuf::from("/p"),
            lock: String::new(),
            without_dev: without_dev.map(str::to_owned),
        }
    }

    fn linted(outcome: Outcome) -> Linted {
        Linted {
            findings: Vec::new(),
            outcome,
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn what_did_not_compile_is_listed_with_its_reason() {
        let outcome = outcome(
            vec![unit("lib", "x", false), unit("lib", "x", true)],
            &[("test", "t", "cannot find crate `y`")],
        );
        let Status::Linted { units, skipped, .. } =
            status(&package(), linted(outcome), &source(None))
        else {
            panic!("it was linted")
        };
        assert_eq!(units, 2);
        let skipped: Vec<_> = skipped
            .iter()
            .map(|s| (s.target.as_str(), s.reason.as_str()))
            .collect();
        assert_eq!(
            skipped,
            [
                ("test `t`", "cannot find crate `y`"),
                (
                    "example `e`",
                    "needs the features full, which are not on by default"
                ),
            ]
        );
    }

    #[test]
    fn without_its_library_a_crate_is_not_lintable() {
        let outcome = outcome(vec![], &[("lib", "other", "mismatched types")]);
        let status = status(&package(), linted(outcome), &source(None));
        let reason = "lib `other`: mismatched types".to_owned();
        assert_eq!(status, Status::NotLintable { reason });
    }

    #[test]
    fn left_out_development_dependencies_are_said() {
        let outcome = outcome(vec![unit("lib", "x", false)], &[]);
        let Status::Linted { skipped, .. } = status(
            &package(),
            linted(outcome),
            &source(Some("`z` is not there")),
        ) else {
            panic!("it was linted")
        };
        assert_eq!(skipped.len(), 1);
        assert!(skipped[0].reason.contains("`z` is not there"));
    }
}
