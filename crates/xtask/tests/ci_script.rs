//! `ci/lint.sh`, which `action.yml` and other CIs call: its inputs, what it hands on, its exit
//! status. Most of it is tried with a stand-in for the tool; the last test lints the gallery, and
//! `cargo xtask ci` runs it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

/// Notes each call and ends as it is told to: with `SMOKE` for the project that comes with the
/// script, with `STATUS` for the user's.
const STAND_IN: &str = r#"#!/bin/sh
printf '%s\n' "$*" >> "$CALLS"
case $1,$2 in
    setup,*) exit "${SETUP:-0}" ;;
    lint,*/ci/smoke) exit "${SMOKE:-0}" ;;
esac
exit "${STATUS:-0}"
"#;

struct Place {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let project = folder.path().join("project");
        fs::create_dir_all(&project).expect("a folder");
        fs::write(project.join("Cargo.toml"), "[workspace]\n").expect("a manifest");
        program(&folder.path().join("xtask"), STAND_IN);
        for name in ["cargo", "rustup"] {
            program(&folder.path().join("bin").join(name), "#!/bin/sh\n");
        }
        Self {
            folder,
            variables: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().expect("a path").to_owned()
    }

    fn run(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        self.prepare(script())
            .args(["--path", "project"])
            .args(arguments)
            .assert()
    }

    /// Gives a command the surroundings of this place.
    fn prepare(&self, mut command: Command) -> Command {
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin")))
            .env("HOME", self.folder.path())
            .env("CALLS", self.path("calls"))
            .env("ASYNC_PATTERNS_XTASK", self.path("xtask"))
            .env_remove("ASYNC_PATTERNS_CACHE")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("GITHUB_ACTIONS")
            .envs(self.variables.iter().cloned());
        command
    }

    /// The calls of the tool, a line each.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the checkout")
}

fn script() -> Command {
    let mut command = Command::new("sh");
    command.arg(root().join("ci/lint.sh"));
    command
}

fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
}

#[test]
fn everything_given_reaches_the_tool() {
    let place = Place::new();
    fs::write(place.path("project/known.toml"), "").expect("a file");
    let arguments = [
        "--only",
        "strict",
        "--skip",
        "a,b",
        "--baseline",
        "known.toml",
        "--sarif",
        "x.sarif",
        "--json",
        "x.json",
        "--route",
        "rustup",
        "--",
        "--features",
        "a b",
    ];
    place.run(&arguments).code(0);
    let calls = place.calls();
    assert_eq!(calls[0], "setup --route rustup");
    assert!(calls[1].contains("ci/smoke --only std_guard_across_await --expect "));
    let here = place.folder.path().canonicalize().expect("a folder");
    let here = here.display();
    assert_eq!(
        calls[2],
        format!(
            "lint {here}/project --only strict --skip a,b --baseline {here}/project/known.toml \
             --also sarif={here}/x.sarif --also json={here}/x.json -- --features a b"
        )
    );
}

#[test]
fn findings_fail_unless_told_otherwise() {
    let place = Place::new().with("STATUS", "1");
    place.run(&[]).code(1);
    assert!(place.calls()[2].ends_with("/project --deny --"));
    // An empty value, as from an input of the action that nobody set, is none.
    place
        .run(&["--fail", "false", "--baseline", "", "--only", ""])
        .code(0);
    assert!(place.calls()[5].ends_with("/project --"));
    let failed = Place::new().with("STATUS", "2");
    failed.run(&["--fail", "false"]).code(2);
    let crashed = Place::new().with("STATUS", "101");
    crashed
        .run(&[])
        .code(2)
        .stderr(contains("which is a bug of ours"));
}

#[test]
fn nothing_is_linted_with_lints_that_find_nothing() {
    let place = Place::new().with("SMOKE", "1");
    place
        .run(&[])
        .code(2)
        .stderr(contains("do not find what is wrong in"));
    assert_eq!(place.calls().len(), 2);
    let place = Place::new().with("SETUP", "2");
    place
        .run(&[])
        .code(2)
        .stderr(contains("could not be set up"));
    assert_eq!(place.calls().len(), 1);
}

#[test]
fn a_baseline_is_written_on_request() {
    let place = Place::new();
    place
        .run(&["--baseline", "known.toml"])
        .code(2)
        .stderr(contains("write it once with --write-baseline"));
    place
        .run(&["--baseline", "known.toml", "--write-baseline"])
        .code(0);
    assert!(place.calls()[2].contains("--write-baseline --baseline "));
}

#[test]
fn on_github_findings_are_annotations_and_steps_are_folded() {
    let place = Place::new().with("GITHUB_ACTIONS", "true");
    place
        .run(&[])
        .code(0)
        .stdout(contains("::group::").and(contains("::endgroup::")));
    assert!(place.calls()[2].contains("--format github"));
}

#[test]
fn bad_input_is_one_sentence_and_calls_nothing() {
    let place = Place::new();
    for (arguments, sentence) in [
        (
            &["--path", "nowhere"][..],
            "`nowhere` has no Cargo.toml; give",
        ),
        (&["--fail", "yes"], "--fail is `yes`; write true or false"),
        (&["--route", "apt"], "write auto, rustup or debian"),
        (
            &["--sarif", "no/such/x.sarif"],
            "the folder of `no/such/x.sarif` does not exist",
        ),
        (&["--write-baseline"], "--write-baseline needs --baseline"),
        (
            &["--features", "x"],
            "there is no option `--features`; see --help",
        ),
        (&["--only"], "`--only` needs a value"),
    ] {
        let run = place.run(arguments).code(2).stderr(contains(sentence));
        let stderr = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    }
    assert_eq!(place.calls(), [""; 0]);
    let without_tool = Place::new().with("ASYNC_PATTERNS_XTASK", "/no/such/xtask");
    without_tool
        .run(&[])
        .code(2)
        .stderr(contains("`/no/such/xtask` is no program"));
}

#[test]
fn a_script_that_stands_alone_fetches_the_rest() {
    let place = Place::new();
    let repository = place.path("repository");
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args([
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@x",
                "-C",
                &repository,
            ])
            .args(arguments)
            .assert()
            .success();
    };
    fs::create_dir_all(place.path("repository/lints")).expect("a folder");
    git(&["init", "--quiet", "--initial-branch", "main"]);
    fs::copy(root().join("ci/lint.sh"), place.path("lint.sh")).expect("a copy");
    let run = || {
        let mut command = Command::new("sh");
        command
            .arg(place.path("lint.sh"))
            .args(["--repository", &repository]);
        place.prepare(command).args(["--path", "project"]).assert()
    };
    run()
        .code(2)
        .stderr(contains("could not be cloned; check --repository"));
    for step in ["one", "two"] {
        for file in ["traps.toml", "lints/Cargo.toml"] {
            fs::write(Path::new(&repository).join(file), step).expect("a file");
        }
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", step]);
        run().code(0);
        let fetched = place.path(".cache/async-patterns-checkout/main/traps.toml");
        assert_eq!(fs::read_to_string(&fetched).expect("fetched"), step);
    }
    assert!(place.calls()[1].contains("/.cache/async-patterns-checkout/main/ci/smoke "));
}

#[test]
fn keys_change_with_what_they_stand_for() {
    let place = Place::new();
    let keys = || {
        let run = place.run(&["--print-keys"]).code(0);
        let text = String::from_utf8(run.get_output().stdout.clone()).expect("text");
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {text}"))
                .to_owned()
        };
        assert!(value("tool-cache=").ends_with("/.cache/async-patterns"));
        assert!(value("tool-compiler=").contains("/toolchains/nightly-20"));
        assert!(value("project-target=").ends_with("/project/target/dylint"));
        (value("tool="), value("project="))
    };
    let first = keys();
    assert_eq!(keys(), first);
    fs::write(place.path("project/Cargo.lock"), "version = 4\n").expect("a file");
    let locked = keys();
    assert_eq!(locked.0, first.0);
    assert_ne!(locked.1, first.1);
    assert_eq!(place.calls(), [""; 0]);
}

#[test]
fn the_action_uses_what_it_declares_and_what_the_script_knows() {
    let action = fs::read_to_string(root().join("action.yml")).expect("action.yml");
    let script = fs::read_to_string(root().join("ci/lint.sh")).expect("ci/lint.sh");
    let (head, steps) = action.split_once("\nruns:").expect("steps");
    let declared: Vec<_> = head
        .lines()
        .skip_while(|line| *line != "inputs:")
        .take_while(|line| *line != "outputs:")
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .filter(|name| !name.starts_with(' '))
        .collect();
    assert!(declared.len() >= 8, "{declared:?}");
    for name in &declared {
        assert!(
            steps.contains(&format!("inputs.{name}")),
            "{name} is not used"
        );
    }
    for part in steps.split("inputs.").skip(1) {
        let end = part.find(|letter: char| letter != '-' && !letter.is_ascii_alphabetic());
        let name = &part[..end.unwrap_or(part.len())];
        assert!(declared.contains(&name), "{name} is not declared");
    }
    for part in steps.split("steps.keys.outputs.").skip(1) {
        let end = part.find(|letter: char| letter != '-' && !letter.is_ascii_alphabetic());
        let name = &part[..end.unwrap_or(part.len())];
        let printed = script.contains(&format!("printf '{name}=")) || name == "sarif";
        assert!(printed, "the script prints no {name}");
    }
    for option in steps
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
    {
        let known = option == "--" || script.contains(option);
        assert!(known, "the script has no {option}");
    }
    // An expression in a script's text would run whatever the value says.
    for run in steps.split("run: |").skip(1) {
        let text: Vec<_> = run
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("        "))
            .collect();
        assert!(!text.is_empty());
        assert!(!text.join("\n").contains("${{"), "{text:?}");
    }
}

#[test]
fn the_page_about_ci_names_what_there_is() {
    let page = fs::read_to_string(root().join("docs/ci.md")).expect("docs/ci.md");
    let script = fs::read_to_string(root().join("ci/lint.sh")).expect("ci/lint.sh");
    let action = fs::read_to_string(root().join("action.yml")).expect("action.yml");
    let mut calls = 0;
    for line in page.lines().filter(|line| line.contains("lint.sh --")) {
        let options = line.split_once("lint.sh").expect("a call").1;
        for option in options
            .split([' ', '`'])
            .filter(|word| word.starts_with("--"))
        {
            calls += 1;
            assert!(script.contains(option), "the script has no {option}");
        }
    }
    assert!(calls >= 5, "{calls} options");
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| input |"));
    let inputs: Vec<_> = rows
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| line.split('|').nth(1).expect("a cell").split(", "))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect();
    for name in &inputs {
        assert!(
            action.contains(&format!("\n  {name}:\n")),
            "no input {name}"
        );
    }
    assert_eq!(inputs.len(), action.matches("\n    default: ").count());
}

/// What `cargo xtask ci` has built already is used where its variables say so.
#[test]
#[ignore = "needs the toolchain of `cargo xtask setup`"]
fn the_gallery_is_linted_with_the_exit_status_that_its_findings_ask_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let sarif = folder.path().join("gallery.sarif");
    let known = folder.path().join("known.toml");
    let known = known.to_str().expect("a path");
    let tool = std::env::var_os("ASYNC_PATTERNS_XTASK")
        .map_or_else(|| assert_cmd::cargo::cargo_bin("xtask"), PathBuf::from);
    let run = |arguments: &[&str]| {
        script()
            .current_dir(root())
            .env("ASYNC_PATTERNS_XTASK", &tool)
            .env("CARGO_TARGET_DIR", root().join("target"))
            .env_remove("GITHUB_ACTIONS")
            .args(arguments)
            .assert()
    };
    // The broken programs are found, and that fails.
    run(&["--sarif", sarif.to_str().expect("a path")])
        .code(1)
        .stdout(contains(
            "examples/traps/src/std_guard_across_await/broken.rs",
        ));
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(&sarif).expect("a file")).expect("JSON");
    let run_of = &document["runs"][0];
    assert_eq!(run_of["tool"]["driver"]["name"], "async-patterns");
    let found = run_of["results"].as_array().expect("results").len();
    assert!(found >= 3, "{found} findings");
    // As known ones they pass, and the lints that are not asked for pass too.
    run(&["--baseline", known, "--write-baseline"]).code(0);
    run(&["--baseline", known]).code(0).stdout("");
    run(&["--only", "version_floor"]).code(0);
    run(&["--", "--no-such-option"]).code(2);
}
