//! The contents name every page, and the table of points is whole.

use std::collections::BTreeSet;

use crate::pages::{Page, pages};

/// How many points the project has to cover.
const POINTS: usize = 54;

#[test]
fn the_contents_name_every_page_once() {
    let contents = Page::load("SUMMARY.md").links();
    let named: BTreeSet<String> = contents.iter().cloned().collect();
    assert_eq!(contents.len(), named.len(), "a page is named twice");
    let found: BTreeSet<String> = pages()
        .into_iter()
        .map(|page| page.name)
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(named, found);
}

#[test]
fn every_point_has_its_page() {
    let table = Page::load("appendix/coverage.md").text;
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| line.split(" | ").collect::<Vec<_>>())
        .filter(|cells| cells[0].parse::<usize>().is_ok())
        .collect();
    let numbers: Vec<usize> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=POINTS).collect::<Vec<_>>());
    for row in rows {
        assert!(row[2].contains(".md"), "point {} leads nowhere", row[0]);
    }
}

#[test]
fn every_chapter_has_a_title_and_text() {
    for page in pages() {
        let headings = page.headings();
        assert!(!headings.is_empty(), "{} has no title", page.name);
        assert!(page.words() > 100, "{} is a stub", page.name);
    }
}
