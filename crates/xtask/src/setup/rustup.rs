//! What setup asks of rustup: toolchains, links to them, and overrides for folders.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::cache::Cache;
use super::clean;
use super::recipe::{Pins, TOOLCHAIN_PREFIX};
use crate::error::{Error, Result};
use crate::process::{self, Run};
use crate::ui::Ui;

/// The mend where rustup is not there.
pub(super) const INSTALL: &str = "install it (https://rustup.rs)";

/// rustup has no limit of its own for a server that answers slowly.
const INSTALL_LIMIT: Duration = Duration::from_mins(20);
const LIMIT: Duration = Duration::from_mins(5);

fn command(arguments: &[&str]) -> Command {
    let mut command = process::sanitised("rustup");
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Result<()> {
    let name = format!("`rustup {}`", arguments.join(" "));
    Run::new(name, command(arguments), LIMIT)
        .missing(INSTALL)
        .succeed()
        .map(drop)
}

/// Where rustup keeps its toolchains.
pub(super) fn toolchains() -> Result<PathBuf> {
    let home = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".rustup")));
    home.map(|home| home.join("toolchains"))
        .ok_or_else(|| Error::new("there is no home folder, so no rustup"))
}

/// The real program that rustup's proxy would run.
pub(super) fn which(program: &str) -> Result<PathBuf> {
    process::read("`rustup which`", command(&["which", program]), INSTALL).map(PathBuf::from)
}

/// The full name of the pinned nightly.
fn toolchain(pins: &Pins, host: &str) -> String {
    format!("{}-{host}", pins.channel)
}

/// The folder of the pinned nightly, when it is installed with all the components it needs.
pub(super) fn installed(pins: &Pins, host: &str) -> Result<Option<PathBuf>> {
    let folder = toolchains()?.join(toolchain(pins, host));
    // rustup's own list of what is installed.
    let Ok(list) = fs::read_to_string(folder.join("lib/rustlib/components")) else {
        return Ok(None);
    };
    let has: BTreeSet<_> = list.lines().collect();
    let complete = pins.components.iter().all(|component| {
        // The manifest renames a component that left its preview; it may be listed either way.
        let plain = component.trim_end_matches("-preview");
        [component.as_str(), plain]
            .iter()
            .any(|name| has.contains(format!("{name}-{host}").as_str()))
    });
    Ok(complete.then_some(folder))
}

/// Fetches the pinned nightly with its components, noting it in the cache if it is all new.
pub(super) fn install(pins: &Pins, host: &str, cache: &Cache, ui: &Ui) -> Result<()> {
    let toolchain = toolchain(pins, host);
    if !toolchains()?.join(&toolchain).exists() {
        // Before it is there: what a kill leaves behind is to be taken back too.
        clean::note_installed(cache, &toolchain)?;
    }
    let step = ui.step(format!(
        "fetching {} with rustup (1.2 GB of disk)",
        pins.channel
    ));
    let mut arguments = vec![
        "toolchain",
        "install",
        &pins.channel,
        "--profile",
        "minimal",
    ];
    for component in &pins.components {
        arguments.extend(["--component", component]);
    }
    let mut command = command(&arguments);
    // Without a network this is to fail in seconds, because there is another route.
    command
        .env("RUSTUP_MAX_RETRIES", "1")
        .env("RUSTUP_DOWNLOAD_TIMEOUT", "30");
    Run::new("`rustup toolchain install`", command, INSTALL_LIMIT)
        .missing(INSTALL)
        .log(cache.log("rustup"))
        .succeed()?;
    step.done("done");
    Ok(())
}

/// Whether rustup knows `folder` by this name.
pub(super) fn is_linked(name: &str, folder: &Path) -> Result<bool> {
    let link = toolchains()?.join(name);
    Ok(fs::read_link(link).is_ok_and(|target| target == folder))
}

/// Makes `folder` known by this name.
pub(super) fn link(name: &str, folder: &Path) -> Result<()> {
    run(&["toolchain", "link", name, &folder.to_string_lossy()])
}

/// Links whose names are ours, with the folders they lead to.
pub(super) fn links() -> Result<Vec<(String, PathBuf)>> {
    let Ok(entries) = fs::read_dir(toolchains()?) else {
        return Ok(Vec::new());
    };
    Ok(entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.to_owned();
            Some((name, fs::read_link(path).ok()?))
        })
        .filter(|(name, _)| name.starts_with(TOOLCHAIN_PREFIX))
        .collect())
}

/// Removes a toolchain or the link to one.
pub(super) fn uninstall(name: &str) -> Result<()> {
    run(&["toolchain", "uninstall", name])
}

/// The toolchain of each folder that has one of its own.
pub(super) fn overrides() -> Result<Vec<(PathBuf, String)>> {
    let text = process::read(
        "`rustup override list`",
        command(&["override", "list"]),
        INSTALL,
    )?;
    Ok(parse_overrides(&text))
}

/// Lines of a path, white space and a toolchain; a path may hold white space too.
fn parse_overrides(text: &str) -> Vec<(PathBuf, String)> {
    text.lines()
        .filter_map(|line| {
            let (path, toolchain) = line.trim_end().rsplit_once(char::is_whitespace)?;
            let path = path.trim_end();
            let path = path.strip_suffix(" (not exist)").unwrap_or(path).trim_end();
            let path = Path::new(path);
            path.is_absolute()
                .then(|| (path.to_path_buf(), toolchain.to_owned()))
        })
        .collect()
}

pub(super) fn set_override(folder: &Path, name: &str) -> Result<()> {
    run(&["override", "set", name, "--path", &folder.to_string_lossy()])
}

pub(super) fn unset_override(folder: &Path) -> Result<()> {
    run(&["override", "unset", "--path", &folder.to_string_lossy()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn overrides_are_read() {
        let text = "/home/me/lints               \tasync-patterns-1-x86_64-unknown-linux-gnu\n\
            /home/me/with space\tnightly-x86_64-unknown-linux-gnu\n";
        let read = parse_overrides(text);
        assert_eq!(read[0].0, Path::new("/home/me/lints"));
        assert_eq!(read[0].1, "async-patterns-1-x86_64-unknown-linux-gnu");
        assert_eq!(read[1].0, Path::new("/home/me/with space"));
        assert!(parse_overrides("no overrides\n").is_empty());
    }
}
