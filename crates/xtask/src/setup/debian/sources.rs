//! The compiler's sources out of `rust-web-src`, as a workspace that builds `rustc_driver` alone.

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use crate::error::{Error, FileContext, Result};
use crate::files;

/// rustc's own workspace has hundreds of members that Debian does not ship. `opt-level = 1` halves
/// the build and costs the lints little; the override is one that rustc's own manifest has too.
const MANIFEST: &str = r#"[workspace]
resolver = "2"
members = ["compiler/rustc"]
exclude = ["compiler/rustc_codegen_cranelift", "compiler/rustc_codegen_gcc"]

[profile.release]
opt-level = 1
debug = 0
codegen-units = 16

[profile.release.package.rustc_thread_pool]
overflow-checks = false
"#;

/// Assembles the workspace in `place` from the unpacked source package.
pub(super) fn assemble(package: &Path, place: &Path) -> Result<()> {
    let part = files::folder_beside(place)?;
    // A compiler crate includes the sources of `proc_macro` by path.
    for folder in ["compiler", "library/proc_macro"] {
        copy_tree(&package.join(folder), &part.path().join(folder))?;
    }
    let lock = package.join("Cargo.lock");
    fs::copy(&lock, part.path().join("Cargo.lock")).file("copy", &lock)?;
    files::write(&part.path().join("Cargo.toml"), MANIFEST)?;
    files::publish_folder(part, place)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry.map_err(|error| {
            Error::new(format!(
                "could not read the sources in `{}`: {error}",
                from.display()
            ))
        })?;
        let inside = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let target = to.join(inside);
        if entry.file_type().is_dir() {
            files::create_folder(&target)?;
        } else {
            fs::copy(entry.path(), &target).file("copy", entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_holds_what_the_build_reads() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let package = folder.path().join("package");
        for file in [
            "compiler/rustc/Cargo.toml",
            "library/proc_macro/src/lib.rs",
            "Cargo.lock",
        ] {
            files::write(&package.join(file), file).expect("written");
        }
        files::write(&package.join("library/std/src/lib.rs"), "").expect("written");
        let place = folder.path().join("src");
        assemble(&package, &place).expect("assembled");
        for file in [
            "compiler/rustc/Cargo.toml",
            "library/proc_macro/src/lib.rs",
            "Cargo.lock",
        ] {
            assert_eq!(fs::read_to_string(place.join(file)).expect("there"), file);
        }
        assert!(!place.join("library/std").exists());
        toml::from_str::<toml::Table>(MANIFEST).expect("a manifest");
    }

    #[test]
    fn a_package_without_the_compiler_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = folder.path().join("src");
        let error = assemble(&folder.path().join("package"), &place).expect_err("nothing there");
        assert!(error.to_string().contains("package/compiler"), "{error}");
        assert!(!place.exists());
    }
}
