//! `cargo xtask lint`: our lints over any cargo project.
//!
//! [`project`] finds out whether the project can be checked by our compiler, [`pass`] runs
//! `cargo dylint` and reads what it says, [`receipts`] proves that the lints ran, [`version_floor`]
//! looks at what no lint sees, [`finding`] is what was said and [`report`] the forms it is given out
//! in.

mod arguments;
mod baseline;
mod catalog;
mod drawn;
mod expect;
mod finding;
mod function;
mod pass;
mod project;
mod receipts;
mod report;
mod run;
mod selection;
mod settings;
mod unit;
pub(crate) mod version_floor;

use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgGroup, ValueEnum, ValueHint};

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

use baseline::Baseline;
use drawn::Drawn;
use expect::Expected;
use report::{Format, Report, counted};
use selection::Selection;

/// A project with all its dependencies may take long on a small machine; nothing takes for ever.
const LIMIT: Duration = Duration::from_hours(3);

/// Lints a cargo project, after setting up what the lints need.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("kept").multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
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

    /// Write the findings of the same run in another form to a file, too (may be repeated)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = Also::parse)]
    also: Vec<Also>,

    /// Exit with 1 when there are findings
    #[arg(long)]
    deny: bool,

    /// Only these lints, also when they are off by default, or one of the sets `correctness` (the
    /// lints that are on by default) and `strict` (all) (comma separated, may be repeated)
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    only: Vec<String>,

    /// Not these lints or sets (comma separated, may be repeated)
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    skip: Vec<String>,

    /// Exit with 1 when there are findings that are not in this file; those that are in it are not
    /// shown
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "kept")]
    baseline: Option<PathBuf>,

    /// Write the findings into the file of --baseline instead of comparing
    #[arg(long, requires = "baseline")]
    write_baseline: bool,

    /// Apply the suggestions that are certain to be right, then lint what is left; in a work tree
    /// with changes it needs `-- --allow-dirty`, as `cargo fix` does
    #[arg(long)]
    fix: bool,

    /// Compare the findings with this list: exit with 1 when they differ in either direction. The
    /// listed ones do not count for --deny
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, group = "kept")]
    expect: Option<PathBuf>,

    /// Compare what rustc draws for the findings in folders that bear the lint's name (those of the
    /// gallery do) with the files LINT.lint.txt in this one: exit with 1 when they differ
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, group = "kept")]
    drawn: Option<PathBuf>,

    /// Write the findings into the file of --expect, or the drawn ones into the folder of --drawn,
    /// instead of comparing
    #[arg(long, requires = "kept")]
    bless: bool,

    /// Use this built lint library instead of building the one of this checkout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    library: Option<PathBuf>,

    /// Arguments for `cargo check`, for example `-p NAME`, `--features NAME` or `--lib`; without a
    /// choice of targets all are linted
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    cargo: Vec<String>,
}

/// A second form of the same findings.
#[derive(Debug, Clone)]
struct Also {
    format: Format,
    file: PathBuf,
}

impl Also {
    fn parse(text: &str) -> std::result::Result<Self, String> {
        let names: Vec<_> = Format::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        let format = |name| Format::from_str(name, false).ok();
        let parts = text.split_once('=').filter(|(_, file)| !file.is_empty());
        let parts = parts.and_then(|(name, file)| Some((format(name)?, file)));
        let (format, file) = parts.ok_or_else(|| {
            let names = names.join("|");
            format!("write {names}, `=` and the name of a file, for example `sarif=lints.sarif`")
        })?;
        Ok(Self {
            format,
            file: file.into(),
        })
    }
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
    let baseline = match &args.baseline {
        Some(file) if !args.write_baseline => Some(Baseline::read(file)?),
        _ => None,
    };

    let toolchain = setup::ensure(&SetupOptions::default(), ui)?;
    let library = library(args.library.as_deref(), || toolchain.lint_library(ui))?;
    let project = Project::open(&path, &arguments, BuildSettings::of_user(), &toolchain)?;
    let catalog = Catalog::read(&toolchain, &library)?;
    let user_flags = std::env::var("DYLINT_RUSTFLAGS").ok();
    let reported = catalog.with(version_floor::lint());
    let selection = Selection::new(&reported, &args.only, &args.skip, user_flags.as_deref())?;
    let colour = args.format == Format::Text
        && args.output.is_none()
        && args.drawn.is_none()
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
    linted.findings.extend(version_floor::check(&project)?);
    linted
        .findings
        .retain(|finding| selection.shown.contains(&finding.lint));
    finding::sort_and_dedup(&mut linted.findings);
    let mut gone = baseline
        .map(|baseline| baseline.mark(&mut linted.findings, project.root()))
        .unwrap_or_default();
    // Of what this run did not look at, nothing can be said.
    gone.retain(|(known, _)| selection.shown.contains(&known.lint) && arguments.chooses_nothing());

    let report = Report::new(linted, reported, &project, &toolchain);
    give_out(&report.render(args.format)?, args.output.as_deref())?;
    for Also { format, file } in &args.also {
        give_out(&report.render(*format)?, Some(file))?;
    }
    ui.line(report.summary());
    if let Some(file) = &args.baseline {
        return judge_baseline(file, args.write_baseline, &report, &gone, ui);
    }
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
    let mut judged = Vec::new();
    if let (Some(file), true) = (&args.expect, args.bless) {
        found.write(file)?;
        let count = counted(found.len(), "expected finding");
        ui.line(format_args!("wrote {count} to `{}`", file.display()));
        judged.push(Ok(ExitCode::SUCCESS));
    } else if let Some(expected) = expected {
        judged.push(judge_expected(expected, &found, ui));
    }
    if let Some(folder) = &args.drawn {
        judged.push(judge_drawn(folder, args.bless, report, ui));
    }
    if !judged.is_empty() {
        return judged
            .into_iter()
            .find(Result::is_err)
            .unwrap_or(Ok(ExitCode::SUCCESS));
    }
    if args.deny && !report.findings.is_empty() {
        return Ok(ExitCode::from(error::FOUND));
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a run with a list of expected findings, and why.
fn judge_expected(expected: &Expected, found: &Expected, ui: &Ui) -> Result<ExitCode> {
    if let Some(difference) = expected.difference(found) {
        ui.line(difference.trim_end());
        return Err(Error::found("the findings are not the expected ones").mend(
            "change the code, or write them into the list with `--bless` if they are right",
        ));
    }
    let count = counted(expected.len(), "expected finding");
    ui.line(format_args!("as expected: {count}"));
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a run that compares messages, and why.
fn judge_drawn(folder: &Path, bless: bool, report: &Report, ui: &Ui) -> Result<ExitCode> {
    let drawn = Drawn::of(&report.findings);
    let count = counted(drawn.len(), "lint");
    if bless {
        drawn.write(folder)?;
        ui.line(format_args!(
            "wrote the messages of {count} to `{}`",
            folder.display()
        ));
    } else if let Some(difference) = drawn.difference(folder)? {
        ui.line(difference.trim_end());
        return Err(
            Error::found("the messages are not the ones that are kept").mend(
                "read the new ones, and write them into the files with `--bless` if they are right",
            ),
        );
    } else {
        ui.line(format_args!("the messages of {count} are as kept"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a run with a baseline, and why.
fn judge_baseline(
    file: &Path,
    write: bool,
    report: &Report,
    gone: &[(baseline::Identity, usize)],
    ui: &Ui,
) -> Result<ExitCode> {
    let shown = file.display();
    if write {
        let baseline = Baseline::of(&report.findings, &report.root);
        baseline.write(file)?;
        let count = counted(baseline.len(), "known finding");
        ui.line(format_args!("wrote {count} to `{shown}`"));
        return Ok(ExitCode::SUCCESS);
    }
    if !gone.is_empty() {
        ui.line("in the baseline and not found any more:");
        for (known, count) in gone {
            let times = if *count > 1 {
                format!(" ({count} times)")
            } else {
                String::new()
            };
            ui.line(format_args!("  - {known}{times}"));
        }
        ui.line(format_args!(
            "take them out of `{shown}` with `--write-baseline`, so that they do not come back"
        ));
    }
    match report.news().count() {
        0 => Ok(ExitCode::SUCCESS),
        new => Err(Error::found(format!(
            "{} not in the baseline `{shown}`",
            counted(new, "finding")
        ))
        .mend("mend what is new, or take it into the file with `--write-baseline`")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::pass::tests::outcome;
    pub(crate) use super::unit::tests::unit;
}
