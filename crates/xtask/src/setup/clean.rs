//! `cargo xtask setup --clean`: takes back all that setup has made, and nothing else.

use std::fs;
use std::time::Duration;

use super::cache::Cache;
use super::lock::Lock;
use super::machine::Machine;
use super::{recipe, rustup};
use crate::error::{FileContext, Result};
use crate::files;
use crate::ui::Ui;

/// Cleaning waits for no compiler build: whoever asks for it can end that first.
const LOCK_LIMIT: Duration = Duration::from_mins(1);

/// Remembers that setup asked rustup for a toolchain that was not there.
pub(super) fn note_installed(cache: &Cache, toolchain: &str) -> Result<()> {
    let file = cache.installed();
    let mut text = fs::read_to_string(&file).unwrap_or_default();
    if text.lines().any(|line| line == toolchain) {
        return Ok(());
    }
    text.push_str(toolchain);
    text.push('\n');
    files::write(&file, text)
}

/// Removes the links and overrides in rustup, then the cache.
pub(super) fn clean(cache: &Cache, machine: &Machine, ui: &Ui) -> Result<()> {
    if !cache.tag().is_file() {
        ui.line(format_args!(
            "there is no cache in `{}`",
            cache.root().display()
        ));
        return Ok(());
    }
    let _lock = Lock::acquire(&cache.lock(), LOCK_LIMIT, ui)?;
    let _programs = Lock::acquire(&cache.programs_lock(), LOCK_LIMIT, ui)?;
    if machine.find("rustup").is_some() {
        clean_rustup(cache, ui)?;
    }
    for folder in cache.contents() {
        files::remove_folder(&folder)?;
    }
    let files = [
        cache.installed(),
        cache.tag(),
        cache.programs_lock(),
        cache.lock(),
    ];
    for file in files {
        if file.exists() {
            fs::remove_file(&file).file("remove", &file)?;
        }
    }
    // What is not ours stays, and the folder with it.
    let gone = fs::remove_dir(cache.root()).is_ok();
    let root = cache.root().display();
    if gone {
        ui.line(format_args!("removed `{root}`"));
    } else {
        ui.line(format_args!(
            "emptied `{root}`; what setup has not made is still there"
        ));
    }
    Ok(())
}

fn clean_rustup(cache: &Cache, ui: &Ui) -> Result<()> {
    let installed = fs::read_to_string(cache.installed()).unwrap_or_default();
    let toolchains = rustup::toolchains()?;
    let links: Vec<_> = rustup::links()?
        .into_iter()
        // A cache elsewhere has links of its own; those into rustup's folder are for the nightly.
        .filter(|(_, target)| target.starts_with(cache.root()) || target.starts_with(&toolchains))
        .collect();
    for (folder, toolchain) in rustup::overrides()? {
        let gone = links.iter().any(|(name, _)| *name == toolchain);
        if toolchain.starts_with(recipe::TOOLCHAIN_PREFIX) && gone {
            rustup::unset_override(&folder)?;
            ui.line(format_args!(
                "removed the override of `{}`",
                folder.display()
            ));
        }
    }
    let names = links.into_iter().map(|(name, _)| name);
    let installed = installed
        .lines()
        .filter(|name| toolchains.join(name).exists());
    for name in names.chain(installed.map(str::to_owned)) {
        rustup::uninstall(&name)?;
        ui.line(format_args!("removed the toolchain `{name}` from rustup"));
    }
    Ok(())
}
