//! What the programs print is kept in `output/`, where the book includes it from.
//!
//! `BLESS=1 cargo test -p traps --test gallery` writes it anew.

use std::env;
use std::fs;
use std::path::Path;

use regex_lite::Regex;

/// Compares what a program printed with its record, but for the numbers that differ from run to
/// run.
#[track_caller]
pub(crate) fn compare(trap: &str, which: &str, printed: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("output")
        .join(format!("{trap}.{which}.txt"));
    let text = without_this_machine(printed);
    if env::var_os("BLESS").is_some() {
        fs::write(&file, &text).expect("the record can be written");
        return;
    }
    let record = fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; BLESS=1 writes it from what was printed:\n{text}",
            file.display()
        )
    });
    assert_eq!(
        without_numbers(&record),
        without_numbers(&text),
        "{} is not what the program prints; BLESS=1 writes it anew",
        file.display()
    );
}

/// The program's own lines, without what differs from machine to machine: paths, thread ids,
/// backtraces.
fn without_this_machine(printed: &str) -> String {
    let (_head, own) = printed
        .split_once("\n\n")
        .expect("the gallery's head ends with an empty line");
    let replace = |text: String, pattern: &str, with: &str| {
        let pattern = Regex::new(pattern).expect("the pattern is well-formed");
        pattern.replace_all(&text, with).into_owned()
    };
    let text = replace(own.to_owned(), r"(thread '[^']*') \(\d+\)", "$1");
    let text = replace(text, r"\S*/registry/src/[^/]*/", "");
    let text = replace(text, r"/rustc/[0-9a-f]+/", "");
    let text = replace(text, r"(?m)^stack backtrace:\n(\s+.*\n)*", "");
    let text = replace(text, r"(?m)^note: run with `RUST_BACKTRACE=.*\n", "");
    format!("{}\n", text.trim())
}

/// Times, sizes of futures, places in files, versions.
fn without_numbers(text: &str) -> String {
    let varying = [
        r"\d+ ms",
        r"future of \d+",
        r"future is \d+",
        r"\d+ KiB",
        r":\d+:\d+",
        r"-\d+\.\d+\.\d+/",
    ];
    let pattern = Regex::new(&varying.join("|")).expect("the pattern is well-formed");
    pattern.replace_all(text, "…").into_owned()
}
