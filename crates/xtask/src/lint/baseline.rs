//! The findings that a project had when it adopted the lints: only others fail.
//!
//! A finding is recognised by its lint, file, function and source line, so that it stays the same
//! when code above it comes and goes; equal ones are counted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, FileContext, Result};
use crate::lint::finding::{BaselineState, Finding};
use crate::lint::function::Functions;

const HEADER: &str = "\
# Findings of `cargo xtask lint --baseline` that do not fail it, because they were there before.
# With `--write-baseline` it writes this file anew; entries may also be removed by hand.
";

/// The version of the file's form.
const VERSION: u32 = 1;

/// What is known, with how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Baseline(BTreeMap<Identity, usize>);

/// What makes a finding the same one after a change around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity {
    /// Relative to the root of the linted workspace.
    file: String,
    /// Empty outside of functions.
    function: String,
    pub(crate) lint: String,
    snippet: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default, rename = "finding", skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    lint: String,
    file: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    function: String,
    snippet: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Baseline {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let anew = "write it anew with `--write-baseline`";
        let text = fs::read_to_string(path).map_err(|error| {
            Error::file("read the baseline", path, &error)
                .mend("write the file with `--write-baseline`")
        })?;
        let file: File = toml::from_str(&text)
            .map_err(|error| Error::new(format!("`{shown}` is no baseline: {error}")).mend(anew))?;
        if file.version != VERSION {
            let what = format!(
                "the baseline `{shown}` has version {} and this tool reads version {VERSION}",
                file.version
            );
            return Err(Error::new(what).mend(anew));
        }
        let mut known = BTreeMap::new();
        for entry in file.findings {
            let identity = Identity {
                file: entry.file,
                function: entry.function,
                lint: entry.lint,
                snippet: entry.snippet,
            };
            *known.entry(identity).or_default() += entry.count;
        }
        Ok(Self(known))
    }

    /// What these findings make; their files are read in `root`.
    pub(crate) fn of(findings: &[Finding], root: &Path) -> Self {
        let mut sources = Sources::new(root);
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(sources.identity(finding)).or_default() += 1;
        }
        Self(known)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let entries = self.0.iter().map(|(identity, &count)| Entry {
            lint: identity.lint.clone(),
            file: identity.file.clone(),
            function: identity.function.clone(),
            snippet: identity.snippet.clone(),
            count,
        });
        let file = File {
            version: VERSION,
            findings: entries.collect(),
        };
        let text = toml::to_string(&file)
            .map_err(|error| Error::new(format!("could not write the baseline: {error}")))?;
        fs::write(path, format!("{HEADER}{text}")).file("write", path)
    }

    /// How many findings it holds.
    pub(crate) fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Marks each finding as known or new; returns what is known and was not found any more, with
    /// how often. Of more equal findings than are known the last ones are new.
    pub(crate) fn mark(&self, findings: &mut [Finding], root: &Path) -> Vec<(Identity, usize)> {
        let mut sources = Sources::new(root);
        let mut left = self.0.clone();
        for finding in findings {
            let left = left.get_mut(&sources.identity(finding));
            finding.baseline = Some(match left {
                Some(count @ 1..) => {
                    *count -= 1;
                    BaselineState::Unchanged
                }
                _ => BaselineState::New,
            });
        }
        left.retain(|_, count| *count > 0);
        left.into_iter().collect()
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            file,
            function,
            lint,
            snippet,
        } = self;
        write!(f, "{lint} {file}")?;
        if !function.is_empty() {
            write!(f, " in {function}")?;
        }
        write!(f, ": {snippet}")
    }
}

/// The files that findings are in, each read once.
struct Sources {
    root: PathBuf,
    functions: BTreeMap<String, Functions>,
}

impl Sources {
    fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            functions: BTreeMap::new(),
        }
    }

    fn identity(&mut self, finding: &Finding) -> Identity {
        let file = &finding.place.file;
        let root = &self.root;
        let functions = self.functions.entry(file.clone()).or_insert_with(|| {
            // A file that is gone or unreadable has no functions to tell findings apart by.
            let text = fs::read_to_string(root.join(file)).unwrap_or_default();
            Functions::of(&text)
        });
        let words: Vec<_> = finding.snippet.split_whitespace().collect();
        Identity {
            file: file.clone(),
            function: functions
                .around(finding.place.line)
                .unwrap_or_default()
                .to_owned(),
            lint: finding.lint.clone(),
            snippet: words.join(" "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::finding::tests::at;

    /// A project with one file, and the findings on these lines of it.
    fn project(text: &str, lines: &[usize]) -> (tempfile::TempDir, Vec<Finding>) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("src")).expect("a folder");
        fs::write(folder.path().join("src/lib.rs"), text).expect("a file");
        let findings = lines.iter().map(|&line| {
            let mut finding = at("src/lib.rs", line);
            let snippet = text.lines().nth(line - 1).expect("a line");
            finding.snippet = snippet.trim().to_owned();
            finding
        });
        let findings = findings.collect();
        (folder, findings)
    }

    fn new_lines(findings: &[Finding]) -> Vec<usize> {
        findings
            .iter()
            .filter(|finding| finding.baseline == Some(BaselineState::New))
            .map(|finding| finding.place.line)
            .collect()
    }

    const BEFORE: &str = "fn a() {\n    lock();\n}\nfn b() {\n    lock();\n    lock();\n}\n";

    #[test]
    fn moved_lines_are_the_same_findings() {
        let (old, findings) = project(BEFORE, &[2, 5, 6]);
        let baseline = Baseline::of(&findings, old.path());
        let moved = format!("use x;\n\n{}", BEFORE.replace("    lock", "\tlock"));
        let (new, mut findings) = project(&moved, &[4, 7, 8]);
        assert_eq!(baseline.mark(&mut findings, new.path()), []);
        assert_eq!(new_lines(&findings), [0_usize; 0]);
        let known = |finding: &Finding| finding.baseline == Some(BaselineState::Unchanged);
        assert!(findings.iter().all(known));
    }

    #[test]
    fn the_same_line_in_another_function_is_new() {
        let (old, findings) = project(BEFORE, &[2]);
        let baseline = Baseline::of(&findings, old.path());
        let (new, mut findings) = project(BEFORE, &[5]);
        let gone = baseline.mark(&mut findings, new.path());
        assert_eq!(new_lines(&findings), [5]);
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].0.to_string(), "a_lint src/lib.rs in a: lock();");
    }

    #[test]
    fn one_more_of_the_same_is_new_and_one_less_is_told() {
        let (folder, mut findings) = project(BEFORE, &[5, 6]);
        let one = Baseline::of(&findings[..1], folder.path());
        assert_eq!(one.mark(&mut findings, folder.path()), []);
        assert_eq!(new_lines(&findings), [6]);
        let both = Baseline::of(&findings, folder.path());
        let gone = both.mark(&mut findings[..1], folder.path());
        assert_eq!(gone.len(), 1);
        assert_eq!((gone[0].1, both.len()), (1, 2));
    }

    #[test]
    fn another_lint_in_the_same_place_is_new() {
        let (folder, mut findings) = project(BEFORE, &[2]);
        let baseline = Baseline::of(&findings, folder.path());
        findings[0].lint = "b_lint".to_owned();
        assert_eq!(baseline.mark(&mut findings, folder.path()).len(), 1);
        assert_eq!(new_lines(&findings), [2]);
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let (folder, findings) = project(BEFORE, &[2, 5, 6]);
        let path = folder.path().join("baseline.toml");
        for findings in [&findings[..], &[]] {
            let written = Baseline::of(findings, folder.path());
            written.write(&path).expect("it is written");
            assert_eq!(Baseline::read(&path).expect("it is read"), written);
        }
    }

    #[test]
    fn bad_files_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baseline.toml");
        let error = |text: Option<&str>| {
            if let Some(text) = text {
                fs::write(&path, text).expect("a file");
            }
            Baseline::read(&path).expect_err("refused").to_string()
        };
        assert!(error(None).ends_with("write the file with `--write-baseline`"));
        assert!(error(Some("version = 2\n")).contains("has version 2"));
        let wrong = error(Some("version = 1\n[[finding]]\nlint = \"a\"\nline = 3\n"));
        assert!(
            wrong.contains("is no baseline") && wrong.contains("line"),
            "{wrong}"
        );
    }
}
