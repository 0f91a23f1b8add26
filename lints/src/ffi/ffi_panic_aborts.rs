//! [`FFI_PANIC_ABORTS`]: what an exported function runs in its own frame, up to a `catch_unwind`.

use rustc_abi::ExternAbi;
use rustc_hir::{
    Body,
    def::DefKind,
    def_id::{DefId, LocalDefId},
};
use rustc_lint::Lint;
use rustc_middle::{
    middle::codegen_fn_attrs::CodegenFnAttrFlags,
    mir::TerminatorKind,
    ty::{self, TyCtxt},
};
use rustc_session::declare_lint;
use rustc_span::Span;
use rustc_target::spec::PanicStrategy;

use crate::{
    analysis::{
        async_path::{Hop, Reached},
        blocking_calls::Cost,
        call_graph::{CallGraph, Site, Via},
        describe,
        origin::holds,
        test_code,
    },
    diagnostics,
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds exported functions (`#[no_mangle]`, `#[export_name]`) with the ABI of C or of the
    /// system that block on a runtime, or call a closure or function pointer they were given, with
    /// no `catch_unwind` in their own frame or between.
    ///
    /// ### Why is this bad?
    /// Such functions run what others wrote: a future, a callback. If that panics, the panic
    /// reaches the frame of the exported function, and there the process aborts (since Rust 1.81).
    /// The host, an app or a server in another language, dies with it. A `catch_unwind` further out
    /// never sees the panic.
    ///
    /// Not reported: work that is only handed to a task or thread; `block_on` of a `JoinHandle`
    /// or of a future that catches its panics; `"C-unwind"`; crates built with `panic = "abort"`;
    /// tests.
    ///
    /// ### Known problems
    /// Only functions of the crate under check are followed. A panic from an `unwrap` in the
    /// exported function itself is not this lint's concern.
    ///
    /// ### Example
    /// ```rust,ignore
    /// #[unsafe(no_mangle)]
    /// pub extern "C" fn session_run(id: u64) -> i32 {
    ///     runtime().block_on(run(id))
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// #[unsafe(no_mangle)]
    /// pub extern "C" fn session_run(id: u64) -> i32 {
    ///     std::panic::catch_unwind(|| runtime().block_on(run(id))).unwrap_or(-1)
    /// }
    /// ```
    /// `async_patterns::session::ffi_guard` does the same and keeps the panic's message.
    pub FFI_PANIC_ABORTS,
    Warn,
    "an exported function runs code whose panic aborts the host"
}

/// The check behind [`FFI_PANIC_ABORTS`].
pub(crate) struct FfiPanicAborts;

impl<'tcx> Check<'tcx> for FfiPanicAborts {
    fn lint(&self) -> &'static Lint {
        FFI_PANIC_ABORTS
    }

    fn check_body(&mut self, facts: &Facts<'tcx>, body: &'tcx Body<'tcx>) {
        let tcx = facts.tcx;
        let owner = tcx.hir_body_owner_def_id(body.id());
        let Some(abi) = exported_abi(tcx, owner) else {
            return;
        };
        if tcx.sess.panic_strategy() != PanicStrategy::Unwind
            || tcx.def_span(owner).in_external_macro(tcx.sess.source_map())
            || test_code::is_test_code(tcx, owner)
        {
            return;
        }
        let graph = facts.call_graphs().for_owner(owner);
        let start = graph.bodies.identity(owner);
        let reached = Reached::from(&graph, [start], &mut |_, site| {
            matches!(site.via, Via::Call | Via::Poll) && !site.catches_panic
        });
        let risk = |body: usize, site: &Site<'tcx>| risk(facts, &graph, &reached, body, site);
        let toward = reached.toward_in(&|body, site| risk(body, site).is_some());
        let Some(hop) = toward.first().copied().flatten() else {
            return;
        };
        let finding = Finding {
            owner,
            abi,
            reached: &reached,
            toward: &toward,
            hop,
        };
        if let Some((body, hop)) = finding.way().last()
            && let Some(risk) = risk(body, reached.bodies[body].site(hop.site))
        {
            finding.report(tcx, risk);
        }
    }
}

/// The ABI of an exported function that no panic may leave.
fn exported_abi(tcx: TyCtxt<'_>, owner: LocalDefId) -> Option<ExternAbi> {
    if !matches!(tcx.def_kind(owner), DefKind::Fn | DefKind::AssocFn) {
        return None;
    }
    let abi = tcx.fn_sig(owner).skip_binder().abi();
    let aborts = matches!(
        abi,
        ExternAbi::C { unwind: false }
            | ExternAbi::System { unwind: false }
            | ExternAbi::Cdecl { unwind: false }
            | ExternAbi::Stdcall { unwind: false }
            | ExternAbi::Win64 { unwind: false }
            | ExternAbi::SysV64 { unwind: false }
    );
    if !aborts {
        return None;
    }
    let attributes = tcx.codegen_fn_attrs(owner);
    let exported = attributes.flags.contains(CodegenFnAttrFlags::NO_MANGLE)
        || attributes.symbol_name.is_some();
    exported.then_some(abi)
}

#[derive(Clone, Copy)]
enum Risk {
    /// Waits on the calling thread for a future or a message.
    Blocks(DefId),
    /// Calls a closure or function that it was given.
    CallsBack,
}

/// Whether a call runs what others wrote, on this thread.
fn risk<'tcx>(
    facts: &Facts<'tcx>,
    graph: &CallGraph<'tcx>,
    reached: &Reached<'tcx>,
    body: usize,
    site: &Site<'tcx>,
) -> Option<Risk> {
    let tcx = facts.tcx;
    let Some(callee) = site.callee else {
        return (site.next.is_empty() && is_rust_pointer(graph, reached, body, site))
            .then_some(Risk::CallsBack);
    };
    if facts.blocking_calls().cost(tcx, &callee) == Some(Cost::Waits) {
        let name = tcx.item_name(callee.def_id);
        let is_bridge =
            name.as_str().starts_with("block_on") || name.as_str().starts_with("blocking_");
        let contained = callee.args.types().any(|ty| {
            holds(ty, &|ty| {
                ty.ty_adt_def().is_some_and(|adt| {
                    graph.handoffs.catches_panic.contains(&adt.did())
                        || graph.handoffs.join_handles.contains(&adt.did())
                })
            })
        });
        return (is_bridge && !contained).then_some(Risk::Blocks(callee.def_id));
    }
    let of_fn_trait = tcx
        .trait_of_assoc(callee.def_id)
        .is_some_and(|of| tcx.fn_trait_kind_from_def_id(of).is_some());
    let is_given = of_fn_trait
        && site.next.is_empty()
        && callee
            .args
            .types()
            .next()
            .is_some_and(|ty| holds(ty.peel_refs(), &|ty| ty.is_trait()));
    is_given.then_some(Risk::CallsBack)
}

/// Whether the call goes through a pointer to a Rust function. A C function does not panic.
fn is_rust_pointer<'tcx>(
    graph: &CallGraph<'tcx>,
    reached: &Reached<'tcx>,
    body: usize,
    site: &Site<'tcx>,
) -> bool {
    let instance = reached.bodies[body].instance;
    let Some(mir) = graph.bodies.mir(instance.def_id()) else {
        return false;
    };
    let TerminatorKind::Call { func, .. } = &mir.body.basic_blocks[site.block].terminator().kind
    else {
        return false;
    };
    graph
        .bodies
        .operand_ty(instance, mir.body, func)
        .is_some_and(|ty| matches!(ty.kind(), ty::FnPtr(_, header) if header.abi.is_rustic_abi()))
}

/// The way from an exported function to what may panic.
struct Finding<'f, 'tcx> {
    owner: LocalDefId,
    abi: ExternAbi,
    reached: &'f Reached<'tcx>,
    toward: &'f [Option<Hop>],
    hop: Hop,
}

impl<'tcx> Finding<'_, 'tcx> {
    /// The bodies on the way, each with the site that leads on.
    fn way(&self) -> impl Iterator<Item = (usize, Hop)> {
        std::iter::successors(Some((0, self.hop)), |(_, hop)| {
            let next = hop.next?;
            Some((next, self.toward[next]?))
        })
    }

    fn report(&self, tcx: TyCtxt<'tcx>, risk: Risk) {
        let place = |body: usize, site: &Site<'tcx>| -> Span {
            describe::place(tcx, self.reached.bodies[body].instance, site)
        };
        let first = self.reached.bodies[0].site(self.hop.site);
        let function = describe::name(tcx, self.owner.to_def_id());
        let runs = match risk {
            Risk::Blocks(_) => "blocks on async work",
            Risk::CallsBack => "calls what it was given",
        };
        let abi = self.abi.as_str();
        let message = format!(
            "{function} is exported as `extern \"{abi}\"` and {runs} here with no `catch_unwind`: a \
             panic in it aborts the host"
        );
        let span = place(0, first);
        diagnostics::report(
            tcx,
            FFI_PANIC_ABORTS,
            describe::node_at(tcx, self.owner, span),
            span,
            message,
            |diag| {
                for (body, hop) in self.way().filter(|_| self.hop.next.is_some()) {
                    let site = self.reached.bodies[body].site(hop.site);
                    let name = describe::name(tcx, self.reached.bodies[body].instance.def_id());
                    let text = match (hop.next, risk) {
                        (Some(next), _) => {
                            let next = self.reached.bodies[next].instance.def_id();
                            describe::step(tcx, &name, site, next)
                        }
                        (None, Risk::Blocks(by)) => {
                            format!("{name} blocks on it here, with `{}`", tcx.def_path_str(by))
                        }
                        (None, Risk::CallsBack) => format!("{name} calls it here"),
                    };
                    diag.span_note(place(body, site), text);
                }
                diag.help(
                    "put the function's body into `async_patterns::session::ffi_guard`, or into \
                     `std::panic::catch_unwind`, and return an error value",
                );
            },
        );
    }
}
