//! Which types are blocking lock guards, and what happens to others while one is alive.

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_middle::ty::{self, AdtDef, GenericArgsRef, TyCtxt};

use super::ownership::{Ownership, Wanted};
use crate::{config::Config, paths::Resolver};

/// What a guard keeps others from doing, and what to use where it must live across an await.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Mutex,
    Read,
    Write,
    Reentrant,
    CellRef,
    CellRefMut,
    Map,
    Watch,
    Stdio,
    Configured,
}

const KNOWN: &[(Family, &[&str])] = &[
    (
        Family::Mutex,
        &[
            "std::sync::MutexGuard",
            "std::sync::MappedMutexGuard",
            "std::sync::nonpoison::MutexGuard",
            "std::sync::nonpoison::MappedMutexGuard",
            "lock_api::MutexGuard",
            "lock_api::MappedMutexGuard",
            "lock_api::ArcMutexGuard",
            "spin::mutex::MutexGuard",
            "spin::mutex::SpinMutexGuard",
            "spin::mutex::TicketMutexGuard",
            "spin::mutex::FairMutexGuard",
        ],
    ),
    (
        Family::Read,
        &[
            "std::sync::RwLockReadGuard",
            "std::sync::MappedRwLockReadGuard",
            "std::sync::nonpoison::RwLockReadGuard",
            "std::sync::nonpoison::MappedRwLockReadGuard",
            "lock_api::RwLockReadGuard",
            "lock_api::RwLockUpgradableReadGuard",
            "lock_api::MappedRwLockReadGuard",
            "lock_api::ArcRwLockReadGuard",
            "lock_api::ArcRwLockUpgradableReadGuard",
            "spin::rwlock::RwLockReadGuard",
            "spin::rwlock::RwLockUpgradableGuard",
            "crossbeam_utils::sync::ShardedLockReadGuard",
        ],
    ),
    (
        Family::Write,
        &[
            "std::sync::RwLockWriteGuard",
            "std::sync::MappedRwLockWriteGuard",
            "std::sync::nonpoison::RwLockWriteGuard",
            "std::sync::nonpoison::MappedRwLockWriteGuard",
            "lock_api::RwLockWriteGuard",
            "lock_api::MappedRwLockWriteGuard",
            "lock_api::ArcRwLockWriteGuard",
            "spin::rwlock::RwLockWriteGuard",
            "crossbeam_utils::sync::ShardedLockWriteGuard",
        ],
    ),
    (
        Family::Reentrant,
        &[
            "std::sync::ReentrantLockGuard",
            "lock_api::ReentrantMutexGuard",
            "lock_api::MappedReentrantMutexGuard",
            "lock_api::ArcReentrantMutexGuard",
        ],
    ),
    (Family::CellRef, &["core::cell::Ref"]),
    (Family::CellRefMut, &["core::cell::RefMut"]),
    (
        Family::Map,
        &[
            "dashmap::mapref::one::Ref",
            "dashmap::mapref::one::RefMut",
            "dashmap::mapref::one::MappedRef",
            "dashmap::mapref::one::MappedRefMut",
            "dashmap::mapref::multiple::RefMulti",
            "dashmap::mapref::multiple::RefMutMulti",
            "dashmap::mapref::entry::OccupiedEntry",
            "dashmap::mapref::entry::VacantEntry",
            "dashmap::iter::Iter",
            "dashmap::iter::IterMut",
        ],
    ),
    (Family::Watch, &["tokio::sync::watch::Ref"]),
    (
        Family::Stdio,
        &[
            "std::io::StdinLock",
            "std::io::StdoutLock",
            "std::io::StderrLock",
        ],
    ),
];

/// Guards and locks that are made to be held across an await, whatever they are built of.
const ASYNC_AWARE: &[&str] = &[
    "tokio::sync::MutexGuard",
    "tokio::sync::MappedMutexGuard",
    "tokio::sync::OwnedMutexGuard",
    "tokio::sync::OwnedMappedMutexGuard",
    "tokio::sync::RwLockReadGuard",
    "tokio::sync::RwLockWriteGuard",
    "tokio::sync::RwLockMappedWriteGuard",
    "tokio::sync::OwnedRwLockReadGuard",
    "tokio::sync::OwnedRwLockWriteGuard",
    "tokio::sync::OwnedRwLockMappedWriteGuard",
    "futures_util::lock::MutexGuard",
    "futures_util::lock::MappedMutexGuard",
    "futures_util::lock::OwnedMutexGuard",
    "async_lock::MutexGuard",
    "async_lock::MutexGuardArc",
    "async_lock::RwLockReadGuard",
    "async_lock::RwLockReadGuardArc",
    "async_lock::RwLockWriteGuard",
    "async_lock::RwLockWriteGuardArc",
    // Raw locks for `lock_api` that are waited for with an await.
    "future_parking_lot::mutex::FutureRawMutex",
    "future_parking_lot::rwlock::FutureRawRwLock",
];

/// The guard types of the crate under check.
pub(crate) struct Guards {
    families: FxHashMap<DefId, Family>,
    async_aware: DefIdSet,
}

impl Guards {
    fn new(paths: &Resolver<'_>, config: &Config) -> Self {
        let mut families = FxHashMap::default();
        for path in &config.guard_types {
            for item in paths.configured("guard_types", path) {
                families.insert(item, Family::Configured);
            }
        }
        for &(family, known) in KNOWN {
            for item in known.iter().flat_map(|path| paths.items(path)) {
                families.entry(item).or_insert(family);
            }
        }
        let mut async_aware = paths.all(ASYNC_AWARE.iter().copied());
        for path in &config.non_guard_types {
            for item in paths.configured("non_guard_types", path) {
                families.remove(&item);
                async_aware.insert(item);
            }
        }
        Self {
            families,
            async_aware,
        }
    }

    /// The family of a guard type.
    pub(crate) fn family(&self, guard: AdtDef<'_>) -> Option<Family> {
        self.families.get(&guard.did()).copied()
    }
}

impl<'tcx> Wanted<'tcx> for Guards {
    fn is_wanted(&self, adt: AdtDef<'tcx>, args: GenericArgsRef<'tcx>) -> bool {
        self.families.contains_key(&adt.did())
            // `lock_api`'s guards name the raw lock first; one that is waited for is no concern.
            && !args.types().any(|arg| {
                matches!(arg.kind(), ty::Adt(raw, _) if self.async_aware.contains(&raw.did()))
            })
    }

    fn is_opaque(&self, adt: AdtDef<'tcx>) -> bool {
        self.async_aware.contains(&adt.did())
    }
}

/// Where blocking guards are owned in the types of the crate under check.
pub(crate) fn search<'tcx>(
    tcx: TyCtxt<'tcx>,
    paths: &Resolver<'tcx>,
    config: &Config,
) -> Ownership<'tcx, Guards> {
    let poison_error = paths.items("std::sync::PoisonError").first().copied();
    Ownership::new(tcx, Guards::new(paths, config), poison_error)
}
