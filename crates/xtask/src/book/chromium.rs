//! The browser: found, or installed where a machine is there to be installed on.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{Run, sanitised};
use crate::ui::Ui;

const NAMES: [&str; 3] = ["chromium-headless-shell", "chromium", "google-chrome"];
const PACKAGE: &str = "chromium-headless-shell";
const INSTALL_LIMIT: Duration = Duration::from_mins(10);

/// What to do when there is none.
pub(super) const MEND: &str =
    "install it, on Debian with `sudo apt-get install chromium-headless-shell`";

/// The browser's name, if there is one.
pub(super) fn find() -> Option<&'static str> {
    let starts = |name: &&&str| sanitised(name).arg("--version").output().is_ok();
    NAMES.iter().find(starts).copied()
}

/// The same, after installing Debian's package where that is nobody's own machine: in CI, as root.
pub(super) fn find_or_install(log: &Path, ui: &Ui) -> Option<&'static str> {
    find().or_else(|| {
        let is_for_it = std::env::var_os("CI").is_some() && is_root();
        let installed = is_for_it && install(log, ui);
        installed.then(find).flatten()
    })
}

fn install(log: &Path, ui: &Ui) -> bool {
    let step = ui.step(format!("installing {PACKAGE}"));
    let apt = |arguments: &[&str]| {
        let mut apt = sanitised("apt-get");
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        Run::new("`apt-get`", apt, INSTALL_LIMIT).log(log).succeed()
    };
    let installed = apt(&["update"])
        .and_then(|_| apt(&["install", "--yes", "--no-install-recommends", PACKAGE]));
    match installed {
        Ok(_) => {
            step.done("done");
            true
        }
        Err(error) => {
            step.done("not to be had");
            ui.warn(error);
            false
        }
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Chromium, without a window.
pub(super) fn command(program: &str, profile: &Path) -> Command {
    let mut command = sanitised(program);
    command
        .args(["--headless", "--disable-gpu", "--hide-scrollbars"])
        // In a container there are no namespaces to build its sandbox from; the pages are ours.
        .arg("--no-sandbox")
        // The harness looks into its frames, and all of them are files.
        .arg("--allow-file-access-from-files")
        .arg(format!("--user-data-dir={}", profile.display()));
    command
}
