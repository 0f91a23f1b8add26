//! Misuse that must not compile.
#![cfg(not(async_patterns_loom))]

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/session/*.rs");
}
