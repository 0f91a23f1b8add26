//! Findings about `Cargo.lock`: versions of tokio and tokio-util below the floor that the patterns
//! of this project rely on.
//!
//! No lint of the compiler can see these, so they are made here, and from then on treated like the
//! findings of a lint named [`NAME`].

mod floors;
mod io_uring;
mod lock;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Error, Result};
use crate::lint::catalog::Lint;
use crate::lint::finding::{Finding, Note, Place};
use crate::lint::project::Project;
use floors::{FLOORS, Floor};
use lock::{Lock, Package};

/// What the findings are called where lints have their name.
pub(crate) const NAME: &str = "version_floor";

const FILE: &str = "Cargo.lock";

/// The entry beside those of the library's lints.
pub(crate) fn lint() -> Lint {
    Lint {
        name: NAME.to_owned(),
        level: "warn".to_owned(),
        description: "a locked version of tokio or tokio-util has a defect that these patterns \
                      rely on being mended"
            .to_owned(),
    }
}

/// A row for each floor: package, versions without the defect, the defect with its mend.
pub(crate) fn table() -> impl Iterator<Item = String> {
    FLOORS.iter().map(|floor| {
        let older = floor.backports.iter().rev();
        let versions: Vec<_> = std::iter::once(&floor.fixed)
            .chain(older)
            .map(ToString::to_string)
            .collect();
        format!(
            "| {} | {} | it {} ([mend]({})) |",
            floor.package,
            versions.join(", "),
            floor.defect,
            floor.link
        )
    })
}

/// What there is to say about the project's lock file, sorted by line.
pub(crate) fn check(project: &Project) -> Result<Vec<Finding>> {
    let path = project.root().join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // Cargo can be told to keep it elsewhere.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file("read", &path, &error)),
    };
    let uses_io_uring = project.has_feature("tokio", "io-uring")
        && io_uring::is_unstable_on(folder_of(project), project.settings.values("RUSTFLAGS"));
    findings(&text, &project.built_versions(), uses_io_uring).map_err(|error| {
        Error::new(format!(
            "`{}` is no lock file: {}",
            path.display(),
            error.message()
        ))
        .mend("write it anew with `cargo generate-lockfile`")
    })
}

fn folder_of(project: &Project) -> &Path {
    project.manifest.parent().unwrap_or(project.root())
}

/// `built` holds name and version of each package that is built on this platform; a lock file has
/// those of all.
fn findings(
    text: &str,
    built: &BTreeSet<(String, String)>,
    uses_io_uring: bool,
) -> std::result::Result<Vec<Finding>, toml::de::Error> {
    let lock = Lock::parse(text)?;
    let mut findings: Vec<_> = lock
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| built.contains(&(package.name.clone(), package.version.to_string())))
        .flat_map(|(at, package)| {
            let lock = &lock;
            FLOORS
                .iter()
                .filter(move |floor| floor.package == package.name)
                .filter(move |floor| floor.is_below(&package.version))
                .filter(move |floor| uses_io_uring || !floor.needs_io_uring)
                .map(move |floor| finding(floor, lock, at))
        })
        .collect();
    findings.sort_by_key(|finding| finding.place.line);
    Ok(findings)
}

fn finding(floor: &Floor, lock: &Lock, at: usize) -> Finding {
    let package = &lock.packages[at];
    let Package {
        name,
        version,
        line,
        ..
    } = package;
    let path = lock.path_to(at);
    let snippet = format!("name = \"{name}\"");
    let note = |kind: &str, message: String| Note {
        kind: kind.to_owned(),
        message,
        places: Vec::new(),
    };
    let mut notes = vec![
        note("help", mend(floor, package, &path)),
        note("note", who(lock, at, &path)),
    ];
    if path.len() > 2 {
        notes.push(note("note", no_downgrade(package)));
    }
    notes.push(note("note", format!("mended by {}", floor.link)));
    let mut finding = Finding {
        lint: NAME.to_owned(),
        message: format!("{name} {version} {}", floor.defect),
        place: Place {
            file: FILE.to_owned(),
            line: *line,
            column: 1,
            end_line: *line,
            end_column: 1 + snippet.chars().count(),
        },
        snippet,
        krate: path.first().unwrap_or(&package).name.replace('-', "_"),
        notes,
        fixes: Vec::new(),
        rendered: String::new(),
        baseline: None,
    };
    finding.rendered = draw(&finding);
    finding
}

/// What to bump.
fn mend(floor: &Floor, package: &Package, path: &[&Package]) -> String {
    let Package { name, version, .. } = package;
    let target = floor.target(version);
    let parent = path.len().checked_sub(2).map(|at| path[at]);
    let direct = parent.is_some_and(|parent| parent.is_local);
    let holder = match parent {
        Some(parent) if direct => format!("raise its requirement in `{}`", parent.name),
        Some(parent) => format!(
            "raise `{}`, whose {} holds it back",
            parent.name, parent.version
        ),
        None => "raise what requires it".to_owned(),
    };
    if !floor.is_compatible(version) {
        return format!("{name} {target} or newer has no such defect; {holder}");
    }
    format!(
        "run `cargo update -p {name}@{version}` to get {target} or newer; if that leaves it below, \
         {holder}"
    )
}

/// Who pulls it in.
fn who(lock: &Lock, at: usize, path: &[&Package]) -> String {
    let shown = |package: &&Package| format!("{} {}", package.name, package.version);
    let mut text = if path.len() > 1 {
        let steps: Vec<_> = path.iter().map(shown).collect();
        format!("it comes in by {}", steps.join(" -> "))
    } else {
        "no package of the project asks for it".to_owned()
    };
    let on_path = path.len().checked_sub(2).map(|at| path[at]);
    let others: Vec<_> = lock
        .dependents_of(at)
        .filter(|dependent| on_path.is_none_or(|parent| !std::ptr::eq(parent, *dependent)))
        .map(|dependent| shown(&dependent))
        .collect();
    if !others.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "; also asked for by {}", others.join(", "));
    }
    text
}

fn no_downgrade(package: &Package) -> String {
    let name = &package.name;
    format!(
        "pinning `{name}`, or what pulls it in, to an older version is no way out: the mended \
         versions are the newer ones, cargo takes one compatible `{name}` for the whole graph and \
         refuses one that is too old for any other package in it, and a pin in this lock file \
         binds nobody who depends on these crates"
    )
}

/// As rustc draws a warning.
fn draw(finding: &Finding) -> String {
    let line = finding.place.line;
    let margin = " ".repeat(line.to_string().len());
    let mut text = format!(
        "warning: {}\n{margin}--> {FILE}:{line}:1\n{margin} |\n{line} | {}\n{margin} |\n",
        finding.message, finding.snippet
    );
    for note in &finding.notes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{margin} = {}: {}", note.kind, note.message);
    }
    let _ = writeln!(
        text,
        "{margin} = note: `{NAME}` of `cargo xtask lint`; `--skip {NAME}` leaves it out"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "client",
 "tokio-util",
]

[[package]]
name = "client"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "tokio",
]

[[package]]
name = "tokio"
version = "1.44.1"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "tokio-util"
version = "0.7.13"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "tokio",
]
"#;

    fn built(lock: &str) -> BTreeSet<(String, String)> {
        let lock = Lock::parse(lock).expect("a lock file");
        let names = lock
            .packages
            .iter()
            .map(|package| (package.name.clone(), package.version.to_string()));
        names.collect()
    }

    fn found(lock: &str, uses_io_uring: bool) -> Vec<Finding> {
        findings(lock, &built(lock), uses_io_uring).expect("a lock file")
    }

    fn notes(finding: &Finding) -> String {
        let notes: Vec<_> = finding
            .notes
            .iter()
            .map(|note| note.message.as_str())
            .collect();
        notes.join("\n")
    }

    #[test]
    fn a_transitive_package_is_told_with_its_way_and_its_mend() {
        let found = found(LOCK, false);
        assert_eq!(found.len(), 2);
        let tokio = &found[0];
        assert!(
            tokio.message.starts_with("tokio 1.44.1 clones"),
            "{tokio:?}"
        );
        assert_eq!((tokio.place.file.as_str(), tokio.place.line), (FILE, 20));
        assert_eq!(LOCK.lines().nth(19), Some(tokio.snippet.as_str()));
        let notes = notes(tokio);
        for part in [
            "run `cargo update -p tokio@1.44.1` to get 1.44.2 or newer",
            "raise `client`, whose 2.0.0 holds it back",
            "it comes in by app 0.1.0 -> client 2.0.0 -> tokio 1.44.1; also asked for by tokio-util 0.7.13",
            "to an older version is no way out",
            "pull/7232",
        ] {
            assert!(notes.contains(part), "`{part}` in\n{notes}");
        }
    }

    #[test]
    fn a_direct_dependency_is_raised_where_it_is_required() {
        let util = &found(LOCK, false)[1];
        assert!(util.message.contains("run_until_cancelled"));
        let notes = notes(util);
        assert!(notes.contains("raise its requirement in `app`"), "{notes}");
        assert!(!notes.contains("no way out"), "{notes}");
    }

    #[test]
    fn a_version_without_compatible_mend_names_the_requirement() {
        let old = LOCK.replace("1.44.1", "0.2.25");
        let notes = notes(&found(&old, false)[0]);
        assert!(notes.contains("tokio 1.44.2 or newer has no such defect; raise `client`"));
    }

    #[test]
    fn mended_versions_are_silent() {
        for version in ["1.38.2", "1.42.1", "1.43.1", "1.44.2", "1.50.0", "1.51.1"] {
            let mended = LOCK.replace("1.44.1", version).replace("0.7.13", "0.7.16");
            assert_eq!(found(&mended, false), [], "{version}");
        }
    }

    #[test]
    fn io_uring_has_a_floor_of_its_own_where_it_is_in_use() {
        let lock = LOCK.replace("1.44.1", "1.50.0").replace("0.7.13", "0.7.16");
        let found = found(&lock, true);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("io_uring"), "{:?}", found[0]);
    }

    #[test]
    fn what_is_not_built_here_is_no_finding() {
        let none = findings(LOCK, &BTreeSet::new(), false).expect("a lock file");
        assert_eq!(none, []);
    }

    #[test]
    fn the_lock_files_of_the_corpus_are_read_to_the_end() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/locks");
        let mut files = 0;
        for file in crate::files::entries(&folder).expect("a folder") {
            let text = fs::read_to_string(&file).expect("a lock file");
            let lock = Lock::parse(&text).expect("a lock file");
            assert_eq!(lock.packages.len(), text.matches("[[package]]").count());
            for at in 0..lock.packages.len() {
                let path = lock.path_to(at);
                let all_from_the_project = path.first().is_some_and(|first| first.is_local);
                assert!(all_from_the_project, "{}: {path:?}", file.display());
            }
            for finding in found(&text, true) {
                let line = text.lines().nth(finding.place.line - 1);
                assert_eq!(line, Some(finding.snippet.as_str()), "{}", file.display());
            }
            files += 1;
        }
        assert!(files >= 10, "{files} files");
    }

    #[test]
    fn it_is_drawn_like_a_warning_of_rustc() {
        let drawn = &found(LOCK, false)[0].rendered;
        let start = "warning: tokio 1.44.1 clones";
        assert!(drawn.starts_with(start), "{drawn}");
        assert!(
            drawn.contains(
                "\n  --> Cargo.lock:20:1\n   |\n20 | name = \"tokio\"\n   |\n   = help: "
            ),
            "{drawn}"
        );
    }
}
