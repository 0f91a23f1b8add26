//! The Debian route: a compiler with `rustc-dev` built from Debian's own packages, for machines
//! that reach Debian's mirror and crates.io but not rustup's server.
//!
//! Debian ships rustc, its `std` and its sources, but not the compiler's crates that lints link
//! to. They are built here from those sources by that rustc, and put with its `std` into one
//! folder. Packages are unpacked into a private folder; nothing is installed and nothing needs root.

pub(super) mod apt;
mod assemble;
mod compile;
pub(super) mod libraries;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use self::apt::Apt;
use self::compile::{Built, Compile};
use super::cache::Cache;
use super::compiler::Manifest;
use super::machine::{GB, Machine};
use super::recipe::DebianRelease;
use super::stamps::Stamps;
use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::ui::Ui;

/// The one kind of machine that the packages are for.
pub(super) const HOST: &str = "x86_64-unknown-linux-gnu";

/// Disk that the build takes at its height.
pub(super) const BUILD_SPACE: u64 = 5 * GB;

/// Whether the route can be taken on this machine, and if not, why.
pub(super) fn check(release: &DebianRelease, machine: &Machine, cache: &Cache) -> Result<()> {
    let elsewhere = "use `--route rustup`, or import a toolchain with `--import FILE`";
    if (machine.os, machine.arch) != ("linux", "x86_64") {
        return Err(Error::new(format!(
            "the Debian route needs x86-64 Linux, this is {} on {}",
            machine.os, machine.arch
        ))
        .mend(elsewhere));
    }
    let here = machine.release()?;
    if (here.id.as_str(), here.version.as_str()) != ("debian", release.debian) {
        return Err(Error::new(format!(
            "the Debian route needs Debian {} and `{}` says that this is {}",
            release.debian,
            machine.os_release.display(),
            here.name
        ))
        .mend(elsewhere));
    }
    machine.require(&[
        ("apt-get", "the Debian route", elsewhere),
        ("apt-cache", "the Debian route", elsewhere),
        ("dpkg", "the Debian route", elsewhere),
        (
            "ldd",
            "the Debian route",
            "install it with `sudo apt-get install libc-bin`",
        ),
        (
            "cc",
            "linking",
            "install a C compiler with `sudo apt-get install gcc libc6-dev`",
        ),
        (
            "g++",
            "the build of the compiler's LLVM part",
            "install a C++ compiler with `sudo apt-get install g++`",
        ),
    ])?;
    // What a build that was cut short has already does not have to fit again.
    let needed = if cache.build(&release.key(HOST)).exists() {
        BUILD_SPACE / 2
    } else {
        BUILD_SPACE
    };
    machine.require_space(cache.root(), needed, "the build of the compiler's crates")
}

/// Builds the compiler into its place in the cache, going on with what an earlier run has left.
pub(super) fn build(
    release: &DebianRelease,
    machine: &Machine,
    cache: &Cache,
    keep_build: bool,
    ui: &Ui,
) -> Result<()> {
    let key = release.key(HOST);
    let work = Work {
        release,
        cache,
        folder: cache.build(&key),
        ui,
    };
    let stamps = Stamps::in_folder(&work.folder);
    let cargo = users_cargo(machine)?;

    stamps.once("download", || work.download())?;
    stamps.once("unpack", || work.unpack())?;
    stamps.once("sources", || {
        let package = format!("usr/src/rustc-{}", release.rustc);
        sources::assemble(&work.root().join(package), &work.sources())
    })?;
    stamps.once("compile", || {
        let compile = Compile {
            root: &work.root(),
            sources: &work.sources(),
            target: &work.folder.join("target"),
            cargo: &cargo,
            llvm_major: release.llvm_major,
            jobs: machine.compile_jobs(),
            units: release.units,
            log: cache.log("compiler"),
        };
        compile.run(&work.built(), ui)
    })?;

    let origin = format!("Debian's packages {}", release.packages);
    let root = work.root();
    let rustc = root.join("usr/bin/rustc");
    let manifest = Manifest::ask(&rustc, &work.libraries(), &key, &origin)?;
    let built = Built::read(&work.built())?;
    assemble::assemble(
        &root,
        &built,
        &cargo,
        release,
        &manifest,
        &cache.compiler(&key),
    )?;
    if keep_build {
        ui.line(format_args!(
            "kept the build in `{}`",
            work.folder.display()
        ));
        return Ok(());
    }
    files::remove_folder(&work.folder)
}

/// Fetches the libraries that an imported compiler lacks on this machine.
pub(super) fn complete_libraries(compiler: &Path, cache: &Cache, ui: &Ui) -> Result<()> {
    let lib = compiler.join("lib");
    let binaries = binaries_in(&lib)?;
    let log = cache.log("packages");
    libraries::complete(&binaries, &lib, |package| {
        let apt = Apt::with(&[], &cache.apt(), &log, ui)?;
        let scratch = files::folder_beside(&cache.apt())?;
        let deb = apt.download(package, None, scratch.path())?;
        apt::unpack(&deb, scratch.path(), &log)?;
        for file in files::entries(&scratch.path().join("usr/lib/x86_64-linux-gnu"))? {
            if let Some(name) = file.file_name().filter(|_| file.is_file()) {
                files::copy(&file, &lib.join(name))?;
            }
        }
        Ok(())
    })
}

/// The libraries that a compiler in `lib` consists of.
fn binaries_in(lib: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files::entries(lib)?;
    files.retain(|file| {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.starts_with("librustc_driver-") || name.starts_with("libLLVM.so.")
    });
    Ok(files)
}

/// The real program behind rustup's proxy: the one that runs us, else the one rustup would run.
fn users_cargo(machine: &Machine) -> Result<PathBuf> {
    let ours = std::env::var_os("CARGO")
        .map(PathBuf::from)
        .filter(|cargo| cargo.is_file());
    if let Some(cargo) = ours {
        return Ok(cargo);
    }
    machine.require(&[("rustup", "setup", super::rustup::INSTALL)])?;
    super::rustup::which("cargo")
}

/// The build in its folder.
struct Work<'a> {
    release: &'a DebianRelease,
    cache: &'a Cache,
    folder: PathBuf,
    ui: &'a Ui,
}

impl Work<'_> {
    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    fn libraries(&self) -> PathBuf {
        self.root().join("usr/lib/x86_64-linux-gnu")
    }

    fn sources(&self) -> PathBuf {
        self.folder.join("src")
    }

    fn debs(&self) -> PathBuf {
        self.folder.join("debs")
    }

    fn built(&self) -> PathBuf {
        self.folder.join("built.json")
    }

    fn download(&self) -> Result<()> {
        let packages = self.release.packages();
        let log = self.cache.log("packages");
        let apt = Apt::with(&packages, &self.cache.apt(), &log, self.ui)?;
        let step = self.ui.step("downloading Debian's packages (200 MB)");
        step.total(packages.len() as u64);
        for (package, version) in &packages {
            apt.download(package, Some(version), &self.debs())?;
            step.advance(package);
        }
        step.done("done");
        Ok(())
    }

    fn unpack(&self) -> Result<()> {
        let log = self.cache.log("packages");
        let step = self.ui.step("unpacking them");
        let root = self.root();
        let debs = files::entries(&self.debs())?;
        for deb in debs
            .iter()
            .filter(|file| file.extension().is_some_and(|name| name == "deb"))
        {
            apt::unpack(deb, &root, &log)?;
        }
        let mut binaries = binaries_in(&self.libraries())?;
        binaries.push(root.join("usr/bin/rustc"));
        let llvm_config = format!("usr/bin/llvm-config-{}", self.release.llvm_major);
        binaries.push(
            root.join(&llvm_config)
                .canonicalize()
                .file("find", &root.join(llvm_config))?,
        );
        libraries::complete(&binaries, &self.libraries(), |package| {
            let apt = Apt::with(&[], &self.cache.apt(), &log, self.ui)?;
            let deb = apt.download(package, None, &self.debs())?;
            apt::unpack(&deb, &root, &log)
        })?;
        step.done("done");
        // The unpacked files are all that is needed from here on.
        fs::remove_dir_all(self.debs()).file("remove", &self.debs())
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::debian_12;
    use super::super::recipe::TESTED;
    use super::*;

    fn refusal(change: impl FnOnce(&mut Machine)) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::at(&folder.path().join("cache"));
        let mut machine = debian_12(folder.path());
        check(&TESTED[0], &machine, &cache).expect("a machine that lacks nothing");
        change(&mut machine);
        check(&TESTED[0], &machine, &cache)
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn another_system_is_refused_by_name() {
        let ubuntu = refusal(|machine| {
            let text = "PRETTY_NAME=\"Ubuntu 24.04 LTS\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n";
            fs::write(&machine.os_release, text).expect("written");
        });
        assert!(
            ubuntu.contains("needs Debian 12") && ubuntu.contains("Ubuntu 24.04"),
            "{ubuntu}"
        );
        assert!(ubuntu.contains("--route rustup"), "{ubuntu}");

        let trixie = refusal(|machine| {
            let text = "PRETTY_NAME=\"Debian GNU/Linux 13\"\nID=debian\nVERSION_ID=\"13\"\n";
            fs::write(&machine.os_release, text).expect("written");
        });
        assert!(trixie.contains("Debian GNU/Linux 13"), "{trixie}");

        let mac = refusal(|machine| (machine.os, machine.arch) = ("macos", "aarch64"));
        assert!(mac.contains("this is macos on aarch64"), "{mac}");
    }

    #[test]
    fn a_missing_compiler_or_packager_is_refused_with_the_mend() {
        for (program, mend) in [("g++", "apt-get install g++"), ("dpkg", "--import")] {
            let text = refusal(|machine| {
                let path = machine.find(program).expect("there");
                fs::remove_file(path).expect("removed");
            });
            assert!(
                text.contains(&format!("`{program}` was not found")),
                "{text}"
            );
            assert!(text.contains(mend), "{text}");
        }
    }

    #[test]
    fn a_full_disk_is_refused_before_anything_is_fetched() {
        let text = refusal(|machine| machine.free = |_| Some(GB));
        assert!(text.contains("needs 5 GB of disk"), "{text}");
    }
}
