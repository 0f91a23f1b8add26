//! The lints over odd Rust code: hundreds of small programs, each lint switched on, and nothing but
//! warnings may come out. No lint may panic (the library catches that and says "internal error"),
//! the compiler may not crash, and a program that does not compile must end with its own errors.
//!
//! The programs are the product of [`HOSTS`] and [`BODIES`], and [`ITEMS`] besides; they are
//! compiled as modules of a few crates, because a compiler run costs more than a module.

#[path = "robustness/bodies.rs"]
mod bodies;
#[path = "robustness/broken.rs"]
mod broken;
#[path = "robustness/driver.rs"]
mod driver;
#[path = "robustness/hosts.rs"]
mod hosts;
#[path = "robustness/items.rs"]
mod items;
mod ui_deps;

use std::fmt::Write as _;

use bodies::BODIES;
use broken::BROKEN;
use driver::{Driver, Ran};
use hosts::HOSTS;
use items::ITEMS;

/// What the programs use without saying so.
const PRELUDE: &str = "
    #[allow(unused_imports)] pub use std::{cell::Cell, future::pending, pin::Pin, task::{Context, Poll}, time::Duration};
    pub async fn yield_now() {}
    pub async fn return_none() -> Option<u8> { None }
";

const FEATURES: &str = "#![feature(
    async_iterator, coroutine_trait, coroutines, decl_macro, extern_types, gen_blocks, never_type,
    stmt_expr_attributes, type_alias_impl_trait, yield_expr,
)]";

/// Crates that the product of hosts and bodies is split into.
const BATCHES: usize = 6;

/// A crate in which each program is a module.
fn batch(programs: &[(String, String)]) -> String {
    let mut text =
        format!("{FEATURES}\n#![recursion_limit = \"256\"]\nmod prelude {{ {PRELUDE} }}\n");
    for (name, program) in programs {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "mod {name} {{\n{program}\n#[allow(unused_imports)] use crate::prelude::*;\n}}"
        );
    }
    text
}

/// Every host with every body.
fn product() -> Vec<(String, String)> {
    let pairs = HOSTS
        .iter()
        .flat_map(|host| BODIES.iter().map(move |body| (host, body)));
    pairs
        .map(|((host, text), (body, statements))| {
            (format!("{host}_{body}"), text.replace("{body}", statements))
        })
        .collect()
}

/// What must not be in the output of any run.
fn assert_quiet(ran: &Ran, what: &str) {
    for sign in [
        "internal error in the lint",
        "internal compiler error",
        "unexpectedly panicked",
        "panicked at",
        "query stack",
    ] {
        assert!(
            !ran.stderr.contains(sign),
            "{what}: the output has `{sign}`:\n{}",
            ran.around(sign)
        );
    }
    // Dylint's driver does not catch rustc's fatal errors: the process ends as after a panic.
    let has_errors = ran.stderr.starts_with("error") || ran.stderr.contains("\nerror");
    assert!(
        ran.code == Some(0) || (has_errors && matches!(ran.code, Some(1 | 101))),
        "{what}: the driver ended with {:?}:\n{}",
        ran.code,
        ran.stderr
    );
}

/// Compiles a batch with all lints on and checks that they ran on it.
fn check(driver: &Driver, name: &str, programs: &[(String, String)]) -> Ran {
    let ran = driver.run(name, &batch(programs));
    assert_quiet(&ran, name);
    assert_eq!(
        ran.code,
        Some(0),
        "{name} does not compile:\n{}",
        ran.errors()
    );
    let bodies = ran.bodies.expect("the lints leave a receipt");
    assert!(
        bodies >= programs.len(),
        "{name}: {bodies} bodies of {} programs were looked at",
        programs.len()
    );
    ran
}

#[test]
fn every_body_in_every_host_is_looked_at() {
    let driver = Driver::new();
    let programs = product();
    assert!(programs.len() + ITEMS.len() >= 300);
    let mut warnings = String::new();
    for (at, part) in programs
        .chunks(programs.len().div_ceil(BATCHES))
        .enumerate()
    {
        warnings += &check(&driver, &format!("product_{at}"), part).stderr;
    }
    // The lints were on: these are what some of the programs are made of.
    for lint in ["std_guard_across_await", "timeout_over_cpu_work"] {
        assert!(warnings.contains(lint), "no finding of {lint}");
    }
}

#[test]
fn odd_items_are_looked_at() {
    let programs: Vec<_> = ITEMS
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    check(&Driver::new(), "items", &programs);
}

#[test]
fn programs_that_do_not_compile_end_with_their_own_errors() {
    let driver = Driver::new();
    for (name, program, error) in BROKEN {
        let ran = driver.run(
            &format!("broken_{name}"),
            &format!("{program}\nuse prelude::*; mod prelude {{ {PRELUDE} }}"),
        );
        assert_quiet(&ran, name);
        assert_ne!(ran.code, Some(0), "{name} compiles");
        assert!(
            ran.stderr.contains(error),
            "{name}: no `{error}` in\n{}",
            ran.stderr
        );
    }
}

#[test]
fn a_crash_would_be_seen() {
    for (code, stderr) in [
        (Some(101), ""),
        (None, "error: something"),
        (Some(0), "note: internal error in the lint `x` of"),
        (Some(1), "thread 'rustc' panicked at src/x.rs:1:1"),
    ] {
        let ran = Ran {
            code,
            stderr: stderr.to_owned(),
            bodies: None,
        };
        let seen = std::panic::catch_unwind(|| assert_quiet(&ran, "a program"));
        assert!(seen.is_err(), "{code:?} {stderr}");
    }
}
