//! Filling the cache: what is there, what is missing, and the steps from one to the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::Cache;
use super::compiler::{self, Compiler, Manifest};
use super::lock::Lock;
use super::machine::Machine;
use super::recipe::{self, DebianRelease, Pins};
use super::{Route, SetupOptions, Toolchain, archive, debian, dylint, rustup};
use crate::error::{Error, Result};
use crate::ui::Ui;
use crate::{files, paths};

/// Another process may be building a compiler on a slow machine.
const LOCK_LIMIT: Duration = Duration::from_hours(4);

/// What is wanted, and where.
pub(super) struct Setup {
    pub(super) cache: Cache,
    machine: Machine,
    pub(super) pins: Pins,
    host: String,
    route: Route,
    release: &'static DebianRelease,
    keep_build: bool,
    lints: PathBuf,
}

impl Setup {
    pub(super) fn new(options: &SetupOptions) -> Result<Self> {
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

    pub(super) fn ensure(&self, ui: &Ui) -> Result<(Compiler, Toolchain)> {
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

    pub(super) fn import(&self, file: &Path, sha256: Option<&str>, ui: &Ui) -> Result<()> {
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
    pub(super) fn set_override(&self, compiler: &Compiler, ui: &Ui) -> Result<()> {
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

    /// Parts that a kill left behind; nobody else writes here while the lock is held. Libraries and
    /// programs are made without it.
    fn remove_leftovers(&self) {
        let without = [self.cache.libraries(), self.cache.all_tools()];
        files::remove_parts(self.cache.root(), &without);
    }
}
