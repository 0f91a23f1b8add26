//! Compilers, and programs that end within a limit.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// For a host to do all its cycles, in seconds.
const LIMIT: &str = "600";

/// A program of this machine.
pub(crate) struct Tool(&'static str);

impl Tool {
    /// The program, if it answers `ask`; else a sentence that says what is skipped.
    pub(crate) fn find(name: &'static str, ask: &str, package: &str) -> Option<Self> {
        let found = Command::new(name)
            .arg(ask)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if found.is_ok_and(|status| status.success()) {
            return Some(Self(name));
        }
        eprintln!("skipped: it needs `{name}`, on Debian `apt-get install {package}`");
        None
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(self.0)
    }
}

/// This package's folder.
pub(crate) fn bridge() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library that hosts load. Cargo builds it beside the tests, because it is one target with the
/// crate that they link to.
pub(crate) fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let library = test.with_file_name("libsession_bridge.so");
    assert!(library.is_file(), "there is no {}", library.display());
    library
}

/// Every Java file below a folder of this package.
pub(crate) fn java_sources(folder: &str) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    let mut folders = vec![bridge().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of ours") {
            let path = entry.expect("a folder of ours").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("java")) {
                sources.push(path);
            }
        }
    }
    sources
}

/// The first block of a language in the README.
pub(crate) fn readme_example(language: &str) -> String {
    let readme = fs::read_to_string(bridge().join("README.md")).expect("there is a README");
    let (_, rest) = readme
        .split_once(&format!("\n```{language}\n"))
        .expect("the README has an example");
    let (example, _) = rest.split_once("\n```\n").expect("a block ends");
    format!("{example}\n")
}

/// A program that is killed when it takes too long.
pub(crate) fn limited(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10", LIMIT])
        .arg(program)
        .args(arguments)
        // Hundreds of panics are on purpose.
        .env("RUST_BACKTRACE", "0");
    command
}

/// What a program says on both outputs; it must succeed.
#[track_caller]
pub(crate) fn output_of(mut command: Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success(),
        "{command:?}: {}{}\n{said}",
        output.status,
        if output.status.code() == Some(124) {
            ", its time was over"
        } else {
            ""
        }
    );
    said.into_owned()
}
