//! `cargo xtask lint` as a user runs it, over a small project and with the real toolchain.
//!
//! Setting that up takes half an hour on a fresh machine, so the test is left out of a plain
//! `cargo test`; `cargo xtask test` runs it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

const HELD: &str = "\
pub async fn held(lock: &std::sync::Mutex<u8>) {
    let guard = lock.lock().unwrap();
    std::future::pending::<()>().await;
    drop(guard);
}
";

struct Project(tempfile::TempDir);

impl Project {
    fn new(code: &str) -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        project.manifest("");
        project.code(code);
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn manifest(&self, more: &str) {
        let text = format!(
            "[package]\nname = \"held-guard\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}\n\
             [workspace]\n"
        );
        fs::write(self.path().join("Cargo.toml"), text).expect("a manifest");
    }

    fn code(&self, code: &str) {
        let folder = self.path().join("src");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("lib.rs"), code).expect("a source file");
    }

    fn lint(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        Command::cargo_bin("xtask")
            .expect("the binary")
            .arg("lint")
            .arg(self.path())
            .args(arguments)
            .env("CARGO_TARGET_DIR", self.path().join("target"))
            .assert()
    }
}

#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn findings_are_reported_also_when_cargo_has_nothing_to_do() {
    let project = Project::new(HELD);
    for _ in 0..2 {
        let run = project.lint(&["--deny"]).code(1);
        run.stdout(contains("src/lib.rs:2:9"))
            .stderr(contains("1 finding (1 std_guard_across"));
    }
    // Without receipts what cargo replays counts for nothing, and the crate is checked again.
    let receipts = project.path().join("target/dylint/receipts");
    for file in fs::read_dir(&receipts).expect("receipts") {
        let path = file.expect("a receipt").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            fs::remove_file(path).expect("it can be removed");
        }
    }
    project
        .lint(&["--deny"])
        .code(1)
        .stderr(contains("checked 1 crate (2 units)"));
    let left = fs::read_dir(&receipts).expect("receipts").count();
    assert_eq!(left, 3, "two units and the key");
    let both = [
        "--only",
        "std_guard_across_await",
        "--skip",
        "std_guard_across_await",
    ];
    project
        .lint(&both)
        .code(2)
        .stderr(contains("leave no lint"));
}

#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn machine_readable_output_is_all_there_is_on_stdout() {
    let project = Project::new(HELD);
    for format in ["json", "sarif"] {
        let run = project.lint(&["--format", format]).code(0);
        let document: serde_json::Value =
            serde_json::from_slice(&run.get_output().stdout).expect("one JSON document");
        let found = match format {
            "json" => &document["findings"][0]["lint"],
            _ => &document["runs"][0]["results"][0]["ruleId"],
        };
        assert_eq!(found, "std_guard_across_await");
    }
    project
        .lint(&["--format", "github"])
        .stdout(contains("::warning file=src/lib.rs,line=2,"));
}

#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn expected_findings_are_compared_exactly() {
    let project = Project::new(HELD);
    let list = project.path().join("expected.toml");
    let list = list.to_str().expect("a path");
    project
        .lint(&["--expect", list])
        .code(2)
        .stderr(contains("write the file with `--bless`"));
    project.lint(&["--expect", list, "--bless"]).code(0);
    project
        .lint(&["--expect", list, "--deny"])
        .code(0)
        .stderr(contains("as expected"));
    project.code("");
    project
        .lint(&["--expect", list])
        .code(1)
        .stderr(contains("- std_guard_across_await"));
}

#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn what_cannot_be_linted_says_why() {
    let project = Project::new("pub fn f() -> u8 { \"\" }");
    project
        .lint(&[])
        .code(2)
        .stderr(contains("does not compile with rustc"));
    project.manifest("rust-version = \"1.999\"");
    project
        .lint(&[])
        .code(2)
        .stderr(contains("`held-guard` 0.1.0 needs Rust 1.999.0"));
    project.manifest("edition = 7");
    project
        .lint(&[])
        .code(2)
        .stderr(contains("cargo cannot read the project"));
}

#[test]
fn bad_input_is_refused_before_anything_is_set_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |arguments: &[&str], sentence: &str| {
        Command::cargo_bin("xtask")
            .expect("the binary")
            .arg("lint")
            .args(arguments)
            .env("ASYNC_PATTERNS_CACHE", folder.path().join("cache"))
            .assert()
            .code(2)
            .stderr(contains(sentence));
        assert!(!folder.path().join("cache").exists(), "nothing was set up");
    };
    let here = folder.path().to_str().expect("a path");
    refused(
        &["/no/such/folder"],
        "does not exist; give the folder of a cargo project",
    );
    refused(&[here], "there is no `Cargo.toml` in it");
    refused(
        &[here, "--", "--message-format=json"],
        "cannot be used here",
    );
    refused(&[here, "--bless"], "--expect");
    refused(&[here, "--write-baseline"], "--baseline");
    refused(&[here, "--also", "sarif"], "the name of a file");
    refused(&[here, "--also", "xml=a"], "json|sarif");
}

#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn a_baseline_lets_old_findings_pass_and_new_ones_fail() {
    let project = Project::new(HELD);
    let list = project.path().join("baseline.toml");
    let list = list.to_str().expect("a path");
    project
        .lint(&["--baseline", list])
        .code(2)
        .stderr(contains("write the file with `--write-baseline`"));
    project
        .lint(&["--baseline", list, "--write-baseline"])
        .code(0)
        .stderr(contains("wrote 1 known finding"));
    // Moved down, and with one more below it.
    let more = HELD.replace("held", "held_again");
    project.code(&format!("// moved\n\n{HELD}"));
    let sarif = project.path().join("lints.sarif");
    let also = format!("sarif={}", sarif.display());
    project
        .lint(&["--baseline", list, "--also", &also])
        .code(0)
        .stdout("")
        .stderr(contains("1 of them in the baseline"));
    let sarif: serde_json::Value =
        serde_json::from_slice(&fs::read(&sarif).expect("a file")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["baselineState"], "unchanged");
    project.code(&format!("{HELD}{more}"));
    project
        .lint(&["--baseline", list, "--format", "github"])
        .code(1)
        .stdout(contains("line=7"))
        .stderr(contains("1 finding not in the baseline"));
    project.code("");
    project.lint(&["--baseline", list]).code(0).stderr(contains(
        "- std_guard_across_await src/lib.rs in held: let guard",
    ));
    project
        .lint(&["--baseline", list, "--write-baseline"])
        .code(0);
    assert!(
        !fs::read_to_string(list)
            .expect("the file")
            .contains("[[finding]]")
    );
}

#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn an_old_tokio_in_the_lock_file_is_a_finding_until_it_is_skipped() {
    // A stand-in by its name and version: what counts is what the lock file says.
    let project = Project::new("");
    let tokio = project.path().join("tokio");
    fs::create_dir_all(tokio.join("src")).expect("a folder");
    fs::write(tokio.join("src/lib.rs"), "").expect("a file");
    let manifest = "[package]\nname = \"tokio\"\nversion = \"1.43.0\"\nedition = \"2024\"\n";
    fs::write(tokio.join("Cargo.toml"), manifest).expect("a manifest");
    project.manifest("[dependencies]\ntokio = { path = \"tokio\" }\n");
    project
        .lint(&["--only", "version_floor", "--deny"])
        .code(1)
        .stdout(contains("--> Cargo.lock:").and(contains("to get 1.43.1 or newer")))
        .stderr(contains("1 finding (1 version_floor)"));
    let sarif = project.lint(&["--format", "sarif"]).code(0);
    let document: serde_json::Value =
        serde_json::from_slice(&sarif.get_output().stdout).expect("one JSON document");
    let result = &document["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "version_floor");
    let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "Cargo.lock");
    project
        .lint(&["--skip", "version_floor", "--deny"])
        .code(0)
        .stderr(contains("no findings"));
    project
        .lint(&["--only", "correctness", "--deny"])
        .code(1)
        .stderr(contains("1 finding (1 version_floor)"));
}
