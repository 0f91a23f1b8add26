//! What cargo compiles: targets, and units of them.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use cargo_metadata::{Artifact, PackageId, TargetKind};

/// A target of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// `lib`, `bin`, `test`, `example`, `bench`, `proc-macro`, `custom-build`.
    pub(crate) kind: String,
}

impl Target {
    pub(crate) fn new(target: &cargo_metadata::Target) -> Self {
        let kind = match target.kind.first() {
            // `crate-type` says what a library is linked as; cargo chooses all of them by `--lib`.
            Some(
                TargetKind::Lib
                | TargetKind::RLib
                | TargetKind::DyLib
                | TargetKind::CDyLib
                | TargetKind::StaticLib,
            )
            | None => "lib".to_owned(),
            Some(kind) => kind.to_string(),
        };
        Self {
            name: target.name.clone(),
            kind,
        }
    }

    /// The name rustc knows it by.
    pub(crate) fn krate(&self) -> String {
        self.name.replace('-', "_")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

/// One compilation of one target: a library is one unit as itself and another as its unit tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) package: PackageId,
    pub(crate) package_name: String,
    pub(crate) target: Target,
    /// Compiled as a test harness.
    pub(crate) test: bool,
    /// Cargo's hash of the unit; `None` when its file names have none.
    pub(crate) hash: Option<String>,
}

impl Unit {
    pub(crate) fn new(artifact: &Artifact, package_name: &str) -> Self {
        Self {
            package: artifact.package_id.clone(),
            package_name: package_name.to_owned(),
            target: Target::new(&artifact.target),
            test: artifact.profile.test,
            hash: artifact
                .filenames
                .iter()
                .find_map(|file| unit_hash(file.as_std_path())),
        }
    }
}

/// `libname-0123456789abcdef.rmeta`; a build script's hash is in the name of its folder.
fn unit_hash(file: &Path) -> Option<String> {
    let of = |name: &OsStr| {
        let hash = name.to_str()?.rsplit_once('-')?.1;
        let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| hash.to_owned())
    };
    file.file_stem()
        .and_then(of)
        .or_else(|| file.parent()?.file_name().and_then(of))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn unit(kind: &str, name: &str, test: bool) -> Unit {
        Unit {
            package: PackageId {
                repr: "path+file:///p#x@1.2.3".to_owned(),
            },
            package_name: "x".to_owned(),
            target: Target {
                name: name.to_owned(),
                kind: kind.to_owned(),
            },
            test,
            hash: None,
        }
    }

    #[test]
    fn hashes_are_read_from_every_kind_of_file() {
        for (file, hash) in [
            (
                "/t/debug/deps/liba_b-f05533842860b853.rmeta",
                Some("f05533842860b853"),
            ),
            (
                "/t/debug/deps/libm-30a07393455fba07.so",
                Some("30a07393455fba07"),
            ),
            (
                "/t/debug/build/a-8a9f57288621422e/build-script-build",
                Some("8a9f57288621422e"),
            ),
            (
                "/t/debug/examples/libe-d54d5baf08e30ee0.rmeta",
                Some("d54d5baf08e30ee0"),
            ),
            ("/t/debug/libnohash.so", None),
        ] {
            assert_eq!(unit_hash(Path::new(file)).as_deref(), hash, "{file}");
        }
    }
}
