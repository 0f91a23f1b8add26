//! Lints for the traps of async Rust, run by [`cargo dylint`](https://github.com/trailofbits/dylint).
//!
//! Each lint asks the shared analyses in [`analysis`] and never looks at syntax alone: what a lint
//! says rests on types, resolved items, expansion data and MIR. [`pass`] is the one late lint pass
//! that drives them all; a new lint is one module and one line in [`pass::checks`].
//!
//! Settings are read from the `[async_patterns_lints]` table of the linted workspace's
//! `dylint.toml`; see [`config::Config`].
#![feature(rustc_private)]
#![warn(unused_extern_crates)]

extern crate rustc_abi;
extern crate rustc_ast;
extern crate rustc_data_structures;
extern crate rustc_errors;
extern crate rustc_hir;
extern crate rustc_index;
extern crate rustc_infer;
extern crate rustc_lint;
extern crate rustc_middle;
extern crate rustc_session;
extern crate rustc_span;
extern crate rustc_target;
extern crate rustc_trait_selection;

mod analysis;
mod blocking;
mod catch;
mod channels;
mod clippy_levels;
mod config;
mod diagnostics;
mod facts;
mod ffi;
mod locks;
mod pass;
mod paths;
mod poll;
mod receipt;
mod select;
mod size;
mod streams;
mod tasks;
mod timers;

use rustc_lint::{Level, Lint, LintId, LintStore};
use rustc_session::Session;

dylint_linting::dylint_library!();

/// Called once by dylint's driver for each crate it compiles.
#[expect(
    clippy::no_mangle_with_rust_abi,
    reason = "dylint's driver looks this symbol up by name and calls it as a Rust function"
)]
#[unsafe(no_mangle)]
pub fn register_lints(session: &Session, lint_store: &mut LintStore) {
    let config = config::load(session);
    catch::install_hook();
    let lints = pass::lints();
    lint_store.register_lints(&lints);
    register_groups(lint_store, &lints);
    lint_store.register_late_pass(move |tcx| Box::new(pass::AsyncPatterns::new(tcx, &config)));
}

/// Names for many lints at once in `allow` and `warn`: `async_patterns` for those that are on by
/// default, `async_patterns_strict` for all of them.
fn register_groups(lint_store: &mut LintStore, lints: &[&'static Lint]) {
    let is_on = |lint: &&&Lint| lint.default_level != Level::Allow;
    let on_by_default = lints.iter().filter(is_on).copied().map(LintId::of);
    lint_store.register_group(true, "async_patterns", None, on_by_default.collect());
    let all = lints.iter().copied().map(LintId::of);
    lint_store.register_group(true, "async_patterns_strict", None, all.collect());
}
