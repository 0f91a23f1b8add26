//! [`RAW_FD_INTO_TASK`]: from each number that a spawned task uses as a descriptor back to its
//! owner, and from there on to who closes it first.

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_lint::Lint;
use rustc_middle::{
    mir::{BasicBlock, Body, Operand, Place, Rvalue, StatementKind, TerminatorKind},
    ty::{self, Instance, Ty, TyCtxt},
};
use rustc_session::declare_lint;
use rustc_span::Span;

use super::{
    fd_source::{Borrowed, FdItems, FdSource},
    fd_uses::FdUses,
};
use crate::{
    analysis::{
        bodies::Bodies,
        call_graph::own_type_arguments,
        definitions::{Root, Variable},
        describe,
        entry_calls::{EntryCall, Verdict, judge_calls},
        flow::Flow,
        origin::{self, holds},
        taint::Call,
        test_code,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds descriptors that a spawned task or thread gets as a number (`as_raw_fd`), with no
    /// duplicate made, and uses as a descriptor, while the owner stays outside and may close it
    /// before the task has ended.
    ///
    /// ### Why is this bad?
    /// A number keeps nothing open. When the owner is dropped, the next file or socket that is
    /// opened gets the same number, and the task reads from it, writes to it or closes it: the
    /// wrong file. The compiler cannot see that, for a number has no lifetime.
    ///
    /// Not reported: a number made by `dup` or `into_raw_fd`; an owner that the task gets as well,
    /// that is in a static, or that is never dropped; a task that is joined before the owner goes;
    /// scoped threads; a number that is only printed.
    ///
    /// ### Known problems
    /// Only numbers that come from an `as_raw_fd` in the crate under check are followed. A number
    /// that a function gets as a parameter from outside may be handed over for good.
    ///
    /// ### Example
    /// ```rust,ignore
    /// let number = tunnel.as_raw_fd();
    /// tokio::spawn(async move { send_packets(number).await });
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let duplicate: OwnedFd = tunnel.as_fd().try_clone_to_owned()?;
    /// tokio::spawn(async move { send_packets(duplicate).await });
    /// ```
    pub RAW_FD_INTO_TASK,
    Warn,
    "a task uses a descriptor's number, which its owner may close"
}

/// Functions that make a task or thread which may outlive the caller.
const SPAWNS: &[&str] = &[
    "tokio::task::spawn",
    "tokio::task::spawn_blocking",
    "tokio::task::spawn_local",
    "tokio::task::Builder::spawn",
    "tokio::task::Builder::spawn_blocking",
    "tokio::task::JoinSet::spawn",
    "tokio::task::JoinSet::spawn_blocking",
    "tokio::task::LocalSet::spawn_local",
    "tokio::runtime::Runtime::spawn",
    "tokio::runtime::Runtime::spawn_blocking",
    "tokio::runtime::Handle::spawn",
    "tokio::runtime::Handle::spawn_blocking",
    "tokio_util::task::TaskTracker::spawn",
    "tokio_util::task::TaskTracker::spawn_blocking",
    "tokio_util::task::JoinMap::spawn",
    "std::thread::spawn",
    "std::thread::Builder::spawn",
    "async_std::task::spawn",
    "rayon_core::spawn",
];

/// Functions after which the value they were given is never dropped.
const FORGETS: &[&str] = &[
    "core::mem::forget",
    "core::mem::ManuallyDrop::new",
    "std::os::fd::IntoRawFd::into_raw_fd",
    "alloc::boxed::Box::leak",
];

/// The check behind [`RAW_FD_INTO_TASK`].
pub(crate) struct RawFdIntoTask;

impl<'tcx> Check<'tcx> for RawFdIntoTask {
    fn lint(&self) -> &'static Lint {
        RAW_FD_INTO_TASK
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let items = FdItems::new(&facts.paths);
        if facts.mentions().bodies_naming(&items.as_raw_fd).is_empty() {
            return;
        }
        let mut search = Search {
            facts,
            items,
            join_handles: facts.paths.all([
                "tokio::task::JoinHandle",
                "std::thread::JoinHandle",
                "tokio::task::JoinSet",
            ]),
            forgets: facts.paths.all(FORGETS.iter().copied()),
            reported: FxHashSet::default(),
        };
        let spawns = facts.paths.all(SPAWNS.iter().copied());
        judge_calls(
            facts.call_graphs(),
            facts.mentions(),
            &spawns,
            &mut |call| search.judge(call),
        );
    }
}

struct Search<'s, 'tcx> {
    facts: &'s Facts<'tcx>,
    items: FdItems,
    join_handles: DefIdSet,
    forgets: DefIdSet,
    reported: FxHashSet<Span>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn judge(&mut self, call: &EntryCall<'_, '_, 'tcx>) -> Verdict {
        let bodies = &call.graph.bodies;
        let uses = FdUses::new(bodies, &self.facts.paths);
        let mut verdict = Verdict::Settled;
        for task in tasks(bodies, call) {
            for (field, ty) in task.captured.iter().enumerate() {
                let field = FieldIdx::from_usize(field);
                if !ty.peel_refs().is_integral() {
                    continue;
                }
                let Some(used_at) = uses.of_captured(task.body, field) else {
                    continue;
                };
                let mut source = FdSource {
                    bodies,
                    items: &self.items,
                    borrowed: Vec::new(),
                    open: false,
                };
                for operand in call.operands {
                    let ty = call.frame.operand_ty(bodies, &operand.node);
                    if ty.is_some_and(|ty| holds(ty, &|ty| is_body(ty, task.body.def_id()))) {
                        origin::trace_part(
                            bodies,
                            call.frame,
                            &operand.node,
                            &[field],
                            &mut source,
                        );
                    }
                }
                if source.open {
                    verdict = Verdict::AskCallers;
                }
                let outlived = source
                    .borrowed
                    .iter()
                    .any(|borrowed| self.may_be_closed(call, &task, borrowed));
                if outlived {
                    self.report(call, used_at);
                }
            }
        }
        verdict
    }

    /// Whether the owner may close the descriptor while the task runs.
    fn may_be_closed(
        &self,
        call: &EntryCall<'_, '_, 'tcx>,
        task: &Task<'tcx>,
        borrowed: &Borrowed<'tcx>,
    ) -> bool {
        let bodies = &call.graph.bodies;
        let tcx = bodies.tcx;
        let moved_along = task
            .captured
            .iter()
            .any(|ty| owns(tcx, *ty, borrowed.owner_ty, 4));
        if moved_along {
            return false;
        }
        let Some(mir) = bodies.mir(call.owner.to_def_id()) else {
            return false;
        };
        let spawned = mir.body.basic_blocks.iter_enumerated().find(|(_, data)| {
            !data.is_cleanup && data.terminator().source_info.span == call.owner_span
        });
        let Some((spawned, _)) = spawned else {
            return false;
        };
        let here = borrowed.body == call.owner.to_def_id();
        let reader = Reader {
            tcx,
            body: mir.body,
            owner: moved_into(tcx, mir.body, borrowed.owner.filter(|_| here)),
            join_handles: &self.join_handles,
            forgets: &self.forgets,
        };
        !reader.is_forgotten() && reader.ends_before_join(bodies.flow(&mir), spawned)
    }

    fn report(&mut self, call: &EntryCall<'_, '_, 'tcx>, used_at: Span) {
        let tcx = self.facts.tcx;
        let span = in_user_code(call.owner_span);
        if test_code::is_test_code(tcx, call.owner)
            || call.owner_span.in_external_macro(tcx.sess.source_map())
            || !self.reported.insert(span)
        {
            return;
        }
        diagnostics::report(
            tcx,
            RAW_FD_INTO_TASK,
            describe::node_at(tcx, call.owner, call.owner_span),
            span,
            "a task gets a descriptor as a number, and its owner may close it first: the task then \
             uses whatever has the number next"
                .to_owned(),
            |diag| {
                if call.owner_span != call.span {
                    diag.span_note(in_user_code(call.span), "the task is spawned here");
                }
                diag.span_note(
                    in_user_code(used_at),
                    "the number is used as a descriptor here",
                );
                diag.help(
                    "give the task an `OwnedFd` of its own (`as_fd().try_clone_to_owned()`), or \
                     the owner itself",
                );
            },
        );
    }
}

/// What a call spawns: the closure or async body, and what it captured.
struct Task<'tcx> {
    body: Instance<'tcx>,
    captured: Vec<Ty<'tcx>>,
}

/// The crate's own closures and async bodies among what a call is given.
fn tasks<'tcx>(bodies: &Bodies<'tcx>, call: &EntryCall<'_, '_, 'tcx>) -> Vec<Task<'tcx>> {
    own_type_arguments(bodies, &call.callee)
        .flat_map(|given| given.walk().filter_map(|part| part.as_type()))
        .filter_map(|ty| match *ty.kind() {
            ty::Closure(def, args) => Some(Task {
                body: Instance::new_raw(def, args),
                captured: args.as_closure().upvar_tys().to_vec(),
            }),
            ty::Coroutine(def, args) => Some(Task {
                body: Instance::new_raw(def, args),
                captured: args.as_coroutine().upvar_tys().to_vec(),
            }),
            _ => None,
        })
        .filter(|task| bodies.has_body(task.body))
        .collect()
}

fn is_body(ty: Ty<'_>, body: DefId) -> bool {
    matches!(*ty.kind(), ty::Closure(def, _) | ty::Coroutine(def, _) if def == body)
}

/// Whether a value of type `ty` owns one of type `owned`, alone or with others.
fn owns<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>, owned: Ty<'tcx>, depth: usize) -> bool {
    let same = |ty: Ty<'tcx>| {
        tcx.erase_and_anonymize_regions(ty) == tcx.erase_and_anonymize_regions(owned)
    };
    if same(ty) {
        return true;
    }
    if depth == 0 {
        return false;
    }
    match ty.kind() {
        ty::Adt(adt, args) => {
            args.types().any(|ty| owns(tcx, ty, owned, depth - 1))
                || adt
                    .all_fields()
                    .any(|field| owns(tcx, field.ty(tcx, args), owned, depth - 1))
        }
        ty::Tuple(parts) => parts.iter().any(|ty| owns(tcx, ty, owned, depth - 1)),
        _ => false,
    }
}

/// The variable, and those that its value is moved on to.
fn moved_into<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &Body<'tcx>,
    variable: Option<Root>,
) -> FxHashSet<Root> {
    let root = |place| Variable::of_place(tcx, body, place).root;
    let mut variables: FxHashSet<Root> = variable.into_iter().collect();
    loop {
        let before = variables.len();
        for statement in body.basic_blocks.iter().flat_map(|data| &data.statements) {
            if let StatementKind::Assign(assign) = &statement.kind
                && let Rvalue::Use(Operand::Move(from)) = &assign.1
                && variables.contains(&root(*from))
            {
                variables.insert(root(assign.0));
            }
        }
        if variables.len() == before {
            return variables;
        }
    }
}

/// What becomes of an owner and of a task's handle in one body.
struct Reader<'r, 'tcx> {
    tcx: TyCtxt<'tcx>,
    body: &'r Body<'tcx>,
    /// The variables that the owner is in, one after the other.
    owner: FxHashSet<Root>,
    join_handles: &'r DefIdSet,
    forgets: &'r DefIdSet,
}

impl<'tcx> Reader<'_, 'tcx> {
    fn is_owner(&self, place: Place<'tcx>) -> bool {
        self.owner
            .contains(&Variable::of_place(self.tcx, self.body, place).root)
    }

    fn moves_owner(&self, call: &Call<'_, 'tcx>) -> bool {
        call.args
            .iter()
            .any(|arg| matches!(arg.node, Operand::Move(place) if self.is_owner(place)))
    }

    fn is_forgotten(&self) -> bool {
        self.body
            .basic_blocks
            .iter()
            .filter_map(|data| Call::of(data.terminator()))
            .any(|call| {
                call.callee
                    .is_some_and(|callee| self.forgets.contains(&callee))
                    && self.moves_owner(&call)
            })
    }

    /// Whether, from the spawn on, the owner can go or the function return with the task not
    /// joined.
    fn ends_before_join(&self, flow: &Flow, spawned: BasicBlock) -> bool {
        let mut seen = FxHashSet::default();
        let mut ways = flow.successors(spawned).to_vec();
        while let Some(block) = ways.pop() {
            if !seen.insert(block) {
                continue;
            }
            let terminator = self.body.basic_blocks[block].terminator();
            match &terminator.kind {
                TerminatorKind::Return if flow.successors(block).is_empty() => return true,
                TerminatorKind::Drop { place, .. } if self.is_owner(*place) => return true,
                _ => {}
            }
            if let Some(call) = Call::of(terminator) {
                if self.moves_owner(&call) {
                    return true;
                }
                if self.joins(&call) {
                    continue;
                }
            }
            ways.extend(flow.successors(block));
        }
        false
    }

    /// Whether the call waits for a task: `join`, `join_next`, or the poll of a handle.
    fn joins(&self, call: &Call<'_, 'tcx>) -> bool {
        let Some(callee) = call.callee else {
            return false;
        };
        let waits = matches!(
            self.tcx.item_name(callee).as_str(),
            "join" | "join_next" | "join_all" | "poll"
        );
        waits
            && call.args.iter().any(|arg| {
                let ty = arg.node.ty(&self.body.local_decls, self.tcx);
                holds(ty.peel_refs(), &|ty| {
                    ty.peel_refs()
                        .ty_adt_def()
                        .is_some_and(|adt| self.join_handles.contains(&adt.did()))
                })
            })
    }
}
