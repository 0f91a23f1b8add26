//! Facts about the functions of other members of the workspace.
//!
//! When a crate is checked, what its async functions lose is written to a file beside the metadata
//! that the compiler writes for it (`lib<name>-<hash>.cancel-safety.json`), and the crates that
//! depend on it read the file beside the metadata they were given. So the facts are always those of
//! the metadata in use: cargo keeps both for a crate that it does not check again, and
//! `cargo clean` takes both away. A crate without such a file says nothing.

use std::{cell::RefCell, fs, path::PathBuf, process, rc::Rc};

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    def::DefKind,
    def_id::{CrateNum, DefId},
};
use rustc_middle::ty::TyCtxt;
use rustc_session::config::{CrateType, OutFileName, OutputType};
use serde::{Deserialize, Serialize};

use super::{CancelSafety, table::Loss};
use crate::analysis::{
    call_graph::CallGraphs,
    handoffs::is_std,
    makers::{coroutine_of, parameter_of},
};

const VERSION: u32 = 1;
const EXTENSION: &str = "cancel-safety.json";

/// What is known of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// What its future loses, and the argument that it was taken from.
    pub(crate) loses: Option<(Loss, Option<usize>)>,
    /// What its future takes and gives out.
    pub(crate) takes: Option<(Loss, Option<usize>)>,
}

#[derive(Default, Serialize, Deserialize)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loses: Option<Taken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    takes: Option<Taken>,
}

#[derive(Serialize, Deserialize)]
struct Taken {
    what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    functions: std::collections::BTreeMap<String, Entry>,
}

/// The facts of the crates that the one under check depends on, read when first asked for.
#[derive(Default)]
pub(crate) struct CrateFacts {
    crates: RefCell<FxHashMap<CrateNum, Rc<FxHashMap<String, Fact>>>>,
}

impl CrateFacts {
    pub(super) fn of(&self, tcx: TyCtxt<'_>, function: DefId) -> Option<Fact> {
        if function.is_local() || is_std(tcx, function) {
            return None;
        }
        let facts = Rc::clone(
            self.crates
                .borrow_mut()
                .entry(function.krate)
                .or_insert_with(|| Rc::new(read(tcx, function.krate).unwrap_or_default())),
        );
        if facts.is_empty() {
            return None;
        }
        facts.get(&key(tcx, function)).copied()
    }
}

fn key(tcx: TyCtxt<'_>, function: DefId) -> String {
    tcx.def_path(function).to_string_no_crate_verbose()
}

fn read(tcx: TyCtxt<'_>, krate: CrateNum) -> Option<FxHashMap<String, Fact>> {
    let source = tcx.used_crate_source(krate);
    let library = [&source.rmeta, &source.rlib, &source.dylib]
        .into_iter()
        .flatten()
        .next()?;
    parse(&fs::read_to_string(library.with_extension(EXTENSION)).ok()?)
}

fn parse(text: &str) -> Option<FxHashMap<String, Fact>> {
    let file: File = serde_json::from_str(text).ok()?;
    if file.version != VERSION {
        return None;
    }
    let taken = |taken: Option<Taken>| {
        taken.and_then(|taken| Some((Loss::from_key(&taken.what)?, taken.from)))
    };
    let facts = file
        .functions
        .into_iter()
        .map(|(function, entry)| {
            let fact = Fact {
                loses: taken(entry.loses),
                takes: taken(entry.takes),
            };
            (function, fact)
        })
        .collect();
    Some(facts)
}

/// Writes down what the async functions of the crate under check lose.
pub(crate) fn leave<'tcx>(
    tcx: TyCtxt<'tcx>,
    graphs: &CallGraphs<'tcx>,
    safety: &CancelSafety<'tcx>,
) {
    let Some(place) = place(tcx) else { return };
    let mut functions = std::collections::BTreeMap::new();
    for owner in tcx.hir_body_owners() {
        // Dependents can only name what is visible to them.
        let is_function = matches!(tcx.def_kind(owner), DefKind::Fn | DefKind::AssocFn);
        if !is_function
            || !tcx.asyncness(owner).is_async()
            || !tcx.effective_visibilities(()).is_reachable(owner)
        {
            continue;
        }
        let graph = graphs.for_owner(owner);
        let Some(coroutine) = coroutine_of(&graph, graph.bodies.identity(owner)) else {
            continue;
        };
        let summary = safety.summary(&graph, coroutine, &[]);
        let taken = |what: Loss, from: Option<rustc_abi::FieldIdx>| Taken {
            what: what.key().to_owned(),
            from: from.and_then(|from| {
                parameter_of(&graph, graph.bodies.identity(owner), coroutine, from)
            }),
        };
        let entry = Entry {
            loses: summary
                .loss
                .as_ref()
                .map(|(lost, from)| taken(lost.what, *from)),
            takes: summary.hands_out.map(|(what, from)| taken(what, from)),
        };
        if entry.loses.is_some() || entry.takes.is_some() {
            functions.insert(key(tcx, owner.to_def_id()), entry);
        }
    }
    if functions.is_empty() && !place.exists() {
        return;
    }
    let file = File {
        version: VERSION,
        functions,
    };
    if let Err(error) = write(&place, &file) {
        tcx.dcx().warn(format!(
            "async_patterns_lints cannot write what it knows of this crate to `{}`: {error}",
            place.display()
        ));
    }
}

/// Where the facts go; `None` for what no crate can depend on.
fn place(tcx: TyCtxt<'_>) -> Option<PathBuf> {
    let is_library = |kind: &CrateType| matches!(kind, CrateType::Rlib | CrateType::Dylib);
    if !tcx.crate_types().iter().any(is_library) || tcx.sess.is_test_crate() {
        return None;
    }
    match tcx.output_filenames(()).path(OutputType::Metadata) {
        OutFileName::Real(metadata) => Some(metadata.with_extension(EXTENSION)),
        OutFileName::Stdout => None,
    }
}

fn write(place: &std::path::Path, file: &File) -> std::io::Result<()> {
    let temporary = place.with_extension(format!("{}.tmp", process::id()));
    fs::write(&temporary, serde_json::to_vec(file)?)?;
    fs::rename(&temporary, place).inspect_err(|_| {
        // The error that counts is the rename's.
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("libdemo-01.cancel-safety.json");
        let taken = |what: Loss, from| {
            Some(Taken {
                what: what.key().to_owned(),
                from,
            })
        };
        let file = File {
            version: VERSION,
            functions: [(
                "::read".to_owned(),
                Entry {
                    loses: taken(Loss::BytesRead, Some(0)),
                    takes: taken(Loss::Message, None),
                },
            )]
            .into(),
        };
        write(&place, &file).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let facts = parse(&fs::read_to_string(&place).unwrap()).unwrap();
        assert_eq!(
            facts["::read"],
            Fact {
                loses: Some((Loss::BytesRead, Some(0))),
                takes: Some((Loss::Message, None)),
            }
        );
    }

    #[test]
    fn what_another_version_wrote_is_not_read() {
        for text in [
            r#"{"version":2,"functions":{}}"#,
            r#"{"version":1,"fun"#,
            "",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_loss_of_unknown_kind_is_none() {
        let text = r#"{"version":1,"functions":{"::f":{"loses":{"what":"sleep"}}}}"#;
        assert_eq!(parse(text).unwrap()["::f"].loses, None);
    }
}
