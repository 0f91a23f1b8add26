//! Each trap has its page, and the pages have one form.

use pulldown_cmark::HeadingLevel;
use serde::Deserialize;

use crate::pages::{Page, pages, read, repository};

#[derive(Deserialize)]
pub(crate) struct Catalog {
    trap: Vec<Trap>,
}

/// One trap; the head of `traps.toml` explains the fields.
#[derive(Deserialize)]
pub(crate) struct Trap {
    pub(crate) id: String,
    title: String,
    severity: String,
    lint: Option<String>,
    pub(crate) helper: String,
    chapter: Option<String>,
}

pub(crate) fn catalog() -> Vec<Trap> {
    let text = read(&repository().join("traps.toml"));
    let catalog: Catalog = toml::from_str(&text).expect("traps.toml has the fields it says");
    catalog.trap
}

/// A title without the marks of code, which `traps.toml` does not have.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[test]
fn every_trap_has_its_chapter_and_every_chapter_its_trap() {
    let mut named: Vec<String> = catalog()
        .into_iter()
        .map(|trap| {
            let chapter = trap.chapter.expect("every trap has a chapter");
            // The lints link to this page.
            assert_eq!(chapter, format!("traps/{}.md", trap.id));
            chapter
        })
        .collect();
    let mut found: Vec<String> = pages()
        .into_iter()
        .map(|page| page.name)
        .filter(|name| name.starts_with("traps/") && name != "traps/index.md")
        .collect();
    named.sort();
    found.sort();
    assert_eq!(named, found);
}

#[test]
fn the_pages_have_one_form() {
    for trap in catalog() {
        let page = Page::load(&format!("traps/{}.md", trap.id));
        let sections: Vec<String> = page
            .headings()
            .into_iter()
            .filter(|(level, _)| *level <= HeadingLevel::H2)
            .map(|(_, text)| text)
            .collect();
        let form = [
            trap.title.as_str(),
            "Symptom",
            "The broken program",
            "Why",
            "The fix",
            "When it is fine",
            "How to find it",
            "Exercise",
            "Sources",
        ];
        assert_eq!(sections, form, "{}", page.name);
    }
}

#[test]
fn a_page_shows_its_programs_and_names_its_faces() {
    for trap in catalog() {
        let page = Page::load(&format!("traps/{}.md", trap.id));
        for program in ["broken", "fixed"] {
            let program = format!("examples/traps/src/{}/{program}.rs:program", trap.id);
            assert!(
                page.text.contains(&program),
                "{} lacks {program}",
                page.name
            );
        }
        let says = |text: &str| {
            assert!(
                plain(&page.text).contains(text),
                "{} lacks: {text}",
                page.name
            );
        };
        says(&format!("- **At stake:** {}\n", trap.severity));
        says("- **Write instead:** ");
        if trap.helper.starts_with("async_patterns::") || trap.helper.starts_with("tokio") {
            says(&format!(
                "- **Write instead:** [{}](https://docs.rs/",
                trap.helper
            ));
        }
        match trap.lint.as_deref() {
            None => says("- **Lint:** "),
            Some("warn") => says(&format!("lints.md#{}), on by default", trap.id)),
            Some(_) => says(&format!("lints.md#{}), off by default", trap.id)),
        }
    }
}

/// `cargo xtask lint --drawn` compares the files with what the lints say.
#[test]
fn each_page_shows_what_its_lint_says() {
    let root = repository();
    for trap in catalog() {
        let page = Page::load(&format!("traps/{}.md", trap.id));
        let message = format!("examples/traps/output/{}.lint.txt", trap.id);
        let drawn = root.join(&message).exists();
        assert_eq!(page.text.contains(&message), drawn, "{}", page.name);
        // No lint has a say about a program that does not compile.
        let refused = format!("examples/traps/src/{}/broken.stderr", trap.id);
        if trap.lint.is_some() && !root.join(refused).exists() {
            assert!(drawn, "there is no {message}");
        }
    }
}

/// Its code is tested where it is.
#[test]
fn each_page_has_the_solution_of_its_exercise() {
    for trap in catalog() {
        let page = Page::load(&format!("traps/{}.md", trap.id));
        let solution = format!("code/exercises/{}.rs:solution", trap.id);
        let (_, hidden) = page
            .text
            .split_once("<summary>Solution</summary>")
            .unwrap_or_default();
        assert!(hidden.contains(&solution), "{}", page.name);
    }
}

#[test]
fn a_page_is_as_long_as_a_reader_has_patience() {
    for trap in catalog() {
        let words = Page::load(&format!("traps/{}.md", trap.id)).words();
        assert!(
            (300..=900).contains(&words),
            "{} has {words} words",
            trap.id
        );
    }
}

#[test]
fn the_index_has_a_row_for_each() {
    let index = plain(&Page::load("traps/index.md").text);
    for trap in catalog() {
        let row = format!(
            "| [{0}]({0}.md) | {1} | {2} |",
            trap.id, trap.title, trap.severity
        );
        assert!(index.contains(&row), "traps/index.md lacks the row\n{row}");
    }
}

#[test]
fn the_symptom_index_leads_to_each() {
    let index = Page::load("appendix/symptoms.md").text;
    for trap in catalog() {
        let link = format!("(../traps/{}.md)", trap.id);
        assert!(index.contains(&link), "no symptom leads to {}", trap.id);
    }
}
