//! One piece of what `test` and `ci` run, how it came out, and the table at the end.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, FOUND, Result};
use crate::process::Run;
use crate::ui::{Ui, human};

/// A command that passes or fails; the tests it runs are counted.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) command: Command,
    /// Past this it is killed and has failed.
    pub(crate) limit: Duration,
}

/// How one suite came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    name: &'static str,
    elapsed: Duration,
    tests: Counts,
    failure: Option<Error>,
}

/// What the closing lines of cargo's test runs add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Suite {
    /// Runs it. The whole output goes to a file of its own in `logs`.
    pub(crate) fn run(self, logs: &std::path::Path, ui: &Ui) -> Outcome {
        let log: PathBuf = logs.join(format!("{}.log", self.name.replace([' ', ','], "-")));
        let step = ui.step(self.name);
        let lines = AtomicU64::new(0);
        let mut tests = Counts::default();
        let started = Instant::now();
        let outcome = Run::new(self.name, self.command, self.limit)
            .log(log)
            .on_stdout(|line| tests.add_line(line))
            .on_stderr(|line| {
                let at = lines.fetch_add(1, Ordering::Relaxed) + 1;
                step.at(at, line.trim());
            })
            .succeed();
        step.done(if outcome.is_ok() { "passed" } else { "FAILED" });
        Outcome {
            name: self.name,
            elapsed: started.elapsed(),
            tests,
            failure: outcome.err(),
        }
    }
}

impl Outcome {
    /// Work that is not one command: it passes unless `work` fails.
    pub(crate) fn of(name: &'static str, ui: &Ui, work: impl FnOnce() -> Result<()>) -> Self {
        let started = Instant::now();
        let failure = work().err();
        let said = if failure.is_none() {
            "passed"
        } else {
            "FAILED"
        };
        let elapsed = started.elapsed();
        ui.line(format_args!("{name}: {said} ({})", human(elapsed)));
        Self {
            name,
            elapsed,
            tests: Counts::default(),
            failure,
        }
    }

    /// What could not run because something before it failed.
    pub(crate) fn skipped(name: &'static str, because: &str) -> Self {
        Self {
            name,
            elapsed: Duration::ZERO,
            tests: Counts::default(),
            failure: Some(Error::new(format!("{name} did not run: {because}"))),
        }
    }

    pub(crate) fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

impl Counts {
    /// Adds a line such as `test result: ok. 16 passed; 0 failed; 1 ignored; …`.
    fn add_line(&mut self, line: &str) {
        let Some(result) = line.trim_start().strip_prefix("test result: ") else {
            return;
        };
        let Some((_, counts)) = result.split_once(". ") else {
            return;
        };
        for part in counts.split("; ") {
            match part.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                Some((number, "ignored")) => self.ignored += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// Prints every failure with the end of its output, then a table of the times, then one line with
/// the number of tests.
pub(crate) fn conclude(outcomes: &[Outcome], ui: &Ui) -> ExitCode {
    for outcome in outcomes {
        if let Some(failure) = &outcome.failure {
            ui.line(format_args!("\n--- {} ---\n{failure}", outcome.name));
        }
    }
    print!("{}", table(outcomes));
    let failed = outcomes.iter().any(|outcome| !outcome.passed());
    if failed {
        ExitCode::from(FOUND)
    } else {
        ExitCode::SUCCESS
    }
}

fn table(outcomes: &[Outcome]) -> String {
    use std::fmt::Write as _;
    let widest = outcomes
        .iter()
        .map(|outcome| outcome.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::from("\n");
    let mut all = Counts::default();
    for outcome in outcomes {
        let Counts {
            passed,
            failed,
            ignored,
        } = outcome.tests;
        let tests = match (passed + failed, ignored) {
            (0, 0) => String::new(),
            (ran, 0) => format!("{ran} tests"),
            (ran, ignored) => format!("{ran} tests, {ignored} ignored"),
        };
        let said = if outcome.passed() { "passed" } else { "FAILED" };
        let time = human(outcome.elapsed);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:widest$}  {said}  {time:>7}  {tests}", outcome.name);
        // A step that is no test run counts as one test, so that its failure is in the last line.
        let own = u64::from(passed + failed == 0);
        all.passed += passed + own * u64::from(outcome.passed());
        all.failed += failed + u64::from(!outcome.passed() && failed == 0);
        all.ignored += ignored;
    }
    let _ = writeln!(
        text,
        "\n{} passed, {} failed, {} skipped",
        all.passed, all.failed, all.ignored
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &'static str, tests: Counts, failure: Option<Error>) -> Outcome {
        Outcome {
            name,
            elapsed: Duration::from_secs(61),
            tests,
            failure,
        }
    }

    #[test]
    fn closing_lines_add_up() {
        let mut counts = Counts::default();
        counts.add_line("running 3 tests");
        counts.add_line("test result: ok. 16 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 3.51s");
        counts.add_line(
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out",
        );
        assert_eq!(
            counts,
            Counts {
                passed: 18,
                failed: 3,
                ignored: 1
            }
        );
    }

    #[test]
    fn a_failed_step_without_tests_is_in_the_last_line() {
        let tests = Counts {
            passed: 5,
            failed: 0,
            ignored: 1,
        };
        let all = [
            outcome("library", tests, None),
            outcome("rustfmt", Counts::default(), Some(Error::new("it differs"))),
            outcome("clippy", Counts::default(), None),
        ];
        let table = table(&all);
        assert!(
            table.ends_with("\n6 passed, 1 failed, 1 skipped\n"),
            "{table}"
        );
        assert!(table.contains("rustfmt  FAILED   1m 01s"), "{table}");
        assert!(
            table.contains("library  passed   1m 01s  5 tests, 1 ignored"),
            "{table}"
        );
    }

    #[test]
    fn a_command_that_fails_is_a_failed_outcome_with_its_output() {
        let logs = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'; exit 101",
        ]);
        let suite = Suite {
            name: "a suite",
            command,
            limit: Duration::from_secs(10),
        };
        let outcome = suite.run(logs.path(), &Ui::plain());
        assert!(!outcome.passed());
        assert_eq!(
            outcome.tests,
            Counts {
                passed: 1,
                failed: 1,
                ignored: 0
            }
        );
        assert!(logs.path().join("a-suite.log").is_file());
    }

    #[test]
    fn a_command_past_its_limit_has_failed() {
        let logs = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let suite = Suite {
            name: "stuck",
            command,
            limit: Duration::from_millis(100),
        };
        let outcome = suite.run(logs.path(), &Ui::plain());
        assert!(outcome.failure.unwrap().to_string().contains("time limit"));
    }
}
