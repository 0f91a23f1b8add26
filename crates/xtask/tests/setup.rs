//! `cargo xtask setup` as a user runs it, with programs in the place of rustup and cargo that do
//! nothing but leave the files that the real ones would leave.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

const HOST: &str = "x86_64-unknown-linux-gnu";

/// Every call is written to `$FAKE/calls`; a file `$FAKE/no-network` makes downloads fail.
const RUSTUP: &str = r#"
echo "rustup $*" >> "$FAKE/calls"
toolchains="$RUSTUP_HOME/toolchains"
case "$1 $2" in
"toolchain install")
    [ ! -e "$FAKE/no-network" ] || { echo "error: could not download" >&2; exit 1; }
    folder="$toolchains/$3-x86_64-unknown-linux-gnu"
    mkdir -p "$folder/bin" "$folder/lib/rustlib"
    cp "$FAKE/bin/rustc" "$folder/bin/rustc"
    printf '%s-x86_64-unknown-linux-gnu\n' cargo rustc rustc-dev llvm-tools \
        > "$folder/lib/rustlib/components" ;;
"toolchain link") mkdir -p "$toolchains"; ln -sfn "$4" "$toolchains/$3" ;;
"toolchain uninstall") rm -r "$toolchains/$3" ;;
"override list") cat "$FAKE/overrides" 2>/dev/null || echo "no overrides" ;;
"override set") printf '%s   \t%s\n' "$5" "$3" >> "$FAKE/overrides" ;;
"override unset") grep -v "^$4 " "$FAKE/overrides" > "$FAKE/o"; mv "$FAKE/o" "$FAKE/overrides" ;;
*) echo "unexpected: rustup $*" >&2; exit 1 ;;
esac
"#;

const RUSTC: &str = "
echo 'rustc 1.96.0-nightly (0123456789 2026-04-10)'
echo 'commit-hash: 0123456789'
echo 'host: x86_64-unknown-linux-gnu'
echo 'release: 1.96.0-nightly'
";

/// `cargo install`, `cargo build` of a library and `cargo dylint list`.
const CARGO: &str = r#"
echo "cargo $*" >> "$FAKE/calls"
[ ! -e "$FAKE/broken-$1" ] || { echo "error: broken" >&2; exit 101; }
if [ -e "$FAKE/die-in-$1" ]; then rm "$FAKE/die-in-$1"; kill -9 "$PPID"; exit 1; fi
case "$1" in
install)
    while [ "$1" != --root ]; do shift; done
    mkdir -p "$2/bin"
    for tool in cargo-dylint dylint-link; do echo tool > "$2/bin/$tool"; done ;;
build)
    name=$(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.toml)
    mkdir -p "$CARGO_TARGET_DIR"
    echo "$name" > "$CARGO_TARGET_DIR/lib$name.so"
    sed -e "s|NAME|$name|g" -e "s|FILE|$CARGO_TARGET_DIR/lib$name.so|" "$FAKE/artifact.json" ;;
dylint)
    mkdir -p "$DYLINT_DRIVER_PATH/$RUSTUP_TOOLCHAIN"
    echo driver > "$DYLINT_DRIVER_PATH/$RUSTUP_TOOLCHAIN/dylint-driver" ;;
*) echo "unexpected: cargo $*" >&2; exit 1 ;;
esac
"#;

const ARTIFACT: &str = r#"{"reason":"compiler-artifact","package_id":"NAME","manifest_path":"/NAME/Cargo.toml","target":{"kind":["cdylib"],"crate_types":["cdylib"],"name":"NAME","src_path":"/NAME/src/lib.rs","edition":"2024","doc":true,"doctest":false,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["FILE"],"executable":null,"fresh":false}"#;

/// A machine with rustup and cargo, and an empty cache.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        for (name, script) in [
            ("rustup", RUSTUP),
            ("rustc", RUSTC),
            ("cargo", CARGO),
            ("cc", ""),
            ("pkg-config", ""),
        ] {
            machine.program(name, script);
        }
        fs::write(machine.path("artifact.json"), format!("{ARTIFACT}\n")).expect("written");
        // What the scripts themselves are made of.
        for tool in ["sh", "cp", "mkdir", "ln", "rm", "mv", "cat", "grep", "sed"] {
            let places = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(tool));
            let place = places
                .iter()
                .find(|place| place.is_file())
                .expect("a usual tool");
            symlink(place, machine.path("bin").join(tool)).expect("linked");
        }
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::create_dir_all(self.path("bin")).expect("a folder");
        fs::write(&path, format!("#!/bin/sh\n{script}")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    }

    fn setup(&self, arguments: &[&str]) -> Assert {
        self.command(arguments).assert()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("xtask").expect("the binary");
        command
            .arg("setup")
            .args(arguments)
            .env_remove("CARGO")
            .env("FAKE", self.0.path())
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"))
            .env("CARGO_HOME", self.path("home/.cargo"))
            .env("RUSTUP_HOME", self.path("rustup"))
            .env("ASYNC_PATTERNS_CACHE", self.path("cache"));
        command
    }

    /// What was asked of rustup and cargo since the last time.
    fn calls(&self) -> String {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        drop(fs::remove_file(self.path("calls")));
        calls
    }

    /// Our links in rustup and the folders they lead to.
    fn links(&self) -> Vec<(String, PathBuf)> {
        let Ok(entries) = fs::read_dir(self.path("rustup/toolchains")) else {
            return Vec::new();
        };
        entries
            .map(|entry| entry.expect("an entry").path())
            .filter_map(|path| {
                Some((
                    path.file_name()?.to_str()?.to_owned(),
                    fs::read_link(&path).ok()?,
                ))
            })
            .collect()
    }
}

#[test]
fn rustups_route_is_gone_once_and_taken_back() {
    let machine = Machine::new();
    machine.setup(&["--route", "rustup"]).success().stderr(
        contains("minutes")
            .and(contains("GB"))
            .and(contains("ready: rustc 1.96.0")),
    );
    let calls = machine.calls();
    for call in [
        "rustup toolchain install nightly-",
        "cargo install",
        "cargo dylint list",
    ] {
        assert_eq!(calls.matches(call).count(), 1, "{call} in {calls}");
    }
    let links = machine.links();
    assert!(
        links[0].0.starts_with("async-patterns-") && links[0].0.ends_with(HOST),
        "{links:?}"
    );

    machine.setup(&[]).success();
    let calls = machine.calls();
    for call in ["install", "link", "cargo"] {
        assert!(!calls.contains(call), "{calls}");
    }

    machine.setup(&["--clean"]).success();
    assert!(!machine.path("cache").exists());
    assert_eq!(
        fs::read_dir(machine.path("rustup/toolchains"))
            .expect("there")
            .count(),
        0
    );
}

#[test]
fn a_toolchain_that_was_there_before_survives_clean() {
    let machine = Machine::new();
    machine.setup(&["--route", "rustup"]).success();
    // As if the user had installed it.
    fs::remove_file(machine.path("cache/installed-toolchains")).expect("removed");
    machine.setup(&["--clean"]).success();
    assert_eq!(
        fs::read_dir(machine.path("rustup/toolchains"))
            .expect("there")
            .count(),
        1
    );
    assert!(machine.links().is_empty());
}

#[test]
fn a_killed_run_is_taken_up_where_it_was() {
    let machine = Machine::new();
    for step in ["install", "build", "dylint"] {
        fs::write(machine.path(&format!("die-in-{step}")), "").expect("written");
        machine
            .setup(&["--route", "rustup"])
            .failure()
            .interrupted();
    }
    machine.setup(&["--route", "rustup"]).success();
    let calls = machine.calls();
    assert_eq!(
        calls.matches("rustup toolchain install").count(),
        1,
        "{calls}"
    );
    assert_eq!(calls.matches("cargo install").count(), 2, "{calls}");
    assert_eq!(calls.matches("cargo dylint list").count(), 2, "{calls}");
    let tools = fs::read_dir(machine.path("cache/tools"))
        .expect("there")
        .count();
    assert_eq!(tools, 1, "the part of the killed run is gone");
}

#[test]
fn two_at_once_do_the_work_once() {
    let machine = Machine::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| machine.setup(&["--route", "rustup"]).success());
        }
    });
    let calls = machine.calls();
    for call in [
        "rustup toolchain install",
        "cargo install",
        "cargo dylint list",
    ] {
        assert_eq!(calls.matches(call).count(), 1, "{call} in {calls}");
    }
}

#[test]
fn an_export_serves_a_machine_without_a_network() {
    let machine = Machine::new();
    let file = machine.path("toolchain.tar.zst");
    let file = file.to_str().expect("UTF-8");
    machine
        .setup(&["--route", "rustup", "--export", file])
        .success()
        .stderr(contains("SHA-256"));

    let other = Machine::new();
    fs::write(other.path("no-network"), "").expect("written");
    fs::write(other.path("broken-install"), "").expect("written");
    fs::write(other.path("broken-dylint"), "").expect("written");
    other
        .setup(&["--import", file])
        .success()
        .stderr(contains("ready: rustc 1.96.0"));
    let (name, target) = other.links().pop().expect("a link");
    assert!(
        target.starts_with(other.path("cache")),
        "{}",
        target.display()
    );
    assert!(
        fs::read_to_string(other.path("overrides"))
            .expect("set")
            .contains(&name)
    );

    other
        .setup(&["--import", file, "--sha256", "00"])
        .code(2)
        .stderr(contains("not 00"));
    other.setup(&["--clean"]).success();
    assert!(other.links().is_empty());
    assert!(
        !fs::read_to_string(other.path("overrides"))
            .expect("there")
            .contains(&name)
    );
}

#[test]
fn a_failed_download_shows_its_end_and_the_log() {
    let machine = Machine::new();
    fs::write(machine.path("no-network"), "").expect("written");
    machine
        .setup(&["--route", "rustup"])
        .code(2)
        .stderr(contains("`rustup toolchain install` failed").and(contains("could not download")));
}

#[test]
fn without_any_route_both_reasons_are_given() {
    let machine = Machine::new();
    fs::write(machine.path("no-network"), "").expect("written");
    // There is no apt on this machine, or it is no Debian at all.
    machine.setup(&[]).code(2).stderr(
        contains("no route to a compiler is open")
            .and(contains("`rustup toolchain install` failed"))
            .and(contains("the Debian route")),
    );
}

#[test]
fn a_missing_program_is_named_with_the_mend() {
    for (program, mend) in [
        ("rustup", "https://rustup.rs"),
        ("cc", "C compiler"),
        ("pkg-config", "libssl-dev"),
    ] {
        if program == "pkg-config" && !cfg!(target_os = "linux") {
            continue;
        }
        let machine = Machine::new();
        fs::remove_file(machine.path("bin").join(program)).expect("removed");
        machine
            .setup(&["--route", "rustup"])
            .code(2)
            .stderr(contains(format!("`{program}` was not found")).and(contains(mend)));
        assert!(
            !machine.calls().contains("rustup toolchain install"),
            "found out too late"
        );
    }
}

#[test]
fn bad_input_is_told_in_a_sentence() {
    let machine = Machine::new();
    machine
        .setup(&["--debian-version", "1.2"])
        .code(2)
        .stderr(contains("`1.2`").and(contains("was tested")));
    machine
        .setup(&["--route", "snap"])
        .code(2)
        .stderr(contains("possible values"));
    machine
        .setup(&["--sha256", "00"])
        .code(2)
        .stderr(contains("--import"));
    machine
        .setup(&["--import", "/no/such/file"])
        .code(2)
        .stderr(contains("/no/such/file"));
    machine
        .setup(&["--clean", "--export", "x"])
        .code(2)
        .stderr(contains("cannot be used"));
    machine.setup(&["--clean"]).success();
}

#[test]
fn a_folder_with_other_things_is_no_cache() {
    let machine = Machine::new();
    fs::create_dir_all(machine.path("cache/tools")).expect("a folder");
    machine
        .setup(&["--route", "rustup"])
        .code(2)
        .stderr(contains("holds other things").and(contains("ASYNC_PATTERNS_CACHE")));
    machine.setup(&["--clean"]).success();
    assert!(
        machine.path("cache/tools").is_dir(),
        "clean leaves what is not ours"
    );
}

#[test]
fn outside_the_checkout_it_says_so() {
    let machine = Machine::new();
    machine
        .command(&[])
        .env_remove("CARGO_MANIFEST_DIR")
        .current_dir(machine.0.path())
        .assert()
        .code(2)
        .stderr(contains("is not inside the async-patterns checkout"));
}

#[test]
fn every_option_is_explained() {
    let help = Machine::new().setup(&["--help"]).success();
    let help = String::from_utf8(help.get_output().stdout.clone()).expect("text");
    for option in [
        "--route",
        "--debian-version",
        "--keep-build",
        "--export",
        "--import",
        "--sha256",
        "--clean",
    ] {
        assert!(help.contains(option), "{option}");
    }
    for word in [
        "rustup",
        "debian",
        "auto",
        "ASYNC_PATTERNS_CACHE",
        "minutes",
        "GB",
    ] {
        assert!(help.contains(word), "{word}");
    }
}
