//! Building dylint libraries: ours, and one without lints as the corpus's timing baseline.
//!
//! A built library is kept under a name made of its sources and its toolchain, and is moved there
//! in one step: a lint run never loads a file that another one is writing.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::Message;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::Toolchain;
use crate::error::{Error, FileContext, Result};
use crate::hash::{self, hex};
use crate::process::Run;
use crate::ui::Ui;
use crate::{files, paths};

const LIMIT: Duration = Duration::from_hours(1);
const KEY_DIGITS: usize = 16;

const EMPTY_LIBRARY: &str = "#![feature(rustc_private)]

extern crate rustc_lint;
extern crate rustc_session;

dylint_linting::dylint_library!();

#[unsafe(no_mangle)]
pub fn register_lints(_: &rustc_session::Session, _: &mut rustc_lint::LintStore) {}
";

impl Toolchain {
    /// Our lint library, built when its sources or the toolchain changed: the path to hand to
    /// `cargo dylint --lib-path`.
    pub(crate) fn lint_library(&self, ui: &Ui) -> Result<PathBuf> {
        let sources = paths::workspace_root()?.join("lints");
        let key = self.source_key(&sources)?;
        self.library(&sources, "async_patterns_lints", &key, ui)
    }

    /// A library with no lints, for measuring what dylint itself costs.
    pub(crate) fn empty_library(&self, ui: &Ui) -> Result<PathBuf> {
        let sources = self.libraries.join("no_lints");
        let lints = paths::workspace_root()?.join("lints");
        write_empty_library(&sources, &lints, &self.dylint)?;
        // Its own lock file is no part of the key: cargo shortens it in the first build.
        let lock = lints.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).file("read", &lock)?;
        let key = hash::sha256([EMPTY_LIBRARY, &self.name, &self.dylint, &lock].join("\n"));
        self.library(&sources, "no_lints", &key, ui)
    }

    fn library(&self, sources: &Path, name: &str, key: &str, ui: &Ui) -> Result<PathBuf> {
        let file = format!("{DLL_PREFIX}{name}@{}{DLL_SUFFIX}", self.name);
        let kept = self.libraries.join(&key[..KEY_DIGITS]).join(&file);
        if kept.is_file() {
            return Ok(kept);
        }
        let built = self.build(sources, name, ui)?;
        files::copy(&built, &kept)?;
        self.prune();
        Ok(kept)
    }

    fn build(&self, sources: &Path, name: &str, ui: &Ui) -> Result<PathBuf> {
        // Two checkouts must not share a target folder: the library's file name is the same in
        // both, and cargo would take one for the other. The library without lints has a name of
        // its own and shares the dependencies.
        let checkout = paths::workspace_root()?;
        let place = hash::sha256(checkout.as_os_str().as_encoded_bytes());
        let target = self.libraries.join("target").join(&place[..KEY_DIGITS]);
        let mut cargo = self.cargo();
        cargo
            .args([
                "build",
                "--release",
                "--message-format=json-render-diagnostics",
            ])
            .current_dir(sources)
            .env("CARGO_TARGET_DIR", &target);
        let step = ui.step(format!(
            "building {name} (1 to 4 minutes when its dependencies are new)"
        ));
        let mut crates = 0;
        let mut built = None;
        Run::new(format!("the build of {name}"), cargo, LIMIT)
            .log(self.libraries.join(format!("{name}.log")))
            .on_stdout(|line| {
                if let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) {
                    crates += 1;
                    step.at(crates, &artifact.target.name);
                    if artifact.target.name == name {
                        built = artifact
                            .filenames
                            .into_iter()
                            .find(|file| file.as_str().ends_with(DLL_SUFFIX));
                    }
                }
            })
            .succeed()?;
        step.done("built");
        built.map(Into::into).ok_or_else(|| {
            Error::new(format!(
                "the build of {name} succeeded and named no {DLL_SUFFIX} file"
            ))
        })
    }

    /// Removes the oldest libraries: each change of a lint makes another. Those that a run under way
    /// may have loaded are among the ones that stay.
    fn prune(&self) {
        const KEPT: usize = 16;
        let age = |folder: &Path| fs::metadata(folder).and_then(|data| data.modified()).ok();
        let mut folders = files::entries(&self.libraries).unwrap_or_default();
        folders.retain(|folder| {
            let name = folder
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.len() == KEY_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        folders.sort_by_key(|folder| std::cmp::Reverse(age(folder)));
        for folder in folders.iter().skip(KEPT) {
            // Only space is lost when one cannot be removed.
            drop(fs::remove_dir_all(folder));
        }
    }

    /// A key over everything that goes into a library: its files, their names and the toolchain.
    fn source_key(&self, sources: &Path) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update(self.rustc.to_string().as_bytes());
        let files = WalkDir::new(sources)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                // UI tests and build output are not part of the library.
                entry.depth() != 1
                    || !matches!(entry.file_name().to_str(), Some("target" | "ui" | "tests"))
            });
        for entry in files {
            let entry = entry.map_err(|error| {
                Error::new(format!("could not read `{}`: {error}", sources.display()))
            })?;
            if !entry.file_type().is_file() {
                continue;
            }
            let content = fs::read(entry.path()).file("read", entry.path())?;
            let name = entry.path().strip_prefix(sources).unwrap_or(entry.path());
            hash.update(name.as_os_str().as_encoded_bytes());
            hash.update([0]);
            hash.update(content.len().to_le_bytes());
            hash.update(content);
        }
        Ok(hex(&hash.finalize()))
    }
}

/// Writes the library's crate. It is pinned by the lock file of our lints, which has all it needs.
fn write_empty_library(sources: &Path, lints: &Path, dylint: &str) -> Result<()> {
    let manifest = format!(
        "[package]\nname = \"no_lints\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\ndylint_linting = \"={dylint}\"\n\n[workspace]\n"
    );
    let lock = sources.join("Cargo.lock");
    for (name, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("src/lib.rs", EMPTY_LIBRARY),
    ] {
        let path = sources.join(name);
        // An unchanged file keeps its time stamp, and the library with it.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        files::write(&path, text)?;
        files::copy(&lints.join("Cargo.lock"), &lock)?;
    }
    let config = sources.join(".cargo/config.toml");
    if !config.is_file() {
        files::copy(&lints.join(".cargo/config.toml"), &config)?;
    }
    Ok(())
}
