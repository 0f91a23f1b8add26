//! `cargo xtask setup`: a compiler with `rustc-dev`, dylint, its driver and our lint library, all
//! in the cache.

mod library;
mod toolchain;

use std::process::ExitCode;

use crate::error::{Error, FileContext, Result};
use crate::paths;
use crate::ui::Ui;

pub(crate) use toolchain::Toolchain;

/// Obtains what the lints need: a compiler with rustc-dev, dylint and its driver.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {}

/// What setup is to obtain, for callers inside this program.
pub(crate) type SetupOptions = Args;

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    let toolchain = ensure(args, ui)?;
    toolchain.lint_library(ui)?;
    Ok(ExitCode::SUCCESS)
}

/// The toolchain, after doing whatever of it is missing.
pub(crate) fn ensure(_opts: &SetupOptions, _ui: &Ui) -> Result<Toolchain> {
    let ready = paths::cache_dir()?.join("toolchain.json");
    let text = std::fs::read_to_string(&ready).file("read", &ready)?;
    serde_json::from_str(&text)
        .map_err(|error| Error::new(format!("`{}` is damaged: {error}", ready.display())))
}
