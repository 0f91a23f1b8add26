//! `cargo xtask docs`: writes the pages that are made from other files.
//!
//! | page | from |
//! |---|---|
//! | `docs/lints.md` | the rustdoc of the lints, `traps.toml` |

mod declaration;
mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::error::{Error, Result};
use crate::traps;
use crate::ui::Ui;
use crate::{files, paths};

/// Writes `docs/lints.md` anew from the lints' rustdoc and traps.toml.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; exit with 1 when a page is not what it would be
    #[arg(long)]
    check: bool,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    let root = paths::workspace_root()?;
    let (file, page) = lints_page(&root)?;
    let current = fs::read_to_string(&file).is_ok_and(|old| same(&old, &page));
    if args.check {
        return if current {
            Ok(ExitCode::SUCCESS)
        } else {
            Err(Error::found(format!(
                "`{}` is not what the lints' docs and traps.toml make of it",
                file.display()
            ))
            .mend("write it anew with `cargo xtask docs`"))
        };
    }
    if !current {
        files::write(&file, &page)?;
        ui.line(format_args!("wrote `{}`", file.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The page and where it goes.
fn lints_page(root: &Path) -> Result<(PathBuf, String)> {
    let lints = declaration::declarations(&root.join("lints/src"))?;
    let traps = traps::read(&root.join("traps.toml"))?;
    Ok((root.join("docs/lints.md"), page::render(&lints, &traps)))
}

/// A checkout may have other line breaks.
fn same(a: &str, b: &str) -> bool {
    a.lines().eq(b.lines())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_lints_is_up_to_date() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (file, page) = lints_page(&root).expect("a page");
        let text = fs::read_to_string(file).expect("docs/lints.md");
        assert!(same(&text, &page), "write it anew with `cargo xtask docs`");
    }

    #[test]
    fn every_lint_of_the_list_of_traps_has_an_entry() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let lints = declaration::declarations(&root.join("lints/src")).expect("lints");
        assert!(lints.len() >= 3);
        let traps = fs::read_to_string(root.join("traps.toml")).expect("traps.toml");
        let traps: toml::Table = traps.parse().expect("TOML");
        for trap in traps["trap"].as_array().expect("traps") {
            let Some(level) = trap.get("lint") else {
                continue;
            };
            let lint = lints
                .iter()
                .find(|lint| Some(lint.name.as_str()) == trap["id"].as_str())
                .unwrap_or_else(|| panic!("no lint {}", trap["id"]));
            assert_eq!(Some(lint.level.as_str()), level.as_str(), "{}", lint.name);
            assert!(!lint.docs.is_empty(), "{}", lint.name);
        }
    }
}
