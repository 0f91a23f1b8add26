//! File operations that leave the old state or the new one, never half of each.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};
use walkdir::WalkDir;

use crate::error::{Error, FileContext, Result};

/// How the names of unfinished files and folders start.
const PART: &str = ".part-";

/// Creates a folder and its parents.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).file("create the folder", folder)
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder, &error))
        }
        _ => Ok(()),
    }
}

/// Writes a file in one step, creating its folder.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let mut part = beside(path)?;
    part.write_all(content.as_ref()).file("write", path)?;
    persist(part, path)
}

/// Copies a file to its place in one step, with its permissions.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let part = beside(to)?;
    fs::copy(from, part.path()).file("copy", from)?;
    persist(part, to)
}

/// An empty temporary folder beside `place`, to be filled and then moved there.
pub(crate) fn folder_beside(place: &Path) -> Result<TempDir> {
    let parent = parent(place);
    create_folder(parent)?;
    tempfile::Builder::new()
        .prefix(PART)
        .tempdir_in(parent)
        .file("create a folder in", parent)
}

/// Moves a filled folder to its place; what was there before is gone afterwards.
pub(crate) fn publish_folder(part: TempDir, place: &Path) -> Result<()> {
    let old = folder_beside(place)?;
    match fs::rename(place, old.path().join("old")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::file("replace", place, &error));
        }
        _ => {}
    }
    let part = part.keep();
    fs::rename(&part, place).file("move into place", place)?;
    // tempfile makes its folders private; the cache's are as readable as others.
    make_executable(place)
}

/// Makes a program of a file, or lets everybody enter a folder.
#[cfg(unix)]
pub(crate) fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).file("make executable", path)
}

/// Only Unix keeps this with the file.
#[cfg(not(unix))]
pub(crate) fn make_executable(_: &Path) -> Result<()> {
    Ok(())
}

/// Whether it is a program.
#[cfg(unix)]
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o100 != 0)
}

/// Elsewhere the name decides.
#[cfg(not(unix))]
pub(crate) fn is_executable(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "exe")
}

/// Whether it is something that a kill left unfinished.
pub(crate) fn is_part(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(PART))
}

/// Removes what a kill left unfinished, down to the third level and not in the folders `without`.
pub(crate) fn remove_parts(folder: &Path, without: &[PathBuf]) {
    let entries = WalkDir::new(folder)
        .min_depth(1)
        .max_depth(3)
        .into_iter()
        .filter_entry(|entry| !without.iter().any(|folder| entry.path() == folder));
    for entry in entries.filter_map(std::result::Result::ok) {
        if is_part(entry.path()) {
            // Only space is lost when one cannot be removed.
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

/// Puts a file at a second place without using space for it where the file system can do that.
pub(crate) fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map(drop).file("copy", from)
}

/// The entries of a folder, sorted by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    };
    let mut paths = list().file("list", folder)?;
    paths.sort();
    Ok(paths)
}

fn beside(path: &Path) -> Result<NamedTempFile> {
    let parent = parent(path);
    create_folder(parent)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    builder.tempfile_in(parent).file("create a file in", parent)
}

fn persist(part: NamedTempFile, path: &Path) -> Result<()> {
    part.persist(path)
        .map_err(|error| Error::file("move into place", path, &error.error))?;
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_folder_replaces_the_old_one_and_leaves_nothing_else() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let place = root.path().join("place");
        for content in ["old", "new"] {
            let part = folder_beside(&place).expect("a part");
            write(&part.path().join("file"), content).expect("written");
            publish_folder(part, &place).expect("published");
        }
        assert_eq!(
            fs::read_to_string(place.join("file")).expect("there"),
            "new"
        );
        assert_eq!(entries(root.path()).expect("listed"), [place]);
    }

    #[test]
    fn a_write_into_a_missing_folder_creates_it() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let file = root.path().join("a/b/file");
        write(&file, "text").expect("written");
        assert_eq!(fs::read(&file).expect("there"), b"text");
        assert_eq!(
            entries(file.parent().expect("a parent"))
                .expect("listed")
                .len(),
            1
        );
    }

    #[test]
    fn removing_what_is_not_there_is_fine() {
        let root = tempfile::tempdir().expect("a temporary folder");
        remove_folder(&root.path().join("nothing")).expect("fine");
    }
}
