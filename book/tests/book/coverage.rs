//! The contents name every page, and the table of points is whole.

use std::collections::BTreeSet;

use crate::pages::{Page, pages, read, repository};

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

/// A row of the table: the point's number, the pages that it is on, and the faces that it has there.
struct Point {
    number: usize,
    pages: Vec<Page>,
    faces: String,
}

fn points() -> Vec<Point> {
    let table = Page::load("appendix/coverage.md").text;
    let rows = table.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number = cells.get(1)?.parse().ok()?;
        let links = cells.get(3)?.split("](../").skip(1);
        let page = |link: &str| link.split([')', '#']).next().map(Page::load);
        Some(Point {
            number,
            pages: links.filter_map(page).collect(),
            faces: (*cells.get(4)?).to_owned(),
        })
    });
    rows.collect()
}

#[test]
fn every_point_has_its_page() {
    let points = points();
    let numbers: Vec<usize> = points.iter().map(|point| point.number).collect();
    assert_eq!(numbers, (1..=POINTS).collect::<Vec<_>>());
    for Point { number, pages, .. } in points {
        assert!(!pages.is_empty(), "point {number} leads nowhere");
    }
}

#[test]
fn every_point_has_the_faces_that_the_table_says() {
    for Point {
        number,
        pages,
        faces,
    } in points()
    {
        for face in faces.chars() {
            let mark = match face {
                'C' => continue, // the pages are there
                'D' => ".rs:",   // includes code
                'L' => "docs/lints.md#",
                'H' => "https://docs.rs/async-patterns/",
                other => panic!("point {number}: `{other}` is no face"),
            };
            let shown = pages.iter().any(|page| page.text.contains(mark));
            assert!(shown, "point {number}: no page has its {face}");
        }
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

/// The lint `version_floor` and the chapter for readers speak of the same versions.
#[test]
fn the_version_floors_are_those_of_the_lint() {
    let lints = read(&repository().join("docs/lints.md"));
    let chapter = Page::load("cases/adopting.md").text;
    let mut floors = 0;
    for link in lints
        .split("https://github.com/tokio-rs/tokio/pull/")
        .skip(1)
    {
        let number: String = link.chars().take_while(char::is_ascii_digit).collect();
        assert!(chapter.contains(&number), "{number} is not in the chapter");
        floors += 1;
    }
    assert_ne!(floors, 0);
}
