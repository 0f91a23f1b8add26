//! Dylint's programs, and the driver it builds for a compiler.

use std::path::Path;
use std::time::Duration;

use super::Toolchain;
use super::cache::Cache;
use super::machine::Machine;
use super::programs;
use crate::error::{Error, Result};
use crate::paths;
use crate::process::{self, Run};
use crate::ui::Ui;

const LIMIT: Duration = Duration::from_hours(2);

/// Whether dylint's programs can be built here, found out before a long build and not after it.
pub(super) fn check(machine: &Machine) -> Result<()> {
    machine.require(&[(
        "cc",
        "linking",
        "install a C compiler, on Debian `apt-get install gcc`",
    )])?;
    // Elsewhere the system's own TLS is used.
    let given = ["OPENSSL_DIR", "OPENSSL_LIB_DIR"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if machine.os != "linux" || given {
        return Ok(());
    }
    let mend = "install both, on Debian with `sudo apt-get install pkg-config libssl-dev`";
    machine.require(&[("pkg-config", "the build of cargo-dylint", mend)])?;
    let mut ask = process::sanitised("pkg-config");
    ask.args(["--exists", "openssl"]).env("PATH", &machine.path);
    let found = Run::new("`pkg-config --exists openssl`", ask, LIMIT).finish()?;
    if found.status.success() {
        return Ok(());
    }
    Err(
        Error::new("OpenSSL's headers were not found; the build of cargo-dylint needs them")
            .mend(mend),
    )
}

/// Whether the programs are installed in the cache.
pub(super) fn has_tools(cache: &Cache, version: &str) -> bool {
    cache.tools(version).is_dir()
}

/// Installs `cargo-dylint` and `dylint-link` into the cache.
pub(super) fn install_tools(cache: &Cache, version: &str, ui: &Ui) -> Result<()> {
    let place = cache.tools(version);
    programs::install(cache, &["cargo-dylint", "dylint-link"], version, &place, ui)
}

/// Builds the driver, with a library without lints to run it on.
///
/// Dylint builds it by itself when it is first needed; here it is built where a failure is one of
/// setup and not of somebody's project, and with dependencies that fit the compiler.
pub(super) fn build_driver(toolchain: &Toolchain, log: &Path, ui: &Ui) -> Result<()> {
    let library = toolchain.empty_library(ui)?;
    let step = ui.step("building the driver that runs the lints");
    let mut list = toolchain.cargo_dylint();
    list.args(["list", "--no-metadata", "--lib-path"])
        .arg(library)
        .current_dir(paths::workspace_root()?)
        // Dylint builds the driver without a lock file; the newest release of a dependency may
        // ask for a compiler that is newer than this one.
        .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback");
    Run::new("the build of dylint's driver", list, LIMIT)
        .log(log)
        .on_stderr(|line| programs::count(&step, line))
        .succeed()?;
    step.done("built");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::machine::tests::debian_12;
    use super::*;
    use crate::files;

    #[test]
    #[cfg(target_os = "linux")]
    fn missing_headers_are_found_out_before_the_build() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut machine = debian_12(folder.path());
        let error = check(&machine).expect_err("no pkg-config").to_string();
        assert!(error.contains("`pkg-config` was not found"), "{error}");
        assert!(error.contains("libssl-dev"), "{error}");

        let script = folder.path().join("bin/pkg-config");
        std::fs::write(&script, "#!/bin/sh\nexit 1\n").expect("written");
        files::make_executable(&script).expect("a program");
        let error = check(&machine).expect_err("no headers").to_string();
        assert!(error.contains("OpenSSL's headers"), "{error}");

        machine.path = OsString::new();
        let error = check(&machine).expect_err("no C compiler").to_string();
        assert!(error.contains("`cc` was not found"), "{error}");
    }
}
