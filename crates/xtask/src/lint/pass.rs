//! One run of `cargo dylint` over a project, and what came out of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use cargo_metadata::{Message, PackageId};

use crate::error::{Error, Result};
use crate::lint::project::{Project, cargo_error};
use crate::lint::receipts::{self, Receipts};
use crate::lint::unit::{Target, Unit};
use crate::process::{Finished, Run};
use crate::setup::Toolchain;
use crate::ui::Step;

/// What a pass is to do.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) library: &'a Path,
    pub(crate) project: &'a Project,
    /// For `cargo check`, after `--`.
    pub(crate) arguments: Vec<String>,
    pub(crate) rustflags: &'a [String],
    pub(crate) receipts: &'a Receipts,
    /// Messages drawn in colour.
    pub(crate) colour: bool,
    pub(crate) limit: Duration,
}

/// A message of the compiler about one crate.
#[derive(Debug, Clone)]
pub(crate) struct CompilerMessage {
    pub(crate) target: Target,
    pub(crate) diagnostic: Diagnostic,
}

/// What a pass saw.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Compiled units of the workspace, in the order cargo named them.
    pub(crate) units: Vec<Unit>,
    /// Warnings of the workspace's crates, those of other lints too.
    pub(crate) warnings: Vec<CompilerMessage>,
    /// Errors of any crate.
    pub(crate) errors: Vec<CompilerMessage>,
    /// Signs that a compiler run panicked.
    pub(crate) panics: Vec<String>,
    /// Cargo got to the end without an error.
    pub(crate) succeeded: bool,
    stderr: Vec<String>,
}

impl Pass<'_> {
    /// Runs it; a project that does not compile is an outcome and no error.
    pub(crate) fn run(&self, step: &Step) -> Result<Outcome> {
        let mut command = self.command();
        let format = if self.colour {
            "json-diagnostic-rendered-ansi"
        } else {
            "json"
        };
        command
            .arg("--")
            .arg(format!("--message-format={format}"))
            .args(&self.arguments);
        let mut reader = Reader::new(self.project.members());
        let mut stderr = Vec::new();
        let finished = Run::new("`cargo dylint`", command, self.limit)
            .on_stdout(|line| {
                if let Some(krate) = reader.read(line) {
                    step.advance(&krate);
                }
            })
            .on_stderr(|line| stderr.push(line.to_owned()))
            .finish()?;
        Ok(reader.outcome(&finished, stderr))
    }

    /// `cargo dylint --fix`: applies what is machine-applicable. Its output goes to the user as
    /// cargo says it.
    pub(crate) fn fix(&self, mut say: impl FnMut(&str) + Send) -> Result<()> {
        let mut command = self.command();
        command.arg("--fix").arg("--").args(&self.arguments);
        let mut stderr = Vec::new();
        let finished = Run::new("`cargo dylint --fix`", command, self.limit)
            .on_stderr(|line| {
                say(line);
                stderr.push(line.to_owned());
            })
            .finish()?;
        if finished.status.success() {
            return Ok(());
        }
        Err(Error::new(format!(
            "`cargo dylint --fix` changed nothing: {}",
            cargo_error(&stderr)
        )))
    }

    fn command(&self) -> Command {
        let mut command = self.toolchain.cargo_dylint();
        self.project.settings.apply(&mut command);
        command
            .args(["--quiet", "--no-metadata", "--lib-path"])
            .arg(self.library)
            .arg("--manifest-path")
            .arg(&self.project.manifest)
            // As when the user runs cargo there: cargo reads the configuration beside the project.
            .current_dir(
                self.project
                    .manifest
                    .parent()
                    .unwrap_or(self.project.root()),
            )
            // Its errors come with one that says nothing of the linted project.
            .env("RUST_LIB_BACKTRACE", "0")
            .env("DYLINT_RUSTFLAGS", self.rustflags.join(" "))
            .env(receipts::ENV, self.receipts.folder());
        command
    }

    /// Removes what was built of these packages, so that the next pass checks them again.
    pub(crate) fn forget(&self, packages: &[String], arguments: Vec<String>) -> Result<()> {
        // The folder `cargo dylint` builds in is named after the toolchain.
        let target = self
            .project
            .dylint_folder()
            .join("target")
            .join(self.toolchain.name());
        let mut command = self.toolchain.cargo();
        self.project.settings.apply(&mut command);
        command
            .args(["clean", "--quiet", "--manifest-path"])
            .arg(&self.project.manifest)
            .arg("--target-dir")
            .arg(target)
            .args(arguments)
            .args(packages.iter().flat_map(|package| ["-p", package]));
        Run::new("`cargo clean`", command, self.limit)
            .succeed()
            .map(drop)
    }
}

/// Reads cargo's JSON messages.
struct Reader {
    members: BTreeMap<PackageId, String>,
    outcome: Outcome,
}

impl Reader {
    fn new(members: BTreeMap<PackageId, String>) -> Self {
        let outcome = Outcome {
            units: Vec::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
            panics: Vec::new(),
            succeeded: false,
            stderr: Vec::new(),
        };
        Self { members, outcome }
    }

    /// Takes in a line; returns the crate that it says is done.
    fn read(&mut self, line: &str) -> Option<String> {
        match serde_json::from_str(line).ok()? {
            Message::CompilerArtifact(artifact) => {
                if let Some(package) = self.members.get(&artifact.package_id) {
                    self.outcome.units.push(Unit::new(&artifact, package));
                }
                Some(artifact.target.name)
            }
            Message::CompilerMessage(message) => {
                let target = Target::new(&message.target);
                let member = self.members.contains_key(&message.package_id);
                self.message(target, message.message, member);
                None
            }
            _ => None,
        }
    }

    fn message(&mut self, target: Target, diagnostic: Diagnostic, member: bool) {
        let outcome = &mut self.outcome;
        match diagnostic.level {
            DiagnosticLevel::Ice => outcome
                .panics
                .push(format!("{target}: {}", diagnostic.message)),
            DiagnosticLevel::Error if !is_summary(&diagnostic) => {
                outcome.errors.push(CompilerMessage { target, diagnostic });
            }
            // A lint of ours that panicked is caught by the library and said in a note.
            DiagnosticLevel::Warning | DiagnosticLevel::Note if member => {
                if diagnostic.message.starts_with("internal error in the lint") {
                    outcome
                        .panics
                        .push(format!("{target}: {}", diagnostic.message));
                } else {
                    outcome
                        .warnings
                        .push(CompilerMessage { target, diagnostic });
                }
            }
            _ => {}
        }
    }

    fn outcome(mut self, finished: &Finished, stderr: Vec<String>) -> Outcome {
        let panics = stderr
            .iter()
            .filter(|line| is_panic(line))
            .map(|line| line.trim().to_owned());
        self.outcome.panics.extend(panics);
        self.outcome.succeeded = finished.status.success();
        self.outcome.stderr = stderr;
        self.outcome
    }
}

/// `aborting due to 2 previous errors`: rustc's last error, with no place and no code.
fn is_summary(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.is_none() && diagnostic.message.starts_with("aborting due to")
}

fn is_panic(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("error: the compiler unexpectedly panicked")
        || (line.starts_with("thread 'rustc'") && line.contains("panicked at"))
        || line.contains("(signal: 11, SIGSEGV")
        || line.contains("(signal: 6, SIGABRT")
}

impl Outcome {
    /// Why it did not succeed, in one line.
    pub(crate) fn reason(&self) -> String {
        match self.errors.first() {
            Some(error) => {
                let place = error.diagnostic.spans.iter().find(|span| span.is_primary);
                let place = place
                    .map(|span| format!(" ({}:{})", span.file_name, span.line_start))
                    .unwrap_or_default();
                format!("{}: {}{place}", error.target, error.diagnostic.message)
            }
            None => cargo_error(&self.stderr),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// An outcome with these units, and errors of targets given as kind, name and message.
    pub(crate) fn outcome(units: Vec<Unit>, errors: &[(&str, &str, &str)]) -> Outcome {
        let error = |(kind, name, text): &(&str, &str, &str)| CompilerMessage {
            target: Target {
                name: (*name).to_owned(),
                kind: (*kind).to_owned(),
            },
            diagnostic: serde_json::from_value(message("error", text)["message"].clone())
                .expect("a message"),
        };
        let errors = errors.iter().map(error).collect();
        Outcome {
            units,
            errors,
            ..Reader::new(BTreeMap::new()).outcome
        }
    }

    fn read(lines: &[Value]) -> Outcome {
        let id = PackageId {
            repr: "path+file:///p#a@0.1.0".to_owned(),
        };
        let mut reader = Reader::new(BTreeMap::from([(id, "a".to_owned())]));
        for line in lines {
            reader.read(&line.to_string());
        }
        reader.outcome
    }

    fn target(name: &str) -> Value {
        json!({
            "kind": ["lib"], "crate_types": ["lib"], "name": name, "src_path": "/p/src/lib.rs",
            "edition": "2021", "doc": true, "doctest": true, "test": true
        })
    }

    fn artifact(package: &str, test: bool) -> Value {
        json!({
            "reason": "compiler-artifact", "package_id": package, "manifest_path": "/p/Cargo.toml",
            "target": target("a-b"),
            "profile": {
                "opt_level": "0", "debuginfo": 2, "debug_assertions": true,
                "overflow_checks": true, "test": test
            },
            "features": [], "filenames": ["/t/debug/deps/liba_b-47368139e2238b3a.rmeta"],
            "executable": null, "fresh": true
        })
    }

    fn message(level: &str, text: &str) -> Value {
        json!({
            "reason": "compiler-message", "package_id": "path+file:///p#a@0.1.0",
            "manifest_path": "/p/Cargo.toml", "target": target("a-b"),
            "message": {
                "message": text, "code": null, "level": level, "spans": [], "children": [],
                "rendered": text
            }
        })
    }

    #[test]
    fn units_are_those_of_the_workspace() {
        let outcome = read(&[
            artifact("path+file:///p#a@0.1.0", true),
            artifact(
                "registry+https://github.com/rust-lang/crates.io-index#tokio@1.0.0",
                false,
            ),
        ]);
        assert_eq!(outcome.units.len(), 1);
        let unit = &outcome.units[0];
        assert_eq!(
            (
                unit.target.krate().as_str(),
                unit.package_name.as_str(),
                unit.test
            ),
            ("a_b", "a", true)
        );
        assert_eq!(unit.hash.as_deref(), Some("47368139e2238b3a"));
    }

    #[test]
    fn errors_warnings_and_panics_are_told_apart() {
        let outcome = read(&[
            message("warning", "unused"),
            message("error", "mismatched types"),
            message("error", "aborting due to 1 previous error"),
            message("error: internal compiler error", "no layout"),
            message(
                "note",
                "internal error in the lint `x` of async_patterns_lints",
            ),
        ]);
        assert_eq!(
            (
                outcome.warnings.len(),
                outcome.errors.len(),
                outcome.panics.len()
            ),
            (1, 1, 2)
        );
        assert_eq!(outcome.reason(), "lib `a-b`: mismatched types");
    }

    #[test]
    fn lines_that_are_no_messages_are_passed_over() {
        let mut reader = Reader::new(BTreeMap::new());
        assert_eq!(reader.read("a program printed this"), None);
        assert_eq!(reader.read(r#"{"reason":"something-new","x":1}"#), None);
    }

    #[test]
    fn a_crashed_compiler_is_recognised() {
        assert!(is_panic(
            "error: the compiler unexpectedly panicked. this is a bug."
        ));
        assert!(is_panic(
            "thread 'rustc' (1234) panicked at src/locks.rs:10:5:"
        ));
        assert!(is_panic(
            "  process didn't exit successfully: `x` (signal: 11, SIGSEGV: invalid)"
        ));
        assert!(!is_panic("thread 'main' panicked at build.rs:1:1:"));
    }
}
