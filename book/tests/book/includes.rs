//! Code is included from tested files.

use std::path::PathBuf;

use crate::pages::{Page, pages, read};

/// An `{{#include path:anchor}}`.
struct Include {
    file: PathBuf,
    anchor: Option<String>,
}

fn includes(page: &Page) -> Vec<Include> {
    page.text
        .split("{{#include ")
        .skip(1)
        .map(|rest| {
            let (target, _) = rest.split_once("}}").expect("an include ends with }}");
            let (path, anchor) = match target.split_once(':') {
                Some((path, anchor)) => (path, Some(anchor.to_owned())),
                None => (target, None),
            };
            let file = page.folder().join(path);
            Include { file, anchor }
        })
        .collect()
}

#[test]
fn every_included_file_and_anchor_exists() {
    let mut anchors = 0;
    for page in pages() {
        for Include { file, anchor } in includes(&page) {
            let text = read(&file);
            let Some(anchor) = anchor else { continue };
            let start = format!("ANCHOR: {anchor}");
            let starts = text.lines().filter(|line| line.ends_with(&start)).count();
            assert_eq!(starts, 1, "{}: `{anchor}` in {}", page.name, file.display());
            anchors += 1;
        }
    }
    assert!(anchors > 100, "only {anchors} anchors were looked at");
}

/// mdBook includes up to the end of the file when an anchor has no end, which is meant for the
/// gallery's programs only.
#[test]
fn anchors_end_in_the_chapters_code() {
    for page in pages() {
        for Include { file, anchor } in includes(&page) {
            let Some(anchor) = anchor.filter(|anchor| anchor != "program") else {
                continue;
            };
            let ends = read(&file).contains(&format!("ANCHOR_END: {anchor}\n"));
            assert!(ends, "{}: `{anchor}` has no end", file.display());
        }
    }
}

#[test]
fn code_and_output_are_included_from_tested_files() {
    for page in pages() {
        for block in page.code_blocks() {
            let tested = block.code.trim().starts_with("{{#include ");
            // What a reader types, and files of a reader's project.
            let typed = ["console", "toml"].contains(&block.language.as_str());
            assert!(
                tested || typed,
                "{}: a block of `{}` is not included:\n{}",
                page.name,
                block.language,
                block.code
            );
        }
    }
}
