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
mod library;
mod lock;
mod machine;
mod programs;
mod recipe;
mod rustup;
mod stamps;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ValueEnum, ValueHint};
use walkdir::WalkDir;

use self::cache::Cache;
use self::compiler::{Compiler, Manifest};
use self::lock::Lock;
use self::machine::Machine;
use self::recipe::{DebianRelease, Pins};
use crate::error::{Error, Result};
use crate::ui::Ui;
use crate::{files, paths};

pub(crate) use self::programs::cargo_program;
pub(crate) use self::toolchain::Toolchain;

/// Another process may be building a compiler on a slow machine.
const LOCK_LIMIT: Duration = Duration::from_hours(4);

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

/// What is wanted, and where.
struct Setup {
    cache: Cache,
    machine: Machine,
    pins: Pins,
    host: String,
    route: Route,
    release: &'static DebianRelease,
    keep_build: bool,
    lints: PathBuf,
}

impl Setup {
    fn new(options: &SetupOptions) -> Result<Self> {
        let machine = Machine::this();
        machine.require(&[("rustup", "setup", rustup::INSTALL)])?;
        let root = paths::workspace_root()?;
        let lints = root.join("lints");
        Ok(Self {
            cache: Cache::of_user()?,
            machine,
            pins: Pins::read(&lints)?,
            host: compiler::host(&root)?,
            route: options.route,
            release: DebianRelease::find(options.debian_version.as_deref())?,
            keep_build: options.keep_build,
            lints,
        })
    }

    fn ensure(&self, ui: &Ui) -> Result<(Compiler, Toolchain)> {
        for compiler in self.compilers()? {
            if self.is_ready(&compiler)? {
                let toolchain = self.toolchain(&compiler);
                return Ok((compiler, toolchain));
            }
        }
        self.cache.create()?;
        let _lock = Lock::acquire(&self.cache.lock(), LOCK_LIMIT, ui)?;
        self.remove_leftovers();
        self.obtain(ui)
    }

    /// The compilers that are there, of those that the route allows.
    fn compilers(&self) -> Result<Vec<Compiler>> {
        let mut found = Vec::new();
        if self.route != Route::Debian {
            let key = recipe::rustup_key(&self.pins.channel, &self.host);
            let imported = Compiler::in_folder(&self.cache.compiler(&key))?;
            found.extend(match imported {
                Some(compiler) => Some(compiler),
                None => self.rustups_compiler(&key)?,
            });
        }
        if self.route != Route::Rustup && self.host == debian::HOST {
            let key = self.release.key(&self.host);
            found.extend(Compiler::in_folder(&self.cache.compiler(&key))?);
        }
        Ok(found)
    }

    fn rustups_compiler(&self, key: &str) -> Result<Option<Compiler>> {
        let Some(root) = rustup::installed(&self.pins, &self.host)? else {
            return Ok(None);
        };
        let origin = format!("rustup's {}", self.pins.channel);
        let rustc = root.join("bin/rustc");
        let manifest = Manifest::ask(&rustc, &root.join("lib"), key, &origin)?;
        Ok(Some(Compiler { manifest, root }))
    }

    fn is_ready(&self, compiler: &Compiler) -> Result<bool> {
        Ok(dylint::has_tools(&self.cache, &self.pins.dylint)
            && self.has_driver(compiler)
            && rustup::is_linked(&compiler.name(), &compiler.root)?)
    }

    fn has_driver(&self, compiler: &Compiler) -> bool {
        self.cache
            .driver(&self.pins.dylint, &compiler.name())
            .is_file()
    }

    fn toolchain(&self, compiler: &Compiler) -> Toolchain {
        Toolchain {
            name: compiler.name(),
            rustc: compiler.manifest.rustc.clone(),
            dylint: self.pins.dylint.clone(),
            tools: self.cache.tools(&self.pins.dylint).join("bin"),
            drivers: self.cache.drivers(&self.pins.dylint),
            libraries: self.cache.libraries(),
        }
    }

    /// Does what is missing; the lock is held.
    fn obtain(&self, ui: &Ui) -> Result<(Compiler, Toolchain)> {
        let found = self.compilers()?;
        let mut best = found.first().cloned();
        for compiler in found {
            // Another process may have made it while this one waited for the lock.
            if self.is_ready(&compiler)? {
                best = Some(compiler);
            }
        }
        let has_tools = dylint::has_tools(&self.cache, &self.pins.dylint);
        let has_driver = best
            .as_ref()
            .is_some_and(|compiler| self.has_driver(compiler));
        if !has_tools || !has_driver {
            dylint::check(&self.machine)?;
            if best.is_none() && self.route == Route::Debian {
                debian::check(self.release, &self.machine, &self.cache)?;
            }
            self.announce(best.is_some(), has_tools, ui);
        }

        let compiler = match best {
            Some(compiler) => compiler,
            None => self.fetch(ui)?,
        };
        if !has_tools {
            dylint::install_tools(&self.cache, &self.pins.dylint, ui)?;
        }
        if !rustup::is_linked(&compiler.name(), &compiler.root)? {
            rustup::link(&compiler.name(), &compiler.root)?;
        }
        let toolchain = self.toolchain(&compiler);
        if !self.has_driver(&compiler) {
            files::create_folder(&toolchain.drivers)?;
            dylint::build_driver(&toolchain, &self.cache.log("driver"), ui)?;
        }
        Ok((compiler, toolchain))
    }

    /// Says what is about to happen, before the first long step.
    fn announce(&self, has_compiler: bool, has_tools: bool, ui: &Ui) {
        let cache = self.cache.root().display();
        ui.line(format_args!(
            "setup fills `{cache}` (times are for two cores):"
        ));
        if !has_compiler {
            let rustup = "- the compiler, fetched by rustup: 1 to 3 minutes, 1.2 GB";
            let debian = "- the compiler, built from Debian's packages: 15 to 25 minutes, 5 GB \
                while it builds and 1 GB after";
            ui.line(match self.route {
                Route::Auto => format!("{rustup}\n  or, if that fails: {}", &debian[2..]),
                Route::Rustup => rustup.to_owned(),
                Route::Debian => debian.to_owned(),
            });
        }
        if !has_tools {
            let version = &self.pins.dylint;
            ui.line(format_args!(
                "- cargo-dylint {version}: 2 to 5 minutes, 20 MB"
            ));
        }
        ui.line("- the driver that runs the lints: 3 to 6 minutes, 0.5 GB");
    }

    fn fetch(&self, ui: &Ui) -> Result<Compiler> {
        match self.route {
            Route::Rustup => self.fetch_with_rustup(ui),
            Route::Debian => self.build_from_debian(ui),
            Route::Auto => self.fetch_with_rustup(ui).or_else(|error| {
                let reason = error.sentence();
                if let Err(debian) = debian::check(self.release, &self.machine, &self.cache) {
                    return Err(Error::new(format!(
                        "no route to a compiler is open: {reason}; and {debian}"
                    )));
                }
                ui.line(format_args!(
                    "{reason}; so it is built from Debian's packages"
                ));
                self.build_from_debian(ui)
            }),
        }
    }

    fn fetch_with_rustup(&self, ui: &Ui) -> Result<Compiler> {
        rustup::install(&self.pins, &self.host, &self.cache, ui)?;
        let key = recipe::rustup_key(&self.pins.channel, &self.host);
        self.rustups_compiler(&key)?.ok_or_else(|| {
            Error::new(format!(
                "rustup installed {} without its components {}",
                self.pins.channel,
                self.pins.components.join(", ")
            ))
        })
    }

    fn build_from_debian(&self, ui: &Ui) -> Result<Compiler> {
        debian::check(self.release, &self.machine, &self.cache)?;
        debian::build(
            self.release,
            &self.machine,
            &self.cache,
            self.keep_build,
            ui,
        )?;
        let place = self.cache.compiler(&self.release.key(&self.host));
        Compiler::in_folder(&place)?.ok_or_else(|| {
            Error::new(format!(
                "the build left no compiler in `{}`",
                place.display()
            ))
        })
    }

    fn import(&self, file: &Path, sha256: Option<&str>, ui: &Ui) -> Result<()> {
        self.cache.create()?;
        let _lock = Lock::acquire(&self.cache.lock(), LOCK_LIMIT, ui)?;
        self.remove_leftovers();
        let wanted = archive::Wanted {
            keys: vec![
                recipe::rustup_key(&self.pins.channel, &self.host),
                self.release.key(&self.host),
            ],
            host: self.host.clone(),
            dylint: self.pins.dylint.clone(),
        };
        let compiler = archive::import(file, sha256, &wanted, &self.cache, &self.machine, ui)?;
        if compiler.manifest.key == self.release.key(&self.host) {
            debian::complete_libraries(&compiler.root, &self.cache, ui)?;
        }
        Ok(())
    }

    /// Makes plain `cargo` calls in `lints/` use the compiler, where `rust-toolchain.toml` there
    /// names one that rustup cannot fetch.
    fn set_override(&self, compiler: &Compiler, ui: &Ui) -> Result<()> {
        if !compiler.root.starts_with(self.cache.root()) {
            return Ok(());
        }
        let lints = self
            .lints
            .canonicalize()
            .unwrap_or_else(|_| self.lints.clone());
        let current = rustup::overrides()?
            .into_iter()
            .find(|(folder, _)| *folder == lints);
        match current {
            Some((_, name)) if name == compiler.name() => Ok(()),
            Some((_, name)) if !name.starts_with(recipe::TOOLCHAIN_PREFIX) => {
                ui.warn(format_args!(
                    "`{}` keeps the override `{name}` that it has in rustup",
                    lints.display()
                ));
                Ok(())
            }
            _ => rustup::set_override(&lints, &compiler.name()),
        }
    }

    /// Parts that a kill left behind; nobody else writes here while the lock is held. Libraries are
    /// built without it and stay.
    fn remove_leftovers(&self) {
        let libraries = self.cache.libraries();
        let entries = WalkDir::new(self.cache.root())
            .min_depth(1)
            .max_depth(3)
            .into_iter()
            .filter_entry(|entry| entry.path() != libraries);
        for entry in entries.filter_map(std::result::Result::ok) {
            if files::is_part(entry.path()) {
                // Only space is lost when one cannot be removed.
                drop(std::fs::remove_dir_all(entry.path()));
            }
        }
    }
}
