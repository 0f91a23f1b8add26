//! Where things are: this checkout, and the cache that setup fills.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The root of the checkout: the folder with the workspace's `Cargo.toml` and `lints/`.
///
/// Cargo's alias runs the binary with `CARGO_MANIFEST_DIR` set; a binary started by hand looks
/// upward from the current folder.
pub(crate) fn workspace_root() -> Result<PathBuf> {
    let here = env::current_dir()
        .map_err(|error| Error::new(format!("could not read the current folder: {error}")))?;
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    manifest_dir
        .iter()
        .chain([&here])
        .flat_map(|start| start.ancestors())
        .find(|folder| is_workspace_root(folder))
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            Error::new(format!(
                "`{}` is not inside the async-patterns checkout",
                here.display()
            ))
            .mend("change into the checkout and run `cargo xtask` there")
        })
}

fn is_workspace_root(folder: &Path) -> bool {
    folder.join("traps.toml").is_file() && folder.join("lints/Cargo.toml").is_file()
}

/// Cargo's own folder: `$CARGO_HOME`, else `~/.cargo`.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(env::home_dir()?.join(".cargo")))
}

/// The cache: `$ASYNC_PATTERNS_CACHE`, else `$XDG_CACHE_HOME/async-patterns`, else
/// `~/.cache/async-patterns`. Always absolute.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    let from_env = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = from_env("ASYNC_PATTERNS_CACHE") {
        return std::path::absolute(&folder).map_err(|error| {
            Error::new(format!("ASYNC_PATTERNS_CACHE is no usable path: {error}"))
        });
    }
    // The XDG specification says that a relative path is to be ignored.
    if let Some(base) = from_env("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|base| base.is_absolute())
    {
        return Ok(base.join("async-patterns"));
    }
    let home = env::home_dir().filter(|home| home.is_absolute());
    home.map(|home| home.join(".cache/async-patterns"))
        .ok_or_else(|| {
            Error::new("there is no home folder to keep the cache in")
                .mend("set ASYNC_PATTERNS_CACHE to a folder")
        })
}
