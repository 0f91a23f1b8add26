//! A compiler with dylint and its driver in one file, for machines that are not to build it.
//!
//! The file is a tar, compressed with zstd. Its first entry is a list of all files with their
//! SHA-256; then each different content once, named by its hash. An import verifies all of it
//! before it replaces anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::cache::Cache;
use super::compiler::{Compiler, Manifest};
use super::machine::Machine;
use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::hash::hex;
use crate::ui::Ui;

const FORMAT: u32 = 1;
const LIST: &str = "archive.json";
const CONTENTS: &str = "contents";
/// A list of some ten thousand files is far below this; a longer one is no list.
const LIST_BYTES: u64 = 64 << 20;
/// Good and quick enough: a quarter of the size in under a minute.
const LEVEL: i32 = 6;

/// The folders of an archive.
const COMPILER: &str = "compiler";
const TOOLS: &str = "tools";
const DRIVER: &str = "driver";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    format: u32,
    compiler: Manifest,
    dylint: String,
    files: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Relative, with `/`, and in one of the three folders.
    path: String,
    sha256: String,
    bytes: u64,
    executable: bool,
}

/// What an archive must hold to be of use here.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The keys of compilers that fit this checkout.
    pub(super) keys: Vec<String>,
    pub(super) host: String,
    pub(super) dylint: String,
}

/// Writes the archive and prints its hash.
pub(super) fn export(
    file: &Path,
    compiler: &Compiler,
    dylint: &str,
    cache: &Cache,
    ui: &Ui,
) -> Result<()> {
    let driver = cache.driver(dylint, &compiler.name());
    let driver_folder = driver.parent().unwrap_or(&driver).to_path_buf();
    let step = ui.step(format!("exporting to `{}`", file.display()));
    let mut sources = BTreeMap::new();
    let mut list = List {
        format: FORMAT,
        compiler: compiler.manifest.clone(),
        dylint: dylint.to_owned(),
        files: Vec::new(),
    };
    for (name, folder) in [
        (COMPILER, &compiler.root),
        (TOOLS, &cache.tools(dylint)),
        (DRIVER, &driver_folder),
    ] {
        collect(name, folder, &mut list.files, &mut sources)?;
    }
    step.total(sources.len() as u64);

    let place = std::path::absolute(file).file("find", file)?;
    let folder = place.parent().unwrap_or(&place);
    if !folder.is_dir() {
        return Err(Error::new(format!(
            "there is no folder `{}`",
            folder.display()
        )));
    }
    let mut part = tempfile::NamedTempFile::new_in(folder).file("create a file in", folder)?;
    let hash = write(&list, &sources, part.as_file_mut(), |name| {
        step.advance(name);
    })
    .file("write", part.path())?;
    let bytes = part.as_file().metadata().file("read", part.path())?.len();
    part.persist(&place)
        .map_err(|error| Error::file("move into place", &place, &error.error))?;
    step.done(format_args!("{} MB", bytes / 1_000_000));
    ui.line(format_args!(
        "its SHA-256 is {hash}; import it with `cargo xtask setup --import FILE --sha256 {hash}`"
    ));
    Ok(())
}

/// Lists the files of a folder; links are followed, so an archive holds none.
fn collect(
    name: &str,
    folder: &Path,
    list: &mut Vec<Entry>,
    sources: &mut BTreeMap<String, PathBuf>,
) -> Result<()> {
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            Error::new(format!("could not read `{}`: {error}", folder.display()))
        })?;
        if !entry.file_type().is_file() || files::is_part(entry.path()) {
            continue;
        }
        let path = entry.path();
        let inside = path.strip_prefix(folder).unwrap_or(path);
        let inside: Option<Vec<_>> = inside.iter().map(|part| part.to_str()).collect();
        let Some(inside) = inside else {
            return Err(Error::new(format!(
                "the name of `{}` is no UTF-8",
                path.display()
            )));
        };
        let (sha256, bytes) = hash_file(path)?;
        list.push(Entry {
            path: format!("{name}/{}", inside.join("/")),
            sha256: sha256.clone(),
            bytes,
            executable: files::is_executable(path),
        });
        sources.insert(sha256, path.to_path_buf());
    }
    Ok(())
}

/// Writes the archive into `output` and returns its SHA-256.
fn write(
    list: &List,
    sources: &BTreeMap<String, PathBuf>,
    output: &mut File,
    mut wrote: impl FnMut(&str),
) -> io::Result<String> {
    let mut hashing = Hashing {
        inner: output,
        hash: Sha256::new(),
    };
    let mut tar = tar::Builder::new(zstd::Encoder::new(&mut hashing, LEVEL)?);
    let text = serde_json::to_vec(list)?;
    append(&mut tar, LIST, text.len() as u64, text.as_slice())?;
    for (sha256, path) in sources {
        let file = File::open(path)?;
        append(
            &mut tar,
            &format!("{CONTENTS}/{sha256}"),
            file.metadata()?.len(),
            file,
        )?;
        wrote(&path.file_name().unwrap_or_default().to_string_lossy());
    }
    tar.into_inner()?.finish()?;
    hashing.flush()?;
    Ok(hex(&hashing.hash.finalize()))
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    name: &str,
    bytes: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, content)
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn hash_file(path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path).file("open", path)?;
    let mut hashing = Hashing {
        inner: io::sink(),
        hash: Sha256::new(),
    };
    let bytes = io::copy(&mut file, &mut hashing).file("read", path)?;
    Ok((hex(&hashing.hash.finalize()), bytes))
}

/// Verifies an archive and puts what it holds into the cache.
pub(super) fn import(
    file: &Path,
    sha256: Option<&str>,
    wanted: &Wanted,
    cache: &Cache,
    machine: &Machine,
    ui: &Ui,
) -> Result<Compiler> {
    let step = ui.step(format!("importing `{}`", file.display()));
    if let Some(wanted) = sha256 {
        let (found, _) = hash_file(file)?;
        if !found.eq_ignore_ascii_case(wanted) {
            return Err(Error::new(format!(
                "the SHA-256 of `{}` is {found}, not {wanted}",
                file.display()
            ))
            .mend("get the file again from where it was exported"));
        }
    }
    let damaged = |what: String| {
        Error::new(format!("`{}` is damaged: {what}", file.display()))
            .mend("get the file again from where it was exported")
    };
    let unreadable = |error: io::Error| {
        Error::new(format!(
            "`{}` is no exported toolchain or is damaged: {error}",
            file.display()
        ))
        .mend("get the file again from where it was exported")
    };
    let archive = File::open(file).file("open", file)?;
    let mut archive = tar::Archive::new(zstd::Decoder::new(archive).map_err(unreadable)?);
    let mut entries = archive.entries().map_err(unreadable)?;

    let list = match entries.next() {
        Some(entry) => read_list(entry.map_err(unreadable)?).map_err(damaged)?,
        None => return Err(damaged("it is empty".to_owned())),
    };
    check(&list, wanted, file)?;
    let expected = contents(&list).map_err(damaged)?;
    let bytes: u64 = expected.values().sum();
    machine.require_space(cache.root(), bytes, "the import")?;
    step.total(expected.len() as u64);

    let scratch = files::folder_beside(&cache.compilers())?;
    let mut missing: BTreeSet<_> = expected.keys().collect();
    for entry in entries {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let name = path
            .strip_prefix(CONTENTS)
            .ok()
            .and_then(Path::to_str)
            .unwrap_or_default();
        let Some((sha256, bytes)) = expected.get_key_value(name) else {
            return Err(damaged(format!("`{}` is not in its list", path.display())));
        };
        let place = scratch.path().join(sha256);
        let output = File::create(&place).file("create", &place)?;
        let mut output = Hashing {
            inner: output,
            hash: Sha256::new(),
        };
        let copied = io::copy(&mut entry.by_ref().take(bytes + 1), &mut output);
        let copied = copied.map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull => Error::file("write", &place, &error),
            _ => unreadable(error),
        })?;
        if copied != *bytes || hex(&output.hash.finalize()) != *sha256 {
            return Err(damaged(format!("the content {sha256} is another one")));
        }
        missing.remove(sha256);
        step.advance(&sha256[..8]);
    }
    if let Some(sha256) = missing.first() {
        return Err(damaged(format!("the content {sha256} is missing")));
    }

    let compiler = lay_out(&list, scratch.path(), cache)?;
    step.done("verified and put in place");
    Ok(compiler)
}

fn read_list(entry: tar::Entry<'_, impl Read>) -> Result<List, String> {
    if entry.path().map_err(|error| error.to_string())?.as_ref() != Path::new(LIST) {
        return Err("its list does not come first".to_owned());
    }
    serde_json::from_reader(entry.take(LIST_BYTES)).map_err(|error| format!("its list: {error}"))
}

/// Whether the archive is for this checkout and this kind of machine.
fn check(list: &List, wanted: &Wanted, file: &Path) -> Result<()> {
    let file = file.display();
    if list.format != FORMAT {
        return Err(Error::new(format!(
            "`{file}` has the format {}, and this version reads {FORMAT}",
            list.format
        ))
        .mend("export it anew with this version"));
    }
    let compiler = &list.compiler;
    if compiler.host != wanted.host {
        return Err(Error::new(format!(
            "`{file}` is for {}, this machine is {}",
            compiler.host, wanted.host
        )));
    }
    if !wanted.keys.contains(&compiler.key) || list.dylint != wanted.dylint {
        return Err(Error::new(format!(
            "`{file}` holds the compiler {} ({}, rustc {}) with dylint {}, and this checkout needs \
             the compiler {} with dylint {}",
            compiler.key,
            compiler.origin,
            compiler.rustc,
            list.dylint,
            wanted.keys.join(" or "),
            wanted.dylint
        ))
        .mend("export it anew from the same version of the checkout"));
    }
    Ok(())
}

/// The different contents with their sizes; a list that could lead out of its folders is refused.
fn contents(list: &List) -> Result<BTreeMap<String, u64>, String> {
    let mut contents = BTreeMap::new();
    for entry in &list.files {
        let mut parts = Path::new(&entry.path).components();
        let folder = parts
            .next()
            .map(Component::as_os_str)
            .and_then(|name| name.to_str());
        let known = folder.is_some_and(|name| [COMPILER, TOOLS, DRIVER].contains(&name));
        let inside = parts.clone().next().is_some()
            && parts.all(|part| matches!(part, Component::Normal(_)));
        let hash = entry.sha256.len() == 64
            && entry
                .sha256
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !(known && inside && hash) {
            return Err(format!("its list has a bad entry, `{}`", entry.path));
        }
        contents.insert(entry.sha256.clone(), entry.bytes);
    }
    Ok(contents)
}

/// Puts verified contents where they belong, one folder at a time and each in one step.
fn lay_out(list: &List, contents: &Path, cache: &Cache) -> Result<Compiler> {
    let compiler = Compiler {
        manifest: list.compiler.clone(),
        root: cache.compiler(&list.compiler.key),
    };
    let driver = cache.driver(&list.dylint, &compiler.name());
    let driver_folder = driver.parent().unwrap_or(&driver);
    let places = [
        (TOOLS, cache.tools(&list.dylint)),
        (DRIVER, driver_folder.to_path_buf()),
        (COMPILER, compiler.root.clone()),
    ];
    for (name, place) in places {
        let part = files::folder_beside(&place)?;
        for entry in &list.files {
            let Some(inside) = entry
                .path
                .strip_prefix(name)
                .and_then(|path| path.strip_prefix('/'))
            else {
                continue;
            };
            let content = contents.join(&entry.sha256);
            let target = part.path().join(inside);
            files::create_folder(target.parent().unwrap_or(part.path()))?;
            files::link_or_copy(&content, &target)?;
            if entry.executable {
                files::make_executable(&target)?;
            }
        }
        if name == COMPILER {
            // A compiler of rustup's has none of its own.
            compiler.manifest.write(part.path())?;
        }
        files::publish_folder(part, &place)?;
    }
    drop(fs::remove_dir_all(contents));
    Ok(compiler)
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
