//! A ready toolchain and the commands that use it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use semver::Version;

use crate::paths;
use crate::process;

/// A compiler with `rustc-dev`, `cargo-dylint`, `dylint-link` and a driver that fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// The name rustup knows it by.
    pub(super) name: String,
    /// The compiler that checks linted code.
    pub(super) rustc: Version,
    /// The version of all dylint crates.
    pub(super) dylint: String,
    /// The folder with `cargo-dylint` and `dylint-link`.
    pub(super) tools: PathBuf,
    /// The folder for `DYLINT_DRIVER_PATH`.
    pub(super) drivers: PathBuf,
    /// Built lint libraries and the target folders they are built in.
    pub(super) libraries: PathBuf,
}

impl Toolchain {
    /// The version of the compiler that checks linted code.
    pub(crate) fn rustc_version(&self) -> &Version {
        &self.rustc
    }

    /// The name rustup and dylint know the toolchain by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// `cargo dylint`, to be completed with arguments.
    ///
    /// Through cargo and so through rustup's proxy, which tells the loader where the compiler's
    /// libraries are: the driver finds only the first of them by itself, and dylint builds a driver
    /// anew that does not start.
    pub(crate) fn cargo_dylint(&self) -> Command {
        let mut command = self.cargo();
        command.arg("dylint");
        command
    }

    /// The toolchain's cargo, to be completed with arguments.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = process::sanitised("cargo");
        command
            .env("PATH", self.path())
            .env("RUSTUP_TOOLCHAIN", &self.name)
            .env("DYLINT_DRIVER_PATH", &self.drivers);
        command
    }

    /// The tools' folder before everything that is on the user's `PATH`.
    ///
    /// Cargo's own folder of programs, where a user may have another dylint, must be on it
    /// somewhere: both cargo and rustup put it in front when it is not.
    fn path(&self) -> OsString {
        let old = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.clone())
            .chain(env::split_paths(&old))
            .chain(paths::cargo_home().map(|home| home.join("bin")));
        env::join_paths(folders).unwrap_or(old)
    }
}
