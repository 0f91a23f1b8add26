//! `cargo xtask setup`: a compiler with `rustc-dev`, dylint, its driver and our lint library, all
//! in the cache.
//!
//! | what | where in the cache | made by |
//! |---|---|---|
//! | the compiler | `compilers/<key>` (or rustup's own folder) | [`debian`], [`rustup`] or an import ([`archive`]) |
//! | `cargo-dylint`, `dylint-link` | `tools/<version>` | [`dylint`] |
//! | the driver | `drivers/<version>/<toolchain>` | [`dylint`] |
//! | lint libraries | `libraries/<key>` | [`library`] |
//!
//! Each of them appears in one step when it is complete. So a look at what is there tells what is
//! left to do, after any interruption, and only filling the cache needs the [`lock`].

mod archive;
mod cache;
mod clean;
mod compiler;
mod debian;
mod dylint;
mod fill;
mod library;
mod lock;
mod machine;
mod programs;
mod recipe;
mod rustup;
mod stamps;
mod toolchain;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ValueEnum, ValueHint};

use self::cache::Cache;
use self::fill::Setup;
use self::machine::Machine;
use crate::error::Result;
use crate::ui::Ui;

pub(crate) use self::programs::cargo_program;
pub(crate) use self::toolchain::Toolchain;

/// Obtains what the lints need: a compiler with rustc-dev, dylint and its driver.
///
/// All of it goes into a cache folder (`$ASYNC_PATTERNS_CACHE`, else
/// `$XDG_CACHE_HOME/async-patterns`, else `~/.cache/async-patterns`), besides a link in rustup to the compiler and, on the Debian
/// route, rustup's directory override for `lints`. What is there already is not done again, and a
/// run that was cut short is taken up where it was.
///
/// With rustup's server in reach it takes about 10 minutes on two cores and 2 GB of disk. The
/// Debian route builds the compiler's crates from Debian's packages: 15 to 25 minutes more, and
/// 5 GB of disk while it builds.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: SetupOptions,

    /// Write the compiler, dylint and the driver to this file (tar, zstd) for other machines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "clean")]
    export: Option<PathBuf>,

    /// Take them from a file that was exported by the same version of this project
    #[arg(
        long, value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["clean", "export"],
    )]
    import: Option<PathBuf>,

    /// Import only a file with this SHA-256, as the export printed it
    #[arg(long, value_name = "HEX", requires = "import")]
    sha256: Option<String>,

    /// Remove all that setup has made: the cache, rustup's links and overrides that lead into it,
    /// and the nightly if setup installed it
    #[arg(long)]
    clean: bool,
}

/// What setup is to obtain and how.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SetupOptions {
    /// Where the compiler comes from
    #[arg(long, value_enum, default_value_t)]
    route: Route,

    /// The version of Debian's rustc-web to build from [default: the newest that was tested]
    #[arg(long, value_name = "VERSION")]
    debian_version: Option<String>,

    /// Keep the Debian route's build folder (3 GB)
    #[arg(long)]
    keep_build: bool,
}

/// Where the compiler comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Route {
    /// What is there already, else rustup, else Debian
    #[default]
    Auto,
    /// The nightly of `lints/rust-toolchain.toml`, fetched by rustup
    Rustup,
    /// Built from Debian's packages; needs Debian 12 on x86-64
    Debian,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    if args.clean {
        clean::clean(&Cache::of_user()?, &Machine::this(), ui)?;
        return Ok(ExitCode::SUCCESS);
    }
    let setup = Setup::new(&args.options)?;
    if let Some(file) = &args.import {
        setup.import(file, args.sha256.as_deref(), ui)?;
    }
    let (compiler, toolchain) = setup.ensure(ui)?;
    toolchain.lint_library(ui)?;
    setup.set_override(&compiler, ui)?;
    if let Some(file) = &args.export {
        archive::export(file, &compiler, &setup.pins.dylint, &setup.cache, ui)?;
    }
    ui.line(format_args!(
        "ready: rustc {} with rustc-dev ({}), cargo-dylint {}, in `{}`",
        toolchain.rustc_version(),
        compiler.manifest.origin,
        setup.pins.dylint,
        setup.cache.root().display()
    ));
    ui.line("`cargo xtask lint PATH` lints a project");
    Ok(ExitCode::SUCCESS)
}

/// The toolchain, after doing whatever of it is missing.
pub(crate) fn ensure(options: &SetupOptions, ui: &Ui) -> Result<Toolchain> {
    Setup::new(options)?
        .ensure(ui)
        .map(|(_, toolchain)| toolchain)
}
