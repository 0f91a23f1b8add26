//! What well-known functions do to the values that their arguments point to.

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::DefId;
use rustc_middle::{
    mir::Operand,
    ty::{self, TyCtxt},
};

use crate::paths::Resolver;

/// What a call does to the value behind its first argument, a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Takes the value out, returns it and leaves an empty one: `Option::take`.
    Take,
    /// Puts the second argument in and returns what was there: `mem::replace`.
    Replace,
    /// Exchanges the values behind both arguments: `mem::swap`.
    Swap,
    /// Ends the value without moving it: `ManuallyDrop::drop`.
    End,
    /// Puts something in: `Vec::extend`.
    Fill,
    /// Only looks, or hands out references to parts: `Option::as_mut`, `Vec::iter_mut`.
    Look,
    /// Returns an enum that is in the same variant as the one looked at: `Option::as_ref`.
    Mirror,
    /// Whether the enum is in its first variant (`None`, `Ok`).
    IsFirst,
    /// Whether the enum is in its second variant (`Some`, `Err`).
    IsSecond,
}

const KNOWN: &[(Effect, &[&str])] = &[
    (
        Effect::Take,
        &["core::option::Option::take", "core::mem::take"],
    ),
    (
        Effect::Replace,
        &["core::mem::replace", "core::option::Option::replace"],
    ),
    (Effect::Swap, &["core::mem::swap"]),
    (
        Effect::End,
        &[
            "core::mem::ManuallyDrop::drop",
            "core::mem::ManuallyDrop::take",
            "core::ptr::drop_in_place",
            "core::ptr::read",
        ],
    ),
    (
        Effect::Fill,
        &[
            "core::iter::Extend::extend",
            "core::option::Option::get_or_insert_with",
            "alloc::vec::Vec::push",
            "alloc::vec::Vec::insert",
            "alloc::vec::Vec::append",
        ],
    ),
    (
        Effect::Look,
        &[
            "core::ops::Deref::deref",
            "core::ops::DerefMut::deref_mut",
            "core::ops::Index::index",
            "core::ops::IndexMut::index_mut",
            "core::convert::AsRef::as_ref",
            "core::convert::AsMut::as_mut",
            "core::borrow::Borrow::borrow",
            "core::borrow::BorrowMut::borrow_mut",
            "core::clone::Clone::clone",
            "core::fmt::Debug::fmt",
            "core::fmt::Display::fmt",
            "core::iter::IntoIterator::into_iter",
            "core::option::Option::iter",
            "core::option::Option::iter_mut",
            "core::result::Result::iter",
            "core::result::Result::iter_mut",
            "core::cell::RefCell::borrow",
            "alloc::vec::Vec::reserve",
            "alloc::vec::Vec::len",
            "alloc::vec::Vec::is_empty",
            "alloc::vec::Vec::as_slice",
            "alloc::vec::Vec::as_mut_slice",
            "std::collections::HashMap::get",
            "std::collections::HashMap::get_mut",
            "std::collections::HashMap::contains_key",
            "std::collections::HashMap::len",
            "std::collections::HashMap::iter",
            "std::collections::HashMap::iter_mut",
            "std::collections::HashMap::values",
            "std::collections::HashMap::values_mut",
            "alloc::collections::BTreeMap::get",
            "alloc::collections::BTreeMap::get_mut",
            "alloc::collections::BTreeMap::iter",
            "alloc::collections::BTreeMap::values",
        ],
    ),
    (
        Effect::Mirror,
        &[
            "core::option::Option::as_ref",
            "core::option::Option::as_mut",
            "core::option::Option::as_deref",
            "core::option::Option::as_deref_mut",
            "core::result::Result::as_ref",
            "core::result::Result::as_mut",
            "core::result::Result::as_deref",
            "core::result::Result::as_deref_mut",
        ],
    ),
    (
        Effect::IsFirst,
        &[
            "core::option::Option::is_none",
            "core::result::Result::is_ok",
        ],
    ),
    (
        Effect::IsSecond,
        &[
            "core::option::Option::is_some",
            "core::result::Result::is_err",
        ],
    ),
];

/// The effects of the functions that are known.
pub(crate) struct KnownCalls {
    effects: FxHashMap<DefId, Effect>,
}

impl KnownCalls {
    pub(crate) fn new(paths: &Resolver<'_>) -> Self {
        let effects = KNOWN
            .iter()
            .flat_map(|&(effect, known)| known.iter().map(move |&path| (effect, path)))
            .flat_map(|(effect, path)| {
                paths
                    .items(path)
                    .into_iter()
                    .map(move |item| (item, effect))
            })
            .collect();
        Self { effects }
    }

    pub(super) fn effect(&self, callee: DefId) -> Option<Effect> {
        self.effects.get(&callee).copied()
    }
}

/// The function that an operand in call position names.
pub(super) fn callee(func: &Operand<'_>) -> Option<DefId> {
    func.const_fn_def().map(|(callee, _)| callee)
}

/// Whether a call of `callee` with arguments of these types can only make an empty value: a
/// function of another crate that is given nothing but numbers, such as `Vec::with_capacity`.
pub(super) fn makes_empty<'tcx>(
    tcx: TyCtxt<'tcx>,
    callee: DefId,
    mut arguments: impl Iterator<Item = ty::Ty<'tcx>>,
) -> bool {
    let krate = tcx.crate_name(callee.krate);
    !callee.is_local()
        && (["std", "core", "alloc"].contains(&krate.as_str()))
        && arguments.all(ty::Ty::is_scalar)
}
