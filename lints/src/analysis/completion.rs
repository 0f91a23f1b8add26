//! What a future does when it is polled after it has completed.

use rustc_hir::{
    LangItem,
    def_id::{DefId, DefIdSet},
};
use rustc_infer::infer::TyCtxtInferExt;
use rustc_middle::ty::{self, Ty, TyCtxt, TypingEnv};
use rustc_trait_selection::infer::InferCtxtExt;

use super::exits::{Code, Control, Exits, value};
use crate::paths::Resolver;

/// Types nested deeper than this are not looked into.
const DEEPEST: usize = 16;

/// Futures that panic, by their documentation or source.
const PANIC: &[&str] = &[
    "tokio::task::JoinHandle",
    "tokio::sync::oneshot::Receiver",
    "tokio_util::task::AbortOnDropHandle",
    "core::future::Ready",
    "futures_util::future::Ready",
];

/// Futures that poll the one inside them, after it has completed as well.
const POLL_INNER: &[&str] = &[
    "tokio::time::Timeout",
    "tokio::task::Unconstrained",
    "tokio::task::coop::Unconstrained",
    "tokio::task::futures::TaskLocalFuture",
    "tokio_util::task::task_tracker::TrackedFuture",
    "tracing::instrument::Instrumented",
    "tracing::instrument::WithDispatch",
    "async_timeline::Recorded",
    "core::panic::AssertUnwindSafe",
];

/// The lists above as items of the crates that are loaded.
pub(crate) struct Completed<'tcx> {
    tcx: TyCtxt<'tcx>,
    panic: DefIdSet,
    poll_inner: DefIdSet,
    fused: Vec<DefId>,
}

impl<'tcx> Completed<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>) -> Self {
        Self {
            tcx,
            panic: paths.all(PANIC.iter().copied()),
            poll_inner: paths.all(POLL_INNER.iter().copied()),
            fused: paths.items("futures_core::future::FusedFuture"),
        }
    }

    /// Whether a future of this type must not be polled after it has completed. Of a type whose
    /// author may have thought of it, the answer is no.
    pub(crate) fn must_not_be_polled(&self, env: TypingEnv<'tcx>, future: Ty<'tcx>) -> bool {
        let future = self.tcx.erase_and_anonymize_regions(future);
        let future = self
            .tcx
            .try_normalize_erasing_regions(env, future)
            .unwrap_or(future);
        self.ends(env, future, DEEPEST)
    }

    fn ends(&self, env: TypingEnv<'tcx>, future: Ty<'tcx>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        match *future.kind() {
            ty::Coroutine(body, _) => !self.never_completes(body),
            ty::Ref(_, inner, _) => self.ends(env, inner, depth),
            ty::Dynamic(..) | ty::Param(_) | ty::Alias(..) => !self.is_fused(env, future),
            ty::Adt(adt, args) => {
                if adt.is_box() || self.tcx.is_lang_item(adt.did(), LangItem::Pin) {
                    return args
                        .types()
                        .next()
                        .is_some_and(|inner| self.ends(env, inner, depth));
                }
                self.panic.contains(&adt.did())
                    || self.poll_inner.contains(&adt.did())
                        && args.types().any(|inner| self.ends(env, inner, depth))
            }
            _ => false,
        }
    }

    /// Whether the source of an async body ends in a loop that nothing leaves.
    fn never_completes(&self, body: DefId) -> bool {
        let Some(owner) = body.as_local() else {
            return false;
        };
        let Some(body) = self.tcx.hir_maybe_body_owned_by(owner) else {
            return false;
        };
        let control = Control {
            tcx: self.tcx,
            typeck: self.tcx.typeck(owner),
        };
        let whole = Code::Expr(body.value);
        (control.diverges(whole) || control.diverges(Code::Expr(value(body.value))))
            && Exits::of(whole).returns.is_empty()
    }

    /// Whether the type knows that it has completed.
    fn is_fused(&self, env: TypingEnv<'tcx>, future: Ty<'tcx>) -> bool {
        let (infcx, param_env) = self.tcx.infer_ctxt().build_with_typing_env(env);
        self.fused.iter().any(|fused| {
            infcx
                .type_implements_trait(*fused, [future], param_env)
                .may_apply()
        })
    }
}
