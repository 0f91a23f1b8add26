//! `docs/corpus.md`: every finding in the corpus with its verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::list::Entry;
use super::record::{Record, Status};
use super::timing::{self, Timing};
use super::verdict::{Judgement, Verdict};
use crate::lint::Finding;

/// A crate and what linting it showed.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) record: Record,
    pub(crate) timing: Option<Timing>,
}

/// All that the report says, sorted out.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    crates: &'a [Checked<'a>],
    verdicts: &'a [Verdict],
    off_by_default: &'a BTreeSet<String>,
}

/// What stands in the way of a clean corpus.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems {
    /// Findings without a verdict.
    pub(crate) unread: usize,
    /// Findings that are wrong, of lints that are on by default. Others report what may be meant.
    pub(crate) wrong: usize,
    /// Panics of lints or of the compiler.
    pub(crate) panics: usize,
    /// Verdicts that no finding matches.
    pub(crate) stale: Vec<String>,
}

impl Problems {
    /// One line that names them; `None` when there are none.
    pub(crate) fn summary(&self) -> Option<String> {
        let parts: Vec<_> = [
            (self.unread, "findings that nobody has read"),
            (self.wrong, "false findings of lints that are on by default"),
            (self.panics, "panics"),
            (self.stale.len(), "verdicts that match no finding"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl<'a> Report<'a> {
    pub(crate) fn new(
        crates: &'a [Checked<'a>],
        verdicts: &'a [Verdict],
        off_by_default: &'a BTreeSet<String>,
    ) -> Self {
        Self {
            crates,
            verdicts,
            off_by_default,
        }
    }

    fn verdict(&self, entry: &Entry, finding: &Finding) -> Option<&'a Verdict> {
        self.verdicts
            .iter()
            .find(|verdict| verdict.is_about(entry, finding))
    }

    fn findings(&self) -> impl Iterator<Item = (&'a Entry, &'a Finding)> {
        self.crates.iter().flat_map(|checked| {
            checked
                .record
                .findings()
                .iter()
                .map(move |finding| (checked.entry, finding))
        })
    }

    /// The findings without a verdict.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&'a Entry, &'a Finding)> {
        self.findings()
            .filter(|(entry, finding)| self.verdict(entry, finding).is_none())
    }

    pub(crate) fn problems(&self) -> Problems {
        let wrong = |(entry, finding): &(&Entry, &Finding)| {
            !self.off_by_default.contains(&finding.lint)
                && self
                    .verdict(entry, finding)
                    .is_some_and(|found| found.verdict == Judgement::False)
        };
        let looked_at: BTreeSet<_> = self
            .crates
            .iter()
            .map(|checked| &checked.entry.name)
            .collect();
        let stale = self.verdicts.iter().filter(|verdict| {
            // A run over some of the crates says nothing about the others.
            looked_at.contains(&verdict.krate)
                && !self
                    .findings()
                    .any(|(entry, finding)| verdict.is_about(entry, finding))
        });
        Problems {
            unread: self.unread().count(),
            wrong: self.findings().filter(wrong).count(),
            panics: self
                .crates
                .iter()
                .map(|checked| checked.record.panics.len())
                .sum(),
            stale: stale.map(ToString::to_string).collect(),
        }
    }

    /// The document.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from(INTRODUCTION);
        self.totals(&mut text);
        self.crate_table(&mut text);
        self.finding_sections(&mut text);
        self.left_out(&mut text);
        let timings: Vec<_> = self
            .crates
            .iter()
            .filter_map(|one| Some((one.entry, one.timing.as_ref()?)))
            .collect();
        timing::markdown(&timings, &mut text);
        text
    }

    fn totals(&self, text: &mut String) {
        let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for (entry, finding) in self.findings() {
            let column = match self.verdict(entry, finding).map(|verdict| verdict.verdict) {
                Some(Judgement::Real) => 0,
                Some(Judgement::False) => 1,
                None => 2,
            };
            counts.entry(&finding.lint).or_default()[column] += 1;
        }
        text.push_str("\n| lint | default | real | false | unread |\n|---|---|---|---|---|\n");
        for (lint, [real, wrong, unread]) in counts {
            let default = if self.off_by_default.contains(lint) {
                "off"
            } else {
                "on"
            };
            let _ = writeln!(
                text,
                "| `{lint}` | {default} | {real} | {wrong} | {unread} |"
            );
        }
    }

    fn crate_table(&self, text: &mut String) {
        text.push_str(
            "\n## Crates\n\n\"Parts\" are compilations: a library, its unit tests, each program, \
             integration test and example.\n\n\
             | crate | version | kind | parts linted | left out | findings | what it is good for |\n\
             |---|---|---|---|---|---|---|\n",
        );
        for Checked { entry, record, .. } in self.crates {
            let (parts, left_out, findings) = match &record.status {
                Status::Linted {
                    units,
                    skipped,
                    findings,
                } => (
                    units.to_string(),
                    skipped.len().to_string(),
                    findings.len().to_string(),
                ),
                Status::NotLintable { .. } => {
                    ("not lintable".to_owned(), "all".to_owned(), "-".to_owned())
                }
            };
            let Entry {
                name,
                version,
                kind,
                why,
            } = entry;
            let _ = writeln!(
                text,
                "| {name} | {version} | {kind} | {parts} | {left_out} | {findings} | {} |",
                cell(why)
            );
        }
    }

    fn finding_sections(&self, text: &mut String) {
        text.push_str("\n## Findings\n");
        for Checked { entry, record, .. } in self.crates {
            if record.findings().is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n### {} {}\n", entry.name, entry.version);
            for finding in record.findings() {
                self.finding(entry, finding, text);
            }
        }
    }

    fn finding(&self, entry: &Entry, finding: &Finding, text: &mut String) {
        let place = &finding.place;
        let verdict = match self.verdict(entry, finding) {
            Some(verdict) => format!("**{}**: {}", verdict.verdict, verdict.why),
            None => "**unread**".to_owned(),
        };
        let _ = writeln!(
            text,
            "- `{}` at [{}:{}](https://docs.rs/crate/{}/{}/source/{}#{})\n  {}\n  {verdict}",
            finding.lint,
            place.file,
            place.line,
            entry.name,
            entry.version,
            place.file,
            place.line,
            code(&finding.snippet),
        );
    }

    fn left_out(&self, text: &mut String) {
        text.push_str("\n## Left out\n\n");
        let mut any = false;
        for Checked { entry, record, .. } in self.crates {
            let rows: Vec<_> = match &record.status {
                Status::NotLintable { reason } => vec![("the whole crate", reason.as_str())],
                Status::Linted { skipped, .. } => skipped
                    .iter()
                    .map(|one| (one.target.as_str(), one.reason.as_str()))
                    .collect(),
            };
            for (what, reason) in rows {
                any = true;
                let _ = writeln!(
                    text,
                    "- {} {}: {what}: {}",
                    entry.name,
                    entry.version,
                    line(reason)
                );
            }
        }
        if !any {
            text.push_str("Nothing.\n");
        }
    }
}

const INTRODUCTION: &str = "\
# What the lints find in published crates

`cargo xtask corpus` writes this page. It lints the crates of `corpus.toml` with their default features, and their
tests and examples where they build. The lock files in `corpus/locks` keep the dependencies; the verdicts are in
`corpus/verdicts.toml`, each written after reading the code. \"Harmless\" counts as false for a lint that is on by
default, and a false report is a bug of the lint.
";

/// In a table `|` ends the cell.
pub(super) fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// One line: messages of compilers may have more.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A code span that may hold backticks.
fn code(text: &str) -> String {
    let mut fence = "`".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    if fence.len() == 1 {
        format!("`{text}`")
    } else {
        format!("{fence} {text} {fence}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::list::tests::entry;
    use crate::corpus::record::Skipped;
    use crate::corpus::record::tests::{finding, key};
    use crate::corpus::verdict::tests::verdict;

    fn record(findings: Vec<Finding>, panics: Vec<String>) -> Record {
        let skipped = vec![Skipped {
            target: "test `t`".to_owned(),
            reason: "no\n  such | crate".to_owned(),
        }];
        Record::new(
            key(),
            Status::Linted {
                units: 3,
                skipped,
                findings,
            },
            panics,
            12,
        )
    }

    #[test]
    fn findings_get_their_verdicts_and_others_are_unread() {
        let (x, y) = (entry("x"), entry("y"));
        let read = finding("src/read.rs", 3);
        let crates = [
            Checked {
                entry: &x,
                record: record(vec![read.clone(), finding("src/unread.rs", 9)], Vec::new()),
                timing: None,
            },
            Checked {
                entry: &y,
                record: Record::new(
                    key(),
                    Status::NotLintable {
                        reason: "too new".to_owned(),
                    },
                    Vec::new(),
                    0,
                ),
                timing: None,
            },
        ];
        let verdicts = [verdict(&read, Judgement::Real)];
        let none = BTreeSet::new();
        let report = Report::new(&crates, &verdicts, &none);
        let text = report.markdown();
        for part in [
            "| `a_lint` | on | 1 | 0 | 1 |",
            "| x | 1.2.3 | HTTP | 3 | 1 | 2 | it has futures |",
            "| y | 1.2.3 | HTTP | not lintable | all | - |",
            "[src/read.rs:3](https://docs.rs/crate/x/1.2.3/source/src/read.rs#3)",
            "**real**: the guard lives on",
            "**unread**",
            "- x 1.2.3: test `t`: no such | crate",
            "- y 1.2.3: the whole crate: too new",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert_eq!(
            report.problems(),
            Problems {
                unread: 1,
                ..Problems::default()
            }
        );
        assert_eq!(
            report
                .unread()
                .map(|(_, finding)| finding.place.line)
                .collect::<Vec<_>>(),
            [9]
        );
    }

    #[test]
    fn false_stale_and_panics_are_problems() {
        let x = entry("x");
        let wrong = finding("src/lib.rs", 3);
        let gone = finding("src/gone.rs", 4);
        let crates = [Checked {
            entry: &x,
            record: record(vec![wrong.clone()], vec!["boom".to_owned()]),
            timing: None,
        }];
        let mut elsewhere = verdict(&gone, Judgement::Real);
        elsewhere.krate = "not_run".to_owned();
        let verdicts = [
            verdict(&wrong, Judgement::False),
            verdict(&gone, Judgement::Real),
            elsewhere,
        ];
        let off = BTreeSet::from(["a_lint".to_owned()]);
        assert_eq!(Report::new(&crates, &verdicts, &off).problems().wrong, 0);
        let problems = Report::new(&crates, &verdicts, &BTreeSet::new()).problems();
        assert_eq!(
            (problems.unread, problems.wrong, problems.panics),
            (0, 1, 1)
        );
        assert_eq!(problems.stale, ["x 1.2.3: a_lint at src/gone.rs:4"]);
        assert_eq!(
            problems.summary().as_deref(),
            Some(
                "1 false findings of lints that are on by default, 1 panics, 1 verdicts that match no finding"
            )
        );
        assert_eq!(Problems::default().summary(), None);
    }

    #[test]
    fn code_with_backticks_keeps_them() {
        assert_eq!(code("let x = 1;"), "`let x = 1;`");
        assert_eq!(code("a ` b"), "`` a ` b ``");
    }
}
