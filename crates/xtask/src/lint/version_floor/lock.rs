//! `Cargo.lock` as a graph whose packages know their line.

use std::collections::VecDeque;

use semver::Version;
use serde::Deserialize;
use toml::Spanned;

/// A locked package.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: Version,
    /// Where its name stands, counted from 1.
    pub(super) line: usize,
    /// A package of the project itself, or one beside it that is named by its path.
    pub(super) is_local: bool,
}

/// The packages of a lock file, and who asks for whom.
#[derive(Debug)]
pub(super) struct Lock {
    pub(super) packages: Vec<Package>,
    /// By position in `packages`: the positions of those that depend on it.
    dependents: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: Version,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lock {
    /// Reads every version of the format that has a `dependencies` list in each package (all do).
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let File { package: entries } = toml::from_str(text)?;
        let packages: Vec<_> = entries
            .iter()
            .map(|entry| Package {
                name: entry.name.get_ref().clone(),
                version: entry.version.clone(),
                line: 1 + text[..entry.name.span().start].matches('\n').count(),
                is_local: entry.source.is_none(),
            })
            .collect();
        let mut dependents = vec![Vec::new(); entries.len()];
        for (at, entry) in entries.iter().enumerate() {
            for dependency in &entry.dependencies {
                if let Some(found) = find(&entries, dependency) {
                    dependents[found].push(at);
                }
            }
        }
        Ok(Self {
            packages,
            dependents,
        })
    }

    /// The shortest way from a package of the project to this one, both included.
    pub(super) fn path_to(&self, target: usize) -> Vec<&Package> {
        let mut next = vec![None; self.packages.len()];
        let mut seen = vec![false; self.packages.len()];
        seen[target] = true;
        let mut open = VecDeque::from([target]);
        while let Some(at) = open.pop_front() {
            if at != target && self.packages[at].is_local {
                return std::iter::successors(Some(at), |&at| next[at])
                    .map(|at| &self.packages[at])
                    .collect();
            }
            for &dependent in &self.dependents[at] {
                if !std::mem::replace(&mut seen[dependent], true) {
                    next[dependent] = Some(at);
                    open.push_back(dependent);
                }
            }
        }
        vec![&self.packages[target]]
    }

    /// The packages that ask for this one themselves.
    pub(super) fn dependents_of(&self, target: usize) -> impl Iterator<Item = &Package> {
        self.dependents[target]
            .iter()
            .map(|&dependent| &self.packages[dependent])
    }
}

/// A dependency is a name, with a version where the name alone is not enough, and a source in
/// parentheses where that is not either.
fn find(entries: &[Entry], dependency: &str) -> Option<usize> {
    let mut words = dependency.split(' ');
    let name = words.next()?;
    let version = words.next();
    let source = words.next().map(|word| word.trim_matches(['(', ')']));
    entries.iter().position(|entry| {
        let same_source = |wanted: &str| {
            // The entry's source of a git dependency ends in the revision.
            entry
                .source
                .as_deref()
                .is_some_and(|source| source.split('#').next() == wanted.split('#').next())
        };
        entry.name.get_ref() == name
            && version.is_none_or(|version| entry.version.to_string() == version)
            && source.is_none_or(same_source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two members, two versions of one crate, a cycle through a dev-dependency.
    const LOCK: &str = r#"# made by cargo
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "client",
 "old 1.0.0",
]

[[package]]
name = "client"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "middle",
]

[[package]]
name = "middle"
version = "0.3.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "client",
 "old 0.9.0 (registry+https://github.com/rust-lang/crates.io-index)",
]

[[package]]
name = "old"
version = "0.9.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "old"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "orphan"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;

    fn names(packages: &[&Package]) -> String {
        let names: Vec<_> = packages
            .iter()
            .map(|package| format!("{} {}", package.name, package.version))
            .collect();
        names.join(" > ")
    }

    #[test]
    fn the_way_from_the_project_is_the_shortest() {
        let lock = Lock::parse(LOCK).expect("a lock file");
        assert_eq!(
            names(&lock.path_to(3)),
            "app 0.1.0 > client 2.0.0 > middle 0.3.0 > old 0.9.0"
        );
        assert_eq!(names(&lock.path_to(4)), "app 0.1.0 > old 1.0.0");
        assert_eq!(names(&lock.path_to(5)), "orphan 1.0.0");
        assert_eq!(names(&lock.path_to(0)), "app 0.1.0");
    }

    #[test]
    fn lines_are_those_of_the_names() {
        let lock = Lock::parse(LOCK).expect("a lock file");
        for package in &lock.packages {
            let line = LOCK.lines().nth(package.line - 1).expect("a line");
            assert_eq!(line, format!("name = \"{}\"", package.name));
        }
    }

    #[test]
    fn direct_dependents_are_told() {
        let lock = Lock::parse(LOCK).expect("a lock file");
        let of: Vec<_> = lock.dependents_of(1).map(|package| &package.name).collect();
        assert_eq!(of, ["app", "middle"]);
    }

    #[test]
    fn what_is_no_lock_file_is_an_error() {
        assert!(Lock::parse("[[package]]\nname = 3\n").is_err());
        assert!(
            Lock::parse("version = 4\n")
                .expect("empty")
                .packages
                .is_empty()
        );
    }
}
