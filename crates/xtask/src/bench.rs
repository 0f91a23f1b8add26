//! `cargo xtask bench`: each helper against what a user would write instead.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::paths;
use crate::process::{Run, sanitised};
use crate::setup;
use crate::test;
use crate::ui::Ui;

const LIMIT: Duration = Duration::from_mins(30);
/// The runner must be of the version of the library; a test holds it against `Cargo.lock`.
const GUNGRAUN: &str = "0.20.0";

/// Runs the benches: instruction counts under valgrind, as ratios within one run.
///
/// docs/performance.md has the figures and the bounds; each ratio is to the first row of its table.
/// The runner is installed into the cache first, which takes about two minutes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this bench, a file of `benches/` without its ending (may be repeated)
    #[arg(value_name = "BENCH")]
    only: Vec<String>,
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    if sanitised("valgrind").arg("--version").output().is_err() {
        return Err(
            Error::new("`valgrind` was not found, and the benches count with it")
                .mend("install it, on Debian with `sudo apt-get install valgrind`"),
        );
    }
    let runner = setup::cargo_program("gungraun-runner", GUNGRAUN, ui)?;
    let root = paths::workspace_root()?;
    let mut benches = sanitised("cargo");
    benches
        .args(["bench", "--package", "benches"])
        .current_dir(&root)
        .env("GUNGRAUN_RUNNER", runner);
    for bench in &args.only {
        benches.args(["--bench", bench]);
    }
    let log = test::logs(&root)?.join("bench.log");
    let mut figures = Figures::default();
    let step = ui.step("benches");
    let outcome = Run::new("`cargo bench`", benches, LIMIT)
        .log(&log)
        .on_stdout(|line| figures.read(line))
        .on_stderr(|line| step.at(0, line.trim()))
        .succeed();
    step.done(if outcome.is_ok() { "done" } else { "FAILED" });
    print!("{figures}");
    outcome?;
    if figures.0.is_empty() {
        return Err(Error::new("the benches ran and gave no figures")
            .mend(format!("read `{}`", log.display())));
    }
    println!(
        "\nCache hits and estimated cycles are in `{}`.",
        log.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// What the benches print, of which only the counts are shown.
#[derive(Debug, Default)]
struct Figures(Vec<Table>);

/// One function of a bench, and how it came out for each of what it was run with. A bench without
/// counts prints a table of its own, which is shown as it is.
#[derive(Debug, PartialEq, Eq)]
enum Table {
    Counts {
        title: String,
        rows: Vec<(String, Option<u64>)>,
    },
    Own(String),
}

impl Figures {
    /// Takes in a line such as `lag_aware::lag_aware::burst bare:(loaded(receive_bare))` or
    /// `  Instructions:    180265|N/A    (*********)`.
    fn read(&mut self, line: &str) {
        if line.starts_with('|') {
            self.0.push(Table::Own(line.to_owned()));
        } else if let Some((function, row)) = heading(line) {
            match self.0.last_mut() {
                Some(Table::Counts { title, rows }) if *title == function => {
                    rows.push((row, None));
                }
                _ => self.0.push(Table::Counts {
                    title: function,
                    rows: vec![(row, None)],
                }),
            }
        } else if let Some(count) = instructions(line)
            && let Some(Table::Counts { rows, .. }) = self.0.last_mut()
            && let Some((_, last)) = rows.last_mut()
        {
            *last = Some(count);
        }
    }
}

/// The bench's function and the row.
fn heading(line: &str) -> Option<(String, String)> {
    let (path, arguments) = line.split_once(' ')?;
    let mut path = path.split("::");
    let (file, _group, function) = (path.next()?, path.next()?, path.next()?);
    let (row, _) = arguments.split_once(":(")?;
    Some((format!("{file}: {function}"), row.to_owned()))
}

fn instructions(line: &str) -> Option<u64> {
    let counts = line.trim_start().strip_prefix("Instructions:")?;
    let (count, _old) = counts.split_once('|')?;
    count.trim().parse().ok()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut was_own = false;
        for table in &self.0 {
            match table {
                Table::Own(line) => {
                    let gap = if was_own { "" } else { "\n" };
                    writeln!(f, "{gap}{line}")?;
                }
                Table::Counts { title, rows } => {
                    writeln!(f, "\n{title}")?;
                    let first = rows.first().and_then(|(_, count)| *count);
                    for (row, count) in rows {
                        match (count, first) {
                            (Some(count), Some(first)) => {
                                let ratio = *count as f64 / first as f64;
                                writeln!(f, "  {row:28} {count:>10} {ratio:>6.2}")?;
                            }
                            _ => writeln!(f, "  {row:28} {:>10}", "failed")?,
                        }
                    }
                }
            }
            was_own = matches!(table, Table::Own(_));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_is_of_the_version_of_the_library() {
        let lock = include_str!("../../../Cargo.lock");
        let package = format!("name = \"gungraun\"\nversion = \"{GUNGRAUN}\"");
        assert!(
            lock.contains(&package),
            "set GUNGRAUN to the version in Cargo.lock"
        );
    }

    #[test]
    fn counts_become_ratios_to_the_first_row_of_their_function() {
        let output = "\
lag_aware::lag_aware::burst bare:(loaded(receive_bare))
  Instructions:                                     200000|N/A                  (*********)
  L1 Hits:                                          289760|N/A                  (*********)
lag_aware::lag_aware::burst lag_aware:(loaded(receive_lag_aware))
  Instructions:                                     150000|200000               (-25.0000%)
lag_aware::lag_aware::one_by_one bare:(waiting(receive_bare))

Gungraun result: Ok. 4 without regressions; 0 regressed
| workload | ratio |
|---|---|
";
        let mut figures = Figures::default();
        output.lines().for_each(|line| figures.read(line));
        let expected = "
lag_aware: burst
  bare                             200000   1.00
  lag_aware                        150000   0.75

lag_aware: one_by_one
  bare                             failed

| workload | ratio |
|---|---|
";
        assert_eq!(figures.to_string(), expected);
    }
}
