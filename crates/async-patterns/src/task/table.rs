//! The children of a report as a table in plain text.

use std::fmt;
use std::time::Duration;

use super::ChildReport;

const HEADER: [&str; 5] = ["NAME", "KIND", "OUTCOME", "TIME", "ENDED"];

/// Writes one line for each child under a header, the columns aligned, without a final newline.
pub(super) fn write(f: &mut fmt::Formatter<'_>, children: &[ChildReport]) -> fmt::Result {
    let rows: Vec<[String; 5]> = children.iter().map(row).collect();
    let mut widths = HEADER.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    line(f, HEADER, widths)?;
    for row in &rows {
        f.write_str("\n")?;
        line(f, row.each_ref().map(String::as_str), widths)?;
    }
    Ok(())
}

fn row(child: &ChildReport) -> [String; 5] {
    [
        one_line(&child.name),
        child.kind.to_string(),
        one_line(&child.outcome.to_string()),
        short(child.spent),
        child.stage.to_string(),
    ]
}

/// A duration to three places, which is enough to see what took long.
pub(super) fn short(duration: Duration) -> String {
    format!("{duration:.3?}").replace(".000", "")
}

/// Names and errors are other people's text; a newline in one would break the table.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line(f: &mut fmt::Formatter<'_>, cells: [&str; 5], widths: [usize; 5]) -> fmt::Result {
    let [first @ .., last] = cells;
    f.write_str("  ")?;
    for (cell, width) in first.iter().zip(widths) {
        write!(f, "{cell:width$}  ")?;
    }
    f.write_str(last)
}
