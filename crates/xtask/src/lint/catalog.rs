//! The lints of the library, as the library itself lists them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lint::version_floor;
use crate::process::Run;
use crate::setup::Toolchain;

const LIMIT: Duration = Duration::from_mins(5);

/// One lint of the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lint {
    pub(crate) name: String,
    /// The level it has when nobody sets one: `allow`, `warn`, `deny` or `forbid`.
    pub(crate) level: String,
    /// One line, in lower case.
    pub(crate) description: String,
}

impl Lint {
    pub(crate) fn is_on_by_default(&self) -> bool {
        self.level != "allow"
    }

    /// The chapter that explains it, or what there is instead.
    pub(crate) fn help_uri(&self) -> String {
        if self.name == version_floor::NAME {
            let repository = env!("CARGO_PKG_REPOSITORY");
            return format!("{repository}/blob/main/docs/lints.md#{}", self.name);
        }
        format!(
            "https://async-patterns.github.io/book/traps/{}.html",
            self.name
        )
    }
}

/// All lints of a library, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Catalog {
    pub(crate) lints: Vec<Lint>,
}

impl Catalog {
    /// Asks the library, through the driver that will run it.
    pub(crate) fn read(toolchain: &Toolchain, library: &Path) -> Result<Self> {
        let mut command = toolchain.cargo_dylint();
        command
            .args(["list", "--quiet", "--no-metadata", "--lib-path"])
            .arg(library);
        let mut text = String::new();
        Run::new("`cargo dylint list` of the lint library", command, LIMIT)
            .on_stdout(|line| {
                text.push_str(line);
                text.push('\n');
            })
            .succeed()?;
        let catalog = Self::parse(&text);
        if catalog.lints.is_empty() {
            return Err(Error::new(format!(
                "the lint library `{}` lists no lints, so a run with it would find nothing",
                library.display()
            ))
            .mend("rebuild it with `cargo xtask setup`"));
        }
        Ok(catalog)
    }

    /// A lint is a line of three columns, indented by four, two or more blanks between them; the
    /// library's name stands in a line of its own.
    fn parse(text: &str) -> Self {
        let mut lints: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("    "))
            .filter_map(|line| {
                let (name, rest) = line.split_once("  ")?;
                let (level, description) = rest.trim_start().split_once("  ")?;
                Some(Lint {
                    name: name.to_owned(),
                    level: level.to_owned(),
                    description: description.trim().to_owned(),
                })
            })
            .collect();
        lints.sort_by(|a, b| a.name.cmp(&b.name));
        Self { lints }
    }

    /// The same with another entry in its place.
    pub(crate) fn with(&self, lint: Lint) -> Self {
        let mut lints = self.lints.clone();
        lints.push(lint);
        lints.sort_by(|a, b| a.name.cmp(&b.name));
        Self { lints }
    }

    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.lints.iter().map(|lint| lint.name.clone()).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Lint> {
        self.lints.iter().find(|lint| lint.name == name)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const LISTED: &str = "async_patterns_lints\n    \
        timeout_over_cpu_work     warn     a timeout around work that never yields\n    \
        large_value_across_await  allow    a large value that lives in a future\n\n";

    pub(crate) fn catalog() -> Catalog {
        Catalog::parse(LISTED)
    }

    #[test]
    fn dylints_list_is_read() {
        let catalog = catalog();
        let names: Vec<_> = catalog.names().into_iter().collect();
        assert_eq!(names, ["large_value_across_await", "timeout_over_cpu_work"]);
        let timeout = catalog.get("timeout_over_cpu_work").expect("it is listed");
        assert!(timeout.is_on_by_default());
        assert_eq!(
            timeout.description,
            "a timeout around work that never yields"
        );
        assert!(!catalog.lints[0].is_on_by_default());
    }

    #[test]
    fn what_no_library_lists_can_be_added() {
        let catalog = catalog().with(version_floor::lint());
        let names: Vec<_> = catalog.lints.iter().map(|lint| &lint.name).collect();
        assert_eq!(
            names,
            [
                "large_value_across_await",
                "timeout_over_cpu_work",
                "version_floor"
            ]
        );
        assert!(
            catalog.lints[2]
                .help_uri()
                .ends_with("docs/lints.md#version_floor")
        );
    }

    #[test]
    fn a_list_without_lints_is_empty() {
        assert!(Catalog::parse("async_patterns_lints\n\n").lints.is_empty());
    }
}
