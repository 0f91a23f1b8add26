use rustc_errors::Diag;
use rustc_hir::{Body, def_id::LocalDefId};
use rustc_lint::Lint;
use rustc_middle::ty::{self, Ty, TyCtxt, print::with_no_trimmed_paths};
use rustc_session::declare_lint;
use rustc_span::Span;

use super::release;
use crate::{
    analysis::{
        bodies::is_async_body,
        guards::Family,
        holder::Holder,
        suspend::{self, Alive},
        test_functions,
    },
    clippy_levels, diagnostics,
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds guards of blocking locks that are alive while a future is suspended: those of
    /// `std::sync`, `parking_lot` (`lock_api`), `spin`, `dashmap` and `crossbeam`, `RefCell`'s `Ref`
    /// and `RefMut`, `tokio::sync::watch::Ref` and locks on the standard streams; by themselves or
    /// inside a tuple, struct, enum, collection, closure or future, bound to a name or as a
    /// temporary.
    ///
    /// ### Why is this bad
    /// An await gives the thread back to the executor, and the lock stays locked. Every task that
    /// asks for it then blocks its whole thread, not only itself. If the thread that blocks is the
    /// one that would resume the future with the guard, nothing moves any more: a deadlock. With
    /// a `RefCell` the second borrow panics instead.
    ///
    /// On a multi-threaded executor the compiler rejects most of these, because the guards are not
    /// `Send`. It does not in a future that is not spawned (`block_on`, a `LocalSet`, the
    /// current-thread runtime, `#[tokio::test]`), nor for guards that are `Send`.
    ///
    /// Not reported is a guard over `()` in the body of a test or of a function under
    /// `#[cfg(test)]`: by such a lock tests wait for each other, and each test has a runtime of its
    /// own. Nor is a guard where clippy's
    /// `await_holding_lock` (for a `RefCell` `await_holding_refcell_ref`) is allowed by name
    /// on the function or closer: somebody has looked at it.
    ///
    /// ### Known problems
    /// - What a function does with an `Option<Guard>`, a collection of guards or a `Cell` that it
    ///   gets by reference is not followed; the lint assumes that it released them.
    /// - A guard that is kept in another struct than the function's own variables, for instance
    ///   stored behind `&mut self`, is not seen.
    /// - Conditions that depend on each other (`if locked { … } … if !locked { x.await }`) are not
    ///   understood.
    ///
    /// ### Example
    /// ```rust,ignore
    /// async fn add(total: &Mutex<u64>, source: &Source) {
    ///     let mut total = total.lock().unwrap();
    ///     *total += source.next().await;
    /// }
    /// ```
    ///
    /// Use instead:
    /// ```rust,ignore
    /// async fn add(total: &Mutex<u64>, source: &Source) {
    ///     let next = source.next().await;
    ///     *total.lock().unwrap() += next;
    /// }
    /// ```
    ///
    /// Where the lock has to be held across an await, `tokio::sync::Mutex` is made for it.
    ///
    /// ### Configuration
    /// In `dylint.toml`, table `[async_patterns_lints]`:
    /// - `guard_types`: paths of more types to treat as blocking guards;
    /// - `non_guard_types`: paths of types that are none and own none. For `lock_api`'s guards
    ///   this may also be the raw lock's type.
    pub STD_GUARD_ACROSS_AWAIT,
    Warn,
    "a guard of a blocking lock is alive while a future is suspended"
}

/// The check behind [`STD_GUARD_ACROSS_AWAIT`].
pub(crate) struct StdGuardAcrossAwait;

impl<'tcx> Check<'tcx> for StdGuardAcrossAwait {
    fn lint(&self) -> &'static Lint {
        STD_GUARD_ACROSS_AWAIT
    }

    fn check_body(&mut self, facts: &Facts<'tcx>, body: &'tcx Body<'tcx>) {
        let tcx = facts.tcx;
        let owner = tcx.hir_body_owner_def_id(body.id());
        if !is_async_body(tcx, owner) {
            return;
        }
        let alive =
            suspend::alive_across_suspensions(tcx, owner, facts.guards(), facts.known_calls());
        for alive in alive {
            report(facts, owner, &alive);
        }
    }
}

fn report<'tcx>(facts: &Facts<'tcx>, coroutine: LocalDefId, alive: &Alive<'tcx>) {
    let tcx = facts.tcx;
    let body = tcx.optimized_mir(coroutine);
    let Some(holder) = Holder::of(tcx, coroutine, body, alive.origin) else {
        return;
    };
    // Nobody can change what a macro of another crate does by itself.
    if holder.span.in_external_macro(tcx.sess.source_map()) {
        return;
    }
    let awaits: Vec<Span> = alive
        .suspensions
        .iter()
        .filter_map(|&state| suspend::suspension_span(body, state))
        .map(diagnostics::in_user_code)
        .collect();
    let Some(guard) = alive
        .holdings
        .iter()
        .find(|holding| !serialises_a_test(tcx, coroutine, holding.wanted))
    else {
        return;
    };
    let Some((adt, family)) = guard
        .wanted
        .ty_adt_def()
        .and_then(|adt| Some((adt, facts.guards().wanted().family(adt)?)))
    else {
        return;
    };
    if clippy_levels::is_allowed(tcx, holder.node, clippys(family)) {
        return;
    }
    let guard_type = with_no_trimmed_paths!(tcx.def_path_str(adt.did()));
    let subject = holder.subject();
    let is_guard = guard.path.is_empty() && !guard.in_container;
    let holds = if is_guard {
        format!("{subject}, a `{guard_type}`, is alive")
    } else {
        format!("{subject} holds a `{guard_type}`")
    };
    let message = format!(
        "{holds} while this future is suspended: {}",
        consequence(family)
    );
    diagnostics::report(
        tcx,
        STD_GUARD_ACROSS_AWAIT,
        holder.node,
        diagnostics::in_user_code(holder.span),
        message,
        |diag| {
            diagnostics::note_places(diag, awaits.clone(), "it is alive while suspended here");
            let released = is_guard && release::suggest(tcx, coroutine, holder.span, &awaits, diag);
            if !released {
                help_release(diag, &holder);
            }
            if let Some(instead) = instead(family) {
                diag.help(instead);
            }
        },
    );
}

/// Whether a guard in the outermost future of a test guards nothing but `()`: a lock by which tests
/// that share the environment or a port wait for each other. Each runs in a runtime of its own, so
/// only the test itself waits.
fn serialises_a_test<'tcx>(tcx: TyCtxt<'tcx>, coroutine: LocalDefId, guard: Ty<'tcx>) -> bool {
    let ty::Adt(_, args) = guard.kind() else {
        return false;
    };
    let guards_nothing = args.types().last().is_some_and(Ty::is_unit);
    guards_nothing
        && (test_functions::is_outermost_future(tcx, coroutine)
            || test_functions::is_helper_of_tests(tcx, coroutine))
}

/// The lint of clippy's that is meant for guards of this family.
fn clippys(family: Family) -> &'static str {
    match family {
        Family::CellRef | Family::CellRefMut => "await_holding_refcell_ref",
        Family::Configured => "await_holding_invalid_type",
        _ => "await_holding_lock",
    }
}

fn consequence(family: Family) -> &'static str {
    match family {
        Family::Mutex | Family::Write | Family::Reentrant => {
            "whoever locks it meanwhile blocks a whole thread, perhaps the one that has to resume \
             this future"
        }
        Family::Read => {
            "a writer that locks it meanwhile blocks a whole thread, perhaps the one that has to \
             resume this future"
        }
        Family::CellRef => "a mutable borrow of the `RefCell` made meanwhile panics",
        Family::CellRefMut => "any other borrow of the `RefCell` made meanwhile panics",
        Family::Map => {
            "whoever needs this part of the map meanwhile blocks a whole thread, perhaps the one \
             that has to resume this future"
        }
        Family::Watch => {
            "a sender blocks a whole thread meanwhile, perhaps the one that has to resume this \
             future"
        }
        Family::Stdio => {
            "whoever uses the stream meanwhile blocks a whole thread, perhaps the one that has to \
             resume this future"
        }
        Family::Configured => "`dylint.toml` lists it among the types that must not be",
    }
}

fn instead(family: Family) -> Option<&'static str> {
    match family {
        Family::Mutex | Family::Reentrant => {
            Some("to hold a lock across an await, use `tokio::sync::Mutex`")
        }
        Family::Read | Family::Write => {
            Some("to hold a lock across an await, use `tokio::sync::RwLock`")
        }
        Family::CellRef | Family::CellRefMut | Family::Map | Family::Watch => {
            Some("clone or take out of it what is needed after the await")
        }
        Family::Stdio => Some("write into a buffer first, or use `tokio::io`"),
        Family::Configured => None,
    }
}

fn help_release(diag: &mut Diag<'_, ()>, holder: &Holder) {
    let help = match holder.name {
        _ if holder.is_ignored_parameter() => {
            "it lives until the end of the function: give it a name and drop it before the await"
                .to_owned()
        }
        Some(name) => {
            format!("end it before the await: limit `{name}` to a block of its own, or drop it")
        }
        None => "it lives until the end of the whole statement: do the locked part in a `let` \
                 statement of its own before"
            .to_owned(),
    };
    diag.help(help);
}
