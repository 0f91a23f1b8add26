//! From the path a user writes to the items it names.
//!
//! A path may go through re-exports and type aliases (`parking_lot::MutexGuard` is an alias of
//! `lock_api`'s), name an associated function (`std::fs::File::open`) or a trait's method, and
//! stand for several items when several versions of a crate are loaded. Matching is by [`DefId`]
//! afterwards, so it makes no difference under which name the linted code uses the item.

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{
    def::{DefKind, Res},
    def_id::{CRATE_DEF_ID, DefId, DefIdSet, LOCAL_CRATE},
};
use rustc_middle::ty::{self, TyCtxt};
use rustc_span::Symbol;

use crate::config::ItemPath;

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The crate under check does not depend on the crate that the path begins with.
    CrateNotLoaded,
    /// The crate is there, the item is not.
    NoSuchItem,
    Found(Vec<DefId>),
}

/// Looks items up by path in the crate under check and everything it depends on.
pub(crate) struct Resolver<'tcx> {
    tcx: TyCtxt<'tcx>,
    roots: FxHashMap<Symbol, Vec<DefId>>,
}

impl<'tcx> Resolver<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>) -> Self {
        let mut roots: FxHashMap<Symbol, Vec<DefId>> = FxHashMap::default();
        roots
            .entry(tcx.crate_name(LOCAL_CRATE))
            .or_default()
            .push(CRATE_DEF_ID.to_def_id());
        for &krate in tcx.crates(()) {
            roots
                .entry(tcx.crate_name(krate))
                .or_default()
                .push(krate.as_def_id());
        }
        Self { tcx, roots }
    }

    /// The items that `path` names.
    pub(crate) fn lookup(&self, path: &str) -> Lookup {
        let mut segments = path.split("::").map(Symbol::intern);
        let Some(roots) = segments.next().and_then(|root| self.roots.get(&root)) else {
            return Lookup::CrateNotLoaded;
        };
        let mut found = roots.clone();
        for segment in segments {
            found = found
                .into_iter()
                .flat_map(|parent| self.children(parent, segment))
                .collect();
        }
        if found.is_empty() {
            Lookup::NoSuchItem
        } else {
            Lookup::Found(found)
        }
    }

    /// The items that a path names; none if it leads nowhere.
    pub(crate) fn items(&self, path: &str) -> Vec<DefId> {
        match self.lookup(path) {
            Lookup::Found(items) => items,
            Lookup::CrateNotLoaded | Lookup::NoSuchItem => Vec::new(),
        }
    }

    /// The items that any of the paths names.
    pub(crate) fn all<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> DefIdSet {
        paths
            .into_iter()
            .flat_map(|path| self.items(path))
            .collect()
    }

    /// The items that a path from the setting `key` names. If the crate is there and the item is
    /// not, the path is most likely misspelt, and a warning says so.
    pub(crate) fn configured(&self, key: &str, path: &ItemPath) -> Vec<DefId> {
        match self.lookup(path.as_str()) {
            Lookup::Found(items) => items,
            Lookup::CrateNotLoaded => Vec::new(),
            Lookup::NoSuchItem => {
                self.tcx.dcx().warn(format!(
                    "dylint.toml, table [{}]: `{key}` names `{path}`, which does not exist in that \
                     crate",
                    env!("CARGO_PKG_NAME")
                ));
                Vec::new()
            }
        }
    }

    fn children(&self, parent: DefId, name: Symbol) -> Vec<DefId> {
        match self.tcx.def_kind(parent) {
            DefKind::Mod | DefKind::Enum | DefKind::Trait => {
                let children = match parent.as_local() {
                    Some(local) => self.tcx.module_children_local(local),
                    None => self.tcx.module_children(parent),
                };
                let mut items: Vec<DefId> = children
                    .iter()
                    .filter(|child| child.ident.name == name)
                    .filter_map(|child| match child.res {
                        Res::Def(kind, item) => Some(self.behind_alias(kind, item)),
                        _ => None,
                    })
                    .collect();
                items.extend(self.associated_items(parent, name));
                items
            }
            _ => self.associated_items(parent, name),
        }
    }

    fn associated_items(&self, parent: DefId, name: Symbol) -> Vec<DefId> {
        let containers = match self.tcx.def_kind(parent) {
            DefKind::Struct | DefKind::Enum | DefKind::Union => self.tcx.inherent_impls(parent),
            DefKind::Trait => return self.named_items(parent, name).collect(),
            _ => return Vec::new(),
        };
        containers
            .iter()
            .flat_map(|&container| self.named_items(container, name))
            .collect()
    }

    fn named_items(&self, container: DefId, name: Symbol) -> impl Iterator<Item = DefId> {
        self.tcx
            .associated_items(container)
            .filter_by_name_unhygienic(name)
            .map(|item| item.def_id)
    }

    fn behind_alias(&self, kind: DefKind, item: DefId) -> DefId {
        if kind == DefKind::TyAlias
            && let ty::Adt(adt, _) = self.tcx.type_of(item).instantiate_identity().kind()
        {
            return adt.did();
        }
        item
    }
}
