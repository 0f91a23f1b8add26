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

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Error {
    what: String,
    mend: Option<String>,
    code: u8,
}

impl Error {
    /// Bad input or environment (exit code 2).
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: None,
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
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => error.mend(
                "free some disk space, or point ASYNC_PATTERNS_CACHE at a disk that has more",
            ),
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

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.mend {
            Some(mend) => write!(f, "; {mend}"),
            None => Ok(()),
        }
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
