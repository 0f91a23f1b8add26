//! `cargo xtask book`: the book, built with a pinned mdBook, read, served, and looked at.

mod browser;
mod chromium;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::error::{Error, FOUND, FileContext, Result};
use crate::paths;
use crate::process::{Run, sanitised};
use crate::setup;
use crate::ui::Ui;

const MDBOOK: &str = "0.5.4";
const LIMIT: Duration = Duration::from_mins(5);
/// Below the workspace's root.
const SOURCES: &str = "book";
const DEFAULT_PLACE: &str = "target/book";

/// Builds the book; a warning of mdBook is an error.
///
/// The first run installs mdBook into the cache, which takes about three minutes on two cores. What
/// the book claims is tested by `cargo test -p async-patterns-book -p traps`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to put the pages (target/book)
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Open it in the web browser
    #[arg(long, conflicts_with_all = ["serve", "browser"])]
    open: bool,
    /// Serve it on localhost and build it anew on each change, until Ctrl-C
    #[arg(long, conflicts_with = "browser")]
    serve: bool,
    /// Open every page in headless Chromium, at phone and desktop width, in all themes: console
    /// errors, missing pictures, sideways scrolling, contrast, search
    #[arg(long)]
    browser: bool,
    /// With --browser: leave a picture of each page in this folder
    #[arg(long, value_name = "FOLDER", requires = "browser")]
    screenshots: Option<PathBuf>,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    let root = paths::workspace_root()?;
    let place = match &args.out {
        Some(folder) => std::path::absolute(folder).file("find the folder", folder)?,
        None => root.join(DEFAULT_PLACE),
    };
    if args.serve {
        return serve(&root, &place, ui);
    }
    build(&root, &place, args.open, ui)?;
    ui.line(format_args!("the book is in {}", place.display()));
    if args.browser {
        browser::check(&root, &place, args.screenshots.as_deref(), ui)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the book into `place`.
fn build(root: &Path, place: &Path, open: bool, ui: &Ui) -> Result<()> {
    let mut mdbook = sanitised(setup::cargo_program("mdbook", MDBOOK, ui)?);
    mdbook
        .args(["build", SOURCES, "--dest-dir"])
        .arg(place)
        .current_dir(root);
    if open {
        mdbook.arg("--open");
    }
    let mut warnings = Vec::new();
    Run::new("`mdbook build`", mdbook, LIMIT)
        .log(root.join("target/xtask-logs/book.log"))
        .on_stderr(|line| warnings.extend(is_warning(line).then(|| line.trim().to_owned())))
        .succeed()?;
    if warnings.is_empty() {
        Ok(())
    } else {
        Err(Error::found("mdBook warns about the book")
            .mend("mend the pages that it names")
            .details(warnings))
    }
}

/// Builds the book for CI, and looks at its pages where there is a browser, or one can be installed.
///
/// # Errors
///
/// When mdBook cannot be installed, fails, or warns; when something is wrong with a page.
pub(crate) fn build_and_look(root: &Path, ui: &Ui) -> Result<()> {
    let place = root.join(DEFAULT_PLACE);
    build(root, &place, false, ui)?;
    let log = root.join("target/xtask-logs/book-browser-install.log");
    if chromium::find_or_install(&log, ui).is_none() {
        ui.warn(format_args!(
            "no Chromium was found, so nobody has looked at the book's pages; {}",
            chromium::MEND
        ));
        return Ok(());
    }
    browser::check(root, &place, None, ui)
}

/// mdBook writes a level in front of each message.
fn is_warning(line: &str) -> bool {
    let level = line.split_whitespace().next();
    matches!(level, Some("WARN" | "ERROR"))
}

fn serve(root: &Path, place: &Path, ui: &Ui) -> Result<ExitCode> {
    let mut mdbook = sanitised(setup::cargo_program("mdbook", MDBOOK, ui)?);
    mdbook
        .args(["serve", SOURCES, "--dest-dir"])
        .arg(place)
        .current_dir(root);
    // It ends with Ctrl-C, and says itself where it listens.
    let status = mdbook
        .status()
        .map_err(|error| Error::new(format!("could not start mdbook: {error}")))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_from_news() {
        assert!(is_warning(" WARN The command `x` was not found"));
        assert!(is_warning("ERROR Could not read the file"));
        assert!(!is_warning(" INFO Book building has started"));
        assert!(!is_warning(""));
    }
}
