//! The book as a reader sees it: every page in headless Chromium.
//!
//! One start of the browser looks at all pages. A page beside the book, with `check.js` in it, opens
//! them one by one in frames of two widths and in all themes, and writes what it finds into itself;
//! `--dump-dom` prints that page. Errors on the console come through the browser's log.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::chromium;
use crate::error::{Error, FileContext, Result};
use crate::files;
use crate::process::Run;
use crate::ui::Ui;

const CHECKS: &str = include_str!("check.js");
/// The page with the checks, beside the book's own.
const HARNESS: &str = "check-in-browser.html";
/// The page that is photographed.
const SHEET: &str = "screenshot.html";
const LIMIT: Duration = Duration::from_mins(20);
/// Time of the page's own clock, which jumps while nothing happens. More than all looks take.
const VIRTUAL_TIME: &str = "--virtual-time-budget=3600000";
/// What is no chapter.
const OTHER_PAGES: [&str; 6] = [
    "toc.html",
    "print.html",
    "404.html",
    "index.html",
    HARNESS,
    SHEET,
];
/// The widths of a phone and of a desktop, as in `check.js`.
const WIDTHS: [u32; 2] = [390, 1280];
/// Shown in screenshots; `check.js` looks at all of mdBook's five.
const THEMES: [&str; 2] = ["light", "ayu"];
/// Of a screenshot. What is longer is cut off.
const HEIGHT: u32 = 3000;

/// What `check.js` writes.
#[derive(Debug, Deserialize)]
struct Report {
    /// Pages, times widths, times themes.
    looks: usize,
    findings: Vec<String>,
}

/// Looks at every page of the book in `place`.
///
/// # Errors
///
/// When there is no Chromium, and when something is wrong with a page.
pub(super) fn check(root: &Path, place: &Path, shots: Option<&Path>, ui: &Ui) -> Result<()> {
    let program = chromium::find().ok_or_else(|| {
        Error::new("no Chromium was found, and the book is looked at with it").mend(chromium::MEND)
    })?;
    let pages = pages(place)?;
    let profile = tempfile::tempdir()
        .map_err(|error| Error::new(format!("could not create a temporary folder: {error}")))?;
    let harness = place.join(HARNESS);
    files::write(&harness, harness_page(&pages))?;
    let step = ui.step(format!("looking at {} pages in Chromium", pages.len()));
    let report = look(program, profile.path(), &harness, root);
    let shown = shots.map_or(Ok(()), |folder| {
        let step = ui.step("taking a screenshot of each");
        screenshots(program, profile.path(), place, &pages, folder)?;
        step.done(format!("they are in {}", folder.display()));
        Ok(())
    });
    // The book's folder may be published.
    fs::remove_file(&harness).file("remove", &harness)?;
    let report = report?;
    shown?;
    step.done(format!("{} looks", report.looks));
    let least = pages.len() * WIDTHS.len() * THEMES.len();
    if report.looks < least {
        return Err(Error::found(format!(
            "Chromium looked {} times, and {least} is the least",
            report.looks
        )));
    }
    if report.findings.is_empty() {
        return Ok(());
    }
    Err(Error::found(format!(
        "{} findings in the book's pages",
        report.findings.len()
    ))
    .mend("mend the pages, or book/theme/book.css")
    .details(report.findings))
}

/// The chapters, relative to the book, with forward slashes.
fn pages(place: &Path) -> Result<Vec<String>> {
    let mut pages = Vec::new();
    for entry in walkdir::WalkDir::new(place).sort_by_file_name() {
        let entry =
            entry.map_err(|error| Error::new(format!("could not list the book: {error}")))?;
        let path = entry.path();
        let name = path.strip_prefix(place).unwrap_or(path);
        let name = name.to_string_lossy().replace('\\', "/");
        let is_page = path
            .extension()
            .is_some_and(|extension| extension == "html");
        if is_page && !OTHER_PAGES.contains(&name.as_str()) {
            pages.push(name);
        }
    }
    Ok(pages)
}

fn harness_page(pages: &[String]) -> String {
    let list = serde_json::Value::from(pages.to_vec());
    format!(
        "<!doctype html><meta charset=utf-8><body><script>\n{CHECKS}\nmain({list});\n</script>\n"
    )
}

fn look(program: &str, profile: &Path, harness: &Path, root: &Path) -> Result<Report> {
    let mut command = chromium::command(program, profile);
    command
        .args(["--enable-logging=stderr", VIRTUAL_TIME, "--dump-dom"])
        .arg(address(harness));
    let mut page = String::new();
    let mut errors = Vec::new();
    Run::new("Chromium", command, LIMIT)
        .log(root.join("target/xtask-logs/book-browser.log"))
        .on_stdout(|line| {
            page.push_str(line);
            page.push('\n');
        })
        .on_stderr(|line| errors.extend(console_message(line)))
        .succeed()?;
    let mut report = read_report(&page)?;
    report.findings.extend(errors);
    Ok(report)
}

/// What a page wrote to the console, from a line of the browser's log.
fn console_message(line: &str) -> Option<String> {
    let (_, message) = line.split_once(":CONSOLE")?;
    Some(format!("on the console: {message}"))
}

/// The JSON that the harness wrote into itself.
fn read_report(page: &str) -> Result<Report> {
    let json = page
        .split_once("<pre id=\"report\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .map(|(json, _)| json);
    let Some(json) = json else {
        return Err(
            Error::found("the checks did not come to their end in Chromium")
                .mend("see target/xtask-logs/book-browser.log"),
        );
    };
    let json = json
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&json)
        .map_err(|error| Error::found(format!("the report of the checks is no JSON: {error}")))
}

/// A picture of each page: both widths, each in both themes, side by side.
fn screenshots(
    program: &str,
    profile: &Path,
    place: &Path,
    pages: &[String],
    folder: &Path,
) -> Result<()> {
    files::create_folder(folder)?;
    let sheet = place.join(SHEET);
    let width = WIDTHS.iter().sum::<u32>() * u32::try_from(THEMES.len()).unwrap_or(1);
    let mut shots = pages.iter().map(|page| {
        let name = page.trim_end_matches(".html").replace('/', "-");
        let picture = folder.join(format!("{name}.png"));
        files::write(&sheet, views(page))?;
        let mut command = chromium::command(program, profile);
        command
            .arg(format!("--window-size={width},{HEIGHT}"))
            .arg("--virtual-time-budget=20000")
            .arg(format!("--screenshot={}", picture.display()))
            .arg(address(&sheet));
        Run::new("Chromium", command, Duration::from_mins(2)).succeed()
    });
    let shown = shots.try_for_each(|shot| shot.map(drop));
    if sheet.exists() {
        fs::remove_file(&sheet).file("remove", &sheet)?;
    }
    shown
}

/// A page in frames, one for each width and theme. A theme has to be chosen before its frame loads,
/// so they are loaded one after the other.
fn views(page: &str) -> String {
    let widths = serde_json::Value::from(WIDTHS.to_vec());
    let themes = serde_json::Value::from(THEMES.to_vec());
    let page = serde_json::Value::from(page);
    format!(
        "<!doctype html><meta charset=utf-8><body style=\"margin:0;display:flex\"><script>\
         (async () => {{ for (const width of {widths}) for (const theme of {themes}) {{\
         localStorage.setItem('mdbook-theme', theme);\
         const frame = document.createElement('iframe');\
         frame.width = width; frame.height = {HEIGHT}; frame.style.border = 'none';\
         const loaded = new Promise((done) => frame.addEventListener('load', done));\
         frame.src = {page}; document.body.append(frame); await loaded;\
         }} }})();</script>\n"
    )
}

fn address(file: &Path) -> String {
    let path = file
        .to_string_lossy()
        .replace('\\', "/")
        .replace(' ', "%20");
    format!("file://{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_read_out_of_the_page() {
        let page = r#"<body><script>x</script><pre id="report">{"looks":4,"findings":["a: 1 &lt; 2 &amp; 3"]}</pre>"#;
        let report = read_report(page).unwrap();
        assert_eq!(report.looks, 4);
        assert_eq!(report.findings, ["a: 1 < 2 & 3"]);
    }

    #[test]
    fn checks_that_did_not_end_are_a_failure() {
        let error = read_report("<body>").unwrap_err();
        assert!(error.to_string().contains("did not come to their end"));
    }

    #[test]
    fn only_the_console_is_heard_in_the_browsers_log() {
        let console = r#"[1:2:INFO:CONSOLE:3] "Uncaught ReferenceError: x", source: file:///a (3)"#;
        assert!(console_message(console).unwrap().contains("ReferenceError"));
        assert_eq!(console_message("[1:2:ERROR:dbus/bus.cc:405] no bus"), None);
    }

    #[test]
    fn chapters_are_told_from_the_other_pages() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["traps/futurelock.html", "index.html", "print.html", "a.css"] {
            files::write(&folder.path().join(name), "").unwrap();
        }
        assert_eq!(pages(folder.path()).unwrap(), ["traps/futurelock.html"]);
    }
}
