//! `cargo xtask ci`: what `.ci/run` runs.
//!
//! Two lanes side by side, because the compiler build is most of a cold run: one sets the lints'
//! toolchain up and then runs what needs it; the other does all the rest meanwhile.

mod fuzz;
mod library;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, thread};

use crate::book;
use crate::error::{Error, FileContext, Result};
use crate::extra_programs;
use crate::paths;
use crate::process::{Run, sanitised};
use crate::setup::{self, SetupOptions, Toolchain};
use crate::suite::{Outcome, Suite, conclude};
use crate::test;
use crate::ui::Ui;

const LIMIT: Duration = Duration::from_mins(30);
/// The sanitizers, and the coverage that fuzzing needs, are there for few systems; CI runs on this
/// one.
const HAS_SANITIZERS: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));
const CARGO_DENY: &str = "0.20.2";

/// Runs what CI runs: format, clippy, docs, book, dependency policy, all tests, the fuzz targets for
/// a while, our lints on ourselves.
///
/// From nothing it takes about 50 minutes on two cores and 12 GB of disk, most of it for the
/// compiler of the lints; 15 minutes when the cache is warm. It prints a time per step at the end.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// The command line.
pub(crate) fn run(_: &Args, ui: &Ui) -> Result<ExitCode> {
    let root = paths::workspace_root()?;
    let logs = test::logs(&root)?;
    let this = copy_of_this_program(&logs)?;
    let outcomes = thread::scope(|scope| {
        let with_toolchain = scope.spawn(|| toolchain_lane(&root, &this, &logs, ui));
        let mut outcomes = stable_lane(&root, &logs, ui);
        match with_toolchain.join() {
            Ok(lane) => outcomes.extend(lane),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        outcomes
    });
    Ok(conclude(&outcomes, ui))
}

/// This program under a name that stays: the test suites build it anew while the lanes run.
fn copy_of_this_program(logs: &Path) -> Result<PathBuf> {
    let this = env::current_exe()
        .map_err(|error| Error::new(format!("could not find this program's own file: {error}")))?;
    let copy = logs.join("xtask");
    fs::copy(&this, &copy).file("copy this program to", &copy)?;
    Ok(copy)
}

/// What the stable compiler does.
fn stable_lane(root: &Path, logs: &Path, ui: &Ui) -> Vec<Outcome> {
    extra_programs::install(logs, ui);
    let mut outcomes = vec![
        cargo("rustfmt", root, &["fmt", "--all", "--check"]).run(logs, ui),
        rustfmt_lints(root).run(logs, ui),
        cargo(
            "clippy",
            root,
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ],
        )
        .run(logs, ui),
        docs(root).run(logs, ui),
    ];
    outcomes.extend(
        test::suites(root)
            .into_iter()
            .map(|suite| suite.run(logs, ui)),
    );
    outcomes.push(Outcome::of("book", ui, || book::build_and_look(root, ui)));
    outcomes.extend(library::outcomes(root, logs, ui));
    if HAS_SANITIZERS {
        outcomes.push(fuzz::outcome(root, logs, ui));
    }
    outcomes.push(dependency_policy(root, logs, ui));
    outcomes
}

/// What needs the lints' compiler.
fn toolchain_lane(root: &Path, this: &Path, logs: &Path, ui: &Ui) -> Vec<Outcome> {
    let mut toolchain = None;
    let setup = Outcome::of("setup", ui, || {
        let ready = setup::ensure(&SetupOptions::default(), ui)?;
        ready.lint_library(ui)?;
        toolchain = Some(ready);
        Ok(())
    });
    let mut outcomes = vec![setup];
    match toolchain {
        Some(toolchain) => {
            outcomes.push(own_lints(root, this).run(logs, ui));
            outcomes.push(warnings_of_lints(root, &toolchain).run(logs, ui));
            let suites = test::with_toolchain(root, &toolchain);
            outcomes.extend(suites.into_iter().map(|suite| suite.run(logs, ui)));
        }
        None => {
            for name in [
                "our lints on ourselves",
                "lints, warnings",
                "lints",
                "lint command",
                "ci script",
            ] {
                outcomes.push(Outcome::skipped(name, "the set-up of its compiler failed"));
            }
        }
    }
    outcomes
}

fn cargo(name: &'static str, root: &Path, arguments: &[&str]) -> Suite {
    let mut command = sanitised("cargo");
    command.args(arguments).current_dir(root);
    Suite {
        name,
        command,
        limit: LIMIT,
    }
}

fn rustfmt_lints(root: &Path) -> Suite {
    // The stable rustfmt: `lints/rust-toolchain.toml` would ask for a nightly that need not be here.
    let mut command = sanitised("rustfmt");
    command.args([
        "--check",
        "--edition",
        "2024",
        "src/lib.rs",
        "tests/ui.rs",
        "tests/robustness.rs",
    ]);
    command
        .current_dir(root.join("lints"))
        .env("RUSTUP_TOOLCHAIN", "stable");
    Suite {
        name: "rustfmt, lints",
        command,
        limit: LIMIT,
    }
}

fn docs(root: &Path) -> Suite {
    let mut suite = cargo(
        "rustdoc",
        root,
        &["doc", "--workspace", "--all-features", "--no-deps"],
    );
    suite.command.env("RUSTDOCFLAGS", "-D warnings");
    suite
}

/// Warnings denied for the lints too. Their compiler has no clippy, so these are rustc's.
fn warnings_of_lints(root: &Path, toolchain: &Toolchain) -> Suite {
    let mut command = toolchain.cargo();
    command
        .args(["check", "--all-targets"])
        .current_dir(root.join("lints"))
        .env("RUSTFLAGS", "-D warnings -C linker=dylint-link")
        .env("CARGO_TARGET_DIR", root.join("target/lints-warnings"));
    Suite {
        name: "lints, warnings",
        command,
        limit: LIMIT,
    }
}

/// Our lints over the whole workspace: exactly the findings that the broken programs must have, with
/// the messages that the book shows.
fn own_lints(root: &Path, this: &Path) -> Suite {
    let mut suite = Suite {
        name: "our lints on ourselves",
        command: sanitised(this),
        limit: LIMIT,
    };
    suite
        .command
        .args(["lint", ".", "--expect", "examples/traps/expected.toml"])
        .args(["--drawn", "examples/traps/output"])
        .current_dir(root);
    suite
}

/// Licences, sources and bans of everything we depend on (`deny.toml`).
fn dependency_policy(root: &Path, logs: &Path, ui: &Ui) -> Outcome {
    Outcome::of("dependency policy", ui, || {
        let mut check = sanitised(setup::cargo_program("cargo-deny", CARGO_DENY, ui)?);
        check
            .args(["--all-features", "check", "bans", "licenses", "sources"])
            .current_dir(root);
        Run::new("`cargo deny check`", check, LIMIT)
            .log(logs.join("dependency-policy.log"))
            .succeed()?;
        Ok(())
    })
}
