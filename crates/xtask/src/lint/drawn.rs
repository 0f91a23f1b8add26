//! What rustc draws for the gallery's findings, a file for each lint, so that text which quotes a
//! message (the book does) quotes the one of today.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{FileContext, Result};
use crate::files;
use crate::lint::finding::{Finding, is_about_the_level};

const SUFFIX: &str = ".lint.txt";

/// Each lint's findings in its own folder, in the order of their places, drawn without colours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drawn(BTreeMap<String, String>);

impl Drawn {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let mut drawn = BTreeMap::<String, String>::new();
        for finding in findings.iter().filter(|finding| is_at_home(finding)) {
            let text = drawn.entry(finding.lint.clone()).or_default();
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&without_level(&finding.rendered));
        }
        Self(drawn)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes a file for each lint, and removes those of others.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        for file in self.left_over(folder)? {
            fs::remove_file(&file).file("remove", &file)?;
        }
        for (lint, text) in &self.0 {
            let file = file(folder, lint);
            fs::write(&file, text).file("write", &file)?;
        }
        Ok(())
    }

    /// The files that hold something else, a line for each; `None` when there are none.
    pub(crate) fn difference(&self, folder: &Path) -> Result<Option<String>> {
        let mut difference = String::new();
        for (lint, text) in &self.0 {
            let file = file(folder, lint);
            let what = match fs::read_to_string(&file) {
                Ok(kept) if kept == *text => continue,
                Ok(_) => "is not what is drawn today",
                Err(_) => "cannot be read",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(difference, "  `{}` {what}", file.display());
        }
        for file in self.left_over(folder)? {
            let _ = writeln!(difference, "  `{}`: nothing is drawn", file.display());
        }
        Ok((!difference.is_empty()).then_some(difference))
    }

    /// The files of lints that found nothing.
    fn left_over(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut kept = files::entries(folder)?;
        kept.retain(|file| {
            let name = file.file_name().and_then(|name| name.to_str());
            let lint = name.and_then(|name| name.strip_suffix(SUFFIX));
            lint.is_some_and(|lint| !self.0.contains_key(lint))
        });
        Ok(kept)
    }
}

/// Whether it lies in a folder with its lint's name: elsewhere another trap is shown.
fn is_at_home(finding: &Finding) -> bool {
    finding
        .place
        .file
        .split('/')
        .any(|part| part == finding.lint)
}

fn file(folder: &Path, lint: &str) -> PathBuf {
    folder.join(format!("{lint}{SUFFIX}"))
}

/// Without the note that says where the level comes from: rustc draws it at the first finding of a
/// crate only. It is a line, or a place with its lines up to the next note.
fn without_level(rendered: &str) -> String {
    let mut text = String::new();
    let mut in_note = false;
    for line in rendered.trim_end().lines() {
        let inner = line.trim_start().strip_prefix("= note: ");
        let outer = line.strip_prefix("note: ");
        let is_level = inner.or(outer).is_some_and(is_about_the_level);
        let begins = ["note: ", "help: ", "warning: "]
            .iter()
            .any(|part| line.starts_with(part))
            || line.trim_start().starts_with("= ");
        in_note = is_level || (in_note && !begins);
        if !in_note {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::finding::tests::at;

    fn drawn(folder: &str, line: usize, rendered: &str) -> Finding {
        let mut finding = at(&format!("src/{folder}/broken.rs"), line);
        rendered.clone_into(&mut finding.rendered);
        finding
    }

    #[test]
    fn the_level_is_no_part_of_the_message() {
        let text = "warning: it hangs\n --> src/lib.rs:3:1\n  |\n  = help: do not\n  \
                    = note: `#[warn(a_lint)]` on by default\n\n";
        let Drawn(all) = Drawn::of(&[drawn("a_lint", 3, text)]);
        assert_eq!(
            all["a_lint"],
            "warning: it hangs\n --> src/lib.rs:3:1\n  |\n  = help: do not\n"
        );
    }

    #[test]
    fn a_level_that_is_set_in_the_code_is_none_either() {
        let text = "warning: it hangs\n --> src/lib.rs:3:1\n  |\n  = help: do not\n\
                    note: the lint level is defined here\n --> src/lib.rs:1:9\n  |\n1 | #![warn(a_lint)]\n\
                    note: it is held here\n --> src/lib.rs:2:1\n";
        let Drawn(all) = Drawn::of(&[drawn("a_lint", 3, text)]);
        assert_eq!(
            all["a_lint"],
            "warning: it hangs\n --> src/lib.rs:3:1\n  |\n  = help: do not\n\
             note: it is held here\n --> src/lib.rs:2:1\n"
        );
    }

    #[test]
    fn findings_in_other_folders_are_left_out() {
        assert_eq!(Drawn::of(&[drawn("another", 3, "warning: one\n")]).len(), 0);
    }

    #[test]
    fn a_changed_a_missing_and_a_needless_file_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let difference = |drawn: &Drawn| drawn.difference(folder.path()).expect("it can be listed");
        let now = Drawn::of(&[
            drawn("a_lint", 3, "warning: one\n\n"),
            drawn("a_lint", 9, "warning: two\n\n"),
        ]);
        let missing = difference(&now).expect("nothing is written");
        assert!(missing.contains("a_lint.lint.txt` cannot be read"));

        now.write(folder.path()).expect("it is written");
        assert_eq!(difference(&now), None);
        let kept = fs::read_to_string(folder.path().join("a_lint.lint.txt"));
        assert_eq!(kept.expect("it is there"), "warning: one\n\nwarning: two\n");

        let later = Drawn::of(&[drawn("a_lint", 3, "warning: another\n")]);
        let changed = difference(&later).expect("it differs");
        assert!(changed.contains("is not what is drawn today"));

        let none = Drawn::of(&[]);
        let needless = difference(&none).expect("it differs");
        assert!(needless.contains("a_lint.lint.txt`: nothing is drawn"));
        none.write(folder.path()).expect("it is removed");
        assert_eq!(difference(&none), None);
    }
}
