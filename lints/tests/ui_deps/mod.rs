//! Builds the crates that UI cases use, with the compiler the lints run in.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

const MANIFEST: &str = "ui/deps/Cargo.toml";

/// The compiler flags that make `ui/deps` and its direct dependencies known to a UI case.
pub fn flags() -> &'static [String] {
    static FLAGS: OnceLock<Vec<String>> = OnceLock::new();
    FLAGS.get_or_init(|| {
        let artifacts = build();
        let mut flags = Vec::new();
        for name in crate_names() {
            let file = artifacts
                .get(&name)
                .unwrap_or_else(|| panic!("{MANIFEST}: the build made no library `{name}`"));
            let folder = Path::new(file).parent().expect("a library is in a folder");
            let search = format!("dependency={}", folder.display());
            if !flags.contains(&search) {
                flags.extend(["-L".to_owned(), search]);
            }
            flags.extend(["--extern".to_owned(), format!("{name}={file}")]);
        }
        flags
    })
}

/// Library file by crate name, for everything that `ui/deps` builds.
fn build() -> BTreeMap<String, String> {
    let messages = cargo(&["build", "--locked", "--message-format=json"]);
    messages
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("cargo prints JSON lines"))
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.replace('-', "_");
            let file = message["filenames"]
                .as_array()?
                .iter()
                .filter_map(Value::as_str)
                .find(|file| {
                    Path::new(file)
                        .extension()
                        .is_some_and(|extension| extension == "rlib" || extension == "so")
                })?;
            Some((name, file.to_owned()))
        })
        .collect()
}

/// The package itself and what it depends on, by crate name.
fn crate_names() -> Vec<String> {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps", "--locked"]);
    let metadata: Value =
        serde_json::from_str(&metadata).expect("cargo prints its metadata as JSON");
    let package = &metadata["packages"][0];
    package["dependencies"]
        .as_array()
        .expect("a package has a list of dependencies")
        .iter()
        .chain([package])
        .filter_map(|package| package["name"].as_str())
        .map(|name| name.replace('-', "_"))
        .collect()
}

/// A folder of its own: the library under test is built in the usual one at the same time.
fn target_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui_deps")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--manifest-path", MANIFEST])
        .env("CARGO_TARGET_DIR", target_folder())
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "`cargo {}` failed for {MANIFEST}:\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}
