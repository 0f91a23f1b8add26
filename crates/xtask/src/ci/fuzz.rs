//! The fuzz targets of `examples/io_loop`, each for a bounded number of runs from its kept corpus.
//!
//! Built as `cargo fuzz` builds them, but with the stable compiler and without the address
//! sanitizer, for which there is little to find: what the targets reach has next to no unsafe code.

use std::path::Path;
use std::time::Duration;

use super::LIMIT;
use crate::error::{Error, Result};
use crate::files;
use crate::process::{Run, sanitised};
use crate::suite::Outcome;
use crate::ui::Ui;

/// Each with how often it is run, by what a run costs.
const TARGETS: [(&str, u32); 4] = [
    ("classify", 500_000),
    ("dns", 200_000),
    ("socks5", 500_000),
    ("turns", 10_000),
];
/// `cargo fuzz` has these flags. The names are LLVM's and libFuzzer's.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Not the host by default: then build scripts would have the flags too, and no fuzzer to link to.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";
/// One run that takes longer hangs.
const RUN_SECONDS: u32 = 10;

/// All of them.
pub(super) fn outcome(root: &Path, logs: &Path, ui: &Ui) -> Outcome {
    Outcome::of("fuzz targets", ui, || {
        build(root, logs)?;
        TARGETS
            .into_iter()
            .try_for_each(|(target, runs)| run(root, logs, target, runs))
    })
}

fn build(root: &Path, logs: &Path) -> Result<()> {
    if sanitised("c++").arg("--version").output().is_err() {
        return Err(
            Error::new("`c++` was not found, and libFuzzer is written in C++")
                .mend("install it, on Debian with `sudo apt-get install g++`"),
        );
    }
    let mut build = sanitised("cargo");
    build
        .args(["build", "--release", "--target", TRIPLE])
        .current_dir(root.join("examples/io_loop/fuzz"))
        .env("CARGO_TARGET_DIR", root.join("target/fuzz"))
        .env("RUSTFLAGS", FLAGS)
        // So few runs do not pay for an optimised build.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    Run::new("the build of the fuzz targets", build, LIMIT)
        .log(logs.join("fuzz-build.log"))
        .succeed()?;
    Ok(())
}

fn run(root: &Path, logs: &Path, target: &str, runs: u32) -> Result<()> {
    let out = root.join("target/fuzz");
    // What is found goes here; the corpus itself is only read.
    let found = out.join("found").join(target);
    files::create_folder(&found)?;
    let mut fuzz = sanitised(out.join(TRIPLE).join("release").join(target));
    fuzz.arg(format!("-runs={runs}"))
        .arg("-seed=1")
        .arg("-max_len=2048")
        .arg(format!("-timeout={RUN_SECONDS}"))
        .arg(format!("-artifact_prefix={}/{target}-", out.display()))
        .arg(&found)
        .arg(root.join("examples/io_loop/fuzz/corpus").join(target));
    Run::new(
        format!("the fuzz target `{target}`"),
        fuzz,
        Duration::from_mins(5),
    )
    .log(logs.join(format!("fuzz-{target}.log")))
    .succeed()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_run() {
        let root = crate::paths::workspace_root().unwrap();
        let folder = root.join("examples/io_loop/fuzz/fuzz_targets");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(files, TARGETS.map(|(target, _)| target));
    }
}
