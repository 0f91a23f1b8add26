//! Misuse of `task` that must not compile. The compiler's texts are those of stable.

#[test]
#[ignore = "compares the texts of one compiler; run on stable with `--ignored`"]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/task/*.rs");
}
