//! `corpus.toml`: which crates are linted.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use semver::Version;
use serde::Deserialize;

use crate::error::{Error, FileContext, Result};

/// A published crate at one version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) kind: String,
    pub(crate) why: String,
}

impl Entry {
    /// `name-version`, for file names.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

/// The file's content.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "crate")]
    crates: Vec<Entry>,
}

/// Reads the list.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>> {
    parse(&fs::read_to_string(path).file("read", path)?)
        .map_err(|complaint| Error::new(format!("`{}`: {complaint}", path.display())))
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut names = BTreeSet::new();
    match file.crates.iter().find(|entry| !names.insert(&entry.name)) {
        Some(twice) => Err(format!("`{}` is listed twice", twice.name)),
        None => Ok(file.crates),
    }
}

/// One of several machines' part of the work, written `k/n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    index: usize,
    of: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, of)| {
            Some((index.parse::<usize>().ok()?, of.parse::<usize>().ok()?))
        });
        match parts {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err(format!("`{text}` is no part such as 1/4, 2/4, 3/4 or 4/4")),
        }
    }
}

/// The crates that this run is to look at.
pub(crate) fn choose<'a>(
    entries: &'a [Entry],
    only: &[String],
    shard: Option<Shard>,
) -> Result<Vec<&'a Entry>> {
    if let Some(unknown) = only
        .iter()
        .find(|name| !entries.iter().any(|e| e.name == **name))
    {
        return Err(Error::new(format!("`{unknown}` is not in corpus.toml"))
            .mend("add it there, with a version"));
    }
    let wanted = entries
        .iter()
        .filter(|entry| only.is_empty() || only.contains(&entry.name));
    // Neighbours in the list are of one kind and share dependencies and size: deal them out.
    let mine = wanted
        .enumerate()
        .filter(|(at, _)| shard.is_none_or(|shard| at % shard.of == shard.index - 1));
    Ok(mine.map(|(_, entry)| entry).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn entry(name: &str) -> Entry {
        Entry {
            name: name.to_owned(),
            version: Version::new(1, 2, 3),
            kind: "HTTP".to_owned(),
            why: "it has futures".to_owned(),
        }
    }

    #[test]
    fn the_committed_list_is_whole() {
        let entries = parse(include_str!("../../../../corpus.toml")).expect("a good list");
        assert!(entries.len() >= 36, "{}", entries.len());
        assert!(entries.iter().all(|entry| !entry.why.is_empty()));
        assert!(entries.iter().any(|entry| entry.kind == "program"));
    }

    #[test]
    fn bad_lists_are_refused() {
        let one = "[[crate]]\nname = \"a\"\nversion = \"1.0.0\"\nkind = \"k\"\nwhy = \"w\"\n";
        assert!(parse(one).is_ok());
        assert_eq!(
            parse(&format!("{one}{one}")),
            Err("`a` is listed twice".to_owned())
        );
        assert!(parse(&one.replace("1.0.0", "1")).is_err());
        assert!(parse(&one.replace("kind", "kinds")).is_err());
    }

    #[test]
    fn shards_are_disjoint_and_whole() {
        let entries: Vec<_> = ["a", "b", "c", "d", "e"].map(entry).to_vec();
        let part = |text: &str| {
            let shard = text.parse().expect("a shard");
            choose(&entries, &[], Some(shard)).expect("a choice")
        };
        let mut all: Vec<_> = ["1/3", "2/3", "3/3"].into_iter().flat_map(part).collect();
        assert_eq!(all.len(), 5);
        all.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(all.into_iter().eq(&entries));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_outside_the_list_are_refused() {
        let entries = [entry("a")];
        assert!(choose(&entries, &["a".to_owned()], None).is_ok_and(|chosen| chosen.len() == 1));
        let error = choose(&entries, &["b".to_owned()], None)
            .expect_err("unknown")
            .to_string();
        assert!(error.starts_with("`b` is not in corpus.toml"), "{error}");
    }
}
