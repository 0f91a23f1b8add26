//! Errors a user can act on: one sentence that says what is wrong and where, one that says how to
//! mend it, and an exit code that scripts can rely on.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | the work was done and found something: lint findings, failed tests |
//! | 2 | the work could not be done: bad input, or something missing on this machine |

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Exit code for findings and failed tests.
pub(crate) const FOUND: u8 = 1;
/// Exit code for bad input or an environment that lacks something.
pub(crate) const UNUSABLE: u8 = 2;

/// The mend for a full disk.
pub(crate) const MORE_SPACE: &str =
    "free some disk space, or point ASYNC_PATTERNS_CACHE at a disk that has more";

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Error {
    what: String,
    mend: Option<String>,
    details: Vec<String>,
    code: u8,
}

impl Error {
    /// Bad input or environment (exit code 2).
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: None,
            details: Vec::new(),
            code: UNUSABLE,
        }
    }

    /// Work that was done and found something wrong (exit code 1).
    pub(crate) fn found(what: impl Into<String>) -> Self {
        Self {
            code: FOUND,
            ..Self::new(what)
        }
    }

    /// A file operation on `path` that failed; `doing` completes "could not …".
    pub(crate) fn file(doing: &str, path: &Path, source: &io::Error) -> Self {
        let error = Self::new(format!("could not {doing} `{}`: {source}", path.display()));
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => error.mend(MORE_SPACE),
            io::ErrorKind::PermissionDenied => error.mend("check who owns it and its permissions"),
            _ => error,
        }
    }

    /// Says how to mend it, in the imperative and without a full stop.
    #[must_use]
    pub(crate) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// Lines to show below the sentence, such as the end of a program's output.
    #[must_use]
    pub(crate) fn details(mut self, lines: Vec<String>) -> Self {
        self.details = lines;
        self
    }

    /// The error without its details.
    pub(crate) fn sentence(&self) -> String {
        match &self.mend {
            Some(mend) => format!("{}; {mend}", self.what),
            None => self.what.clone(),
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        self.details
            .iter()
            .try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for Error {}

/// Names the operation and the path of an `io::Result`.
pub(crate) trait FileContext<T> {
    /// `doing` completes "could not …", for example `"read"`.
    fn file(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T> FileContext<T> for io::Result<T> {
    fn file(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|error| Error::file(doing, path, &error))
    }
}
