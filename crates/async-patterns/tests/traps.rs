//! The documentation and the list of traps name each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const CHAPTERS: &str = "https://async-patterns.github.io/book/traps/";

/// Every `traps/<id>.html` that the sources link to.
fn linked(folder: &Path, ids: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            linked(&path, ids);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for link in text.split(CHAPTERS).skip(1) {
            let (id, _) = link.split_once(".html").expect("a chapter's page");
            ids.insert(id.to_owned());
        }
    }
}

#[test]
fn every_link_is_to_a_trap_and_every_trap_with_a_helper_of_ours_is_linked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The list stands in the repository and is no part of the published crate.
    let Ok(list) = fs::read_to_string(root.join("../../traps.toml")) else {
        return;
    };
    let value = |line: &str, key: &str| {
        let quoted = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        Some(quoted.trim().trim_matches('"').to_owned())
    };
    let mut ids = BTreeSet::new();
    let mut ours = BTreeSet::new();
    let mut current = String::new();
    for line in list.lines() {
        if let Some(id) = value(line, "id") {
            ids.insert(id.clone());
            current = id;
        } else if value(line, "helper").is_some_and(|helper| helper.contains("async_patterns::")) {
            ours.insert(current.clone());
        }
    }
    assert!(!ours.is_empty(), "no trap was read from the list");

    let mut links = BTreeSet::new();
    linked(&root.join("src"), &mut links);
    let dangling: Vec<_> = links.difference(&ids).collect();
    assert!(dangling.is_empty(), "no such trap: {dangling:?}");
    let missing: Vec<_> = ours.difference(&links).collect();
    assert!(missing.is_empty(), "the helper does not name: {missing:?}");
}
