//! Debian packages without installing them: found and checked by apt, unpacked into a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::process::{self, Run};
use crate::ui::Ui;

const UPDATE_LIMIT: Duration = Duration::from_mins(10);
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(30);
const UNPACK_LIMIT: Duration = Duration::from_mins(10);

/// apt on the machine's package lists, or on lists of our own.
#[derive(Debug)]
pub(in crate::setup) struct Apt {
    options: Vec<String>,
    log: PathBuf,
}

impl Apt {
    /// The machine's lists when they have all `packages` in these versions, else lists of our own
    /// in `lists`, fetched anew. Neither needs root.
    pub(in crate::setup) fn with(
        packages: &[(String, &str)],
        lists: &Path,
        log: &Path,
        ui: &Ui,
    ) -> Result<Self> {
        let machine = Self {
            options: Vec::new(),
            log: log.to_path_buf(),
        };
        if machine.missing(packages)?.is_none() {
            return Ok(machine);
        }
        let own = Self::on_own_lists(lists, log)?;
        let step = ui.step("fetching Debian's package lists");
        let mut update = own.command("apt-get");
        update.arg("update");
        Run::new("`apt-get update`", update, UPDATE_LIMIT)
            .log(log)
            .succeed()?;
        step.done("done");
        match own.missing(packages)? {
            None => Ok(own),
            Some(missing) => Err(missing.into_error()),
        }
    }

    fn on_own_lists(folder: &Path, log: &Path) -> Result<Self> {
        let (state, cache) = (folder.join("state"), folder.join("cache"));
        files::create_folder(&state.join("lists/partial"))?;
        files::create_folder(&cache.join("archives/partial"))?;
        let options = [
            format!("Dir::State={}", state.display()),
            "Dir::State::status=/var/lib/dpkg/status".to_owned(),
            format!("Dir::Cache={}", cache.display()),
            "Debug::NoLocking=1".to_owned(),
            "Acquire::Languages=none".to_owned(),
        ];
        Ok(Self {
            options: options.to_vec(),
            log: log.to_path_buf(),
        })
    }

    /// The first package whose version is not to be had.
    fn missing(&self, packages: &[(String, &str)]) -> Result<Option<Missing>> {
        for (package, version) in packages {
            let mut policy = self.command("apt-cache");
            policy.args(["policy", package]);
            let text = process::read("`apt-cache policy`", policy, "the Debian route needs apt")?;
            let available = available_versions(&text);
            if !available.iter().any(|known| known == version) {
                let (package, wanted) = (package.clone(), (*version).to_owned());
                return Ok(Some(Missing {
                    package,
                    wanted,
                    available,
                }));
            }
        }
        Ok(None)
    }

    /// Downloads a package into `folder` unless it is there; `version` of `None` is apt's choice.
    pub(in crate::setup) fn download(
        &self,
        package: &str,
        version: Option<&str>,
        folder: &Path,
    ) -> Result<PathBuf> {
        // A marker with a name we choose: apt's own file names hold escapes and the architecture.
        let deb = folder.join(format!("{package}.deb"));
        if deb.is_file() {
            return Ok(deb);
        }
        let part = files::folder_beside(&deb)?;
        let mut download = self.command("apt-get");
        let wanted = version.map_or(package.to_owned(), |version| format!("{package}={version}"));
        download
            .args(["download", &wanted])
            .current_dir(part.path());
        Run::new(
            format!("`apt-get download {wanted}`"),
            download,
            DOWNLOAD_LIMIT,
        )
        .log(&self.log)
        .succeed()
        .map_err(|error| error.mend("check the network and apt's sources, then run this again"))?;
        let downloaded = files::entries(part.path())?
            .into_iter()
            .find(|file| file.extension().is_some_and(|extension| extension == "deb"))
            .ok_or_else(|| Error::new(format!("`apt-get download {wanted}` left no file")))?;
        fs::rename(&downloaded, &deb).file("move into place", &deb)?;
        Ok(deb)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = process::sanitised(program);
        // apt translates what it prints.
        command.env("LC_ALL", "C");
        // apt would read as another user, who may not enter the cache.
        command.args(["-o", "APT::Sandbox::User=root"]);
        for option in &self.options {
            command.args(["-o", option]);
        }
        command
    }
}

/// Unpacks a package into `root` without running anything of it.
pub(in crate::setup) fn unpack(deb: &Path, root: &Path, log: &Path) -> Result<()> {
    files::create_folder(root)?;
    let mut command = process::sanitised("dpkg");
    command.arg("--extract").args([deb, root]);
    let run = Run::new(
        format!("unpacking `{}`", deb.display()),
        command,
        UNPACK_LIMIT,
    )
    .log(log);
    let unpacked = run.missing("the Debian route needs dpkg").succeed();
    if unpacked.is_err() {
        // A file that cannot be unpacked must not be taken for a good one by the next run.
        drop(fs::remove_file(deb));
    }
    unpacked.map(drop)
}

/// A package that the mirror does not have in the wanted version.
#[derive(Debug)]
struct Missing {
    package: String,
    wanted: String,
    available: Vec<String>,
}

impl Missing {
    fn into_error(self) -> Error {
        let has = match self.available.as_slice() {
            [] => "does not have that package".to_owned(),
            versions => format!("has {}", versions.join(", ")),
        };
        Error::new(format!(
            "version {} of {} is needed and apt's mirror {has}",
            self.wanted, self.package
        ))
        .mend(format!(
            "use a mirror that still has it (tested versions of rustc-web: {}), or import a \
             toolchain that was exported elsewhere with `cargo xtask setup --import FILE`",
            super::super::recipe::tested_versions()
        ))
    }
}

/// The versions in the output of `apt-cache policy PACKAGE`, in its order.
///
/// A line with a version is `*** 1.2 100` or `1.2 500`; the lines below it say where it comes from
/// and have a priority first.
fn available_versions(policy: &str) -> Vec<String> {
    policy
        .lines()
        .skip_while(|line| line.trim() != "Version table:")
        .skip(1)
        .filter_map(|line| {
            let line = line.trim();
            let words: Vec<_> = line
                .strip_prefix("***")
                .unwrap_or(line)
                .split_whitespace()
                .collect();
            match words.as_slice() {
                [version, priority] if priority.parse::<i32>().is_ok() => {
                    Some((*version).to_owned())
                }
                _ => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_a_policy_is_found() {
        let policy = "\
libllvm22:
  Installed: 1:22.1.8-1~deb12u1
  Candidate: 1:22.1.9-1~deb12u1
  Version table:
     1:22.1.9-1~deb12u1 500
        500 http://deb.debian.org/debian-security bookworm-security/main amd64 Packages
 *** 1:22.1.8-1~deb12u1 100
        100 /var/lib/dpkg/status
     1:22.1.7-1 -1
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
";
        assert_eq!(
            available_versions(policy),
            ["1:22.1.9-1~deb12u1", "1:22.1.8-1~deb12u1", "1:22.1.7-1"]
        );
    }

    #[test]
    fn an_unknown_package_has_no_versions() {
        assert!(available_versions("").is_empty());
        assert!(available_versions("N: Unable to locate package rustc-web\n").is_empty());
    }

    #[test]
    fn a_moved_mirror_is_told_with_the_tested_versions_and_the_import() {
        let missing = |available: &[&str]| {
            Missing {
                package: "rustc-web".to_owned(),
                wanted: "1.96.0".to_owned(),
                available: available
                    .iter()
                    .map(|&version| version.to_owned())
                    .collect(),
            }
            .into_error()
            .to_string()
        };
        let moved = missing(&["1.98.0+dfsg1-1~deb12u1"]);
        assert!(moved.contains("version 1.96.0 of rustc-web"), "{moved}");
        assert!(moved.contains("has 1.98.0+dfsg1-1~deb12u1"), "{moved}");
        assert!(
            moved.contains(super::super::super::recipe::TESTED[0].packages),
            "{moved}"
        );
        assert!(moved.contains("--import"), "{moved}");
        assert!(missing(&[]).contains("does not have that package"));
    }
}
