//! The committed header and the Java enums say what the Rust side is.
//!
//! `UPDATE=1 cargo test -p session_bridge --test header` writes the header anew.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use cbindgen::{Builder, Config, EnumConfig, ItemType, Language, RenameRule, Style};
use session_bridge::c_abi::ABI_VERSION;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header_file() -> PathBuf {
    root().join("include/session_bridge.h")
}

fn generate() -> String {
    let library = root().join("../../crates/async-patterns/src/session");
    let names = [
        ("Options", "session_bridge_options"),
        ("Stats", "session_bridge_stats"),
        ("DeviceKind", "session_bridge_device"),
        ("FaultKind", "session_bridge_fault"),
        ("ErrorCode", "session_bridge_error"),
        ("OutcomeCode", "session_bridge_outcome"),
        ("SessionState", "session_bridge_state"),
    ];
    let mut config = Config {
        language: Language::C,
        style: Style::Type,
        cpp_compat: true,
        usize_is_size_t: true,
        line_length: 100,
        header: Some(
            "/* The C interface of session_bridge. README.md says how to use it.\n \
             * Made from src/c_abi.rs; see tests/header.rs. */"
                .into(),
        ),
        include_guard: Some("SESSION_BRIDGE_H".into()),
        no_includes: true,
        sys_includes: ["stddef.h", "stdint.h"].map(String::from).into(),
        after_includes: Some(format!(
            "/* session_bridge_abi_version() of the library that belongs to this header. */\n\
             #define SESSION_BRIDGE_ABI_VERSION {ABI_VERSION}\n\
             /* Options for the memory device, to be changed field by field. */\n\
             #define SESSION_BRIDGE_OPTIONS_INIT \\\n  \
             {{sizeof(session_bridge_options), SESSION_BRIDGE_DEVICE_MEMORY, -1, 0, 0, 0, 0}}\n\
             /* Figures to be filled in. */\n\
             #define SESSION_BRIDGE_STATS_INIT \\\n  \
             {{sizeof(session_bridge_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}"
        )),
        enumeration: EnumConfig {
            prefix_with_name: true,
            rename_variants: RenameRule::ScreamingSnakeCase,
            ..EnumConfig::default()
        },
        ..Config::default()
    };
    config.export.include = names.map(|(rust, _)| rust.to_owned()).into();
    config.export.item_types = vec![ItemType::Enums, ItemType::Structs, ItemType::Functions];
    config.export.rename = names
        .map(|(rust, c)| (rust.to_owned(), c.to_owned()))
        .into();
    let mut out = Vec::new();
    Builder::new()
        .with_config(config)
        .with_src(library.join("error.rs"))
        .with_src(library.join("state.rs"))
        .with_src(root().join("src/options.rs"))
        .with_src(root().join("src/figures.rs"))
        .with_src(root().join("src/c_abi.rs"))
        .generate()
        .expect("the sources parse")
        .write(&mut out);
    shorten(&String::from_utf8(out).expect("a header is text"))
}

/// The library documents its enums for Rust, at length. C is told the first paragraph.
fn shorten(header: &str) -> String {
    const OPEN: &str = "/**\n";
    let mut short = String::with_capacity(header.len());
    let mut rest = header;
    while let Some((before, (comment, after))) = rest
        .split_once(OPEN)
        .and_then(|(before, after)| Some((before, after.split_once(" */\n")?)))
    {
        short.push_str(before);
        short.push_str(OPEN);
        let is_enum = after.starts_with("enum ");
        let first = comment.split(" *\n").next().filter(|_| is_enum);
        short.push_str(first.unwrap_or(comment));
        short.push_str(" */\n");
        rest = after;
    }
    short + rest
}

#[test]
fn the_committed_header_is_made_from_the_rust_side() {
    let made = generate();
    if env::var_os("UPDATE").is_some() {
        fs::write(header_file(), &made).unwrap();
    }
    let committed = fs::read_to_string(header_file()).unwrap();
    assert!(
        made == committed,
        "include/session_bridge.h is not what the Rust side says; write it anew with \
         `UPDATE=1 cargo test -p session_bridge --test header`, and raise ABI_VERSION if a struct or \
         a function changed"
    );
}

/// `NAME -> number` of an enum in the header.
fn constants(header: &str, name: &str) -> Vec<(String, i32)> {
    let prefix = format!("SESSION_BRIDGE_{name}_");
    let constants: Vec<_> = header
        .lines()
        .filter_map(|line| line.trim().strip_prefix(&prefix)?.split_once(" = "))
        .map(|(name, number)| {
            let number = number.trim_end_matches(',').parse();
            (name.to_owned(), number.expect("a constant is a number"))
        })
        .collect();
    assert!(!constants.is_empty(), "the header has no {prefix}…");
    constants
}

#[test]
fn the_readme_names_every_function_error_outcome_and_state() {
    let header = fs::read_to_string(header_file()).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let functions: Vec<_> = header
        .lines()
        .filter_map(|line| {
            let (before, _) = line.split_once('(')?;
            let name = before.split(' ').next_back()?;
            (line.contains("int") && name.starts_with("session_bridge_")).then_some(name)
        })
        .collect();
    assert_eq!(functions.len(), 12, "{functions:?}");
    for function in functions {
        assert!(readme.contains(&format!("| `{function}` |")), "{function}");
    }
    for (name, number) in constants(&header, "ERROR") {
        let row = format!("| {number} | `{name}` |");
        assert!(readme.contains(&row), "{row}");
    }
    for kind in ["OUTCOME", "STATE"] {
        for (name, number) in constants(&header, kind) {
            let said = format!("`{name}` {number}");
            assert!(readme.contains(&said), "{said}");
        }
    }
}

#[test]
fn the_java_enums_have_the_same_names_and_numbers() {
    let header = fs::read_to_string(header_file()).unwrap();
    for (c, java) in [
        ("STATE", "SessionState"),
        ("OUTCOME", "SessionOutcome"),
        ("ERROR", "SessionError"),
        ("DEVICE", "Device"),
        ("FAULT", "Fault"),
    ] {
        let file = root().join(format!("java/org/asyncpatterns/bridge/{java}.java"));
        let source = fs::read_to_string(&file).unwrap();
        let mut java: Vec<_> = source
            .lines()
            .filter_map(|line| {
                let (name, rest) = line.trim().split_once('(')?;
                let number = rest.split_once(')')?.0.parse().ok()?;
                Some((name.to_owned(), number))
            })
            .collect();
        java.sort();
        let mut c = constants(&header, c);
        c.sort();
        assert_eq!(java, c, "{}", file.display());
    }
}
