//! Programs from crates.io, installed into the cache and never over a user's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::Cache;
use super::lock::Lock;
use crate::error::Result;
use crate::process::{self, Run};
use crate::ui::{Step, Ui};
use crate::{files, paths};

const LIMIT: Duration = Duration::from_hours(2);

/// The program `package` of exactly this version, installed if it is not there yet.
pub(crate) fn cargo_program(package: &str, version: &str, ui: &Ui) -> Result<PathBuf> {
    let cache = Cache::of_user()?;
    cache.create()?;
    let place = cache.tools(&format!("{package}-{version}"));
    install(&cache, &[package], version, &place, ui)?;
    let file = format!("{package}{}", std::env::consts::EXE_SUFFIX);
    Ok(place.join("bin").join(file))
}

/// Installs packages of one version into `place`, which appears when all of them are there.
///
/// It has a lock of its own, because a program may be wanted while a compiler is built.
pub(super) fn install(
    cache: &Cache,
    packages: &[&str],
    version: &str,
    place: &Path,
    ui: &Ui,
) -> Result<()> {
    if place.is_dir() {
        return Ok(());
    }
    let _lock = Lock::acquire(&cache.programs_lock(), LIMIT, ui)?;
    if place.is_dir() {
        return Ok(());
    }
    files::remove_parts(place.parent().unwrap_or(place), &[]);
    let name = packages[0];
    let part = files::folder_beside(place)?;
    let target = cache.build(&format!("{name}-{version}"));
    let mut cargo = process::sanitised("cargo");
    cargo
        .arg("install")
        .args(packages)
        .args(["--version", &format!("={version}")])
        .args(["--locked", "--no-track", "--root"])
        .arg(part.path())
        // Whatever folder the user stands in may have a toolchain or settings of its own.
        .current_dir(paths::workspace_root()?)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "")
        .env("RUSTC_WRAPPER", "");
    let step = ui.step(format!("installing {name} {version} into the cache"));
    Run::new(
        format!("`cargo install {}`", packages.join(" ")),
        cargo,
        LIMIT,
    )
    .log(cache.log(name))
    .on_stderr(|line| count(&step, line))
    .succeed()?;
    files::publish_folder(part, place)?;
    step.done("installed");
    files::remove_folder(&target)
}

/// Counts the crates that a cargo run says it compiles.
pub(super) fn count(step: &Step, line: &str) {
    if let Some(name) = line.trim_start().strip_prefix("Compiling ") {
        step.advance(name);
    }
}
