//! Proof that the lints ran.
//!
//! A dylint run in which no library was loaded looks like a clean one, and cargo skips crates that
//! are fresh. With `ASYNC_PATTERNS_RECEIPTS` set to a folder, every crate that is checked leaves a
//! file there, named like the compiler's own output for it (`<crate name><extra filename>.json`),
//! so that a front end can compare what was checked with what cargo built. The receipts of crates
//! that cargo did not check again are still there from the run that did.
//!
//! The variable is read without telling cargo about it: it changes nothing in what the compiler
//! produces, and tracking it would check everything again when the folder moves.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process,
};

use rustc_hir::def_id::LOCAL_CRATE;
use rustc_lint::Lint;
use rustc_middle::ty::TyCtxt;
use serde::Serialize;

const FOLDER_VARIABLE: &str = "ASYNC_PATTERNS_RECEIPTS";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Receipt<'a> {
    version: u32,
    #[serde(rename = "crate")]
    crate_name: &'a str,
    library: &'a str,
    lints: Vec<String>,
    bodies: usize,
}

/// Writes the receipt of the crate under check, if a folder for it is set.
pub(crate) fn leave(tcx: TyCtxt<'_>, lints: &[&'static Lint], bodies: usize) {
    let Some(folder) = env::var_os(FOLDER_VARIABLE).map(PathBuf::from) else {
        return;
    };
    let crate_name = tcx.crate_name(LOCAL_CRATE);
    let receipt = Receipt {
        version: VERSION,
        crate_name: crate_name.as_str(),
        library: env!("CARGO_PKG_VERSION"),
        lints: lints.iter().map(|lint| lint.name_lower()).collect(),
        bodies,
    };
    let file = folder.join(format!(
        "{crate_name}{}.json",
        tcx.sess.opts.cg.extra_filename
    ));
    if let Err(error) = write(&file, &receipt) {
        tcx.dcx().warn(format!(
            "async_patterns_lints cannot write its receipt to `{}` (from {FOLDER_VARIABLE}): {error}",
            file.display()
        ));
    }
}

/// Writes through a temporary file, so that a reader never sees half a receipt.
fn write(file: &Path, receipt: &Receipt<'_>) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", process::id()));
    let temporary = folder.join(name);
    fs::write(&temporary, serde_json::to_vec(receipt)?)?;
    fs::rename(&temporary, file).inspect_err(|_| {
        // The error that counts is the rename's; a left-over file is only untidy.
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_replaces_the_one_before_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nested").join("demo-0123.json");
        for bodies in [1, 2] {
            let receipt = Receipt {
                version: VERSION,
                crate_name: "demo",
                library: "0.0.0",
                lints: vec!["some_lint".to_owned()],
                bodies,
            };
            write(&file, &receipt).unwrap();
        }
        let read: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "version": 1, "crate": "demo", "library": "0.0.0", "lints": ["some_lint"], "bodies": 2
            })
        );
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
}
