//! Links lead somewhere: to pages and their headings, to our rustdoc items, to files of the
//! repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::pages::{Page, book, pages, read, repository};
use crate::traps::catalog;

const OUR_DOCS: &str = "https://docs.rs/async-patterns/latest/async_patterns/";
const OUR_FILES: [&str; 2] = [
    "https://github.com/async-patterns/async-patterns/blob/main/",
    "https://github.com/async-patterns/async-patterns/tree/main/",
];
const OUR_BOOK: &str = "https://async-patterns.github.io/book/";
/// Made from the lints' sources; its anchors are the lints' names.
const LINT_PAGES: &str = "docs/lints.md#";

#[test]
fn links_between_pages_lead_to_a_page_and_a_heading() {
    let mut checked = 0;
    for page in pages() {
        for link in page.links() {
            if link.contains("://") {
                continue;
            }
            let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                Page::load(&page.name)
            } else {
                let file = page.folder().join(path);
                assert!(file.is_file(), "{}: {link} leads nowhere", page.name);
                let name = fs::canonicalize(&file).unwrap();
                let sources = fs::canonicalize(book().join("src")).unwrap();
                let name = name.strip_prefix(sources).expect("inside of the book");
                Page::load(name.to_str().unwrap())
            };
            assert!(
                fragment.is_empty() || target.anchors().iter().any(|anchor| anchor == fragment),
                "{}: {link}: there is no such heading among {:?}",
                page.name,
                target.anchors()
            );
            checked += 1;
        }
    }
    assert!(checked > 300, "only {checked} links were looked at");
}

#[test]
fn links_to_our_documentation_name_items_that_exist() {
    let mut checked = 0;
    for page in pages() {
        for link in page.links() {
            let Some(item) = link.strip_prefix(OUR_DOCS) else {
                continue;
            };
            assert!(
                is_item(item),
                "{}: {link}: there is no such item",
                page.name
            );
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} links were looked at");
}

/// Whether `timeout/fn.blocking_timeout.html#fragment` is a page that rustdoc makes: an item of
/// that kind and name is public in the module.
fn is_item(path: &str) -> bool {
    let (path, method) = match path.split_once("#method.") {
        Some((path, method)) => (path, Some(method)),
        None => (path, None),
    };
    let sources = repository().join("crates/async-patterns/src");
    let mut modules: Vec<&str> = path.split('/').collect();
    let file = modules.pop().unwrap_or_default();
    let folder = modules
        .iter()
        .fold(sources.clone(), |folder, name| folder.join(name));
    let text = text_of(&folder);
    if file == "index.html" {
        return !text.is_empty();
    }
    let mut parts = file.split('.');
    let (Some(kind), Some(name), Some("html")) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let declared = if kind == "macro" {
        text_of(&sources).contains(&format!("macro_rules! {name} "))
    } else {
        ["pub", "pub const", "pub async"]
            .iter()
            .any(|public| is_declared(&text, &format!("{public} {kind} {name}")))
    };
    declared
        && method.is_none_or(|method| {
            text.contains(&format!("fn {method}(")) || text.contains(&format!("fn {method}<"))
        })
}

fn is_declared(text: &str, declaration: &str) -> bool {
    text.match_indices(declaration).any(|(at, _)| {
        let after = text[at + declaration.len()..].chars().next();
        after.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

/// The sources of a module: its file, or the files of its folder.
fn text_of(module: &Path) -> String {
    if let Ok(text) = fs::read_to_string(module.with_extension("rs")) {
        return text;
    }
    let Ok(entries) = fs::read_dir(module) else {
        return String::new();
    };
    entries
        .map(|entry| text_of_entry(&entry.unwrap().path()))
        .collect()
}

fn text_of_entry(path: &Path) -> String {
    if path.is_dir() {
        text_of(path)
    } else {
        read(path)
    }
}

#[test]
fn links_to_our_repository_name_files_that_exist() {
    let lints: BTreeSet<String> = catalog().into_iter().map(|trap| trap.id).collect();
    let described = read(&repository().join("docs/lints.md"));
    for page in pages() {
        for link in page.links() {
            let Some(file) = OUR_FILES.iter().find_map(|files| link.strip_prefix(files)) else {
                continue;
            };
            if let Some(lint) = file.strip_prefix(LINT_PAGES) {
                let known = lints.contains(lint) || described.contains(&format!("\n## `{lint}`\n"));
                assert!(known, "{}: {link}: no such lint", page.name);
                continue;
            }
            let path = file.split('#').next().unwrap_or(file);
            assert!(repository().join(path).exists(), "{}: {link}", page.name);
        }
    }
}

#[test]
fn links_to_others_are_encrypted_and_whole() {
    for page in pages() {
        for link in page.links() {
            if let Some((scheme, rest)) = link.split_once("://") {
                assert_eq!(scheme, "https", "{}: {link}", page.name);
                assert!(
                    rest.contains('.') && !rest.contains(' '),
                    "{}: {link}",
                    page.name
                );
            }
        }
    }
}

/// The other way round: from the library's documentation to the pages.
#[test]
fn the_library_names_pages_that_exist_and_its_helpers_name_theirs() {
    let library = text_of(&repository().join("crates/async-patterns/src"));
    let mut named = BTreeSet::new();
    for link in library.split(OUR_BOOK).skip(1) {
        let (name, _) = link
            .split_once(".html")
            .expect("a link to the book is one to a page");
        let page = book().join(format!("src/{name}.md"));
        assert!(page.is_file(), "the library links to {name}, which is none");
        named.insert(name);
    }
    for trap in catalog() {
        let page = format!("traps/{}", trap.id);
        if trap.helper.starts_with("async_patterns::") {
            assert!(named.contains(page.as_str()), "nothing links to {page}");
        }
    }
}
