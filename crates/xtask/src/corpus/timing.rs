//! What the lints cost: a warm pass with the library, with a library without lints, and clippy.
//!
//! Warm: dependencies are built and the crate itself is touched. The three are measured in turn in
//! the same run, several rounds, and the median counts, so that what else the machine does falls on
//! all of them. Both dylint passes use the same compiler; clippy's is the user's own.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::check::{Checker, LIMIT};
use super::list::Entry;
use super::record::write_whole;
use super::report::cell;
use super::source::Source;
use crate::error::{Error, FileContext, Result};
use crate::lint::{CAP_LINTS, CargoArguments, Linter, Project};
use crate::process::{Run, sanitised};
use crate::ui::{Step, Ui};

/// Measured rounds; one more comes before them and is not counted.
const ROUNDS: usize = 3;

/// Seconds of the three passes over one crate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// The hash of the lint library.
    pub(crate) library: String,
    empty: f64,
    ours: f64,
    /// `None` when the user's compiler cannot build the crate or has no clippy.
    clippy: Option<f64>,
}

/// Measures crates.
#[derive(Debug)]
pub(crate) struct Stopwatch<'a> {
    pub(crate) checker: &'a Checker<'a>,
    /// The library without lints.
    pub(crate) empty: &'a Path,
    /// Of the corpus, in the cache.
    pub(crate) cache: PathBuf,
}

impl Stopwatch<'_> {
    fn file(&self, entry: &Entry) -> PathBuf {
        self.cache
            .join("timings")
            .join(format!("{}.json", entry.id()))
    }

    /// The last measurement with this library.
    pub(crate) fn get(cache: &Path, entry: &Entry, library: &str) -> Option<Timing> {
        let file = cache.join("timings").join(format!("{}.json", entry.id()));
        let timing: Timing = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
        (timing.library == library).then_some(timing)
    }

    /// Measures the crate's library and programs, without tests and examples.
    pub(crate) fn measure(&self, entry: &Entry, source: &Source, ui: &Ui) -> Result<Timing> {
        let step = ui.step(format!("measuring {}", entry.id()));
        let (project, _) = self.checker.open(source)?;
        let has_library = project.package().is_some_and(|package| {
            package
                .targets
                .iter()
                .any(|target| target.is_lib() || target.is_proc_macro())
        });
        let targets = if has_library { "--lib" } else { "--bins" };
        let arguments = CargoArguments::new(&[targets.to_owned(), "--locked".to_owned()])?;
        let roots: Vec<_> = project
            .package()
            .map(|package| {
                package
                    .targets
                    .iter()
                    .map(|target| target.src_path.clone())
                    .collect()
            })
            .unwrap_or_default();
        let (mut empty, mut ours, mut clippy) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            step.at(round as u64, &entry.name);
            touch(&roots)?;
            let none = self.dylint(self.empty, &project, &arguments, &step)?;
            touch(&roots)?;
            let all = self.dylint(self.checker.linter.library, &project, &arguments, &step)?;
            touch(&roots)?;
            let other = self.clippy(&project, &arguments)?;
            if round > 0 {
                empty.push(none);
                ours.push(all);
                clippy.extend(other);
            }
        }
        let timing = Timing {
            library: self.checker.library.clone(),
            empty: median(&mut empty).unwrap_or_default(),
            ours: median(&mut ours).unwrap_or_default(),
            clippy: if clippy.len() == ROUNDS {
                median(&mut clippy)
            } else {
                None
            },
        };
        write_whole(&self.file(entry), &timing)?;
        step.done(format_args!(
            "{:.2} of the empty library",
            timing.ours / timing.empty
        ));
        Ok(timing)
    }

    fn dylint(
        &self,
        library: &Path,
        project: &Project,
        arguments: &CargoArguments,
        step: &Step,
    ) -> Result<f64> {
        // The lints at their own levels, as users have them.
        let rustflags = [CAP_LINTS.to_owned()];
        let linter = Linter {
            library,
            rustflags: &rustflags,
            ..self.checker.linter
        };
        let started = Instant::now();
        let outcome = linter.pass_once(project, arguments, step)?;
        let elapsed = started.elapsed().as_secs_f64();
        if outcome.succeeded {
            Ok(elapsed)
        } else {
            Err(Error::new(outcome.reason()))
        }
    }

    fn clippy(&self, project: &Project, arguments: &CargoArguments) -> Result<Option<f64>> {
        let mut command = sanitised("cargo");
        command
            .args(["clippy", "--quiet", "--manifest-path"])
            .arg(&project.manifest)
            .args(arguments.for_check())
            // The corpus's own folder: clippy's compiler is another one.
            .env("CARGO_TARGET_DIR", self.cache.join("target-clippy"))
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        let started = Instant::now();
        let finished = Run::new("`cargo clippy`", command, LIMIT).finish()?;
        Ok(finished
            .status
            .success()
            .then(|| started.elapsed().as_secs_f64()))
    }
}

/// Makes cargo see the crate's own targets as changed.
fn touch(files: &[cargo_metadata::camino::Utf8PathBuf]) -> Result<()> {
    // Cargo compares with the time of its last build in whole file system ticks.
    let now = SystemTime::now() + Duration::from_millis(10);
    for file in files {
        let path = file.as_std_path();
        let opened = File::options().append(true).open(path).file("open", path)?;
        opened.set_modified(now).file("touch", path)?;
    }
    Ok(())
}

/// The middle one.
fn median(seconds: &mut [f64]) -> Option<f64> {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

/// The table of the report; nothing when nothing was measured.
pub(crate) fn markdown(timings: &[(&Entry, &Timing)], text: &mut String) {
    if timings.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n## What it costs\n\nSeconds of a warm pass over the crate's library (or its programs, where it has none): \
         dependencies built, the crate itself touched; the median of {ROUNDS} rounds in one run. Both dylint passes use the \
         same compiler, clippy the installed stable one.\n\n\
         | crate | dylint, no lints | dylint, these lints | ratio | clippy | ratio |\n|---|---|---|---|---|---|\n"
    );
    for (entry, timing) in timings {
        let (clippy, against_clippy) = match timing.clippy {
            Some(clippy) => (
                format!("{clippy:.2}"),
                format!("{:.2}", timing.ours / clippy),
            ),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let _ = writeln!(
            text,
            "| {} | {:.2} | {:.2} | {:.2} | {clippy} | {against_clippy} |",
            cell(&entry.name),
            timing.empty,
            timing.ours,
            timing.ours / timing.empty,
        );
    }
    let mut ratios: Vec<_> = timings
        .iter()
        .map(|(_, timing)| timing.ours / timing.empty)
        .collect();
    if let Some(middle) = median(&mut ratios) {
        let _ = writeln!(
            text,
            "\nMedian ratio to the library without lints: {middle:.2}."
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::list::tests::entry;

    fn timing(clippy: Option<f64>) -> Timing {
        Timing {
            library: "l".to_owned(),
            empty: 2.0,
            ours: 2.1,
            clippy,
        }
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn the_table_has_ratios() {
        let (x, y) = (entry("x"), entry("y"));
        let (with, without) = (timing(Some(4.2)), timing(None));
        let mut text = String::new();
        markdown(&[(&x, &with), (&y, &without)], &mut text);
        assert!(
            text.contains("| x | 2.00 | 2.10 | 1.05 | 4.20 | 0.50 |"),
            "{text}"
        );
        assert!(
            text.contains("| y | 2.00 | 2.10 | 1.05 | - | - |"),
            "{text}"
        );
        assert!(text.contains("without lints: 1.05."), "{text}");
        text.clear();
        markdown(&[], &mut text);
        assert_eq!(text, "");
    }

    #[test]
    fn a_measurement_counts_for_its_library_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("timings/x-1.2.3.json");
        write_whole(&file, &timing(Some(1.0))).expect("it is written");
        assert!(Stopwatch::get(folder.path(), &entry("x"), "l").is_some());
        assert!(Stopwatch::get(folder.path(), &entry("x"), "other").is_none());
    }
}
