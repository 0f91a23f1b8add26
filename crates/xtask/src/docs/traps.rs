//! `traps.toml`, as far as the lints' page needs it.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, FileContext, Result};

/// One trap; the head of the file explains the fields.
#[derive(Debug, Deserialize)]
pub(super) struct Trap {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: String,
    pub(super) helper: String,
    pub(super) chapter: Option<String>,
    pub(super) demo: Option<String>,
}

#[derive(Deserialize)]
struct File {
    trap: Vec<Trap>,
}

pub(super) fn read(path: &Path) -> Result<Vec<Trap>> {
    let text = fs::read_to_string(path).file("read", path)?;
    let file: File = toml::from_str(&text)
        .map_err(|error| Error::new(format!("`{}` is not as expected: {error}", path.display())))?;
    Ok(file.trap)
}
