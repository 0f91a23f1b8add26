//! A toolchain folder in rustup's layout out of Debian's packages and the crates that were built.

use std::fs;
use std::path::Path;

use super::super::compiler::Manifest;
use super::super::recipe::DebianRelease;
use super::HOST;
use super::compile::Built;
use crate::error::{FileContext, Result};
use crate::files::{self, create_folder, link_or_copy};

const RUSTC: &str = include_str!("wrappers/rustc.sh");
const CARGO: &str = include_str!("wrappers/cargo.sh");

/// Puts the folder together and moves it to `place`.
pub(super) fn assemble(
    root: &Path,
    built: &Built,
    cargo: &Path,
    release: &DebianRelease,
    manifest: &Manifest,
    place: &Path,
) -> Result<()> {
    let part = files::folder_beside(place)?;
    let folder = part.path();
    let lib = folder.join("lib");
    let target_lib = lib.join("rustlib").join(HOST).join("lib");
    let (bin, libexec) = (folder.join("bin"), folder.join("libexec"));
    for folder in [&target_lib, &bin, &libexec] {
        create_folder(folder)?;
    }

    for file in files::entries(&root.join("usr/lib/rustlib").join(HOST).join("lib"))? {
        if matches!(extension(&file), "rlib" | "rmeta") {
            link_into(&file, &target_lib)?;
        }
    }
    for file in built.metadata.iter().chain(&built.proc_macros) {
        link_into(file, &target_lib)?;
    }
    // Found by rustc among the crates, and by the loader beside the other libraries.
    link_into(&built.driver, &target_lib)?;
    link_into(&built.driver, &lib)?;

    // Debian's own compiler library, LLVM, and whatever else had to be fetched.
    for file in files::entries(&root.join("usr/lib/x86_64-linux-gnu"))? {
        if file_name(&file).contains(".so") && file.is_file() {
            let real = file.canonicalize().file("find", &file)?;
            link_or_copy(&real, &lib.join(file_name(&file)))?;
        }
    }
    // What links to the driver links to LLVM too and looks for it here, by its name for linkers.
    let llvm = format!("libLLVM-{}.so", release.llvm_major);
    link_or_copy(&lib.join(&llvm), &target_lib.join(&llvm))?;

    let nightly = format!(
        "{}-nightly ({} {})",
        release.rustc,
        &manifest.commit[..9.min(manifest.commit.len())],
        release.branched
    );
    for program in ["rustc", "rustdoc"] {
        link_or_copy(&root.join("usr/bin").join(program), &libexec.join(program))?;
        let script = RUSTC
            .replace("@PROGRAM@", program)
            .replace("@VERSION@", &nightly);
        write_program(&bin.join(program), &script)?;
    }
    // A copy, so that an update of the user's cargo changes nothing here.
    fs::copy(cargo, libexec.join("cargo")).file("copy", cargo)?;
    write_program(&bin.join("cargo"), CARGO)?;

    manifest.write(folder)?;
    files::publish_folder(part, place)
}

fn link_into(file: &Path, folder: &Path) -> Result<()> {
    link_or_copy(file, &folder.join(file_name(file)))
}

fn file_name(file: &Path) -> &str {
    file.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

fn extension(file: &Path) -> &str {
    file.extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    files::write(path, text)?;
    files::make_executable(path)
}
