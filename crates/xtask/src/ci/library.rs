//! What the library has to hold beyond its tests: sets of features, its oldest dependencies, the
//! address sanitizer.
//!
//! Some of it needs unstable flags. `RUSTC_BOOTSTRAP` lets the stable compiler take them, so that no
//! second toolchain is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml_edit::{DocumentMut, Item, Table, value};

use super::{HAS_SANITIZERS, LIMIT};
use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::process::{Run, sanitised};
use crate::suite::{Outcome, Suite};
use crate::ui::Ui;

const PACKAGE: &str = "async-patterns";
const SANITIZED_TARGET: &str = "x86_64-unknown-linux-gnu";
/// Its expected outputs are those of rustc without flags.
const COMPILE_FAIL_TEST: &str = "misuse_does_not_compile";

/// All of it.
pub(super) fn outcomes(root: &Path, logs: &Path, ui: &Ui) -> Vec<Outcome> {
    let mut outcomes = vec![
        Outcome::of("library, sets of features", ui, || feature_sets(root, logs)),
        Outcome::of("library, minimal versions", ui, || {
            minimal_versions(root, logs)
        }),
    ];
    if HAS_SANITIZERS {
        outcomes.push(address_sanitizer(root).run(logs, ui));
    }
    outcomes
}

fn cargo(root: &Path, target: &str) -> Command {
    let mut command = sanitised("cargo");
    command
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.join("target").join(target));
    command
}

/// Checks the library with no feature, with each alone, with all but each, and with all. The
/// workflow tries all sets; a fault that only a pair or a triple shows is found there.
fn feature_sets(root: &Path, logs: &Path) -> Result<()> {
    let manifest = manifest(&root.join("crates").join(PACKAGE))?;
    for set in sets(&features(&manifest)?) {
        let mut check = cargo(root, "feature-sets");
        check
            .args(["check", "--package", PACKAGE, "--no-default-features"])
            .args(["--features", &set.join(",")])
            .env("RUSTFLAGS", "-D warnings");
        let name = format!("`cargo check` with the features [{}]", set.join(", "));
        Run::new(name, check, LIMIT)
            .log(logs.join("library-sets-of-features.log"))
            .succeed()?;
    }
    Ok(())
}

/// The features that stand for themselves, in the order of the manifest.
fn features(manifest: &DocumentMut) -> Result<Vec<&str>> {
    let features = manifest
        .get("features")
        .and_then(Item::as_table)
        .ok_or_else(|| Error::new(format!("the manifest of `{PACKAGE}` has no features")))?;
    Ok(features
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !["default", "full"].contains(name))
        .collect())
}

fn sets<'a>(features: &[&'a str]) -> Vec<Vec<&'a str>> {
    let without = |left_out: &str| {
        let rest = features.iter().filter(|&&name| name != left_out);
        rest.copied().collect()
    };
    let alone = features.iter().map(|&name| vec![name]);
    let all_but_one = features.iter().map(|name| without(name));
    std::iter::once(Vec::new())
        .chain(alone)
        .chain(all_but_one)
        .chain([features.to_vec()])
        .collect()
}

/// Checks the library with the oldest version of each dependency that its manifest allows.
///
/// In a workspace of its own: cargo resolves a workspace as a whole, and the oldest versions that
/// our tools and tests name do not all go together.
fn minimal_versions(root: &Path, logs: &Path) -> Result<()> {
    let alone = root.join("target/minimal-versions");
    files::write(&alone.join("Cargo.toml"), manifest_alone(root)?.to_string())?;
    let lock = alone.join("Cargo.lock");
    if lock.exists() {
        fs::remove_file(&lock).file("remove", &lock)?;
    }
    let mut check = cargo(root, "minimal-versions/target");
    check
        .args(["check", "--all-features", "-Zdirect-minimal-versions"])
        .current_dir(&alone)
        .env("RUSTC_BOOTSTRAP", "1");
    Run::new("`cargo check` with minimal versions", check, LIMIT)
        .log(logs.join("library-minimal-versions.log"))
        .succeed()?;
    Ok(())
}

/// The library's manifest as that of a workspace of one, without what only its tests need.
fn manifest_alone(root: &Path) -> Result<DocumentMut> {
    let package: PathBuf = root.join("crates").join(PACKAGE);
    let mut alone = manifest(&package)?;
    for tests in ["dev-dependencies", "test"] {
        alone.remove(tests);
    }
    alone.insert("lib", Item::Table(Table::new()));
    let library = package.join("src/lib.rs");
    alone["lib"]["path"] = value(library.to_string_lossy().as_ref());

    let mut workspace = manifest(root)?;
    let workspace = workspace
        .get_mut("workspace")
        .and_then(Item::as_table_mut)
        .ok_or_else(|| Error::new("the root manifest has no workspace"))?;
    for others in ["members", "exclude"] {
        workspace.remove(others);
    }
    if let Some(dependencies) = workspace
        .get_mut("dependencies")
        .and_then(Item::as_table_mut)
    {
        dependencies.remove(PACKAGE);
    }
    alone.insert("workspace", Item::Table(workspace.clone()));
    Ok(alone)
}

fn manifest(folder: &Path) -> Result<DocumentMut> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).file("read", &path)?;
    text.parse()
        .map_err(|error| Error::new(format!("`{}` is no manifest: {error}", path.display())))
}

/// The library's tests under the address sanitizer, which looks for leaks at the end as well.
///
/// Not under the thread sanitizer: it would need a standard library built for it, and without one
/// it reports the synchronisation that it cannot see.
fn address_sanitizer(root: &Path) -> Suite {
    let mut command = cargo(root, "sanitizer");
    command
        .args(["test", "--package", PACKAGE, "--all-features"])
        .args(["--lib", "--tests", "--target", SANITIZED_TARGET])
        .args(["--", "--skip", COMPILE_FAIL_TEST])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zsanitizer=address")
        .env("CARGO_PROFILE_DEV_DEBUG", "none");
    Suite {
        name: "library, address sanitizer",
        command,
        limit: LIMIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_none_each_all_but_each_and_all() {
        let sets = sets(&["a", "b", "c"]);
        let joined: Vec<_> = sets.iter().map(|set| set.join("+")).collect();
        assert_eq!(joined, ["", "a", "b", "c", "b+c", "a+c", "a+b", "a+b+c"]);
    }

    #[test]
    fn the_features_are_those_of_the_library() {
        let root = crate::paths::workspace_root().unwrap();
        let manifest = manifest(&root.join("crates").join(PACKAGE)).unwrap();
        let features = features(&manifest).unwrap();
        assert!(features.contains(&"session"), "{features:?}");
        assert!(!features.contains(&"full"), "{features:?}");
    }

    #[test]
    fn the_library_alone_has_its_dependencies_and_no_others() {
        let root = crate::paths::workspace_root().unwrap();
        let alone = manifest_alone(&root).unwrap();
        assert!(alone["dependencies"].get("tokio").is_some());
        assert!(alone["workspace"]["dependencies"].get("tokio").is_some());
        assert!(alone.get("dev-dependencies").is_none());
        assert!(alone["workspace"].get("members").is_none());
        assert!(Path::new(alone["lib"]["path"].as_str().unwrap()).is_file());
    }
}
