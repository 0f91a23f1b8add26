//! Notes on stderr, for reports that have no better place to go.

use std::fmt;
use std::io::Write as _;

/// Writes a line. Unlike `eprintln!` it does not panic when stderr is closed.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    // One write, so that lines of several threads do not mix.
    let _ = std::io::stderr().write_all(format!("async-patterns: {line}\n").as_bytes());
}
