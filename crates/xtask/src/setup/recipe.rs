//! What a compiler is made from, and the key that names the result.
//!
//! Whatever changes the result goes into the key, so that a change builds anew and an old folder is
//! never taken for the new one.

use std::fs;
use std::path::Path;

use semver::Version;
use serde::Deserialize;

use crate::error::{Error, FileContext, Result};
use crate::hash;

/// Counts up with each change of the Debian build that changes what comes out.
const REVISION: u32 = 1;

/// A set of Debian packages that was built and tried with the whole lint suite.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DebianRelease {
    /// The version of `rustc-web` and its sisters.
    pub(super) packages: &'static str,
    /// The version of `libllvm22` and its sisters.
    pub(super) llvm_packages: &'static str,
    pub(super) llvm_major: u32,
    pub(super) rustc: Version,
    /// What `rustc --version` is to say to crates that choose their code by nightly date: the day
    /// this version left the main branch. They take a stable version for one without `rustc-dev`.
    pub(super) branched: &'static str,
    /// `VERSION_ID` of the Debian release whose security archive has the packages.
    pub(super) debian: &'static str,
    /// Compilation units of the build, for its progress bar.
    pub(super) units: u64,
}

/// Every tested release, the newest first.
pub(super) const TESTED: &[DebianRelease] = &[DebianRelease {
    packages: "1.96.0+dfsg1-1~deb12u2",
    llvm_packages: "1:22.1.8-1~deb12u1",
    llvm_major: 22,
    rustc: Version::new(1, 96, 0),
    branched: "2026-04-10",
    debian: "12",
    units: 321,
}];

impl DebianRelease {
    /// The tested release of this package version; the newest when none is named.
    pub(super) fn find(packages: Option<&str>) -> Result<&'static Self> {
        let found = match packages {
            None => TESTED.first(),
            Some(wanted) => TESTED.iter().find(|release| release.packages == wanted),
        };
        found.ok_or_else(|| {
            Error::new(format!(
                "version `{}` of Debian's rustc-web is not one that was tested",
                packages.unwrap_or_default()
            ))
            .mend(format!("choose one of: {}", tested_versions()))
        })
    }

    /// The packages to download, each with its version.
    pub(super) fn packages(&self) -> Vec<(String, &'static str)> {
        let minor = format!("{}.{}", self.rustc.major, self.rustc.minor);
        let rust = [
            "rustc-web".to_owned(),
            format!("libstd-rust-web-{minor}"),
            "libstd-rust-web-dev".to_owned(),
            "rust-web-src".to_owned(),
        ];
        let major = self.llvm_major;
        let llvm = [
            format!("libllvm{major}"),
            format!("llvm-{major}"),
            format!("llvm-{major}-dev"),
        ];
        let rust = rust.map(|name| (name, self.packages));
        let llvm = llvm.map(|name| (name, self.llvm_packages));
        rust.into_iter().chain(llvm).collect()
    }

    pub(super) fn key(&self, host: &str) -> String {
        key(&[
            "debian",
            &REVISION.to_string(),
            self.packages,
            self.llvm_packages,
            host,
        ])
    }
}

/// The tested package versions, for messages.
pub(super) fn tested_versions() -> String {
    TESTED
        .iter()
        .map(|release| release.packages)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The key of rustup's toolchain of this channel.
pub(super) fn rustup_key(channel: &str, host: &str) -> String {
    key(&["rustup", channel, host])
}

/// Every name of ours in rustup starts with this.
pub(super) const TOOLCHAIN_PREFIX: &str = "async-patterns-";

/// The name rustup and dylint are to know a compiler by.
///
/// It is ours alone, so that no toolchain of the user's is ever replaced; it ends in the host triple
/// because dylint reads it from there, holds no dot because dylint makes a package name of it, and
/// is no dated nightly because dylint would then clone clippy's repository to build its driver.
pub(super) fn toolchain_name(key: &str, host: &str) -> String {
    format!("{TOOLCHAIN_PREFIX}{key}-{host}")
}

fn key(parts: &[&str]) -> String {
    hash::sha256(parts.join("\n"))[..8].to_owned()
}

/// The versions that `lints/` pins and setup follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pins {
    /// The version of all dylint crates.
    pub(super) dylint: String,
    /// The nightly of `rust-toolchain.toml`.
    pub(super) channel: String,
    pub(super) components: Vec<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct ToolchainFile {
    toolchain: ToolchainTable,
}

#[derive(Deserialize)]
struct ToolchainTable {
    channel: String,
    components: Vec<String>,
}

impl Pins {
    /// Reads them from the `lints` folder.
    pub(super) fn read(lints: &Path) -> Result<Self> {
        let lock: Lock = read_toml(&lints.join("Cargo.lock"))?;
        let file: ToolchainFile = read_toml(&lints.join("rust-toolchain.toml"))?;
        let linting = lock
            .package
            .into_iter()
            .find(|package| package.name == "dylint_linting");
        let dylint = linting.map(|package| package.version).ok_or_else(|| {
            Error::new(format!(
                "`{}` locks no dylint_linting",
                lints.join("Cargo.lock").display()
            ))
        })?;
        Ok(Self {
            dylint,
            channel: file.toolchain.channel,
            components: file.toolchain.components,
        })
    }
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).file("read", path)?;
    toml::from_str(&text).map_err(|error| {
        Error::new(format!(
            "`{}` is not as expected: {}",
            path.display(),
            error.message()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untested_version_names_the_tested_ones() {
        let error = DebianRelease::find(Some("1.97.0-1"))
            .expect_err("untested")
            .to_string();
        assert!(error.contains("`1.97.0-1`"), "{error}");
        assert!(error.contains(TESTED[0].packages), "{error}");
        assert_eq!(DebianRelease::find(None).expect("one"), &TESTED[0]);
        assert_eq!(
            DebianRelease::find(Some(TESTED[0].packages)).expect("one"),
            &TESTED[0]
        );
    }

    #[test]
    fn the_key_changes_with_everything_that_goes_in() {
        let release = |packages, llvm_packages| DebianRelease {
            packages,
            llvm_packages,
            rustc: Version::new(1, 96, 0),
            ..TESTED[0]
        };
        let keys = [
            release("1", "2").key("x86_64-unknown-linux-gnu"),
            release("2", "2").key("x86_64-unknown-linux-gnu"),
            release("1", "3").key("x86_64-unknown-linux-gnu"),
            release("1", "2").key("aarch64-unknown-linux-gnu"),
            rustup_key("nightly-2026-04-16", "x86_64-unknown-linux-gnu"),
            rustup_key("nightly-2026-04-17", "x86_64-unknown-linux-gnu"),
        ];
        let mut different = keys.to_vec();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), keys.len(), "{keys:?}");
        assert_eq!(keys[0], release("1", "2").key("x86_64-unknown-linux-gnu"));
    }

    #[test]
    fn a_toolchain_name_is_one_that_dylint_can_take_apart() {
        let name = toolchain_name("0a1b2c3d", "x86_64-unknown-linux-gnu");
        assert!(!name.contains('.'));
        assert!(name.ends_with("-x86_64-unknown-linux-gnu"));
    }

    #[test]
    fn packages_carry_the_version_of_their_source() {
        let packages = TESTED[0].packages();
        let version = |name: &str| packages.iter().find(|(package, _)| package == name);
        assert_eq!(
            version("libstd-rust-web-1.96").expect("there").1,
            TESTED[0].packages
        );
        assert_eq!(
            version("llvm-22-dev").expect("there").1,
            TESTED[0].llvm_packages
        );
        assert_eq!(packages.len(), 7);
    }

    #[test]
    fn the_pins_of_this_checkout_are_read() {
        let lints = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lints");
        let pins = Pins::read(&lints).expect("read");
        assert!(pins.channel.starts_with("nightly-20"), "{pins:?}");
        assert!(
            pins.components
                .iter()
                .any(|component| component == "rustc-dev"),
            "{pins:?}"
        );
        Version::parse(&pins.dylint).expect("a version");
    }

    #[test]
    fn a_broken_pin_file_is_named() {
        let lints = tempfile::tempdir().expect("a temporary folder");
        fs::write(lints.path().join("Cargo.lock"), "package = 3").expect("written");
        let error = Pins::read(lints.path()).expect_err("broken").to_string();
        assert!(error.contains("Cargo.lock"), "{error}");
    }
}
