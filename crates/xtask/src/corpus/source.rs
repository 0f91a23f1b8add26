//! A published crate as a project of its own: downloaded, unpacked, with a lock file.
//!
//! Cargo does the download and checks the registry's checksum: a package that depends on the crate
//! is enough to make it fetch, and `cargo metadata` tells where the sources are. They are copied,
//! because the registry's folder is everybody's.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::{Metadata, Target as CargoTarget};
use semver::{Version, VersionReq};
use toml_edit::{DocumentMut, Item, Table};
use walkdir::WalkDir;

use super::list::Entry;
use crate::error::{Error, FileContext, Result};
use crate::lint::{Target, cargo_error};
use crate::paths;
use crate::process::Run;
use crate::setup::Toolchain;

/// Downloads a crate and what it is built with.
const LIMIT: Duration = Duration::from_mins(20);

/// Files of a package that would change how it is built here.
const FOREIGN: &[&str] = &[
    ".cargo",
    ".cargo-ok",
    "Cargo.lock",
    "rust-toolchain",
    "rust-toolchain.toml",
];

/// Dependencies by table name, in the package and in its `target.…` tables.
const DEV_DEPENDENCIES: &[&str] = &["dev-dependencies", "dev_dependencies"];

/// The folders and tools that crates are prepared with.
#[derive(Debug)]
pub(crate) struct Workshop<'a> {
    pub(crate) toolchain: &'a Toolchain,
    /// Of the corpus, in the cache.
    pub(crate) cache: PathBuf,
    /// The committed lock files.
    pub(crate) locks: PathBuf,
}

/// A crate that is ready to be linted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) folder: PathBuf,
    /// The text of its lock file.
    pub(crate) lock: String,
    /// Why its tests and examples are left out, when they are.
    pub(crate) without_dev: Option<String>,
}

impl Workshop<'_> {
    /// Unpacks the crate, or takes what an earlier run unpacked, and gives it its lock file.
    pub(crate) fn prepare(&self, entry: &Entry) -> Result<Source> {
        let rustc = self.toolchain.rustc_version();
        let folder = self.cache.join("src").join(entry.id());
        if !folder.is_dir() {
            let published = self.download(entry)?;
            let part = self.cache.join("src").join(format!("{}.part", entry.id()));
            remove(&part)?;
            copy(&published, &part)?;
            let manifest = part.join("Cargo.toml");
            let text = fs::read_to_string(&manifest).file("read", &manifest)?;
            fs::write(&manifest, stand_alone(&text, true, rustc)?).file("write", &manifest)?;
            // The name is final only when all is there: a killed run leaves no half crate.
            fs::rename(&part, &folder).file("move into place", &folder)?;
        }
        self.lock(entry, folder)
    }

    fn download(&self, entry: &Entry) -> Result<PathBuf> {
        let folder = self.cache.join("fetch").join(entry.id());
        fs::create_dir_all(&folder).file("create the folder", &folder)?;
        let manifest = folder.join("Cargo.toml");
        let text = format!(
            "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
             [lib]\npath = \"lib.rs\"\n\n[workspace]\n\n[dependencies.{}]\nversion = \"={}\"\n\
             default-features = false\n",
            entry.name, entry.version
        );
        fs::write(&manifest, text).file("write", &manifest)?;
        let empty = folder.join("lib.rs");
        fs::write(&empty, "").file("write", &empty)?;
        let mut cargo = self.toolchain.cargo();
        cargo
            .args(["metadata", "--format-version=1", "--color=never"])
            .current_dir(&folder);
        let mut json = String::new();
        let mut complaints = Vec::new();
        let finished = Run::new(format!("the download of {}", entry.id()), cargo, LIMIT)
            .on_stdout(|line| json.push_str(line))
            .on_stderr(|line| complaints.push(line.to_owned()))
            .finish()?;
        if !finished.status.success() {
            return Err(Error::new(format!(
                "{} could not be downloaded: {}",
                entry.id(),
                cargo_error(&complaints)
            )));
        }
        let metadata: Metadata = serde_json::from_str(&json).map_err(|error| {
            Error::new(format!(
                "what cargo said of {} is not understood: {error}",
                entry.id()
            ))
        })?;
        let package = metadata.packages.iter().find(|package| {
            package.name.as_str() == entry.name && package.version == entry.version
        });
        package
            .and_then(|package| package.manifest_path.parent())
            .map(|folder| folder.as_std_path().to_path_buf())
            .or_else(|| unpacked_by_cargo(entry))
            .ok_or_else(|| Error::new(format!("cargo downloaded no package {}", entry.id())))
    }

    /// The committed lock file, or a new one, which is to be committed.
    fn lock(&self, entry: &Entry, folder: PathBuf) -> Result<Source> {
        let committed = self.locks.join(format!("{}.lock", entry.id()));
        let own = folder.join("Cargo.lock");
        let rustc = self.toolchain.rustc_version();
        let mut without_dev = None;
        if let Ok(lock) = fs::read_to_string(&committed) {
            // An equal file keeps its time stamp and cargo its fingerprints.
            if fs::read_to_string(&own).ok().as_deref() != Some(&lock) {
                fs::write(&own, lock).file("write", &own)?;
            }
        } else {
            if let Err(reason) = self.resolve(&folder) {
                // Tests may need what was never published; the library need not go with them.
                let manifest = folder.join("Cargo.toml");
                let text = fs::read_to_string(&manifest).file("read", &manifest)?;
                fs::write(&manifest, stand_alone(&text, false, rustc)?).file("write", &manifest)?;
                self.resolve(&folder)?;
                without_dev = Some(reason.to_string());
            }
            fs::create_dir_all(&self.locks).file("create the folder", &self.locks)?;
            fs::copy(&own, &committed).file("write", &committed)?;
        }
        let lock = fs::read_to_string(&own).file("read", &own)?;
        Ok(Source {
            folder,
            lock,
            without_dev,
        })
    }

    /// The newest dependencies that our compiler can build, so that the crates share most of them.
    fn resolve(&self, folder: &Path) -> Result<()> {
        let mut cargo = self.toolchain.cargo();
        cargo
            .args(["generate-lockfile", "--color=never"])
            .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback")
            .current_dir(folder);
        let mut complaints = Vec::new();
        let finished = Run::new("`cargo generate-lockfile`", cargo, LIMIT)
            .on_stderr(|line| complaints.push(line.to_owned()))
            .finish()?;
        if finished.status.success() {
            return Ok(());
        }
        Err(Error::new(format!(
            "its dependencies cannot be resolved: {}",
            cargo_error(&complaints)
        )))
    }
}

/// Where cargo unpacks what it downloads. It names no package without a library among its metadata,
/// because nothing can depend on one, though it has fetched it like the others.
fn unpacked_by_cargo(entry: &Entry) -> Option<PathBuf> {
    let registries = fs::read_dir(paths::cargo_home()?.join("registry/src")).ok()?;
    registries
        .flatten()
        .map(|registry| registry.path().join(entry.id()))
        .find(|folder| folder.join("Cargo.toml").is_file())
}

/// The manifest of a package that is its own workspace and has no settings for it.
///
/// A `rust-version` that `rustc` satisfies goes: cargo would resolve to older dependencies for some
/// crates and to newer ones for others. A newer one stays, to be told as the reason.
fn stand_alone(manifest: &str, with_dev: bool, rustc: &Version) -> Result<String> {
    let mut document: DocumentMut = manifest.parse().map_err(|error| {
        Error::new(format!("the published manifest is not understood: {error}"))
    })?;
    document
        .entry("workspace")
        .or_insert(Item::Table(Table::new()));
    // Settings of its own would keep it from sharing built dependencies with the others.
    document.remove("profile");
    if let Some(package) = document
        .get_mut("package")
        .and_then(Item::as_table_like_mut)
    {
        let needed = package.get("rust-version").and_then(Item::as_str);
        let satisfied = needed
            .and_then(|needed| VersionReq::parse(&format!(">={needed}")).ok())
            .is_some_and(|needed| needed.matches(rustc));
        if satisfied {
            package.remove("rust-version");
        }
    }
    if !with_dev {
        for name in DEV_DEPENDENCIES {
            document.remove(name);
        }
        if let Some(targets) = document.get_mut("target").and_then(Item::as_table_like_mut) {
            for (_, target) in targets.iter_mut() {
                for name in DEV_DEPENDENCIES {
                    target.as_table_like_mut().map(|table| table.remove(name));
                }
            }
        }
    }
    Ok(document.to_string())
}

/// The cargo arguments that choose everything of these targets but benches.
pub(crate) fn target_arguments(targets: &[CargoTarget], with_dev: bool) -> Vec<String> {
    let has_library = targets
        .iter()
        .any(|target| matches!(Target::new(target).kind.as_str(), "lib" | "proc-macro"));
    let mut arguments: Vec<_> = has_library.then_some("--lib").into_iter().collect();
    arguments.push("--bins");
    if with_dev {
        arguments.extend(["--tests", "--examples"]);
    }
    arguments.push("--keep-going");
    arguments.into_iter().map(str::to_owned).collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let entries = WalkDir::new(from)
        .into_iter()
        .filter_entry(|entry| !FOREIGN.iter().any(|name| entry.file_name() == *name));
    for entry in entries {
        let entry = entry
            .map_err(|error| Error::new(format!("could not read `{}`: {error}", from.display())))?;
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).file("create the folder", &target)?;
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), &target).file("copy to", &target)?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => result.file("remove", folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = "[package]\nname = \"x\"\nversion = \"1.0.0\"\nrust-version = \"1.70\"\n\n\
        [profile.dev]\npanic = \"abort\"\n\n[dependencies.tokio]\nversion = \"1\"\n\n\
        [dev-dependencies.local]\nversion = \"0\"\n\n\
        [target.\"cfg(unix)\".dev-dependencies.nix]\nversion = \"0\"\n";

    #[test]
    fn a_published_manifest_stands_alone() {
        let text = stand_alone(PUBLISHED, true, &Version::new(1, 96, 0)).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        assert!(manifest.contains_key("workspace") && !manifest.contains_key("profile"));
        assert!(
            !manifest["package"]
                .as_table()
                .expect("a table")
                .contains_key("rust-version")
        );
        assert!(manifest.contains_key("dev-dependencies") && manifest.contains_key("dependencies"));
        // A second time changes nothing.
        assert_eq!(
            stand_alone(&text, true, &Version::new(1, 96, 0)).expect("a manifest"),
            text
        );
    }

    #[test]
    fn a_rust_version_that_is_too_new_stays() {
        let text = stand_alone(PUBLISHED, true, &Version::new(1, 69, 0)).expect("a manifest");
        assert!(text.contains("rust-version = \"1.70\""), "{text}");
    }

    #[test]
    fn development_dependencies_can_be_left_out() {
        let text = stand_alone(PUBLISHED, false, &Version::new(1, 96, 0)).expect("a manifest");
        assert!(!text.contains("local") && !text.contains("nix"), "{text}");
        assert!(text.contains("tokio"));
    }

    #[test]
    fn files_that_steer_the_build_are_not_copied() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for file in [
            "src/lib.rs",
            ".cargo/config.toml",
            "Cargo.lock",
            "rust-toolchain",
        ] {
            let path = from.join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        copy(&from, &to).expect("a copy");
        assert!(to.join("src/lib.rs").is_file());
        assert_eq!(fs::read_dir(&to).expect("a folder").count(), 1);
    }
}
