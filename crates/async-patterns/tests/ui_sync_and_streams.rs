//! Misuse that must not compile. On stable only: the messages differ between compilers.
#![cfg(feature = "stream")]

#[test]
fn misuse_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/cancel_poison_*.rs");
    cases.compile_fail("tests/ui/ready_set_*.rs");
    cases.compile_fail("tests/ui/reserve_*.rs");
    cases.compile_fail("tests/ui/spawn_buffered_*.rs");
}
