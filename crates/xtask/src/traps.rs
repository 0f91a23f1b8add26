//! `traps.toml`, as far as the lints' page and the corpus need it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, FileContext, Result};

/// One trap; the head of the file explains the fields.
#[derive(Debug, Deserialize)]
pub(crate) struct Trap {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) severity: String,
    pub(crate) helper: String,
    /// Its lint's level by default.
    pub(crate) lint: Option<String>,
    pub(crate) chapter: Option<String>,
    pub(crate) demo: Option<String>,
}

#[derive(Deserialize)]
struct File {
    trap: Vec<Trap>,
}

pub(crate) fn read(path: &Path) -> Result<Vec<Trap>> {
    let text = fs::read_to_string(path).file("read", path)?;
    let file: File = toml::from_str(&text)
        .map_err(|error| Error::new(format!("`{}` is not as expected: {error}", path.display())))?;
    Ok(file.trap)
}

/// The lints that report nothing unless they are asked for.
pub(crate) fn off_by_default(traps: Vec<Trap>) -> BTreeSet<String> {
    traps
        .into_iter()
        .filter(|trap| trap.lint.as_deref() == Some("allow"))
        .map(|trap| trap.id)
        .collect()
}
