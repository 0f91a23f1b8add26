//! `corpus/verdicts.toml`: what reading the code of each finding showed.

use std::fmt;
use std::fs;
use std::path::Path;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::list::Entry;
use super::record::code_hash;
use crate::error::{Error, FileContext, Result};
use crate::lint::Finding;

/// Whether a finding is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Judgement {
    Real,
    False,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "real",
            Self::False => "false",
        })
    }
}

/// The verdict on one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names of the file's keys")]
pub(crate) struct Verdict {
    #[serde(rename = "crate")]
    pub(crate) krate: String,
    pub(crate) version: Version,
    pub(crate) lint: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The hash of the source line.
    pub(crate) code: String,
    pub(crate) verdict: Judgement,
    /// One sentence.
    pub(crate) why: String,
}

impl Verdict {
    /// Whether it is about this finding.
    pub(crate) fn is_about(&self, entry: &Entry, finding: &Finding) -> bool {
        self.krate == entry.name
            && self.version == entry.version
            && self.lint == finding.lint
            && self.file == finding.place.file
            && self.line == finding.place.line
            && self.code == code_hash(finding)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            krate,
            version,
            lint,
            file,
            line,
            ..
        } = self;
        write!(f, "{krate} {version}: {lint} at {file}:{line}")
    }
}

/// The file's content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    verdict: Vec<Verdict>,
}

/// Reads the verdicts; a file that is not there has none.
pub(crate) fn read(path: &Path) -> Result<Vec<Verdict>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.file("read", path)?,
    };
    parse(&text).map_err(|complaint| Error::new(format!("`{}`: {complaint}", path.display())))
}

fn parse(text: &str) -> Result<Vec<Verdict>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    match file
        .verdict
        .iter()
        .find(|verdict| verdict.why.trim().is_empty())
    {
        Some(empty) => Err(format!("the verdict on {empty} does not say why")),
        None => Ok(file.verdict),
    }
}

/// An entry of the file to be filled in, for a finding that nobody has read.
pub(crate) fn draft(entry: &Entry, finding: &Finding) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        "[[verdict]]\ncrate = {}\nversion = \"{}\"\nlint = {}\nfile = {}\nline = {}\ncode = \"{}\"\n\
         verdict = \"\"\nwhy = \"\"\n",
        text(&entry.name),
        entry.version,
        text(&finding.lint),
        text(&finding.place.file),
        finding.place.line,
        code_hash(finding),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::corpus::list::tests::entry;
    use crate::corpus::record::tests::finding;

    pub(crate) fn verdict(finding: &Finding, judgement: Judgement) -> Verdict {
        Verdict {
            krate: "x".to_owned(),
            version: Version::new(1, 2, 3),
            lint: finding.lint.clone(),
            file: finding.place.file.clone(),
            line: finding.place.line,
            code: code_hash(finding),
            verdict: judgement,
            why: "the guard lives on".to_owned(),
        }
    }

    #[test]
    fn a_filled_in_draft_is_about_its_finding() {
        let found = finding("src/a \"b\".rs", 7);
        let draft = draft(&entry("x"), &found);
        assert!(parse(&draft).is_err(), "an unread finding is no verdict");
        let filled = draft.replace("verdict = \"\"", "verdict = \"real\"");
        assert!(
            parse(&filled)
                .expect_err("no reason")
                .contains("does not say why")
        );
        let filled = filled.replace("why = \"\"", "why = \"it is\"");
        let verdicts = parse(&filled).expect("a verdict");
        assert!(verdicts[0].is_about(&entry("x"), &found));
        assert!(!verdicts[0].is_about(&entry("y"), &found));
        assert!(!verdicts[0].is_about(&entry("x"), &finding("src/a \"b\".rs", 8)));
    }

    #[test]
    fn changed_code_needs_a_new_verdict() {
        let mut found = finding("src/lib.rs", 7);
        let verdict = verdict(&found, Judgement::Real);
        assert!(verdict.is_about(&entry("x"), &found));
        found.snippet = "let other = lock();".to_owned();
        assert!(!verdict.is_about(&entry("x"), &found));
    }

    #[test]
    fn the_committed_file_can_be_read() {
        parse(include_str!("../../../../corpus/verdicts.toml")).expect("good verdicts");
    }
}
