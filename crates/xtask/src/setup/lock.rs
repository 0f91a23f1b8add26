//! One setup at a time per cache.
//!
//! The lock is the operating system's on an open file, so it ends with the process, however that
//! ends. The file says who holds it, for the message of those who wait.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::ui::{Ui, human};

const POLL: Duration = Duration::from_millis(500);

/// A held lock; dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock, `limit` at most, telling the user whom it waits for.
    pub(super) fn acquire(path: &Path, limit: Duration, ui: &Ui) -> Result<Self> {
        let started = Instant::now();
        let mut told = false;
        loop {
            if let Some(lock) = Self::try_acquire(path)? {
                return Ok(lock);
            }
            let holder = holder(path);
            if started.elapsed() >= limit {
                return Err(Error::new(format!(
                    "{holder} has held `{}` for the {} that were waited for it",
                    path.display(),
                    human(limit)
                ))
                .mend("wait until it is done, or end that process, and run this again"));
            }
            if !told {
                ui.line(format_args!(
                    "{holder} is at it already; waiting for it to finish"
                ));
                told = true;
            }
            thread::sleep(POLL.min(limit));
        }
    }

    fn try_acquire(path: &Path) -> Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            files::create_folder(folder)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .file("open the lock", path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", path, &error)),
        }
        // `--clean` removes the file while it holds the lock: then this is a lock on a file that
        // nobody else will ever open.
        if !is_still_at(&file, path) {
            return Ok(None);
        }
        let note = format!("process {}", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(note.as_bytes()))
            .file("write the lock", path)?;
        Ok(Some(Self { _file: file }))
    }
}

/// Who wrote the lock file last.
fn holder(path: &Path) -> String {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(200).read_to_string(&mut text));
    match read {
        Ok(_) if text.starts_with("process ") => format!("another setup ({text})"),
        _ => "another setup".to_owned(),
    }
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_still_at(_: &File, path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    use super::*;

    const HELD: &str = "ASYNC_PATTERNS_TEST_HOLD_LOCK";

    /// Not a test by itself: the second process of the test below.
    #[test]
    fn holder_process() {
        if let Some(path) = std::env::var_os(HELD) {
            let path = PathBuf::from(path);
            let _lock =
                Lock::acquire(&path, Duration::from_secs(10), &Ui::plain()).expect("locked");
            println!("held");
            drop(std::io::stdin().read_to_string(&mut String::new()));
        }
    }

    #[test]
    fn a_second_process_waits_is_named_and_is_let_in_when_the_first_is_killed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("setup.lock");
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args([
                "setup::lock::tests::holder_process",
                "--exact",
                "--nocapture",
            ])
            .env(HELD, &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        assert!(lines.any(|line| line.expect("a line").contains("held")));

        let error = Lock::acquire(&path, Duration::ZERO, &Ui::plain()).expect_err("held");
        let text = error.to_string();
        assert!(text.contains(&format!("process {}", child.id())), "{text}");

        child.kill().expect("killed");
        child.wait().expect("ended");
        Lock::acquire(&path, Duration::from_secs(10), &Ui::plain()).expect("free again");
    }

    #[test]
    fn a_lock_whose_file_was_removed_is_not_the_lock() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("setup.lock");
        let first = Lock::acquire(&path, Duration::ZERO, &Ui::plain()).expect("locked");
        fs::remove_file(&path).expect("removed");
        let _second = Lock::acquire(&path, Duration::ZERO, &Ui::plain()).expect("a new file");
        drop(first);
        Lock::acquire(&path, Duration::ZERO, &Ui::plain()).expect_err("the second holds it");
    }
}
