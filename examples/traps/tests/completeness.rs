//! `traps.toml` is the only list of traps. Whatever it names must exist, and whatever exists must
//! be named by it: demos, lints, chapters, helpers, and the README's table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    trap: Vec<Trap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trap {
    id: String,
    title: String,
    severity: String,
    lint: Option<String>,
    helper: String,
    chapter: Option<String>,
    demo: Option<String>,
    why_not: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn catalog() -> Vec<Trap> {
    toml::from_str::<Catalog>(&read("traps.toml"))
        .expect("traps.toml has the fields it says")
        .trap
}

/// Every source file of the lints, `family/lint.rs` by its stem.
fn lint_files() -> BTreeSet<String> {
    let families = [
        "blocking", "channels", "ffi", "locks", "poll", "select", "size", "streams", "tasks",
        "timers",
    ];
    let mut lints = BTreeSet::new();
    for family in families {
        let Ok(entries) = fs::read_dir(root().join("lints/src").join(family)) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            if fs::read_to_string(&path).is_ok_and(|text| text.contains("declare_lint!")) {
                lints.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    lints
}

#[test]
fn ids_are_unique_and_a_missing_face_has_its_reason() {
    let mut seen = BTreeSet::new();
    for trap in catalog() {
        assert!(
            seen.insert(trap.id.clone()),
            "`{}` is listed twice",
            trap.id
        );
        assert!(
            !trap.title.is_empty() && !trap.helper.is_empty(),
            "`{}`",
            trap.id
        );
        let known = [
            "data loss",
            "deadlock",
            "panic",
            "stall",
            "leak",
            "compile error",
        ];
        assert!(
            known.contains(&trap.severity.as_str()),
            "`{}`: {}",
            trap.id,
            trap.severity
        );
        if trap.lint.is_none() || trap.demo.is_none() {
            assert!(
                trap.why_not.is_some(),
                "`{}` lacks a face and says no reason",
                trap.id
            );
        }
    }
}

#[test]
fn every_lint_is_a_trap_and_every_named_lint_exists() {
    let named: BTreeSet<String> = catalog()
        .into_iter()
        .filter(|trap| trap.lint.is_some())
        .map(|trap| trap.id)
        .collect();
    assert_eq!(named, lint_files());
}

#[test]
fn every_lint_has_its_default_level() {
    let levels = [("warn", "Warn"), ("allow", "Allow")];
    for trap in catalog() {
        let Some(level) = &trap.lint else { continue };
        let Some((_, declared)) = levels.iter().find(|(name, _)| name == level) else {
            panic!("`{}`: `{level}` is no level; say warn or allow", trap.id);
        };
        let file = find_lint(&trap.id);
        let text = fs::read_to_string(&file).unwrap();
        let head = format!("{},", trap.id.to_uppercase());
        let (_, after) = text
            .split_once(&head)
            .unwrap_or_else(|| panic!("{}", file.display()));
        assert!(
            after.trim_start().starts_with(declared),
            "`{}` is not {declared} in {}",
            trap.id,
            file.display()
        );
    }
}

fn find_lint(id: &str) -> PathBuf {
    fs::read_dir(root().join("lints/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join(format!("{id}.rs")))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("no lints/src/<family>/{id}.rs"))
}

#[test]
fn every_demo_is_a_trap_and_every_named_demo_exists() {
    let main = read("examples/traps/src/main.rs");
    let folders: BTreeSet<String> = fs::read_dir(root().join("examples/traps/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let named: BTreeSet<String> = catalog().into_iter().filter_map(|trap| trap.demo).collect();
    assert_eq!(named, folders);
    for demo in named {
        assert!(
            main.contains(&format!("{demo}::DEMO")),
            "`{demo}` is not in DEMOS"
        );
    }
}

#[test]
fn every_named_chapter_exists() {
    for trap in catalog() {
        if let Some(chapter) = trap.chapter {
            assert!(
                root().join("book/src").join(&chapter).exists(),
                "`{}`: {chapter}",
                trap.id
            );
        }
    }
}

/// The compiler checks the paths in `helpers.rs`; this checks that they are all there.
#[test]
fn every_named_helper_of_ours_exists() {
    let imported = include_str!("helpers.rs");
    for trap in catalog() {
        if trap.helper.starts_with("async_patterns::") {
            let import = format!("use {} as _;", trap.helper);
            assert!(
                imported.contains(&import),
                "tests/helpers.rs lacks `{import}`"
            );
        }
    }
}

#[test]
fn the_readme_lists_every_trap() {
    let readme = read("README.md");
    for trap in catalog() {
        let row = format!(
            "| `{}` | {} | {} | {} |",
            trap.id, trap.title, trap.severity, trap.helper
        );
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
}
