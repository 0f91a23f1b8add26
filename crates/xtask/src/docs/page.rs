//! `docs/lints.md`: a table of all lints, then one entry each.

use std::fmt::Write as _;

use super::declaration::Declaration;
use crate::lint::version_floor;
use crate::traps::Trap;

const HEAD: &str = "\
# The lints

<!-- Written by `cargo xtask docs` from the lints' rustdoc and traps.toml; a test compares. -->

A lint that is on by default reports nothing on correct code. One that is off also reports what may
be meant; switch it on with `cargo xtask lint --only NAME`, all of them with `--only strict`, or in
the code with `#![cfg_attr(dylint_lib = \"async_patterns_lints\", warn(NAME))]`. Two names stand
for many: `async_patterns` for those that are on by default, `async_patterns_strict` for all but
`version_floor`, which is no lint of the compiler's. README.md says how to silence a finding and
where settings go.
";

const FOR_CI: &str = "\
Reported by `cargo xtask lint` and not by the compiler: it reads `Cargo.lock`. A version of tokio or
tokio-util that is built on this platform is reported when it has a defect that was mended in

| package | version | defect |
|---|---|---|
";

pub(super) fn render(lints: &[Declaration], traps: &[Trap]) -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n| lint | default | reports |\n|---|---|---|\n");
    let floor = version_floor::lint();
    for (name, level, description) in lints
        .iter()
        .map(|lint| (&lint.name, &lint.level, &lint.description))
        .chain([(&floor.name, &floor.level, &floor.description)])
    {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            page,
            "| [`{name}`](#{name}) | {} | {} |",
            said(level),
            cell(description)
        );
    }
    for lint in lints {
        let trap = traps.iter().find(|trap| trap.id == lint.name);
        entry(&mut page, lint, trap);
    }
    let _ = writeln!(page, "\n## `{}`\n", floor.name);
    page.push_str(FOR_CI);
    for floor in version_floor::table() {
        let _ = writeln!(page, "{floor}");
    }
    let _ = writeln!(
        page,
        "\nThe finding says what to raise and through whom the old version comes in. `--skip {}` \
         leaves it out.",
        floor.name
    );
    page
}

fn entry(page: &mut String, lint: &Declaration, trap: Option<&Trap>) {
    let Declaration {
        name,
        level,
        description,
        docs,
    } = lint;
    let _ = write!(
        page,
        "\n## `{name}`\n\n{}. Default: **{}**.",
        sentence(description),
        said(level)
    );
    if let Some(trap) = trap {
        let _ = write!(
            page,
            " At stake: {}. Instead: {}.",
            trap.severity,
            helper(&trap.helper)
        );
    }
    page.push('\n');
    let links = trap.map(links).unwrap_or_default();
    if !links.is_empty() {
        let _ = writeln!(page, "\n{links}");
    }
    if !docs.is_empty() {
        page.push('\n');
    }
    for line in docs {
        page.push_str(&markdown(line));
        page.push('\n');
    }
}

/// What the level means to a reader.
fn said(level: &str) -> &'static str {
    match level {
        "allow" => "off",
        "warn" => "on",
        _ => "on, as an error",
    }
}

/// Where to read on, relative to `docs/`.
fn links(trap: &Trap) -> String {
    let chapter = trap
        .chapter
        .as_ref()
        .map(|file| format!("The chapter: [{}](../book/src/{file}).", trap.title));
    let demo = trap.demo.as_ref().map(|demo| {
        format!(
            "See it: [broken](../examples/traps/src/{demo}/broken.rs) and \
             [fixed](../examples/traps/src/{demo}/fixed.rs), `cargo run -p traps -- {} --broken`.",
            trap.id
        )
    });
    chapter
        .into_iter()
        .chain(demo)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A path is code, a phrase is not.
fn helper(text: &str) -> String {
    if text.contains("::") && !text.contains(' ') {
        format!("`{text}`")
    } else {
        text.to_owned()
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Rustdoc's own words on a code block mean nothing to others, and colour is lost by them.
fn markdown(line: &str) -> String {
    match line.trim_start().strip_prefix("```") {
        Some(words)
            if words
                .split(',')
                .any(|word| word == "rust" || word == "ignore") =>
        {
            let indent = &line[..line.len() - line.trim_start().len()];
            format!("{indent}```rust")
        }
        _ => line.to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lint(docs: &[&str]) -> Declaration {
        Declaration {
            name: "a_lint".to_owned(),
            level: "allow".to_owned(),
            description: "a thing | that is wrong".to_owned(),
            docs: docs.iter().map(ToString::to_string).collect(),
        }
    }

    fn trap() -> Trap {
        Trap {
            id: "a_lint".to_owned(),
            title: "A thing".to_owned(),
            severity: "stall".to_owned(),
            helper: "tokio::spawn".to_owned(),
            lint: None,
            chapter: Some("traps/a_lint.md".to_owned()),
            demo: Some("a_demo".to_owned()),
        }
    }

    #[test]
    fn an_entry_has_level_stake_helper_links_and_docs() {
        let docs = [
            "### What it does",
            "Finds it.",
            "```rust,ignore",
            "x()",
            "```",
        ];
        let page = render(&[lint(&docs)], &[trap()]);
        for part in [
            "| [`a_lint`](#a_lint) | off | a thing \\| that is wrong |",
            "## `a_lint`\n\nA thing | that is wrong. Default: **off**. At stake: stall. Instead: \
             `tokio::spawn`.",
            "(../book/src/traps/a_lint.md)",
            "(../examples/traps/src/a_demo/broken.rs)",
            "### What it does\nFinds it.\n```rust\nx()\n```\n",
            "## `version_floor`",
            "| tokio | 1.44.2, 1.43.1, 1.42.1, 1.38.2 |",
        ] {
            assert!(page.contains(part), "`{part}` in\n{page}");
        }
    }

    #[test]
    fn a_lint_without_a_trap_of_its_own_has_an_entry_too() {
        let page = render(&[lint(&[])], &[]);
        assert!(page.contains("Default: **off**.\n"), "{page}");
        assert!(!page.contains("At stake"), "{page}");
    }
}
