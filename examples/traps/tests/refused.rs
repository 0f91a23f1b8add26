//! The broken programs that the compiler refuses, and the errors that it gives for them.
//!
//! `TRYBUILD=overwrite cargo test -p traps --test refused` writes the errors anew.

use std::fs;

#[test]
fn the_compiler_says_what_the_gallery_shows() {
    let cases = trybuild::TestCases::new();
    let folders = fs::read_dir("src").expect("the test runs in the package's folder");
    let mut found = 0;
    for folder in folders {
        let program = folder
            .expect("the folder can be read")
            .path()
            .join("broken.rs");
        if program.with_extension("stderr").exists() {
            cases.compile_fail(&program);
            found += 1;
        }
    }
    assert_ne!(found, 0, "no program is refused");
}
