//! Runs each lint over the programs in `ui/<lint>/`, or in `ui/<lint>_<variant>/`, with all others
//! switched off, and compares what it says with the `.stderr` file beside each; a program without
//! one must be silent. A program that begins with
//! `// run-rustfix` has a `.fixed` file as well: what applying the suggestions makes of it, which
//! must compile.
//!
//! `BLESS=1 cargo test --test ui -- --exact NAME` writes these files of one test anew instead of
//! comparing. Read the difference before committing it. (One at a time, because the test
//! runner cannot be used again in a process in which it has failed once.)

mod ui_deps;

use std::{
    env, fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use dylint_testing::ui::Test;

/// Runs the cases in `ui/<folder>` in an edition, with the given contents of `dylint.toml`.
fn run(folder: &str, edition: &str, dylint_toml: &str) {
    run_with(folder, edition, dylint_toml, &[]);
}

/// The same with more flags for the compiler.
fn run_with(folder: &str, edition: &str, dylint_toml: &str, flags: &[&str]) {
    let cases = Path::new("ui").join(folder);
    let mut test = Test::src_base(env!("CARGO_PKG_NAME"), &cases);
    test.rustc_flags([format!("--edition={edition}")])
        .rustc_flags(flags)
        .rustc_flags(levels(folder))
        .rustc_flags(ui_deps::flags())
        .dylint_toml(dylint_toml);
    if env::var_os("BLESS").is_none() {
        test.run();
        return;
    }
    forget(&cases);
    if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| test.run())) {
        if panic.downcast_ref::<&str>() != Some(&DIFFERENT_OUTPUT) {
            panic::resume_unwind(panic);
        }
        bless(&cases);
    }
}

/// The folder with the cases of the lint groups, which leave every lint at its own level.
const GROUPS: &str = "groups";

/// The flags that switch on the lint a folder is for, and off every other one.
fn levels(folder: &str) -> Vec<String> {
    if folder == GROUPS {
        return Vec::new();
    }
    let traps: toml::Table = fs::read_to_string("../traps.toml")
        .expect("the list of traps is beside this package")
        .parse()
        .expect("the list of traps is TOML");
    let lints: Vec<(&str, &str)> = traps["trap"]
        .as_array()
        .expect("the traps are a list")
        .iter()
        .filter_map(|trap| Some((trap["id"].as_str()?, trap.get("lint")?.as_str()?)))
        .collect();
    let own = lints
        .iter()
        .map(|(lint, _)| *lint)
        .filter(|lint| folder.starts_with(lint))
        .max_by_key(|lint| lint.len())
        .unwrap_or_else(|| panic!("`{folder}` begins with no lint of traps.toml"));
    lints
        .into_iter()
        .filter_map(|(lint, level)| match level {
            _ if lint != own => Some(format!("-A{lint}")),
            "allow" => Some(format!("-W{lint}")),
            _ => None,
        })
        .collect()
}

/// What the test runner panics with when it has compared everything and something differs.
const DIFFERENT_OUTPUT: &str = "Some tests failed";

/// The kinds of output that are compared with a file.
const OUTPUTS: [&str; 2] = ["stderr", "fixed"];

/// Where the test runner leaves an output of a case that differs from what was expected.
fn actual_output(case: &Path, kind: &str) -> PathBuf {
    let stem = case.file_stem().expect("a case is a file");
    env::temp_dir().join(format!("{}.stage-id.{kind}", stem.display()))
}

fn cases(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
}

/// Removes what is expected of the cases, and what an earlier run said about them.
fn forget(folder: &Path) {
    for (case, kind) in outputs(folder) {
        let _ = fs::remove_file(case.with_extension(kind));
        let _ = fs::remove_file(actual_output(&case, kind));
    }
}

fn bless(folder: &Path) {
    for (case, kind) in outputs(folder) {
        if let Ok(actual) = fs::read_to_string(actual_output(&case, kind)) {
            let expected = case.with_extension(kind);
            fs::write(&expected, actual)
                .unwrap_or_else(|error| panic!("cannot write {}: {error}", expected.display()));
        }
    }
}

fn outputs(folder: &Path) -> impl Iterator<Item = (PathBuf, &'static str)> {
    cases(folder).flat_map(|case| OUTPUTS.map(|kind| (case.clone(), kind)))
}

#[test]
fn std_guard_across_await() {
    run("std_guard_across_await", "2024", "");
}

#[test]
fn std_guard_across_await_2021() {
    run("std_guard_across_await_2021", "2021", "");
}

#[test]
fn std_guard_across_await_config() {
    run(
        "std_guard_across_await_config",
        "2024",
        r#"
            [async_patterns_lints]
            guard_types = [
                "configured::own::Guard",
                "configured::own::PublicLease",
                "configured::own::Alias",
                "not_a_dependency::Guard",
                "configured::own::Misspelt",
            ]
            non_guard_types = ["std::cell::Ref", "configured::own::AsyncAwareRaw"]
        "#,
    );
}

#[test]
fn block_in_place_in_test() {
    // Without `--test` the compiler drops every `#[tokio::test]`.
    run_with("block_in_place_in_test", "2024", "", &["--test"]);
}

#[test]
fn block_in_place_in_join() {
    run("block_in_place_in_join", "2024", "");
}

#[test]
fn block_on_in_async() {
    run("block_on_in_async", "2024", "");
}

#[test]
fn block_on_in_async_tests() {
    run_with("block_on_in_async_tests", "2024", "", &["--test"]);
}

#[test]
fn blocking_call_in_async() {
    run("blocking_call_in_async", "2024", "");
}

#[test]
fn blocking_call_in_async_tests() {
    run_with("blocking_call_in_async_tests", "2024", "", &["--test"]);
}

#[test]
fn blocking_call_in_async_config() {
    run(
        "blocking_call_in_async_config",
        "2024",
        r#"
            [async_patterns_lints]
            assume_blocking = ["configured::Connection::query", "std::path::Path::exists"]
            assume_non_blocking = ["configured::Connection::cached", "std::thread::sleep"]
        "#,
    );
}

#[test]
fn timeout_over_cpu_work() {
    run_with("timeout_over_cpu_work", "2024", "", &["--test"]);
}

#[test]
fn timeout_over_cpu_work_config() {
    run(
        "timeout_over_cpu_work_config",
        "2024",
        r#"
            [async_patterns_lints]
            assume_blocking = ["configured::query"]
            cpu_heavy_calls = ["configured::digest"]
            assume_non_blocking = [
                "configured::looks_long",
                "configured::looks_long_as_well",
                "std::thread::park",
            ]
        "#,
    );
}

#[test]
fn unending_spawn_blocking() {
    run("unending_spawn_blocking", "2024", "");
}

#[test]
fn blocking_task_in_join_set() {
    run("blocking_task_in_join_set", "2024", "");
}

#[test]
fn detached_task() {
    run("detached_task", "2024", "");
}

#[test]
fn unbounded_concurrency() {
    run("unbounded_concurrency", "2024", "");
}

#[test]
fn large_value_across_await() {
    run_with("large_value_across_await", "2024", "", &["--test"]);
}

#[test]
fn large_value_across_await_config() {
    run(
        "large_value_across_await_config",
        "2024",
        r#"
            [async_patterns_lints]
            large_value_threshold = 1000
        "#,
    );
}

#[test]
fn async_guard_across_await() {
    run_with("async_guard_across_await", "2024", "", &["--test"]);
}

#[test]
fn pending_without_wake() {
    run_with("pending_without_wake", "2024", "", &["--test"]);
}

#[test]
fn noop_waker_in_async() {
    run_with("noop_waker_in_async", "2024", "", &["--test"]);
}

#[test]
fn ffi_panic_aborts() {
    run_with("ffi_panic_aborts", "2024", "", &["--test"]);
}

#[test]
fn ffi_panic_aborts_abort() {
    run_with("ffi_panic_aborts_abort", "2024", "", &["-Cpanic=abort"]);
}

#[test]
fn raw_fd_into_task() {
    run_with("raw_fd_into_task", "2024", "", &["--test"]);
}

#[test]
fn spawn_needs_send_variant() {
    run_with(
        "spawn_needs_send_variant",
        "2024",
        "",
        &["--crate-type=lib"],
    );
}

#[test]
fn spawn_needs_send_variant_main() {
    run("spawn_needs_send_variant_main", "2024", "");
}

#[test]
fn lagged_ignored() {
    run_with("lagged_ignored", "2024", "", &["--test"]);
}

#[test]
fn polled_after_completion() {
    run("polled_after_completion", "2024", "");
}

#[test]
fn select_loop_without_cancellation() {
    run_with("select_loop_without_cancellation", "2024", "", &["--test"]);
}

#[test]
fn timer_reset_in_select_loop() {
    run("timer_reset_in_select_loop", "2024", "");
}

#[test]
fn idle_timer_in_select_loop() {
    run("idle_timer_in_select_loop", "2024", "");
}

#[test]
fn buffered_stream_stall() {
    run("buffered_stream_stall", "2024", "");
}

#[test]
fn cancel_unsafe_in_select() {
    run("cancel_unsafe_in_select", "2024", "");
}

#[test]
fn cancel_unsafe_in_select_config() {
    run(
        "cancel_unsafe_in_select_config",
        "2024",
        r#"
            [async_patterns_lints]
            assume_cancel_safe = ["configured::resumable", "tokio::io::AsyncReadExt::read_exact"]
            assume_cancel_unsafe = ["configured::fragile", "tokio::task::yield_now"]
        "#,
    );
}

#[test]
fn futurelock() {
    run("futurelock", "2024", "");
}

#[test]
fn queue_place_lost_in_select() {
    run("queue_place_lost_in_select", "2024", "");
}

#[test]
fn groups() {
    run(GROUPS, "2024", "");
}
