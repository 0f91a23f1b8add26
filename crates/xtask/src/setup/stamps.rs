//! Steps that are done once: each leaves a stamp when it is through, and only then.
//!
//! A kill at any point leaves the stamps of the steps before, so the next run goes on with the step
//! that was under way. A step must therefore be able to start over on what it left behind.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::files;

/// The stamps of one piece of work.
#[derive(Debug)]
pub(super) struct Stamps {
    folder: PathBuf,
}

impl Stamps {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.join("stamps"),
        }
    }

    /// Runs the step unless it was done.
    pub(super) fn once(&self, step: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
        let stamp = self.folder.join(step);
        if stamp.is_file() {
            return Ok(());
        }
        run()?;
        files::write(&stamp, "")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::error::Error;

    #[test]
    fn a_run_that_was_cut_short_goes_on_where_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ran = RefCell::new(Vec::new());
        let run = |dies_in: &str| {
            // A fresh value, as in a new process.
            let stamps = Stamps::in_folder(folder.path());
            ["download", "unpack", "compile"]
                .into_iter()
                .try_for_each(|step| {
                    stamps.once(step, || {
                        ran.borrow_mut().push(step);
                        if step == dies_in {
                            Err(Error::new("killed"))
                        } else {
                            Ok(())
                        }
                    })
                })
        };
        run("unpack").expect_err("cut short");
        assert_eq!(ran.take(), ["download", "unpack"]);
        run("compile").expect_err("cut short again");
        assert_eq!(ran.take(), ["unpack", "compile"]);
        run("").expect("through");
        assert_eq!(ran.take(), ["compile"]);
        run("").expect("nothing to do");
        assert!(ran.take().is_empty());
    }
}
