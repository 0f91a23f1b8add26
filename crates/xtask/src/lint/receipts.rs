//! Proof that the library looked at what a run claims to have checked.
//!
//! A dylint run that loads no library, or one that cargo answers from its cache, exits with 0 and
//! reports nothing, as a clean run does. So the library leaves a file for each compilation unit in
//! the folder that [`ENV`] names, and after a run every unit of the linted workspace must have one
//! that lists the lints. The file is named after the crate and rustc's `-C extra-filename`, which
//! is also in the file names that cargo reports for the unit.
//!
//! The folder lies beside dylint's own target folder: receipts stay as long as the units that they
//! belong to, and `cargo clean` takes both away.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{FileContext, Result};
use crate::lint::unit::Unit;

/// Tells the library where its receipts go.
pub(crate) const ENV: &str = "ASYNC_PATTERNS_RECEIPTS";

/// The version of the receipts' form.
const VERSION: u32 = 1;

/// The file that says under which settings the receipts were written.
const KEY_FILE: &str = "key";

/// What the library writes; fields that nothing here needs are left out.
#[derive(Debug, Deserialize)]
struct Receipt {
    version: u32,
    lints: BTreeSet<String>,
}

/// The folder of receipts.
#[derive(Debug)]
pub(crate) struct Receipts {
    folder: PathBuf,
}

impl Receipts {
    /// Opens the folder. Receipts that were written under another `key` (library, flags) are
    /// removed: cargo does not always check again when these change, and then the old ones would
    /// vouch for messages of the old settings.
    pub(crate) fn open(folder: PathBuf, key: &str) -> Result<Self> {
        let receipts = Self { folder };
        let key_file = receipts.folder.join(KEY_FILE);
        if fs::read_to_string(&key_file).ok().as_deref() != Some(key) {
            receipts.forget()?;
            fs::create_dir_all(&receipts.folder).file("create the folder", &receipts.folder)?;
            fs::write(&key_file, key).file("write", &key_file)?;
        }
        Ok(receipts)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes all of them, so that the next run checks everything again.
    pub(crate) fn forget(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result.file("remove", &self.folder),
        }
    }

    /// The units of which the library did not say that it ran these lints on them.
    pub(crate) fn missing<'a>(&self, units: &'a [Unit], lints: &BTreeSet<String>) -> Vec<&'a Unit> {
        units
            .iter()
            .filter(|unit| !self.vouches(unit, lints))
            .collect()
    }

    fn vouches(&self, unit: &Unit, lints: &BTreeSet<String>) -> bool {
        // Without a hash there is no telling which receipt is whose, and a wrong one is worse than
        // none.
        let Some(hash) = &unit.hash else { return false };
        let file = self
            .folder
            .join(format!("{}-{hash}.json", unit.target.krate()));
        let Ok(text) = fs::read_to_string(file) else {
            return false;
        };
        serde_json::from_str::<Receipt>(&text)
            .is_ok_and(|receipt| receipt.version == VERSION && receipt.lints.is_superset(lints))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::unit;

    fn unit(krate: &str, hash: Option<&str>) -> Unit {
        Unit {
            hash: hash.map(str::to_owned),
            ..unit::tests::unit("lib", krate, false)
        }
    }

    fn lints(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_a_receipt_with_all_lints_vouches() {
        let folder = tempfile::tempdir().expect("a folder");
        let receipts = Receipts::open(folder.path().join("r"), "key").expect("it opens");
        let write = |name: &str, text: &str| {
            fs::write(receipts.folder().join(name), text).expect("a receipt");
        };
        write(
            "whole-0000000000000001.json",
            r#"{"version":1,"crate":"whole","library":"0.1.0","lints":["a","b"],"bodies":3}"#,
        );
        write(
            "part-0000000000000002.json",
            r#"{"version":1,"lints":["a"]}"#,
        );
        write(
            "newer-0000000000000003.json",
            r#"{"version":2,"lints":["a","b"]}"#,
        );
        write("torn-0000000000000004.json", r#"{"version":1,"li"#);
        let units = [
            unit("whole", Some("0000000000000001")),
            unit("part", Some("0000000000000002")),
            unit("newer", Some("0000000000000003")),
            unit("torn", Some("0000000000000004")),
            unit("none", Some("0000000000000005")),
            unit("whole", None),
        ];
        let missing = receipts.missing(&units, &lints(&["a", "b"]));
        let names: Vec<_> = missing
            .iter()
            .map(|unit| unit.target.name.as_str())
            .collect();
        assert_eq!(names, ["part", "newer", "torn", "none", "whole"]);
    }

    #[test]
    fn another_key_forgets_the_receipts() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("r");
        let text = r#"{"version":1,"lints":["a"]}"#;
        let units = [unit("x", Some("0000000000000001"))];
        let first = Receipts::open(place.clone(), "one").expect("it opens");
        fs::write(place.join("x-0000000000000001.json"), text).expect("a receipt");
        assert!(first.missing(&units, &lints(&["a"])).is_empty());
        let again = Receipts::open(place.clone(), "one").expect("it opens");
        assert!(again.missing(&units, &lints(&["a"])).is_empty());
        let other = Receipts::open(place, "two").expect("it opens");
        assert_eq!(other.missing(&units, &lints(&["a"])).len(), 1);
    }
}
