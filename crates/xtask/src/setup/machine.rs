//! What the machine offers: its kind, its release, space, memory and programs.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, FileContext, Result};

/// The machine, with the places it is asked at, so that a test can stand in for it.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) os: &'static str,
    pub(super) arch: &'static str,
    pub(super) os_release: PathBuf,
    pub(super) meminfo: PathBuf,
    pub(super) path: OsString,
    pub(super) cpus: u64,
    /// Free bytes of the file system that a path is on; `None` where that cannot be asked.
    pub(super) free: fn(&Path) -> Option<u64>,
}

/// A gigabyte as disks are sold.
pub(super) const GB: u64 = 1_000_000_000;

impl Machine {
    pub(super) fn this() -> Self {
        Self {
            os: env::consts::OS,
            arch: env::consts::ARCH,
            os_release: PathBuf::from("/etc/os-release"),
            meminfo: PathBuf::from("/proc/meminfo"),
            path: env::var_os("PATH").unwrap_or_default(),
            cpus: std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64),
            free: free_space,
        }
    }

    /// Where a program is on the `PATH`.
    pub(super) fn find(&self, program: &str) -> Option<PathBuf> {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.path)
            .map(|folder| folder.join(&file))
            .find(|path| path.is_file())
    }

    /// One error for the programs that are not there: `(program, what it is for, how to get it)`.
    pub(super) fn require(&self, programs: &[(&str, &str, &str)]) -> Result<()> {
        match programs
            .iter()
            .find(|(program, ..)| self.find(program).is_none())
        {
            None => Ok(()),
            Some((program, purpose, mend)) => Err(Error::new(format!(
                "`{program}` was not found on the PATH; {purpose} needs it"
            ))
            .mend(*mend)),
        }
    }

    /// An error unless the disk of `folder` has `bytes` to spare.
    pub(super) fn require_space(&self, folder: &Path, bytes: u64, purpose: &str) -> Result<()> {
        let Some(existing) = folder.ancestors().find(|folder| folder.is_dir()) else {
            return Ok(());
        };
        match (self.free)(existing) {
            Some(free) if free < bytes => Err(Error::new(format!(
                "{purpose} needs {} GB of disk and `{}` has {} GB free",
                tenths(bytes),
                existing.display(),
                tenths(free)
            ))
            .mend("free some, or point ASYNC_PATTERNS_CACHE at a disk that has more")),
            _ => Ok(()),
        }
    }

    /// Name and version of the Linux distribution, for example `("debian", "12")`.
    pub(super) fn release(&self) -> Result<Release> {
        let text = fs::read_to_string(&self.os_release).file("read", &self.os_release)?;
        let value = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .map(|value| value.trim_matches(['"', '\'']).to_owned())
        };
        Ok(Release {
            id: value("ID").unwrap_or_default(),
            version: value("VERSION_ID").unwrap_or_default(),
            name: value("PRETTY_NAME").unwrap_or_else(|| "an unnamed system".to_owned()),
        })
    }

    /// How many rustc processes fit: the compiler's big crates take about 2 GB each.
    pub(super) fn compile_jobs(&self) -> u64 {
        const PER_JOB: u64 = 2 * GB;
        let available = self
            .available_memory()
            .map_or(self.cpus, |bytes| bytes / PER_JOB);
        available.clamp(1, self.cpus.max(1))
    }

    fn available_memory(&self) -> Option<u64> {
        let text = fs::read_to_string(&self.meminfo).ok()?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("MemAvailable:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }
}

/// A Linux distribution.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) version: String,
    /// As its makers write it.
    pub(super) name: String,
}

fn tenths(bytes: u64) -> f64 {
    (bytes as f64 / GB as f64 * 10.0).round() / 10.0
}

#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A machine that lacks nothing, with its files in `folder`.
    pub(in crate::setup) fn debian_12(folder: &Path) -> Machine {
        let os_release = folder.join("os-release");
        let meminfo = folder.join("meminfo");
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";
        fs::write(&os_release, text).expect("written");
        fs::write(&meminfo, "MemTotal: 1 kB\nMemAvailable:   16000000 kB\n").expect("written");
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).expect("created");
        for program in [
            "apt-get",
            "apt-cache",
            "dpkg",
            "ldd",
            "g++",
            "cc",
            "rustup",
            "cargo",
        ] {
            fs::write(bin.join(program), "").expect("written");
        }
        Machine {
            os: "linux",
            arch: "x86_64",
            os_release,
            meminfo,
            path: bin.into_os_string(),
            cpus: 4,
            free: |_| Some(100 * GB),
        }
    }

    #[test]
    fn a_release_is_read_with_and_without_quotes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let machine = debian_12(folder.path());
        let release = machine.release().expect("read");
        assert_eq!(
            (release.id.as_str(), release.version.as_str()),
            ("debian", "12")
        );
        assert_eq!(release.name, "Debian GNU/Linux 12 (bookworm)");
    }

    #[test]
    fn little_memory_means_few_jobs_and_never_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let machine = debian_12(folder.path());
        assert_eq!(machine.compile_jobs(), 4);
        for (kilobytes, jobs) in [(5_000_000, 2), (1_000_000, 1)] {
            fs::write(&machine.meminfo, format!("MemAvailable: {kilobytes} kB\n"))
                .expect("written");
            assert_eq!(machine.compile_jobs(), jobs);
        }
    }

    #[test]
    fn a_full_disk_is_told_in_gigabytes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut machine = debian_12(folder.path());
        machine.free = |_| Some(1_230_000_000);
        let place = folder.path().join("not/there/yet");
        let error = machine
            .require_space(&place, 4 * GB, "the build")
            .expect_err("too little");
        let text = error.to_string();
        assert!(text.starts_with("the build needs 4 GB of disk"), "{text}");
        assert!(text.contains("has 1.2 GB free"), "{text}");
        assert!(text.contains("ASYNC_PATTERNS_CACHE"), "{text}");
        machine
            .require_space(&place, GB, "the build")
            .expect("enough");
    }

    #[test]
    fn a_missing_program_is_named_with_its_purpose_and_the_mend() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut machine = debian_12(folder.path());
        machine
            .require(&[("g++", "the build", "install it")])
            .expect("there");
        machine.path = OsString::new();
        let error = machine
            .require(&[("g++", "the build", "install it")])
            .expect_err("missing");
        assert_eq!(
            error.to_string(),
            "`g++` was not found on the PATH; the build needs it; install it"
        );
    }
}
