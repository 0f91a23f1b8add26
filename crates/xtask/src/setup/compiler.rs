//! A compiler with `rustc-dev` in a folder of rustup's layout, whichever way it came there.

use std::fs;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::recipe;
use crate::error::{Error, FileContext, Result};
use crate::{files, process};

const MANIFEST: &str = "compiler.json";

/// What is known about a compiler, kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// See [`recipe`].
    pub(super) key: String,
    pub(super) host: String,
    /// Where it came from, in words for the user.
    pub(super) origin: String,
    /// The version without `-nightly`: what `rust-version` fields are compared with.
    pub(super) rustc: Version,
    /// The commit it was built from.
    pub(super) commit: String,
}

impl Manifest {
    /// Asks the compiler `rustc` itself.
    pub(super) fn ask(rustc: &Path, libraries: &Path, key: &str, origin: &str) -> Result<Self> {
        let mut command = process::sanitised(rustc);
        command.arg("-vV").env("LD_LIBRARY_PATH", libraries);
        let name = format!("`{} -vV`", rustc.display());
        let text = process::read(
            &name,
            command,
            "run `cargo xtask setup --clean` and setup again",
        )?;
        Self::parse(&text, key, origin).ok_or_else(|| {
            Error::new(format!(
                "{name} says nothing of its host, release and commit: {text}"
            ))
        })
    }

    fn parse(verbose: &str, key: &str, origin: &str) -> Option<Self> {
        let value = |key: &str| verbose.lines().find_map(|line| line.strip_prefix(key));
        let release = Version::parse(value("release: ")?).ok()?;
        Some(Self {
            key: key.to_owned(),
            host: value("host: ")?.to_owned(),
            origin: origin.to_owned(),
            rustc: Version::new(release.major, release.minor, release.patch),
            commit: value("commit-hash: ")?.to_owned(),
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::new(format!("could not describe the compiler: {error}")))?;
        files::write(&folder.join(MANIFEST), text)
    }

    /// The manifest of a folder; `None` when there is no compiler in it.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let file = folder.join(MANIFEST);
        if !file.is_file() {
            return Ok(None);
        }
        let text = fs::read(&file).file("read", &file)?;
        let manifest = serde_json::from_slice(&text).map_err(|error| {
            Error::new(format!("`{}` is damaged: {error}", file.display()))
                .mend("run `cargo xtask setup --clean` and setup again")
        })?;
        Ok(Some(manifest))
    }
}

/// A compiler and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiler {
    pub(super) manifest: Manifest,
    pub(super) root: PathBuf,
}

impl Compiler {
    /// The compiler in a folder of the cache, if it is there.
    pub(super) fn in_folder(root: &Path) -> Result<Option<Self>> {
        let manifest = Manifest::read(root)?;
        Ok(manifest.map(|manifest| Self {
            manifest,
            root: root.to_path_buf(),
        }))
    }

    /// The name rustup and dylint know it by.
    pub(super) fn name(&self) -> String {
        recipe::toolchain_name(&self.manifest.key, &self.manifest.host)
    }
}

/// The host triple of the user's own compiler, which is the one of `folder`: a toolchain file where
/// the user happens to be does not count.
pub(super) fn host(folder: &Path) -> Result<String> {
    let mut command = process::sanitised("rustc");
    command.arg("-vV").current_dir(folder);
    let text = process::read(
        "`rustc -vV`",
        command,
        "install Rust with rustup (https://rustup.rs)",
    )?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Error::new("`rustc -vV` names no host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nightly_counts_as_the_version_it_becomes() {
        let text = "rustc 1.97.0-nightly (e8e4541ff 2026-04-15)\ncommit-hash: e8e4541ff\n\
            host: x86_64-unknown-linux-gnu\nrelease: 1.97.0-nightly\n";
        let manifest = Manifest::parse(text, "k", "rustup").expect("parsed");
        assert_eq!(manifest.rustc, Version::new(1, 97, 0));
        assert_eq!(manifest.host, "x86_64-unknown-linux-gnu");
        assert!(Manifest::parse("release: 1.97.0", "k", "rustup").is_none());
    }

    #[test]
    fn a_manifest_is_read_back_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(Manifest::read(folder.path()).expect("nothing there"), None);
        let manifest = Manifest {
            key: "k".to_owned(),
            host: "h".to_owned(),
            origin: "o".to_owned(),
            rustc: Version::new(1, 2, 3),
            commit: "c".to_owned(),
        };
        manifest.write(folder.path()).expect("written");
        let compiler = Compiler::in_folder(folder.path())
            .expect("read")
            .expect("there");
        assert_eq!(compiler.manifest, manifest);
        fs::write(folder.path().join(MANIFEST), "{").expect("written");
        let error = Manifest::read(folder.path())
            .expect_err("damaged")
            .to_string();
        assert!(
            error.contains("compiler.json") && error.contains("--clean"),
            "{error}"
        );
    }
}
