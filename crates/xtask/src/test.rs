//! `cargo xtask test`: every test of the project.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::error::{FileContext, Result};
use crate::extra_programs;
use crate::paths;
use crate::process::sanitised;
use crate::setup::{self, SetupOptions, Toolchain};
use crate::suite::{Outcome, Suite, conclude};
use crate::ui::Ui;

const LIMIT: Duration = Duration::from_mins(30);

/// Runs every test: the library, its loom models, the gallery, the examples, this tool and the lints.
///
/// The lints' own tests need the toolchain of `cargo xtask setup`, which runs first if needed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leave out the lints' own tests, and with them the set-up of a compiler
    #[arg(long)]
    without_lints: bool,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    let root = paths::workspace_root()?;
    let logs = logs(&root)?;
    extra_programs::install(&logs, ui);
    let mut outcomes = Vec::new();
    // A compiler that cannot be had must not keep the other tests from running.
    let toolchain = (!args.without_lints).then(|| {
        let toolchain = setup::ensure(&SetupOptions::default(), ui);
        toolchain.map_err(|error| error.to_string())
    });
    for suite in suites(&root) {
        outcomes.push(suite.run(&logs, ui));
    }
    match toolchain {
        None => {}
        Some(Ok(toolchain)) => {
            let suites = with_toolchain(&root, &toolchain);
            outcomes.extend(suites.into_iter().map(|suite| suite.run(&logs, ui)));
        }
        Some(Err(error)) => outcomes.push(Outcome::skipped("lints", &error)),
    }
    Ok(conclude(&outcomes, ui))
}

/// Where the whole output of each suite is kept.
pub(crate) fn logs(root: &Path) -> Result<std::path::PathBuf> {
    let logs = root.join("target/xtask-logs");
    std::fs::create_dir_all(&logs).file("create the folder", &logs)?;
    Ok(logs)
}

/// All suites that the stable compiler runs.
pub(crate) fn suites(root: &Path) -> Vec<Suite> {
    let cargo_test = |arguments: &[&str]| {
        let mut command = sanitised("cargo");
        command.arg("test").args(arguments).current_dir(root);
        command
    };
    let suite = |name, command| Suite {
        name,
        command,
        limit: LIMIT,
    };
    let library = ["-p", "async-patterns"];
    let timeline = ["-p", "async-timeline"];
    vec![
        suite(
            "library",
            cargo_test(&[&library[..], &["--all-features"]].concat()),
        ),
        suite(
            "library, default features",
            cargo_test(&[&library[..], &["--lib", "--tests"]].concat()),
        ),
        suite(
            "library, no features",
            cargo_test(&[&library[..], &["--lib", "--tests", "--no-default-features"]].concat()),
        ),
        suite("loom models", loom(root)),
        suite(
            "timeline",
            cargo_test(&[&timeline[..], &["--all-features"]].concat()),
        ),
        suite(
            "timeline, no features",
            cargo_test(
                &[
                    &timeline[..],
                    &["--lib", "--tests", "--no-default-features"],
                ]
                .concat(),
            ),
        ),
        suite(
            "gallery, examples and tools",
            cargo_test(&[
                "--workspace",
                "--exclude",
                "async-patterns",
                "--exclude",
                "async-timeline",
            ]),
        ),
    ]
}

/// The loom models: a build of its own, in a folder of its own, because the cfg changes all crates.
fn loom(root: &Path) -> Command {
    let mut command = sanitised("cargo");
    command
        .args([
            "test",
            "--release",
            "-p",
            "async-patterns",
            "--lib",
            "--all-features",
            "loom_",
        ])
        .current_dir(root)
        .env("RUSTFLAGS", "--cfg async_patterns_loom")
        .env("CARGO_TARGET_DIR", root.join("target/loom"));
    command
}

/// The lints' own tests, with the compiler that they link against, and those of `cargo xtask lint`
/// and of the CI script that lint something.
pub(crate) fn with_toolchain(root: &Path, toolchain: &Toolchain) -> Vec<Suite> {
    let mut lints = toolchain.cargo();
    lints
        .arg("test")
        .current_dir(root.join("lints"))
        .env("CARGO_TARGET_DIR", root.join("target/lints"));
    let of_tool = |test: &str| {
        let mut command = sanitised("cargo");
        command
            .args(["test", "-p", "xtask", "--test", test, "--", "--ignored"])
            .current_dir(root)
            // The stable lane builds in `target` meanwhile.
            .env("CARGO_TARGET_DIR", root.join("target/lint-command"));
        command
    };
    let suites = [
        ("lints", lints),
        ("lint command", of_tool("lint")),
        ("ci script", of_tool("ci_script")),
    ];
    suites
        .map(|(name, command)| Suite {
            name,
            command,
            limit: LIMIT,
        })
        .into()
}
