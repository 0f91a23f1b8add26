//! Shared libraries that the compiler needs and a bare machine may lack.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::process;

/// Which package of Debian 12 has which library. Those of the base system (libc, libstdc++, libz)
/// are not here: the C compiler that linking needs brings them.
const PACKAGES: &[(&str, &str)] = &[
    ("libbsd.so.0", "libbsd0"),
    ("libcurl.so.4", "libcurl4"),
    ("libedit.so.2", "libedit2"),
    ("libffi.so.8", "libffi8"),
    ("libicudata.so.72", "libicu72"),
    ("libicuuc.so.72", "libicu72"),
    ("liblzma.so.5", "liblzma5"),
    ("libmd.so.0", "libmd0"),
    ("libpfm.so.4", "libpfm4"),
    ("libtinfo.so.6", "libtinfo6"),
    ("libxml2.so.2", "libxml2"),
    ("libz.so.1", "zlib1g"),
    ("libz3.so.4", "libz3-4"),
    ("libzstd.so.1", "libzstd1"),
];

/// Fetches packages until no library of `binaries` is missing, looking in `folder` and in the
/// system. `fetch` gets a package's name and puts its libraries into `folder`.
pub(in crate::setup) fn complete(
    binaries: &[PathBuf],
    folder: &Path,
    fetch: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    complete_with(|| missing(binaries, folder), fetch)
}

fn complete_with(
    missing: impl Fn() -> Result<BTreeSet<String>>,
    mut fetch: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let mut fetched = BTreeSet::new();
    loop {
        // A library may need others in turn, which shows once it is there.
        let Some(library) = missing()?.into_iter().next() else {
            return Ok(());
        };
        let package = PACKAGES.iter().find(|(name, _)| *name == library);
        let Some((_, package)) = package.filter(|(_, package)| fetched.insert(*package)) else {
            return Err(
                Error::new(format!("the compiler needs `{library}`, which is not here"))
                    .mend("install the package that has it"),
            );
        };
        fetch(package)?;
    }
}

fn missing(binaries: &[PathBuf], folder: &Path) -> Result<BTreeSet<String>> {
    let mut ldd = process::sanitised("ldd");
    ldd.args(binaries)
        .env("LD_LIBRARY_PATH", folder)
        .env("LC_ALL", "C");
    let text = process::read(
        "the search for missing libraries",
        ldd,
        "the Debian route needs ldd, of the package libc-bin",
    )?;
    Ok(not_found(&text))
}

/// The libraries that `ldd` did not find: lines such as `libedit.so.2 => not found`.
fn not_found(ldd: &str) -> BTreeSet<String> {
    ldd.lines()
        .filter_map(|line| line.trim().strip_suffix("=> not found"))
        .map(|library| library.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn what_ldd_did_not_find_is_read() {
        let text = "\
/root/lib/libLLVM.so.22.1:
\tlinux-vdso.so.1 (0x00007f)
\tlibedit.so.2 => not found
\tlibz3.so.4 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
/root/bin/rustc:
\tlibedit.so.2 => not found
";
        let found: Vec<_> = not_found(text).into_iter().collect();
        assert_eq!(found, ["libedit.so.2", "libz3.so.4"]);
    }

    #[test]
    fn libraries_of_libraries_are_fetched_until_none_is_missing() {
        let lacking = RefCell::new(vec!["libxml2.so.2"]);
        let fetched = RefCell::new(Vec::new());
        let missing = || {
            Ok(lacking
                .borrow()
                .iter()
                .map(|&name| name.to_owned())
                .collect())
        };
        complete_with(missing, |package| {
            fetched.borrow_mut().push(package.to_owned());
            *lacking.borrow_mut() = if package == "libxml2" {
                vec!["libicudata.so.72", "libicuuc.so.72"]
            } else {
                vec![]
            };
            Ok(())
        })
        .expect("complete");
        assert_eq!(fetched.take(), ["libxml2", "libicu72"]);
    }

    #[test]
    fn a_library_of_no_known_package_and_one_that_does_not_come_are_errors() {
        for (library, fetches) in [("libmystery.so.1", 0), ("libedit.so.2", 1)] {
            let fetched = RefCell::new(0);
            let missing = || Ok(BTreeSet::from([library.to_owned()]));
            let error = complete_with(missing, |_| {
                *fetched.borrow_mut() += 1;
                Ok(())
            });
            let text = error.expect_err("missing").to_string();
            assert!(text.contains(library), "{text}");
            assert_eq!(fetched.take(), fetches);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_complete_program_fetches_nothing() {
        let program = std::env::current_exe().expect("a path");
        let folder = program.parent().expect("a folder").to_path_buf();
        complete(&[program], &folder, |package| panic!("fetched {package}")).expect("complete");
    }
}
