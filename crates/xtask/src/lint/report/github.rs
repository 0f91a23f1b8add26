//! Workflow commands of GitHub Actions: `::warning file=…,line=…::message`, for the findings that
//! no baseline holds.

use std::fmt::Write as _;

use super::Report;

pub(super) fn render(report: &Report) -> String {
    let base = report.base();
    report.news().fold(String::new(), |mut text, finding| {
        let place = &finding.place;
        let properties = [
            ("file", base.path(&place.file)),
            ("line", place.line.to_string()),
            ("endLine", place.end_line.to_string()),
            ("col", place.column.to_string()),
            // GitHub's end column is the last character, not the one after it.
            (
                "endColumn",
                place.end_column.saturating_sub(1).max(1).to_string(),
            ),
            ("title", finding.lint.clone()),
        ];
        let properties: Vec<_> = properties
            .iter()
            .map(|(name, value)| format!("{name}={}", property(value)))
            .collect();
        let helps = finding.notes.iter().filter(|note| note.kind == "help");
        let message = std::iter::once(finding.message.clone())
            .chain(helps.map(|help| format!("help: {}", help.message)))
            .collect::<Vec<_>>()
            .join("\n");
        let _ = writeln!(
            text,
            "::warning {}::{}",
            properties.join(","),
            data(&message)
        );
        text
    })
}

/// A message may hold anything but line breaks, and `%` starts an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// In a property `,` and `:` separate, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;
    use crate::lint::finding::BaselineState;

    #[test]
    fn what_the_baseline_holds_is_not_shown() {
        let mut report = report();
        report.findings[0].baseline = Some(BaselineState::Unchanged);
        assert_eq!(render(&report), "");
        report.findings[0].baseline = Some(BaselineState::New);
        assert_ne!(render(&report), "");
    }

    #[test]
    fn everything_that_separates_is_escaped() {
        let mut report = report();
        report.findings[0].place.file = "src/a,b:c.rs".to_owned();
        assert_eq!(
            render(&report),
            "::warning file=src/a%2Cb%3Ac.rs,line=12,endLine=12,col=5,endColumn=8,\
             title=timeout_over_cpu_work::this timeout cannot fire: 100%25,%0Anever%0Ahelp: spawn \
             it\n"
        );
    }
}
