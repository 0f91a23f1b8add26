//! Runs each lint over the programs in `ui/<lint>/` and compares what it says with the `.stderr`
//! file beside each; a program without one must be silent.
//!
//! `BLESS=1 cargo test --test ui` writes the `.stderr` files anew instead of comparing. Read the
//! difference before committing it.

mod ui_deps;

use std::{
    env, fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use dylint_testing::ui::Test;

/// Runs the cases in `ui/<folder>` with the given contents of `dylint.toml`.
fn run(folder: &str, dylint_toml: &str) {
    run_with(folder, dylint_toml, &[]);
}

/// The same with more flags for the compiler.
fn run_with(folder: &str, dylint_toml: &str, flags: &[&str]) {
    let cases = Path::new("ui").join(folder);
    let mut test = Test::src_base(env!("CARGO_PKG_NAME"), &cases);
    test.rustc_flags(["--edition=2024"])
        .rustc_flags(flags)
        .rustc_flags(ui_deps::flags())
        .dylint_toml(dylint_toml);
    if env::var_os("BLESS").is_none() {
        test.run();
        return;
    }
    forget_earlier_output(&cases);
    if panic::catch_unwind(AssertUnwindSafe(|| test.run())).is_err() {
        bless(&cases);
    }
}

/// Where the test runner leaves the output of a case that differs from what was expected.
fn actual_output(case: &Path) -> PathBuf {
    let stem = case.file_stem().expect("a case is a file");
    env::temp_dir().join(stem).with_extension("stderr")
}

fn cases(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
}

fn forget_earlier_output(folder: &Path) {
    for case in cases(folder) {
        let _ = fs::remove_file(actual_output(&case));
    }
}

fn bless(folder: &Path) {
    for case in cases(folder) {
        let Ok(actual) = fs::read_to_string(actual_output(&case)) else {
            continue;
        };
        let expected = case.with_extension("stderr");
        if actual.is_empty() {
            let _ = fs::remove_file(&expected);
        } else {
            fs::write(&expected, actual)
                .unwrap_or_else(|error| panic!("cannot write {}: {error}", expected.display()));
        }
    }
}

#[test]
fn std_guard_across_await() {
    run("std_guard_across_await", "");
}

#[test]
fn block_in_place_in_test() {
    // Without `--test` the compiler drops every `#[tokio::test]`.
    run_with("block_in_place_in_test", "", &["--test"]);
}
