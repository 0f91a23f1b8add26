//! What lives across an await.
//!
//! [`alive_across_suspensions`] tells, for one coroutine body, which values of certain types (see
//! [`ownership`](super::ownership)) are alive while the coroutine is suspended, and at which
//! suspensions: initialized on some path to it, and on that path neither dropped nor moved away.
//!
//! # The MIR it works on
//! The body after the compiler's state transform, because that is the one a late pass can rely on:
//! earlier forms have been stolen by the time lints run. It comes after drop elaboration, so a
//! `Drop` terminator is reached only where there is something to drop, and what a suspension keeps
//! is spelled out in the coroutine's layout. The compiler's own list of what a coroutine may store
//! is no answer: it also has values that were borrowed and then dropped.
//!
//! # What counts as gone
//! - A value that was given to the future which is awaited: that future releases it. If it does
//!   not before it suspends itself, then that is to be told of its own body.
//! - The content of an enum in a variant without it, as far as a match, `is_none()` or an
//!   assignment shows.
//! - The content of an `Option` or a collection that was handed out by `&mut` to a function which
//!   may have emptied it. In doubt the analysis is silent.

pub(crate) mod calls;
mod correlations;
mod flow;
mod places;
mod state;

use rustc_abi::VariantIdx;
use rustc_hir::def_id::LocalDefId;
use rustc_middle::{
    mir::{Body, CoroutineLayout, CoroutineSavedLocal},
    ty::{CoroutineArgs, CoroutineArgsExt, TyCtxt, TypingEnv, UpvarCapture},
};
use rustc_span::{DesugaringKind, Span};

use self::{calls::KnownCalls, flow::Flow, places::Places, state::State};
use super::ownership::{Holding, Ownership, Wanted};

pub(crate) use places::Origin;

/// A variable, temporary or captured variable that holds something alive at some suspension.
#[derive(Debug)]
pub(crate) struct Alive<'tcx> {
    pub(crate) origin: Origin,
    /// What may be alive in it; at least one.
    pub(crate) holdings: Vec<Holding<'tcx>>,
    /// The states of the coroutine in which it is suspended with this value alive.
    pub(crate) suspensions: Vec<VariantIdx>,
}

/// Everything wanted that is alive at a suspension of `coroutine`, an async body.
pub(crate) fn alive_across_suspensions<'tcx, W: Wanted<'tcx>>(
    tcx: TyCtxt<'tcx>,
    coroutine: LocalDefId,
    ownership: &Ownership<'tcx, W>,
    known: &KnownCalls,
) -> Vec<Alive<'tcx>> {
    if !may_hold(tcx, coroutine, ownership) {
        return Vec::new();
    }
    let body = tcx.optimized_mir(coroutine);
    let Some(places) = Places::new(tcx, body, coroutine.to_def_id(), ownership) else {
        return Vec::new();
    };
    let suspended = Flow::new(&places, known).run();
    let mut alive = Vec::new();
    for base in places.bases() {
        let origin = places.origin(base);
        if let Origin::Saved(saved) = origin
            && is_awaited_future(places.layout(), saved)
        {
            continue;
        }
        let is_alive = |state: &State| places.holdings(base).any(|(bit, _)| state.counts(bit));
        let mut suspensions: Vec<VariantIdx> = suspended
            .iter()
            .filter(|(_, state)| is_alive(state))
            .map(|(&variant, _)| variant)
            .collect();
        if suspensions.is_empty() {
            continue;
        }
        suspensions.sort();
        let holdings = places
            .holdings(base)
            .filter(|(bit, _)| {
                suspensions
                    .iter()
                    .any(|variant| suspended[variant].counts(*bit))
            })
            .map(|(_, holding)| holding.clone())
            .collect();
        alive.push(Alive {
            origin,
            holdings,
            suspensions,
        });
    }
    alive
}

/// Whether the coroutine can store anything wanted at all. The compiler has these types at hand,
/// and for nearly every body the answer is no.
fn may_hold<'tcx, W: Wanted<'tcx>>(
    tcx: TyCtxt<'tcx>,
    coroutine: LocalDefId,
    ownership: &Ownership<'tcx, W>,
) -> bool {
    let Some(layout) = tcx.mir_coroutine_witnesses(coroutine) else {
        return false;
    };
    if layout.variant_fields.len() <= CoroutineArgs::RESERVED_VARIANTS {
        return false;
    }
    let env = TypingEnv::post_analysis(tcx, coroutine);
    let captured = tcx
        .closure_captures(coroutine)
        .iter()
        .filter(|capture| matches!(capture.info.capture_kind, UpvarCapture::ByValue))
        .map(|capture| capture.place.ty());
    layout
        .field_tys
        .iter()
        .map(|saved| saved.ty)
        .chain(captured)
        .any(|ty| !ownership.holdings(env, ty).is_empty())
}

/// Whether a saved variable is the future that an `.await` polls.
pub(crate) fn is_awaited_future(layout: &CoroutineLayout<'_>, saved: CoroutineSavedLocal) -> bool {
    let span = layout.field_tys[saved].source_info.span;
    layout.field_names[saved].is_some_and(|name| name.as_str() == "__awaitee")
        && span.is_desugaring(DesugaringKind::Await)
}

/// Where the source says that `body` suspends in a state.
pub(crate) fn suspension_span(body: &Body<'_>, state: VariantIdx) -> Option<Span> {
    let layout = body.coroutine_layout_raw()?;
    Some(layout.variant_source_info.get(state)?.span)
}
