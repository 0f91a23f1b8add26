//! The folders of the cache, and nothing but their names.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::{files, paths};

/// Marks a cache for backup programs (<https://bford.info/cachedir/>) and for [`super::clean`].
const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # The cache of `cargo xtask setup`. `cargo xtask setup --clean` removes it.\n";

/// The cache of setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    pub(super) fn of_user() -> Result<Self> {
        Ok(Self {
            root: paths::cache_dir()?,
        })
    }

    #[cfg(test)]
    pub(super) fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// Creates the folder and marks it as a cache.
    ///
    /// A folder with other things in it is refused: `--clean` would otherwise have to tell one from
    /// the other.
    pub(super) fn create(&self) -> Result<()> {
        let tag = self.tag();
        if tag.is_file() {
            return Ok(());
        }
        files::create_folder(&self.root)?;
        let has_others = files::entries(&self.root)?
            .iter()
            .any(|entry| !files::is_part(entry));
        // Another process may have created the cache since the look at its tag.
        if has_others && !tag.is_file() {
            return Err(Error::new(format!(
                "`{}` holds other things than the cache of setup",
                self.root.display()
            ))
            .mend("point ASYNC_PATTERNS_CACHE at an empty or a new folder"));
        }
        files::write(&tag, TAG_TEXT)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn tag(&self) -> PathBuf {
        self.root.join(TAG)
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("setup.lock")
    }

    /// For installing programs, see [`super::programs`].
    pub(super) fn programs_lock(&self) -> PathBuf {
        self.root.join("programs.lock")
    }

    /// Compilers, one folder per key.
    pub(super) fn compilers(&self) -> PathBuf {
        self.root.join("compilers")
    }

    pub(super) fn compiler(&self, key: &str) -> PathBuf {
        self.compilers().join(key)
    }

    /// Where a compiler is built; of no use once it is.
    pub(super) fn build(&self, key: &str) -> PathBuf {
        self.root.join("build").join(key)
    }

    pub(super) fn all_tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// `cargo install --root` of the dylint tools; the programs are in `bin/`.
    pub(super) fn tools(&self, dylint: &str) -> PathBuf {
        self.all_tools().join(dylint)
    }

    /// The folder for `DYLINT_DRIVER_PATH`.
    pub(super) fn drivers(&self, dylint: &str) -> PathBuf {
        self.root.join("drivers").join(dylint)
    }

    /// The driver of one toolchain; dylint moves it there in one step.
    pub(super) fn driver(&self, dylint: &str, toolchain: &str) -> PathBuf {
        let file = format!("dylint-driver{}", std::env::consts::EXE_SUFFIX);
        self.drivers(dylint).join(toolchain).join(file)
    }

    /// Built lint libraries and what they are built in.
    pub(super) fn libraries(&self) -> PathBuf {
        self.root.join("libraries")
    }

    pub(super) fn log(&self, step: &str) -> PathBuf {
        self.root.join("logs").join(format!("{step}.log"))
    }

    /// The toolchains that setup had rustup install.
    pub(super) fn installed(&self) -> PathBuf {
        self.root.join("installed-toolchains")
    }

    /// Package lists of apt, for a machine whose own do not have what is needed.
    pub(super) fn apt(&self) -> PathBuf {
        self.root.join("apt")
    }

    /// Everything in the cache that setup has put there.
    pub(super) fn contents(&self) -> Vec<PathBuf> {
        [
            "compilers",
            "build",
            "tools",
            "drivers",
            "libraries",
            "logs",
            "apt",
        ]
        .map(|name| self.root.join(name))
        .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_things_in_it_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::at(folder.path());
        files::write(&folder.path().join("letter.txt"), "dear").expect("written");
        let error = cache.create().expect_err("refused").to_string();
        assert!(error.contains("ASYNC_PATTERNS_CACHE"), "{error}");
        assert_eq!(files::entries(folder.path()).expect("listed").len(), 1);

        std::fs::remove_file(folder.path().join("letter.txt")).expect("removed");
        cache.create().expect("an empty folder");
        files::write(&folder.path().join("compilers/1/file"), "").expect("written");
        cache.create().expect("a cache already");
    }
}
