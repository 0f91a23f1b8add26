//! Which types are guards of locks that are made for async code, and give write access.

use rustc_hir::def_id::DefIdSet;
use rustc_middle::ty::{AdtDef, GenericArgsRef, TyCtxt};

use super::{
    handoffs::is_std,
    ownership::{Ownership, Wanted},
};
use crate::paths::Resolver;

const EXCLUSIVE: &[&str] = &[
    "tokio::sync::MutexGuard",
    "tokio::sync::MappedMutexGuard",
    "tokio::sync::OwnedMutexGuard",
    "tokio::sync::OwnedMappedMutexGuard",
    "tokio::sync::RwLockWriteGuard",
    "tokio::sync::RwLockMappedWriteGuard",
    "tokio::sync::OwnedRwLockWriteGuard",
    "tokio::sync::OwnedRwLockMappedWriteGuard",
    "futures_util::lock::MutexGuard",
    "futures_util::lock::MappedMutexGuard",
    "futures_util::lock::OwnedMutexGuard",
    "async_lock::MutexGuard",
    "async_lock::MutexGuardArc",
    "async_lock::RwLockWriteGuard",
    "async_lock::RwLockWriteGuardArc",
];

/// The guards of async locks that give write access.
pub(crate) struct AsyncGuards<'tcx> {
    tcx: TyCtxt<'tcx>,
    exclusive: DefIdSet,
}

impl<'tcx> Wanted<'tcx> for AsyncGuards<'tcx> {
    fn is_wanted(&self, adt: AdtDef<'tcx>, _: GenericArgsRef<'tcx>) -> bool {
        self.exclusive.contains(&adt.did())
    }

    /// A type of another crate that is built on such a guard, like the one of `CancelPoisonMutex`,
    /// has its own answer to a cancel.
    fn is_opaque(&self, adt: AdtDef<'tcx>) -> bool {
        !adt.did().is_local() && !is_std(self.tcx, adt.did())
    }
}

/// Where such guards are owned; `None` if the crate has no async lock at hand.
pub(crate) fn search<'tcx>(
    tcx: TyCtxt<'tcx>,
    paths: &Resolver<'tcx>,
) -> Option<Ownership<'tcx, AsyncGuards<'tcx>>> {
    let exclusive = paths.all(EXCLUSIVE.iter().copied());
    (!exclusive.is_empty()).then(|| Ownership::new(tcx, AsyncGuards { tcx, exclusive }, None))
}
