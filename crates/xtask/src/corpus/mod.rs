//! `cargo xtask corpus`: the lints over published crates, and `docs/corpus.md`.
//!
//! [`list`] says which crates, [`source`] gets them, [`check`] lints one, [`record`] keeps what came
//! out, [`verdict`] is what people found when they read the code, and [`report`] puts it together.

mod check;
mod list;
mod record;
mod report;
mod source;
mod timing;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueHint;

use crate::error::{Error, FileContext, Result};
use crate::hash::sha256;
use crate::lint::{self, Catalog, Linter};
use crate::paths;
use crate::setup::{self, SetupOptions, Toolchain};
use crate::traps;
use crate::ui::Ui;

use check::Checker;
use list::{Entry, Shard};
use record::{Record, Store};
use report::{Checked, Report};
use source::Workshop;
use timing::Stopwatch;

/// Lints the published crates of corpus.toml and writes docs/corpus.md.
///
/// Takes half a minute to a few minutes a crate on two cores and about 6 GB of the cache. Results are kept: a
/// run that was stopped goes on where it was, until the lint library changes.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Args {
    /// Only these crates (comma separated, may be repeated)
    #[arg(long, value_name = "CRATE", value_delimiter = ',')]
    only: Vec<String>,

    /// One of several machines' parts of the list, for example 2/4
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Lint again what has a result already
    #[arg(long)]
    again: bool,

    /// Lint nothing: write docs/corpus.md from the results of earlier runs, also when the lint
    /// library has changed since
    #[arg(long, conflicts_with_all = ["again", "timings"])]
    report: bool,

    /// Measure what the lints cost in each crate, beside a library without lints and clippy
    #[arg(long)]
    timings: bool,

    /// Print entries for corpus/verdicts.toml for the findings that nobody has read
    #[arg(long)]
    draft_verdicts: bool,

    /// Use this built lint library instead of building the one of this checkout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    library: Option<PathBuf>,
}

/// Where the corpus's files are.
struct Places {
    root: PathBuf,
    cache: PathBuf,
}

impl Places {
    fn list(&self) -> PathBuf {
        self.root.join("corpus.toml")
    }

    fn locks(&self) -> PathBuf {
        self.root.join("corpus/locks")
    }

    fn verdicts(&self) -> PathBuf {
        self.root.join("corpus/verdicts.toml")
    }

    fn report(&self) -> PathBuf {
        self.root.join("docs/corpus.md")
    }

    fn store(&self) -> Store {
        Store::new(self.cache.join("results"))
    }
}

/// The command line.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<ExitCode> {
    let places = Places {
        root: paths::workspace_root()?,
        cache: paths::cache_dir()?.join("corpus"),
    };
    let entries = list::read(&places.list())?;
    let chosen = list::choose(&entries, &args.only, args.shard)?;
    // Read before the work: a slip in the file should not show after an hour.
    let verdicts = verdict::read(&places.verdicts())?;
    let checked = if args.report {
        stored(&chosen, &places)
    } else {
        lint_all(args, &chosen, &places, ui)?
    };
    let missing = chosen.len() - checked.len();
    if missing > 0 {
        return Err(Error::new(format!(
            "{missing} of {} crates have no result",
            chosen.len()
        ))
        .mend("run `cargo xtask corpus` again, without `--report`"));
    }

    let off_by_default = traps::off_by_default(traps::read(&places.root.join("traps.toml"))?);
    let report = Report::new(&checked, &verdicts, &off_by_default);
    if chosen.len() == entries.len() {
        let path = places.report();
        fs::write(&path, report.markdown()).file("write", &path)?;
        ui.line(format_args!("wrote `{}`", path.display()));
    } else {
        ui.line(
            "docs/corpus.md is written by a run over all crates, or with `--report` after them",
        );
    }
    for (entry, finding) in report.unread() {
        if args.draft_verdicts {
            println!("{}", verdict::draft(entry, finding));
        } else {
            let place = &finding.place;
            let file = places.cache.join("src").join(entry.id()).join(&place.file);
            println!("unread: {} {}:{}", finding.lint, file.display(), place.line);
        }
    }
    let problems = report.problems();
    for stale in &problems.stale {
        ui.warn(format_args!("a verdict matches no finding: {stale}"));
    }
    match problems.summary() {
        None => Ok(ExitCode::SUCCESS),
        Some(summary) => Err(Error::found(format!("the corpus has {summary}")).mend(
            "read the code and write into corpus/verdicts.toml what it shows; a false finding or a \
             panic is to be mended in the lint",
        )),
    }
}

/// The results of earlier runs.
fn stored<'a>(chosen: &[&'a Entry], places: &Places) -> Vec<Checked<'a>> {
    let store = places.store();
    let with_record = |entry: &&'a Entry| Some((*entry, store.get(entry)?));
    chosen
        .iter()
        .filter_map(with_record)
        .map(|(entry, record)| checked(entry, record, places))
        .collect()
}

fn checked<'a>(entry: &'a Entry, record: Record, places: &Places) -> Checked<'a> {
    let timing = Stopwatch::get(&places.cache, entry, &record.key.library);
    Checked {
        entry,
        record,
        timing,
    }
}

fn lint_all<'a>(
    args: &Args,
    chosen: &[&'a Entry],
    places: &Places,
    ui: &Ui,
) -> Result<Vec<Checked<'a>>> {
    let toolchain = setup::ensure(&SetupOptions::default(), ui)?;
    let library = lint::library(args.library.as_deref(), || toolchain.lint_library(ui))?;
    let empty = args
        .timings
        .then(|| toolchain.empty_library(ui))
        .transpose()?;
    let catalog = Catalog::read(&toolchain, &library)?;
    // Every lint of the library, also those that are off by default: they must not panic either.
    let rustflags = rustflags(&catalog);
    let checker = checker(&toolchain, &library, &catalog, &rustflags, places)?;
    let workshop = Workshop {
        toolchain: &toolchain,
        cache: places.cache.clone(),
        locks: places.locks(),
    };
    let store = places.store();
    let mut all = Vec::new();
    for (at, entry) in chosen.iter().enumerate() {
        ui.line(format_args!("[{}/{}] {}", at + 1, chosen.len(), entry.id()));
        let source = match workshop.prepare(entry) {
            Ok(source) => source,
            Err(error) => {
                // Not kept: the next run tries the download again.
                ui.warn(&error);
                continue;
            }
        };
        let kept = store
            .get(entry)
            .filter(|record| !args.again && !record.retry && record.key == checker.key(&source));
        let record = if let Some(record) = kept {
            record
        } else {
            let record = checker.check(entry, &source, ui);
            store.put(entry, &record)?;
            record
        };
        if let Some(empty) = &empty
            && matches!(record.status, record::Status::Linted { .. })
        {
            let cache = places.cache.clone();
            let stopwatch = Stopwatch {
                checker: &checker,
                empty,
                cache,
            };
            if let Err(error) = stopwatch.measure(entry, &source, ui) {
                ui.warn(format_args!("{} was not measured: {error}", entry.id()));
            }
        }
        all.push(checked(entry, record, places));
    }
    Ok(all)
}

fn rustflags(catalog: &Catalog) -> Vec<String> {
    let off = catalog.lints.iter().filter(|lint| !lint.is_on_by_default());
    std::iter::once(lint::CAP_LINTS.to_owned())
        .chain(off.map(|lint| format!("-W{}", lint.name)))
        .collect()
}

fn checker<'a>(
    toolchain: &'a Toolchain,
    library: &'a Path,
    catalog: &'a Catalog,
    rustflags: &'a [String],
    places: &Places,
) -> Result<Checker<'a>> {
    let content = fs::read(library).file("read the lint library", library)?;
    Ok(Checker {
        linter: Linter {
            toolchain,
            library,
            catalog,
            rustflags,
            colour: false,
            limit: check::LIMIT,
        },
        library: sha256(content),
        target: places.cache.join("target"),
    })
}
