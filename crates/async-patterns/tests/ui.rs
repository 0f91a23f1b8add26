//! Misuse that must not compile. The texts are those of stable rustc; where they differ,
//! `TRYBUILD=overwrite` writes the new ones.
#![cfg(not(async_patterns_loom))]

use std::process::Command;

/// The compiler's version, if it is not a stable one.
fn other_channel() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.expect("the compiler that built this test").stdout;
    let version = String::from_utf8(version).expect("a version is text");
    ["nightly", "beta", "dev"]
        .iter()
        .any(|channel| version.contains(channel))
        .then_some(version)
}

#[test]
fn misuse_does_not_compile() {
    if let Some(version) = other_channel() {
        eprintln!("skipped: the texts of {} are not compared", version.trim());
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
