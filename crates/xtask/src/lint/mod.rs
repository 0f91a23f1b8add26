//! `cargo xtask lint`: our lints over any cargo project.
//!
//! [`project`] finds out whether the project can be checked by our compiler, [`pass`] runs
//! `cargo dylint` and reads what it says, [`receipts`] proves that the lints ran, [`finding`] is
//! what they said and [`report`] the forms it is given out in.

mod arguments;
mod catalog;
mod expect;
mod finding;
mod pass;
mod project;
mod receipts;
mod report;
mod run;
mod selection;
mod settings;
mod unit;

use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueHint;

use crate::error::{self, Error, FileContext, Result};
use crate::paths;
use crate::setup::{self, SetupOptions};
use crate::ui::Ui;

pub(crate) use arguments::CargoArguments;
pub(crate) use catalog::Catalog;
pub(crate) use finding::Finding;
#[cfg(test)]
pub(crate) use finding::Place;
pub(crate) use pass::Outcome;
pub(crate) use project::{Project, cargo_error};
pub(crate) use run::{Linted, Linter};
pub(crate) use selection::CAP_LINTS;
pub(crate) use settings::BuildSettings;
pub(crate) use unit::Target;

use expect::Expected;
use report::{Format, Report, counted};
use selection::Selection;

/// A project with all its dependencies may take long on a small machine; nothing takes for ever.
const LIMIT: Duration = Duration::from_hours(3);

/// Lints a cargo project, after setting up what the lints need.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The project: a folder with a Cargo.toml [default: examples/traps of this checkout]
    #[arg(value_hint = ValueHint::DirPath)]
    path: Option<PathBuf>,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Write the output to this file instead of the standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Exit with 1 when there are findings
    #[arg(long)]
    deny: bool,

    /// Only these lints, also when they are off by default (comma separated, may be repeated)
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    only: Vec<String>,

    /// Not these lints (comma separated, may be repeated)
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    skip: Vec<String>,

    /// Apply the suggestions that are certain to be right, then lint what is left; in a work tree
    /// with changes it needs `-- --allow-dirty`, as `cargo fix` does
    #[arg(long)]
    fix: bool,

    /// Compare the findings with this list: exit with 1 when they differ in either direction. The
    /// listed ones do not count for --deny
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    expect: Option<PathBuf>,

    /// Write the findings into the file of --expect instead of comparing
    #[arg(long, requires = "expect")]
    bless: bool,

    /// Use this built lint library instead of building the one of this checkout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    library: Option<PathBuf>,

    /// Arguments for `cargo check`, for example `-p NAME`, `--features NAME` or `--lib`; without a
    /// choice of targets all are linted
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    cargo: Vec<String>,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    // What needs no toolchain comes first: a wrong word should not cost a compiler build.
    let arguments = CargoArguments::new(&args.cargo)?;
    let path = match &args.path {
        Some(path) => path.clone(),
        None => paths::workspace_root()?.join("examples/traps"),
    };
    project::manifest(&path)?;
    let expected = match &args.expect {
        Some(file) if !args.bless => Some(Expected::read(file)?),
        _ => None,
    };

    let toolchain = setup::ensure(&SetupOptions::default(), ui)?;
    let library = library(args.library.as_deref(), || toolchain.lint_library(ui))?;
    let project = Project::open(&path, &arguments, BuildSettings::of_user(), &toolchain)?;
    let catalog = Catalog::read(&toolchain, &library)?;
    let user_flags = std::env::var("DYLINT_RUSTFLAGS").ok();
    let selection = Selection::new(&catalog, &args.only, &args.skip, user_flags.as_deref())?;
    let colour = args.format == Format::Text
        && args.output.is_none()
        && std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none();
    let linter = Linter {
        toolchain: &toolchain,
        library: &library,
        catalog: &catalog,
        rustflags: &selection.rustflags,
        colour,
        limit: LIMIT,
    };

    if args.fix {
        linter.fix(
            &project,
            &arguments,
            &selection.rustflags_for_fix(&catalog),
            ui,
        )?;
    }
    let mut linted = linter.lint(&project, &arguments, ui)?;
    if !linted.outcome.succeeded {
        return Err(failed(&linted.outcome, &toolchain, ui));
    }
    for panic in &linted.outcome.panics {
        ui.warn(format_args!(
            "a lint failed on a part of the code and may have missed something there: {panic}"
        ));
    }
    linted
        .findings
        .retain(|finding| selection.shown.contains(&finding.lint));

    let report = Report::new(linted, catalog, &project, &toolchain);
    give_out(&report.render(args.format)?, args.output.as_deref())?;
    ui.line(report.summary());
    judge(args, &report, expected.as_ref(), ui)
}

/// The library that was given, or the built one.
pub(crate) fn library(
    given: Option<&Path>,
    build: impl FnOnce() -> Result<PathBuf>,
) -> Result<PathBuf> {
    match given {
        None => build(),
        Some(file) => file.canonicalize().file("find the lint library", file),
    }
}

/// The project does not compile: its errors, and the sentence that ends the run.
fn failed(outcome: &Outcome, toolchain: &setup::Toolchain, ui: &Ui) -> Error {
    let drawn = outcome
        .errors
        .iter()
        .filter_map(|error| error.diagnostic.rendered.as_deref());
    // The library and its unit tests have the same errors.
    for rendered in drawn.collect::<BTreeSet<_>>() {
        ui.line(rendered.trim_end());
    }
    if outcome.errors.is_empty() && outcome.panics.is_empty() {
        return Error::new(format!(
            "cargo could not check the project: {}",
            outcome.reason()
        ));
    }
    let error = Error::new(format!(
        "the project does not compile with rustc {}, so it could not be linted: {}",
        toolchain.rustc_version(),
        outcome.reason()
    ));
    match outcome.panics.first() {
        Some(panic) => error.mend(format!(
            "a compiler run panicked, which is a bug of ours: {panic}"
        )),
        None => {
            error.mend("mend it, or choose what to lint with cargo arguments such as `-- --lib`")
        }
    }
}

fn give_out(text: &str, output: Option<&Path>) -> Result<()> {
    match output {
        Some(file) => fs::write(file, text).file("write", file),
        None => match std::io::stdout().write_all(text.as_bytes()) {
            // `cargo xtask lint | head` has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| {
                Error::new(format!("could not write to the standard output: {error}"))
            }),
        },
    }
}

/// The exit code, and why.
fn judge(args: &Args, report: &Report, expected: Option<&Expected>, ui: &Ui) -> Result<ExitCode> {
    let found = Expected::from_findings(&report.findings);
    if let (Some(file), true) = (&args.expect, args.bless) {
        found.write(file)?;
        let count = counted(found.len(), "expected finding");
        ui.line(format_args!("wrote {count} to `{}`", file.display()));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(expected) = expected {
        return match expected.difference(&found) {
            None => {
                let count = counted(expected.len(), "expected finding");
                ui.line(format_args!("as expected: {count}"));
                Ok(ExitCode::SUCCESS)
            }
            Some(difference) => {
                ui.line(difference.trim_end());
                Err(Error::found("the findings are not the expected ones").mend(
                    "change the code, or write them into the list with `--bless` if they are right",
                ))
            }
        };
    }
    if args.deny && !report.findings.is_empty() {
        return Ok(ExitCode::from(error::FOUND));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::pass::tests::outcome;
    pub(crate) use super::unit::tests::unit;
}
