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
use crate::hash::hex;
use crate::paths;
use crate::process::Run;
use crate::ui::Ui;

const LIMIT: Duration = Duration::from_mins(30);

impl Toolchain {
    /// Our lint library, built when its sources or the toolchain changed: the path to hand to
    /// `cargo dylint --lib-path`.
    pub(crate) fn lint_library(&self, ui: &Ui) -> Result<PathBuf> {
        let sources = paths::workspace_root()?.join("lints");
        self.library(&sources, "async_patterns_lints", ui)
    }

    /// A library with no lints, for measuring what dylint itself costs.
    pub(crate) fn empty_library(&self, ui: &Ui) -> Result<PathBuf> {
        let sources = self.libraries.join("no_lints");
        let lints = paths::workspace_root()?.join("lints");
        write_empty_library(&sources, &lints)?;
        self.library(&sources, "no_lints", ui)
    }

    fn library(&self, sources: &Path, name: &str, ui: &Ui) -> Result<PathBuf> {
        let key = self.source_key(sources)?;
        let file = format!("{DLL_PREFIX}{name}@{}{DLL_SUFFIX}", self.name);
        let kept = self.libraries.join(&key[..16]).join(&file);
        if kept.is_file() {
            return Ok(kept);
        }
        let built = self.build(sources, name, ui)?;
        publish(&built, &kept)?;
        Ok(kept)
    }

    fn build(&self, sources: &Path, name: &str, ui: &Ui) -> Result<PathBuf> {
        // Two checkouts must not share a target folder: the library's file name is the same in
        // both, and cargo would take one for the other.
        let place = hex(&Sha256::digest(sources.as_os_str().as_encoded_bytes()));
        let target = self.libraries.join("target").join(&place[..16]);
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

/// Copies a built library to its final place in one step.
fn publish(built: &Path, kept: &Path) -> Result<()> {
    let folder = kept.parent().unwrap_or(kept);
    fs::create_dir_all(folder).file("create the folder", folder)?;
    let part = tempfile::NamedTempFile::new_in(folder).file("create a file in", folder)?;
    fs::copy(built, part.path()).file("copy to", part.path())?;
    part.persist(kept)
        .map_err(|error| Error::file("move into place", kept, &error.error))?;
    Ok(())
}

fn write_empty_library(sources: &Path, lints: &Path) -> Result<()> {
    let manifest = "[package]\nname = \"no_lints\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
        [lib]\ncrate-type = [\"cdylib\"]\n\n\
        [dependencies]\ndylint_linting = \"=6.0.1\"\n\n[workspace]\n";
    let code = "#![feature(rustc_private)]\n\
        extern crate rustc_lint;\nextern crate rustc_session;\n\n\
        dylint_linting::dylint_library!();\n\n\
        #[unsafe(no_mangle)]\n\
        pub fn register_lints(_: &rustc_session::Session, _: &mut rustc_lint::LintStore) {}\n";
    for (name, text) in [("Cargo.toml", manifest), ("src/lib.rs", code)] {
        let path = sources.join(name);
        // An unchanged file keeps its time stamp, and the library with it.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        let folder = path.parent().unwrap_or(sources);
        fs::create_dir_all(folder).file("create the folder", folder)?;
        fs::write(&path, text).file("write", &path)?;
    }
    for name in [".cargo/config.toml", "Cargo.lock"] {
        let (from, to) = (lints.join(name), sources.join(name));
        if to.is_file() {
            continue;
        }
        let folder = to.parent().unwrap_or(sources);
        fs::create_dir_all(folder).file("create the folder", folder)?;
        fs::copy(&from, &to).file("copy to", &to)?;
    }
    Ok(())
}
