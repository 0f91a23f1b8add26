//! `cargo xtask bench`: each helper against what a user would write instead.

use std::process::ExitCode;

use crate::error::{Error, FOUND, Result};
use crate::paths;
use crate::process::sanitised;
use crate::setup;
use crate::ui::Ui;

/// The runner must be of the version of the library; a test holds it against `Cargo.lock`.
const GUNGRAUN: &str = "0.20.0";

/// Runs the benches: instruction counts under valgrind, as ratios within one run.
///
/// docs/performance.md has the figures and the bounds. The runner is installed into the cache
/// first, which takes about two minutes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this bench, a file of `benches/` without its ending (may be repeated)
    #[arg(value_name = "BENCH")]
    only: Vec<String>,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    if sanitised("valgrind").arg("--version").output().is_err() {
        return Err(
            Error::new("`valgrind` was not found, and the benches count with it")
                .mend("install it, on Debian with `sudo apt-get install valgrind`"),
        );
    }
    let runner = setup::cargo_program("gungraun-runner", GUNGRAUN, ui)?;
    let mut benches = sanitised("cargo");
    benches
        .args(["bench", "--package", "benches"])
        .current_dir(paths::workspace_root()?)
        .env("GUNGRAUN_RUNNER", runner);
    for bench in &args.only {
        benches.args(["--bench", bench]);
    }
    // The figures are the result, so they go to the user as they come.
    let status = benches
        .status()
        .map_err(|error| Error::new(format!("could not start cargo: {error}")))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_is_of_the_version_of_the_library() {
        let lock = include_str!("../../../Cargo.lock");
        let package = format!("name = \"gungraun\"\nversion = \"{GUNGRAUN}\"");
        assert!(
            lock.contains(&package),
            "set GUNGRAUN to the version in Cargo.lock"
        );
    }
}
