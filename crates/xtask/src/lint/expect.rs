//! The exact list of findings that a project is expected to have: the broken programs of the
//! gallery are there to be found, and nothing else is.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, FileContext, Result};
use crate::lint::finding::Finding;

const HEADER: &str = "\
# The findings that `cargo xtask lint --expect` must report, no more and no less.
# `cargo xtask lint --expect FILE --bless` writes this file anew.
";

/// The file's content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    #[serde(default, rename = "finding", skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Entry>,
}

/// One finding; two on the same line are two entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Relative to the root of the linted workspace.
    file: String,
    line: usize,
    lint: String,
}

impl Expected {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::file("read the expected findings", path, &error)
                .mend("write the file with `--bless`")
        })?;
        let mut expected: Self = toml::from_str(&text).map_err(|error| {
            Error::new(format!(
                "`{}` is no list of findings: {error}",
                path.display()
            ))
            .mend("write it anew with `--bless`")
        })?;
        expected.findings.sort();
        Ok(expected)
    }

    pub(crate) fn from_findings(findings: &[Finding]) -> Self {
        let mut findings: Vec<_> = findings
            .iter()
            .map(|finding| Entry {
                file: finding.place.file.clone(),
                line: finding.place.line,
                lint: finding.lint.clone(),
            })
            .collect();
        findings.sort();
        Self { findings }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let entries = toml::to_string(self)
            .map_err(|error| Error::new(format!("could not write the findings: {error}")))?;
        let gap = if entries.is_empty() { "" } else { "\n" };
        fs::write(path, format!("{HEADER}{gap}{entries}")).file("write", path)
    }

    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    /// How `found` differs, a line for each entry; `None` when it does not.
    pub(crate) fn difference(&self, found: &Self) -> Option<String> {
        let missing = subtract(&self.findings, &found.findings);
        let unexpected = subtract(&found.findings, &self.findings);
        if missing.is_empty() && unexpected.is_empty() {
            return None;
        }
        // Writing to a String cannot fail.
        let mut text = String::new();
        for (title, sign, entries) in [
            ("expected and not found:", '-', missing),
            ("found and not expected:", '+', unexpected),
        ] {
            if entries.is_empty() {
                continue;
            }
            text.push_str(title);
            text.push('\n');
            for Entry { file, line, lint } in entries {
                let _ = writeln!(text, "  {sign} {lint} {file}:{line}");
            }
        }
        Some(text)
    }
}

/// What is in `from` more often than in `what`; both are sorted.
fn subtract<'a>(from: &'a [Entry], what: &[Entry]) -> Vec<&'a Entry> {
    let mut rest = what.iter().peekable();
    from.iter()
        .filter(|entry| {
            while rest.peek().is_some_and(|other| other < entry) {
                rest.next();
            }
            rest.next_if(|other| other == entry).is_none()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(&str, usize)]) -> Expected {
        let mut findings: Vec<_> = entries
            .iter()
            .map(|(file, line)| Entry {
                file: (*file).to_owned(),
                line: *line,
                lint: "a_lint".to_owned(),
            })
            .collect();
        findings.sort();
        Expected { findings }
    }

    #[test]
    fn equal_lists_have_no_difference() {
        let one = list(&[("a.rs", 1), ("b.rs", 2)]);
        assert_eq!(one.difference(&one.clone()), None);
        assert_eq!(list(&[]).difference(&list(&[])), None);
    }

    #[test]
    fn differences_are_told_both_ways() {
        let expected = list(&[("a.rs", 1), ("a.rs", 1), ("b.rs", 2)]);
        let found = list(&[("a.rs", 1), ("b.rs", 3)]);
        assert_eq!(
            expected.difference(&found).as_deref(),
            Some(
                "expected and not found:\n  - a_lint a.rs:1\n  - a_lint b.rs:2\n\
                 found and not expected:\n  + a_lint b.rs:3\n"
            )
        );
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("expected.toml");
        for written in [list(&[]), list(&[("b.rs", 2), ("a.rs", 1)])] {
            written.write(&path).expect("it is written");
            assert_eq!(Expected::read(&path).expect("it is read"), written);
        }
    }

    #[test]
    fn bad_files_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("expected.toml");
        let missing = Expected::read(&path)
            .expect_err("there is none")
            .to_string();
        assert!(
            missing.ends_with("write the file with `--bless`"),
            "{missing}"
        );
        fs::write(&path, "[[finding]]\nfile = \"a.rs\"\nlines = 3\n").expect("a file");
        let bad = Expected::read(&path).expect_err("a wrong key").to_string();
        assert!(
            bad.contains("is no list of findings") && bad.contains("lines"),
            "{bad}"
        );
    }
}
