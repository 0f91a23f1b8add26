//! Findings as rustc draws its warnings, without those that a baseline holds.

use super::Report;

pub(super) fn render(report: &Report) -> String {
    report.news().fold(String::new(), |mut text, finding| {
        text.push_str(finding.rendered.trim_end());
        text.push_str("\n\n");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn an_empty_line_follows_each() {
        let mut report = report();
        report.findings.push(report.findings[0].clone());
        let one = "warning: this timeout cannot fire\n\n";
        assert_eq!(render(&report), format!("{one}{one}"));
    }
}
