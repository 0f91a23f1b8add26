//! Misuse that must not compile. The messages are those of stable rustc; where they differ,
//! `TRYBUILD=overwrite` writes the new ones.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/cancel/*.rs");
}
