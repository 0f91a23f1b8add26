//! A whole lint run: passes of `cargo dylint` until every crate has its receipt.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, FileContext, Result};
use crate::hash::sha256;
use crate::lint::arguments::CargoArguments;
use crate::lint::catalog::Catalog;
use crate::lint::finding::{self, Finding};
use crate::lint::pass::{Outcome, Pass};
use crate::lint::project::Project;
use crate::lint::receipts::Receipts;
use crate::setup::Toolchain;
use crate::ui::{Step, Ui};

/// What stays the same from project to project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linter<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) library: &'a Path,
    pub(crate) catalog: &'a Catalog,
    /// For `DYLINT_RUSTFLAGS`.
    pub(crate) rustflags: &'a [String],
    /// Messages drawn in colour.
    pub(crate) colour: bool,
    /// For one pass.
    pub(crate) limit: Duration,
}

/// A linted project.
#[derive(Debug)]
pub(crate) struct Linted {
    /// Of all lints of the library, sorted by place.
    pub(crate) findings: Vec<Finding>,
    pub(crate) outcome: Outcome,
    pub(crate) elapsed: Duration,
}

impl Linter<'_> {
    /// Lints the project. Every unit that was compiled has a receipt afterwards; a project that
    /// does not compile is told by [`Outcome::succeeded`].
    ///
    /// # Errors
    /// When `cargo dylint` cannot be run, or the lints did not run on some crate.
    pub(crate) fn lint(
        &self,
        project: &Project,
        arguments: &CargoArguments,
        ui: &Ui,
    ) -> Result<Linted> {
        let started = Instant::now();
        let step = ui.step(format!("linting {}", project.manifest.display()));
        let receipts = self.receipts(project, self.rustflags)?;
        let pass = self.pass(project, arguments.for_check(), self.rustflags, &receipts);
        let lints = self.catalog.names();
        let mut outcome = pass.run(&step)?;
        let again = packages_without(&receipts, &outcome, &lints);
        if !again.is_empty() {
            // Cargo held these for fresh although nothing vouches for what it replayed.
            pass.forget(&again, arguments.for_clean())?;
            outcome = pass.run(&step)?;
            let still = packages_without(&receipts, &outcome, &lints);
            if !still.is_empty() {
                return Err(not_looked_at(&still, self.library));
            }
        }
        if outcome.succeeded && outcome.units.is_empty() {
            return Err(Error::new("no crate of the project was checked").mend(
                "choose at least one package and target with the cargo arguments, or none to lint \
                 all",
            ));
        }
        step.done(format_args!("{} units", outcome.units.len()));
        let mut findings = outcome
            .warnings
            .iter()
            .filter_map(|message| {
                let root = project.root();
                Finding::from_diagnostic(&message.diagnostic, &message.target.krate(), root, &lints)
            })
            .collect();
        finding::sort_and_dedup(&mut findings);
        Ok(Linted {
            findings,
            outcome,
            elapsed: started.elapsed(),
        })
    }

    /// One pass, as it is: for measuring, with no second look at what cargo held for fresh.
    pub(crate) fn pass_once(
        &self,
        project: &Project,
        arguments: &CargoArguments,
        step: &Step,
    ) -> Result<Outcome> {
        let receipts = self.receipts(project, self.rustflags)?;
        self.pass(project, arguments.for_check(), self.rustflags, &receipts)
            .run(step)
    }

    /// Applies suggestions. The receipts go: what was checked is no longer what is there.
    pub(crate) fn fix(
        &self,
        project: &Project,
        arguments: &CargoArguments,
        rustflags: &[String],
        ui: &Ui,
    ) -> Result<()> {
        let receipts = self.receipts(project, rustflags)?;
        let pass = self.pass(project, arguments.for_fix(), rustflags, &receipts);
        let step = ui.step("applying suggestions");
        pass.fix(|line| ui.line(line))?;
        step.done("done");
        receipts.forget()
    }

    fn pass<'p>(
        &'p self,
        project: &'p Project,
        arguments: Vec<String>,
        rustflags: &'p [String],
        receipts: &'p Receipts,
    ) -> Pass<'p> {
        Pass {
            toolchain: self.toolchain,
            library: self.library,
            project,
            arguments,
            rustflags,
            receipts,
            colour: self.colour,
            limit: self.limit,
        }
    }

    fn receipts(&self, project: &Project, rustflags: &[String]) -> Result<Receipts> {
        let library = fs::read(self.library).file("read the lint library", self.library)?;
        let key = format!("{}\n{}\n", sha256(library), rustflags.join(" "));
        Receipts::open(project.dylint_folder().join("receipts"), &key)
    }
}

/// The packages with a unit that the lints did not run on.
fn packages_without(
    receipts: &Receipts,
    outcome: &Outcome,
    lints: &BTreeSet<String>,
) -> Vec<String> {
    let missing = receipts.missing(&outcome.units, lints);
    let packages: BTreeSet<_> = missing
        .into_iter()
        .map(|unit| unit.package_name.clone())
        .collect();
    packages.into_iter().collect()
}

fn not_looked_at(packages: &[String], library: &Path) -> Error {
    let names: Vec<_> = packages.iter().map(|name| format!("`{name}`")).collect();
    Error::new(format!(
        "the lint library `{}` did not say that it ran on {}, so no findings there means nothing",
        library.display(),
        names.join(", ")
    ))
    .mend(
        "run `cargo clean` in the project and lint it again; if that does not help, rebuild the \
           library with `cargo xtask setup`",
    )
}
