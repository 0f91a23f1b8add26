//! What the lints cost: a warm pass with the library, with a library without lints, and clippy.
//!
//! Warm: dependencies are built and the crate itself is touched. The three are measured in turn in
//! the same run, several rounds. A ratio is taken within a round and the median of the rounds counts,
//! so that what else the machine does falls on all of them. Both dylint passes use the same compiler;
//! clippy's is the user's own.

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
const ROUNDS: usize = 5;

/// What all lints together should cost at most.
const AIM: f64 = 1.10;

/// Seconds of the three passes over one crate, by round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// The hash of the lint library.
    pub(crate) library: String,
    empty: Vec<f64>,
    ours: Vec<f64>,
    /// Nothing when the user's compiler cannot build the crate or has no clippy.
    clippy: Vec<f64>,
}

impl Timing {
    /// How much longer ours takes than `other`.
    fn ratio(&self, other: &[f64]) -> Option<f64> {
        let ratios: Vec<_> = self
            .ours
            .iter()
            .zip(other)
            .map(|(ours, other)| ours / other)
            .collect();
        median(ratios)
    }
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
        if clippy.len() < ours.len() {
            clippy.clear();
        }
        let timing = Timing {
            library: self.checker.library.clone(),
            empty,
            ours,
            clippy,
        };
        write_whole(&self.file(entry), &timing)?;
        step.done(format_args!(
            "{} of the empty library",
            shown(timing.ratio(&timing.empty))
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
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
}

/// The table of the report; nothing when nothing was measured.
pub(crate) fn markdown(timings: &[(&Entry, &Timing)], text: &mut String) {
    if timings.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n## What it costs\n\nSeconds of a warm pass over the crate's library (or its programs, where it has none): \
         dependencies built, the crate itself touched; the median of {ROUNDS} rounds in one run, and of the \
         rounds' ratios. Both dylint passes use the \
         same compiler, clippy the installed stable one.\n\n\
         | crate | dylint, no lints | dylint, these lints | ratio | clippy | ratio |\n|---|---|---|---|---|---|\n"
    );
    for (entry, timing) in timings {
        let cells = [
            median(timing.empty.clone()),
            median(timing.ours.clone()),
            timing.ratio(&timing.empty),
            median(timing.clippy.clone()),
            timing.ratio(&timing.clippy),
        ];
        let _ = writeln!(
            text,
            "| {} | {} |",
            cell(&entry.name),
            cells.map(shown).join(" | ")
        );
    }
    let ratios: Vec<f64> = timings
        .iter()
        .filter_map(|(_, timing)| timing.ratio(&timing.empty))
        .collect();
    let over = ratios.iter().filter(|ratio| **ratio > AIM).count();
    let _ = writeln!(
        text,
        "\nThe aim is a ratio of at most {AIM:.2} to the library without lints. {over} of {} crates are \
         above it; the median is {}.",
        ratios.len(),
        shown(median(ratios))
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::list::tests::entry;

    fn timing(clippy: Vec<f64>) -> Timing {
        // The machine was busy in the second round.
        let (empty, ours) = (vec![2.0, 20.0, 2.0], vec![2.1, 21.0, 2.1]);
        Timing {
            library: "l".to_owned(),
            empty,
            ours,
            clippy,
        }
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn the_table_has_ratios() {
        let (x, y) = (entry("x"), entry("y"));
        let (with, without) = (timing(vec![4.2, 42.0, 4.2]), timing(Vec::new()));
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
        assert!(
            text.contains("0 of 2 crates are above it; the median is 1.05."),
            "{text}"
        );
        text.clear();
        markdown(&[], &mut text);
        assert_eq!(text, "");
    }

    #[test]
    fn a_measurement_counts_for_its_library_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("timings/x-1.2.3.json");
        write_whole(&file, &timing(Vec::new())).expect("it is written");
        assert!(Stopwatch::get(folder.path(), &entry("x"), "l").is_some());
        assert!(Stopwatch::get(folder.path(), &entry("x"), "other").is_none());
    }
}
