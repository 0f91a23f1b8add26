//! What a run found out about a crate, kept so that the next run goes on where this one stopped.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::list::Entry;
use crate::error::{Error, FileContext, Result};
use crate::hash::sha256;
use crate::lint::Finding;

/// The version of the file's form; other versions are linted again.
const VERSION: u32 = 1;

/// What a result depends on besides the crate and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    /// The hash of the lint library.
    pub(crate) library: String,
    /// The version of the compiler.
    pub(crate) rustc: String,
    /// The hash of the lock file.
    pub(crate) lock: String,
}

/// A target that was not linted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Skipped {
    pub(crate) target: String,
    pub(crate) reason: String,
}

/// How linting a crate came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub(crate) enum Status {
    Linted {
        units: usize,
        skipped: Vec<Skipped>,
        findings: Vec<Finding>,
    },
    NotLintable {
        reason: String,
    },
}

/// The result for one crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    pub(crate) key: Key,
    #[serde(flatten)]
    pub(crate) status: Status,
    /// Panics of a lint or of the compiler.
    pub(crate) panics: Vec<String>,
    pub(crate) seconds: u64,
    /// The next run is to try again: what went wrong need not lie in the crate.
    pub(crate) retry: bool,
}

impl Record {
    pub(crate) fn new(key: Key, status: Status, panics: Vec<String>, seconds: u64) -> Self {
        Self {
            version: VERSION,
            key,
            status,
            panics,
            seconds,
            retry: false,
        }
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        match &self.status {
            Status::Linted { findings, .. } => findings,
            Status::NotLintable { .. } => &[],
        }
    }
}

/// A short hash of a finding's source line: a verdict holds for this code and no other.
pub(crate) fn code_hash(finding: &Finding) -> String {
    sha256(&finding.snippet)[..12].to_owned()
}

/// The folder of records.
#[derive(Debug)]
pub(crate) struct Store(PathBuf);

impl Store {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn file(&self, entry: &Entry) -> PathBuf {
        self.0.join(format!("{}.json", entry.id()))
    }

    /// The record of the crate, when there is one that can be read.
    pub(crate) fn get(&self, entry: &Entry) -> Option<Record> {
        let text = fs::read_to_string(self.file(entry)).ok()?;
        let record: Record = serde_json::from_str(&text).ok()?;
        (record.version == VERSION).then_some(record)
    }

    pub(crate) fn put(&self, entry: &Entry, record: &Record) -> Result<()> {
        write_whole(&self.file(entry), record)
    }
}

/// Writes JSON in one step: a killed run leaves the old file or the new one.
pub(super) fn write_whole(path: &Path, value: &impl Serialize) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).file("create the folder", folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).file("create a file in", folder)?;
    serde_json::to_writer_pretty(&mut file, value)
        .map_err(|error| Error::new(format!("could not write `{}`: {error}", path.display())))?;
    file.persist(path)
        .map_err(|error| Error::file("move into place", path, &error.error))?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::corpus::list::tests::entry;
    use crate::lint::Place;

    pub(crate) fn finding(file: &str, line: usize) -> Finding {
        Finding {
            lint: "a_lint".to_owned(),
            message: "it is held | here".to_owned(),
            place: Place {
                file: file.to_owned(),
                line,
                column: 1,
                end_line: line,
                end_column: 2,
            },
            snippet: "let guard = lock();".to_owned(),
            krate: "x".to_owned(),
            notes: Vec::new(),
            fixes: Vec::new(),
            baseline: None,
            rendered: String::new(),
        }
    }

    pub(crate) fn key() -> Key {
        Key {
            library: "l".to_owned(),
            rustc: "1.96.0".to_owned(),
            lock: "k".to_owned(),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(folder.path().join("results"));
        let entry = entry("x");
        assert_eq!(store.get(&entry), None);
        let skipped = vec![Skipped {
            target: "test `t`".to_owned(),
            reason: "no such crate".to_owned(),
        }];
        let linted = Status::Linted {
            units: 3,
            skipped,
            findings: vec![finding("src/lib.rs", 3)],
        };
        let refused = Status::NotLintable {
            reason: "too new".to_owned(),
        };
        for status in [linted, refused] {
            let record = Record::new(key(), status, vec!["boom".to_owned()], 12);
            store.put(&entry, &record).expect("it is written");
            assert_eq!(store.get(&entry), Some(record));
        }
    }

    #[test]
    fn a_torn_or_older_record_counts_as_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(folder.path().to_path_buf());
        let status = Status::NotLintable {
            reason: "too new".to_owned(),
        };
        let mut record = Record::new(key(), status, Vec::new(), 0);
        record.version = VERSION + 1;
        store.put(&entry("x"), &record).expect("it is written");
        assert_eq!(store.get(&entry("x")), None);
        fs::write(folder.path().join("x-1.2.3.json"), "{\"version\":1").expect("a file");
        assert_eq!(store.get(&entry("x")), None);
    }
}
