//! Functions outside the crate that take a closure or a future, by what they do with it.
//!
//! What is in none of these lists, and in no std crate, is unknown: nothing is said about when and
//! where it runs what it was given.

use rustc_hir::{
    LangItem,
    def_id::{DefId, DefIdSet},
};
use rustc_middle::ty::TyCtxt;
use rustc_span::{DUMMY_SP, Symbol, sym};

use crate::paths::Resolver;

/// Takes a closure and runs it on the calling thread before it returns. Functions of the std
/// crates do so unless they are in [`ELSEWHERE`].
const IN_PLACE: &[&str] = &[
    "tokio::task::block_in_place",
    "tokio::task::LocalKey::sync_scope",
    "tracing::Span::in_scope",
    "tracing::subscriber::with_default",
    "tracing_core::dispatcher::with_default",
    "anyhow::Context::with_context",
    "itertools::Itertools::for_each",
    "lazy_static::lazy::Lazy::get",
    "once_cell::sync::OnceCell::get_or_init",
    "once_cell::sync::OnceCell::get_or_try_init",
];

/// Functions of the std crates that take a closure and run it on another thread, or later.
const ELSEWHERE: &[&str] = &[
    "std::thread::spawn",
    "std::thread::Builder::spawn",
    "std::thread::Builder::spawn_unchecked",
    "std::thread::Builder::spawn_scoped",
    "std::thread::Scope::spawn",
    "std::panic::set_hook",
    "std::sync::LazyLock::new",
    "core::cell::LazyCell::new",
    "std::os::unix::process::CommandExt::pre_exec",
    "core::future::poll_fn",
    "core::iter::from_fn",
];

/// Takes a future and makes it a task of the runtime that the call runs on.
const SPAWNS: &[&str] = &[
    "tokio::task::spawn",
    "tokio::task::Builder::spawn",
    "tokio::task::JoinSet::spawn",
    "tokio_util::task::JoinMap::spawn",
    "tokio_util::task::JoinQueue::spawn",
    "tokio_util::task::TaskTracker::spawn",
];

/// Takes a future and polls it on the calling thread until it is done, without a tokio runtime.
const EXECUTORS: &[&str] = &[
    "futures_executor::block_on",
    "futures_lite::future::block_on",
    "async_io::block_on",
    "pollster::block_on",
];

/// Futures that are ready when first polled.
const READY: &[&str] = &["core::future::Ready", "futures_util::future::Ready"];

/// Futures that only poll the futures among their type arguments, and suspend when those do.
const WRAPPERS: &[&str] = &[
    "tokio::time::Timeout",
    "tokio::task::Unconstrained",
    "tokio::task::coop::Unconstrained",
    "tokio::task::coop::Coop",
    "tokio::task::futures::TaskLocalFuture",
    "tokio::future::maybe_done::MaybeDone",
    "tokio_util::task::task_tracker::TrackedFuture",
    "tokio_util::context::TokioContext",
    "tracing::instrument::Instrumented",
    "tracing::instrument::WithDispatch",
    "async_patterns::cancel::CancelDebug",
    "async_timeline::Recorded",
    "core::panic::AssertUnwindSafe",
    "futures_util::future::Map",
    "futures_util::future::MapInto",
    "futures_util::future::Then",
    "futures_util::future::Inspect",
    "futures_util::future::Fuse",
    "futures_util::future::Flatten",
    "futures_util::future::CatchUnwind",
    "futures_util::future::NeverError",
    "futures_util::future::UnitError",
    "futures_util::future::AndThen",
    "futures_util::future::OrElse",
    "futures_util::future::MapOk",
    "futures_util::future::MapErr",
    "futures_util::future::MapOkOrElse",
    "futures_util::future::OkInto",
    "futures_util::future::ErrInto",
    "futures_util::future::InspectOk",
    "futures_util::future::InspectErr",
    "futures_util::future::UnwrapOrElse",
    "futures_util::future::IntoFuture",
    "futures_util::future::TryFlatten",
    "futures_util::future::Either",
    "futures_util::future::MaybeDone",
    "futures_util::future::TryMaybeDone",
    "futures_util::future::OptionFuture",
    "futures_util::future::Abortable",
    "futures_util::future::Join",
    "futures_util::future::Join3",
    "futures_util::future::Join4",
    "futures_util::future::Join5",
    "futures_util::future::TryJoin",
    "futures_util::future::TryJoin3",
    "futures_util::future::TryJoin4",
    "futures_util::future::TryJoin5",
    "futures_util::future::JoinAll",
    "futures_util::future::TryJoinAll",
];

/// The lists above as items of the crates that are loaded.
pub(crate) struct Handoffs {
    pub(crate) future_poll: DefId,
    pub(crate) poll_fn_type: DefIdSet,
    pub(crate) in_place: DefIdSet,
    pub(crate) elsewhere: DefIdSet,
    pub(crate) spawns: DefIdSet,
    /// `Handle::spawn` and `Runtime::spawn`: a task of the runtime that the receiver stands for.
    pub(crate) handle_spawns: DefIdSet,
    pub(crate) current_handle: DefIdSet,
    pub(crate) executors: DefIdSet,
    pub(crate) ready: DefIdSet,
    pub(crate) wrappers: DefIdSet,
    pub(crate) catches_panic: DefIdSet,
    /// Futures that return the panic of the task they wait for.
    pub(crate) join_handles: DefIdSet,
    /// Traits whose methods run the closures inside their receiver: iterators.
    pub(crate) iteration: DefIdSet,
}

impl Handoffs {
    pub(crate) fn new<'tcx>(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>) -> Self {
        let future_poll = tcx.require_lang_item(LangItem::FuturePoll, DUMMY_SP);
        let all = |list: &[&'static str]| paths.all(list.iter().copied());
        Self {
            future_poll,
            poll_fn_type: all(&["core::future::PollFn", "futures_util::future::PollFn"]),
            in_place: all(IN_PLACE),
            elsewhere: all(ELSEWHERE),
            spawns: all(SPAWNS),
            handle_spawns: all(&["tokio::runtime::Handle::spawn"]),
            current_handle: all(&[
                "tokio::runtime::Handle::current",
                "tokio::runtime::Handle::try_current",
            ]),
            executors: all(EXECUTORS),
            ready: all(READY),
            wrappers: all(WRAPPERS),
            catches_panic: all(&[
                "std::panic::catch_unwind",
                "futures_util::future::CatchUnwind",
            ]),
            join_handles: all(&["tokio::task::JoinHandle"]),
            iteration: all(&[
                "core::iter::Iterator",
                "core::iter::IntoIterator",
                "core::iter::DoubleEndedIterator",
            ]),
        }
    }

    /// Whether a function calls the closures it is given before it returns.
    pub(crate) fn calls_in_place(&self, tcx: TyCtxt<'_>, function: DefId) -> bool {
        self.in_place.contains(&function)
            || is_std(tcx, function) && !self.elsewhere.contains(&function)
    }
}

pub(crate) fn is_std(tcx: TyCtxt<'_>, item: DefId) -> bool {
    let name: Symbol = tcx.crate_name(item.krate);
    matches!(name, sym::std | sym::core | sym::alloc)
}
