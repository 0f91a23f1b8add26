//! Building the compiler's crates with Debian's compiler.
//!
//! What is built must fit Debian's `std` exactly: rustc reads the metadata of a crate only when it
//! was written by a compiler with the very same version string. So that string, and all else that
//! rustc's own build system would set, comes from Debian's rustc.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cargo_metadata::{Artifact, Message, TargetKind};
use serde::{Deserialize, Serialize};

use super::HOST;
use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::process::{self, Run};
use crate::ui::Ui;

const LIMIT: Duration = Duration::from_hours(6);

/// Where the build finds things and puts them.
#[derive(Debug)]
pub(super) struct Compile<'a> {
    /// The unpacked packages.
    pub(super) root: &'a Path,
    pub(super) sources: &'a Path,
    pub(super) target: &'a Path,
    pub(super) cargo: &'a Path,
    pub(super) llvm_major: u32,
    pub(super) jobs: u64,
    /// Compilation units, for the progress bar.
    pub(super) units: u64,
    pub(super) log: PathBuf,
}

/// The files of the build that a toolchain needs.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Built {
    /// Metadata of the crates that lints link to; their code is all in `driver`.
    pub(super) metadata: Vec<PathBuf>,
    pub(super) proc_macros: Vec<PathBuf>,
    /// `librustc_driver-….so`
    pub(super) driver: PathBuf,
}

impl Built {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).file("read", file)?;
        serde_json::from_slice(&text)
            .map_err(|error| Error::new(format!("`{}` is damaged: {error}", file.display())))
    }

    fn add(&mut self, artifact: Artifact) {
        let for_target = |file: &Path| file.components().any(|part| part.as_os_str() == HOST);
        let is_proc_macro = artifact.target.kind.contains(&TargetKind::ProcMacro);
        for file in artifact.filenames {
            let file = file.into_std_path_buf();
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("rmeta") if for_target(&file) => self.metadata.push(file),
                Some("so") if is_proc_macro => self.proc_macros.push(file),
                _ => {}
            }
        }
    }
}

impl Compile<'_> {
    /// Builds, and writes the list of what was built to `built`.
    pub(super) fn run(&self, built: &Path, ui: &Ui) -> Result<()> {
        let mut files = Built::default();
        let mut done = 0;
        let step = ui.step("building the compiler's crates");
        step.total(self.units);
        Run::new("the build of the compiler's crates", self.command()?, LIMIT)
            .log(&self.log)
            .on_stdout(|line| {
                if let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) {
                    done += 1;
                    step.at(done, &artifact.target.name);
                    files.add(artifact);
                }
            })
            .succeed()?;
        files.driver = hashed_driver(&self.target.join(HOST).join("release/deps"))?;
        step.done(format_args!("{done} crates built"));
        let text = serde_json::to_vec(&files)
            .map_err(|error| Error::new(format!("could not write down what was built: {error}")))?;
        files::write(built, text)
    }

    fn command(&self) -> Result<Command> {
        let libraries = self.root.join("usr/lib/x86_64-linux-gnu");
        let rustc = self.root.join("usr/bin/rustc");
        let mut ask = process::sanitised(&rustc);
        ask.arg("-vV").env("LD_LIBRARY_PATH", &libraries);
        let identity = Identity::parse(&process::read("Debian's rustc", ask, "unpack it anew")?)?;

        let mut command = process::sanitised(self.cargo);
        command
            .args([
                "build",
                "--release",
                "--package=rustc-main",
                "--package=rustc_driver",
            ])
            .args(["--features=rustc-main/llvm", "--target", HOST])
            .args([
                "--message-format=json-render-diagnostics",
                "--jobs",
                &self.jobs.to_string(),
            ])
            .current_dir(self.sources)
            .env("CARGO_TARGET_DIR", self.target)
            // Host and target artifacts stay apart only because of `--target`, and so the flags of
            // the target do not reach build scripts and proc macros.
            .env(
                "RUSTFLAGS",
                "-Zforce-unstable-if-unmarked -Zon-broken-pipe=kill",
            )
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            // Empty ones overrule those of a cargo configuration file.
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            // Gives the dylib a hash in its name, which is how binaries ask for it.
            .env("__CARGO_DEFAULT_LIB_METADATA", "async-patterns")
            .env("CFG_RELEASE", &identity.release)
            .env("CFG_RELEASE_CHANNEL", "stable")
            .env("CFG_VERSION", &identity.version)
            .env("CFG_VER_DATE", &identity.date)
            .env("CFG_VER_HASH", &identity.hash)
            .env("CFG_DEFAULT_CODEGEN_BACKEND", "llvm")
            .env("CFG_LIBDIR_RELATIVE", "lib")
            .env("CFG_COMPILER_HOST_TRIPLE", HOST)
            .env("RUSTC_INSTALL_BINDIR", "bin")
            .env(
                "LLVM_CONFIG",
                self.root
                    .join(format!("usr/bin/llvm-config-{}", self.llvm_major)),
            )
            .env("LLVM_LINK_SHARED", "1")
            .env("REAL_LIBRARY_PATH_VAR", "LD_LIBRARY_PATH")
            .env("REAL_LIBRARY_PATH", &libraries)
            .env("LD_LIBRARY_PATH", &libraries);
        Ok(command)
    }
}

/// What Debian's rustc says about itself.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    /// All that follows `rustc ` in its version line.
    version: String,
    release: String,
    date: String,
    hash: String,
}

impl Identity {
    fn parse(verbose: &str) -> Result<Self> {
        let value = |key: &str| {
            let found = verbose.lines().find_map(|line| line.strip_prefix(key));
            found.map(str::to_owned).ok_or_else(|| {
                Error::new(format!(
                    "Debian's rustc says nothing after `{}`",
                    key.trim_end()
                ))
            })
        };
        Ok(Self {
            version: value("rustc ")?,
            release: value("release: ")?,
            date: value("commit-date: ")?,
            hash: value("commit-hash: ")?,
        })
    }
}

/// Cargo names the dylib without its hash; the file with it lies in `deps`.
fn hashed_driver(deps: &Path) -> Result<PathBuf> {
    let drivers: Vec<_> = files::entries(deps)?
        .into_iter()
        .filter(|file| {
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.starts_with("librustc_driver-") && file.extension().is_some_and(|end| end == "so")
        })
        .collect();
    match drivers.as_slice() {
        [driver] => Ok(driver.clone()),
        others => Err(Error::new(format!(
            "the build left {} files `librustc_driver-….so` in `{}` instead of one",
            others.len(),
            deps.display()
        ))
        .mend("remove its build folder and run this again")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERBOSE: &str = "\
rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)
binary: rustc
commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96
commit-date: 2026-05-25
host: x86_64-unknown-linux-gnu
release: 1.96.0
LLVM version: 22.1.8
";

    #[test]
    fn the_version_string_is_taken_to_the_letter() {
        let identity = Identity::parse(VERBOSE).expect("parsed");
        assert_eq!(
            identity.version,
            "1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"
        );
        assert_eq!(identity.release, "1.96.0");
        assert_eq!(identity.date, "2026-05-25");
        assert_eq!(identity.hash, "ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96");
        let error = Identity::parse("rustc 1.96.0\nrelease: 1.96.0").expect_err("too little");
        assert!(error.to_string().contains("commit-date:"), "{error}");
    }

    fn artifact(kind: &str, files: &[&str]) -> Artifact {
        serde_json::from_value(serde_json::json!({
            "package_id": "p", "manifest_path": "/p/Cargo.toml",
            "target": { "kind": [kind], "crate_types": [kind], "name": "p", "src_path": "/p/l.rs",
                "edition": "2024", "doc": true, "doctest": true, "test": true },
            "profile": { "opt_level": "1", "debuginfo": 0, "debug_assertions": false,
                "overflow_checks": false, "test": false },
            "features": [], "filenames": files, "executable": null, "fresh": false
        }))
        .expect("an artifact")
    }

    #[test]
    fn metadata_is_taken_of_the_target_and_proc_macros_of_the_host() {
        let mut built = Built::default();
        built.add(artifact(
            "lib",
            &["/t/x86_64-unknown-linux-gnu/release/deps/liba-1.rmeta"],
        ));
        built.add(artifact(
            "lib",
            &["/t/x86_64-unknown-linux-gnu/release/deps/liba-1.rlib"],
        ));
        built.add(artifact("lib", &["/t/release/deps/libb-1.rmeta"]));
        built.add(artifact("proc-macro", &["/t/release/deps/libc-1.so"]));
        built.add(artifact(
            "dylib",
            &["/t/x86_64-unknown-linux-gnu/release/librustc_driver.so"],
        ));
        let metadata = PathBuf::from("/t/x86_64-unknown-linux-gnu/release/deps/liba-1.rmeta");
        assert_eq!(built.metadata, [metadata]);
        assert_eq!(
            built.proc_macros,
            [PathBuf::from("/t/release/deps/libc-1.so")]
        );
    }

    #[test]
    fn exactly_one_driver_is_accepted() {
        let deps = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str| files::write(&deps.path().join(name), "").expect("written");
        hashed_driver(deps.path()).expect_err("none");
        file("librustc_driver-1.so");
        file("librustc_driver-1.d");
        let driver = hashed_driver(deps.path()).expect("one");
        assert!(driver.ends_with("librustc_driver-1.so"));
        file("librustc_driver-2.so");
        hashed_driver(deps.path()).expect_err("two");
    }
}
