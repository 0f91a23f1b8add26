//! [`LARGE_VALUE_ACROSS_AWAIT`]: the compiler's layout of a coroutine says what its future stores;
//! the lint looks for the variables in it that make it large.

use rustc_abi::VariantIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Body,
    def_id::{DefId, LocalDefId},
};
use rustc_lint::Lint;
use rustc_middle::{
    mir::{self, CoroutineLayout, CoroutineSavedLocal},
    ty::{self, CoroutineArgs, CoroutineArgsExt, Ty, TyCtxt, TypingEnv, UpvarCapture},
};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        bodies::is_async_body,
        holder::Holder,
        suspend::{self, Origin},
        test_functions,
    },
    diagnostics,
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds variables and temporaries of an async body that are larger than a limit and are kept
    /// across an await, so that they are a part of the future. Captured variables and parameters
    /// count as well.
    ///
    /// ### Why is this bad?
    /// Every future of that body carries the value from its first await to its last, idle ones
    /// included; a thousand downloads with a 64 KiB buffer each take 64 MiB. The future is also
    /// moved with the value in it when it is passed on or spawned, and one that contains several
    /// such futures can overflow the stack it is built on.
    ///
    /// Not reported: a future that is awaited on the spot (what is large in it is reported in its
    /// own body), the outermost body of a test, and values whose size depends on a type parameter.
    ///
    /// ### Known problems
    /// What a future stores is the compiler's decision. A value that was borrowed and is moved away
    /// before the await is often still stored, and then reported: its space is taken all the same.
    ///
    /// ### Configuration
    /// `large_value_threshold` in `dylint.toml`: the largest size in bytes that is not reported,
    /// 16384 if not given.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let mut buffer = [0_u8; 64 * 1024];
    /// let read = socket.read(&mut buffer).await?;
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let mut buffer = vec![0_u8; 64 * 1024];
    /// let read = socket.read(&mut buffer).await?;
    /// ```
    pub LARGE_VALUE_ACROSS_AWAIT,
    Warn,
    "a large local that is kept across an await is a part of every future of its body"
}

/// The check behind [`LARGE_VALUE_ACROSS_AWAIT`].
pub(crate) struct LargeValueAcrossAwait;

impl<'tcx> Check<'tcx> for LargeValueAcrossAwait {
    fn lint(&self) -> &'static Lint {
        LARGE_VALUE_ACROSS_AWAIT
    }

    fn check_body(&mut self, facts: &Facts<'tcx>, body: &'tcx Body<'tcx>) {
        let tcx = facts.tcx;
        let owner = tcx.hir_body_owner_def_id(body.id());
        if !is_async_body(tcx, owner) || test_functions::is_outermost_future(tcx, owner) {
            return;
        }
        let sizes = Sizes {
            tcx,
            limit: facts.config.large_value_threshold.bytes(),
        };
        let mut reported: FxHashSet<Span> = FxHashSet::default();
        for large in sizes.large_values(owner) {
            if sizes.reported_inside(large.ty, &mut FxHashSet::default()) {
                continue;
            }
            let mir = tcx.optimized_mir(owner);
            let Some(holder) = Holder::of(tcx, owner, mir, large.origin) else {
                continue;
            };
            // A parameter of an `async fn` is captured first and then a variable of the body.
            if holder.span.in_external_macro(tcx.sess.source_map())
                || !reported.insert(diagnostics::in_user_code(holder.span))
            {
                continue;
            }
            sizes.report(owner, mir, &holder, &large);
        }
    }
}

/// A value that the future of a body stores.
struct Large<'tcx> {
    origin: Origin,
    ty: Ty<'tcx>,
    bytes: u64,
}

struct Sizes<'tcx> {
    tcx: TyCtxt<'tcx>,
    limit: u64,
}

impl<'tcx> Sizes<'tcx> {
    /// The size of a type in bytes; `None` if it depends on a type parameter.
    fn of(&self, owner: LocalDefId, ty: Ty<'tcx>) -> Option<u64> {
        let env = TypingEnv::post_analysis(self.tcx, owner);
        let ty = self.tcx.erase_and_anonymize_regions(ty);
        let ty = self.tcx.try_normalize_erasing_regions(env, ty).ok()?;
        let layout = self.tcx.layout_of(env.as_query_input(ty)).ok()?;
        Some(layout.size.bytes())
    }

    /// What is larger than the limit in the future of an async body, the futures it awaits and
    /// unnamed ones left out.
    fn large_values(&self, owner: LocalDefId) -> Vec<Large<'tcx>> {
        let tcx = self.tcx;
        // The compiler has these types at hand; for nearly every body none is large.
        let Some(witnesses) = tcx.mir_coroutine_witnesses(owner) else {
            return Vec::new();
        };
        if witnesses.variant_fields.len() <= CoroutineArgs::RESERVED_VARIANTS {
            return Vec::new();
        }
        let is_large = |ty| self.of(owner, ty).filter(|bytes| *bytes > self.limit);
        let captured = || {
            tcx.closure_captures(owner)
                .iter()
                .enumerate()
                .filter(|(_, capture)| matches!(capture.info.capture_kind, UpvarCapture::ByValue))
                .map(|(index, capture)| (index, capture.place.ty()))
        };
        let stored = witnesses.field_tys.iter().map(|saved| saved.ty);
        if !stored
            .chain(captured().map(|(_, ty)| ty))
            .any(|ty| is_large(ty).is_some())
        {
            return Vec::new();
        }
        let Some(layout) = tcx.optimized_mir(owner).coroutine_layout_raw() else {
            return Vec::new();
        };
        let saved = layout
            .field_tys
            .iter_enumerated()
            .filter(|(saved, _)| !suspend::is_awaited_future(layout, *saved))
            .filter(|(saved, field)| {
                layout.field_names[*saved].is_some() || !self.is_future(field.ty)
            })
            .map(|(saved, field)| (Origin::Saved(saved), field.ty));
        saved
            .chain(captured().map(|(index, ty)| (Origin::Captured(index), ty)))
            .filter_map(|(origin, ty)| {
                Some(Large {
                    origin,
                    ty,
                    bytes: is_large(ty)?,
                })
            })
            .collect()
    }

    fn is_future(&self, ty: Ty<'tcx>) -> bool {
        coroutines_in(ty).next().is_some()
    }

    /// Whether the value is a future of the crate in whose own body something large is reported.
    fn reported_inside(&self, ty: Ty<'tcx>, seen: &mut FxHashSet<DefId>) -> bool {
        let bodies: Vec<LocalDefId> = coroutines_in(ty)
            .filter(|def| seen.insert(*def))
            .filter_map(DefId::as_local)
            .collect();
        bodies.into_iter().any(|body| {
            // What is large there is reported there, or in a future that it consists of.
            !self.large_values(body).is_empty()
                || self
                    .awaited_in(body)
                    .into_iter()
                    .any(|ty| self.reported_inside(ty, seen))
        })
    }

    /// The futures that a body awaits.
    fn awaited_in(&self, owner: LocalDefId) -> Vec<Ty<'tcx>> {
        let Some(layout) = self.tcx.optimized_mir(owner).coroutine_layout_raw() else {
            return Vec::new();
        };
        layout
            .field_tys
            .iter_enumerated()
            .filter(|(saved, _)| suspend::is_awaited_future(layout, *saved))
            .map(|(_, field)| field.ty)
            .collect()
    }

    fn report(
        &self,
        owner: LocalDefId,
        mir: &mir::Body<'tcx>,
        holder: &Holder,
        large: &Large<'tcx>,
    ) {
        let tcx = self.tcx;
        let mut message = format!(
            "{} takes {} bytes of this future, because it is kept across an await",
            holder.subject(),
            large.bytes
        );
        let whole = tcx.type_of(owner).instantiate_identity();
        if let Some(whole) = self.of(owner, whole) {
            message = format!("{message}: every such future has {whole} bytes");
        }
        let awaits: Vec<Span> = kept_at(mir, large.origin)
            .into_iter()
            .filter_map(|state| suspend::suspension_span(mir, state))
            .map(diagnostics::in_user_code)
            .collect();
        diagnostics::report(
            tcx,
            LARGE_VALUE_ACROSS_AWAIT,
            holder.node,
            diagnostics::in_user_code(holder.span),
            message,
            |diag| {
                if !awaits.is_empty() {
                    diagnostics::note_places(diag, awaits, "it is stored while suspended here");
                }
                diag.help(help(large.ty));
            },
        );
    }
}

fn help(ty: Ty<'_>) -> &'static str {
    match ty.kind() {
        ty::Array(..) => {
            "keep it on the heap (`vec![…]`), or in a block that ends before the await"
        }
        _ if ty.is_coroutine() => "put the future on the heap: `Box::pin(…)`",
        _ => "keep it on the heap (`Box::new(…)`), or in a block that ends before the await",
    }
}

/// The coroutines named in a type, of this crate or another.
fn coroutines_in(ty: Ty<'_>) -> impl Iterator<Item = DefId> {
    ty.walk()
        .filter_map(|part| part.as_type())
        .filter_map(|ty| match ty.kind() {
            ty::Coroutine(def, _) => Some(*def),
            _ => None,
        })
}

/// The states of the coroutine in which a value is stored.
fn kept_at(mir: &mir::Body<'_>, origin: Origin) -> Vec<VariantIdx> {
    let Some(layout) = mir.coroutine_layout_raw() else {
        return Vec::new();
    };
    match origin {
        Origin::Saved(saved) => states_with(layout, saved),
        // What is captured is stored in all of them; to list them says nothing.
        Origin::Captured(_) | Origin::Local => Vec::new(),
    }
}

fn states_with(layout: &CoroutineLayout<'_>, saved: CoroutineSavedLocal) -> Vec<VariantIdx> {
    layout
        .variant_fields
        .iter_enumerated()
        .skip(CoroutineArgs::RESERVED_VARIANTS)
        .filter(|(_, kept)| kept.iter().any(|&field| field == saved))
        .map(|(state, _)| state)
        .collect()
}
