//! Runs dylint's driver with the library under test on one source file.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use dylint::{driver_builder, opts::Dylint};
use serde_json::Value;

use crate::ui_deps;

/// A driver with all lints of the library switched on.
pub struct Driver {
    program: PathBuf,
    library: PathBuf,
    lints: BTreeSet<String>,
    folder: tempfile::TempDir,
}

/// What came out of one run.
pub struct Ran {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stderr: String,
    /// How many bodies the lints looked at; `None` when the crate got no receipt.
    pub bodies: Option<usize>,
}

impl Driver {
    pub fn new() -> Self {
        let mut driver = Self {
            program: driver_builder::get(&Dylint::default(), env!("RUSTUP_TOOLCHAIN"))
                .expect("dylint has or builds its driver"),
            library: build_library(),
            lints: BTreeSet::new(),
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        driver.run("empty", "");
        let receipt = driver.receipt("empty").expect("a receipt");
        let lints = receipt["lints"].as_array().expect("a list of lints");
        driver.lints = lints
            .iter()
            .filter_map(|lint| lint.as_str().map(str::to_owned))
            .collect();
        assert!(driver.lints.len() >= 3, "{:?}", driver.lints);
        driver
    }

    /// Compiles `text` as a crate with unit tests, as far as its metadata.
    pub fn run(&self, name: &str, text: &str) -> Ran {
        let source = self.folder.path().join(format!("{name}.rs"));
        fs::write(&source, text).expect("a source file");
        let output = Command::new(&self.program)
            .arg(&source)
            .args(["--test", "--edition=2024", "--emit=metadata"])
            .args(["--crate-name", name, "--out-dir"])
            .arg(self.folder.path())
            // Not `-Awarnings`: that switches off whatever is at the level `warn`, ours too.
            .arg("-Aunused")
            .args(self.lints.iter().map(|lint| format!("-W{lint}")))
            .args(ui_deps::flags())
            .env("DYLINT_LIBS", serde_json::json!([self.library]).to_string())
            .env("ASYNC_PATTERNS_RECEIPTS", self.receipts())
            // Some of the programs use what only a nightly compiler has.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUST_BACKTRACE", "0")
            .env_remove("DYLINT_RUSTFLAGS")
            .output()
            .expect("the driver starts");
        Ran {
            code: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            bodies: self
                .receipt(name)
                .and_then(|receipt| usize::try_from(receipt["bodies"].as_u64()?).ok()),
        }
    }

    fn receipts(&self) -> PathBuf {
        self.folder.path().join("receipts")
    }

    fn receipt(&self, name: &str) -> Option<Value> {
        let text = fs::read(self.receipts().join(format!("{name}.json"))).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

impl Ran {
    /// The errors among the output, without the lints' warnings.
    pub fn errors(&self) -> String {
        let messages = self.stderr.split("\n\n");
        let errors = messages.filter(|message| message.trim_start().starts_with("error"));
        errors.take(10).collect::<Vec<_>>().join("\n\n")
    }

    /// The lines around a text.
    pub fn around(&self, text: &str) -> String {
        let lines: Vec<_> = self.stderr.lines().collect();
        let at = lines.iter().position(|line| line.contains(text));
        at.map_or_else(String::new, |at| {
            let end = lines.len().min(at + 25);
            lines[at.saturating_sub(3)..end].join("\n")
        })
    }
}

/// The library as the compiler under which the tests run builds it.
fn build_library() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--lib", "--message-format=json"])
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "the lint library does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let stdout = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    let built = stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == env!("CARGO_PKG_NAME"))
        .find_map(|message| message["filenames"][0].as_str().map(PathBuf::from))
        .expect("the build names the library");
    // `dylint-link` puts a copy beside it that dylint knows the toolchain of by its name.
    let extension = built.extension().expect("an extension").to_string_lossy();
    let stem = built.file_stem().expect("a name").to_string_lossy();
    built.with_file_name(format!("{stem}@{}.{extension}", env!("RUSTUP_TOOLCHAIN")))
}
