//! Loops that synchronous code does not leave, or leaves only when the source of what it handles
//! is closed.

use rustc_hir::{
    Arm, Block, Expr, ExprKind, HirId, LangItem, LetStmt, LoopSource, MatchSource, Node, QPath,
    def_id::{DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_block, walk_expr},
};
use rustc_middle::ty::{TyCtxt, TypeckResults};
use rustc_span::{Span, sym};

use super::{
    expressions::{any_in_body, called, variable},
    loops::ends_in_first_round,
    patterns::{has_value, is_disconnected, is_plain_success},
};
use crate::paths::Resolver;

/// Waits for the next value of a source; what else it returns says that the source is closed.
const SOURCES: &[&str] = &[
    "std::sync::mpsc::Receiver::recv",
    "crossbeam_channel::Receiver::recv",
    "flume::Receiver::recv",
    "std::net::TcpListener::accept",
    "std::os::unix::net::UnixListener::accept",
];

/// The same with a time limit: another pass does not need a value.
const TIMED_SOURCES: &[&str] = &[
    "std::sync::mpsc::Receiver::recv_timeout",
    "crossbeam_channel::Receiver::recv_timeout",
    "flume::Receiver::recv_timeout",
];

/// The same as iterators.
const SOURCE_ITERATORS: &[&str] = &[
    "std::sync::mpsc::Receiver",
    "std::sync::mpsc::Iter",
    "std::sync::mpsc::IntoIter",
    "crossbeam_channel::Receiver",
    "crossbeam_channel::Iter",
    "crossbeam_channel::IntoIter",
    "flume::Receiver",
    "flume::Iter",
    "flume::IntoIter",
    "std::net::Incoming",
    "std::os::unix::net::Incoming",
];

/// Adapters of iterators that end when the iterator in them does.
const ADAPTERS: &[&str] = &[
    "core::iter::Enumerate",
    "core::iter::Filter",
    "core::iter::FilterMap",
    "core::iter::Flatten",
    "core::iter::Inspect",
    "core::iter::Map",
];

/// Iterators that never end.
const ENDLESS_ITERATORS: &[&str] = &[
    "core::ops::RangeFrom",
    "core::iter::Repeat",
    "core::iter::RepeatWith",
    "core::iter::Cycle",
];

/// Asks whether to go on.
const FLAGS: &[&str] = &[
    "core::sync::atomic::Atomic::load",
    "core::sync::atomic::Atomic::swap",
    "core::sync::atomic::AtomicBool::load",
    "core::sync::atomic::AtomicBool::swap",
    "core::sync::atomic::AtomicBool::compare_exchange",
    "core::sync::atomic::AtomicU8::load",
    "core::sync::atomic::AtomicU32::load",
    "core::sync::atomic::AtomicUsize::load",
    "tokio_util::sync::CancellationToken::is_cancelled",
    "async_patterns::timeout::StopFlag::is_raised",
    "async_patterns::timeout::StopFlag::check",
    "tokio::sync::watch::Receiver::has_changed",
    "tokio::sync::watch::Receiver::borrow",
    "tokio::sync::oneshot::Receiver::try_recv",
    "tokio::sync::oneshot::Sender::is_closed",
    "tokio::sync::mpsc::Sender::is_closed",
    "tokio::sync::mpsc::UnboundedSender::is_closed",
    "std::sync::mpsc::Receiver::try_recv",
    "alloc::sync::Weak::upgrade",
    "std::process::exit",
    "std::process::abort",
];

/// Senders that are moved into what these start are gone when that ends.
const WORKERS: &[&str] = &[
    "std::thread::spawn",
    "std::thread::scope",
    "std::thread::Builder::spawn",
    "rayon_core::spawn",
    "rayon_core::scope",
    "tokio::task::spawn",
    "tokio::task::spawn_blocking",
    "tokio::runtime::Handle::spawn",
    "core::mem::drop",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    Never,
    /// Only when its source is closed.
    WithSource,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct UnendingLoop {
    /// The head of the loop, up to its body.
    pub(crate) head: Span,
    pub(crate) node: HirId,
    pub(crate) ends: Ends,
}

pub(crate) struct Unending<'tcx> {
    tcx: TyCtxt<'tcx>,
    sources: DefIdSet,
    timed_sources: DefIdSet,
    source_iterators: DefIdSet,
    endless_iterators: DefIdSet,
    adapters: DefIdSet,
    flags: DefIdSet,
    workers: DefIdSet,
}

impl<'tcx> Unending<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>) -> Self {
        let all = |list: &[&'static str]| paths.all(list.iter().copied());
        Self {
            tcx,
            sources: all(SOURCES),
            timed_sources: all(TIMED_SOURCES),
            source_iterators: all(SOURCE_ITERATORS),
            endless_iterators: all(ENDLESS_ITERATORS),
            adapters: all(ADAPTERS),
            flags: all(FLAGS),
            workers: all(WORKERS),
        }
    }

    /// The unending loops of a body. Closures and `async` blocks in it are bodies of their own.
    pub(crate) fn loops_in(&self, owner: LocalDefId) -> Vec<UnendingLoop> {
        let Some(body) = self.tcx.hir_maybe_body_owned_by(owner) else {
            return Vec::new();
        };
        let mut search = Search {
            unending: self,
            typeck: self.tcx.typeck(owner),
            owner,
            found: Vec::new(),
        };
        search.visit_body(body);
        search.found
    }

    /// Whether an iterator of this type ends, and when.
    fn iterator(&self, ty: rustc_middle::ty::Ty<'tcx>) -> Option<Ends> {
        let rustc_middle::ty::Adt(adt, args) = *ty.peel_refs().kind() else {
            return None;
        };
        if self.source_iterators.contains(&adt.did()) {
            Some(Ends::WithSource)
        } else if self.endless_iterators.contains(&adt.did()) {
            Some(Ends::Never)
        } else if self.adapters.contains(&adt.did()) {
            self.iterator(args.types().next()?)
        } else {
            None
        }
    }
}

struct Search<'u, 'tcx> {
    unending: &'u Unending<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    owner: LocalDefId,
    found: Vec<UnendingLoop>,
}

impl<'tcx> Visitor<'tcx> for Search<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        match expr.kind {
            ExprKind::Match(over, [arm], MatchSource::ForLoopDesugar) => {
                if let ExprKind::Loop(block, _, _, _) = arm.body.kind {
                    self.for_loop(expr, over, arm.body, block);
                }
            }
            ExprKind::Loop(block, _, LoopSource::Loop, head) => {
                if !ends_in_first_round(block) {
                    let mut exits = Exits::new(self, expr.hir_id);
                    exits.visit_block(block);
                    let found = exits.into_found();
                    self.note(expr, head, Ends::Never, found);
                }
            }
            ExprKind::Loop(block, _, LoopSource::While, head) => {
                self.while_loop(expr, block, head);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> Search<'_, 'tcx> {
    fn for_loop(
        &mut self,
        expr: &'tcx Expr<'tcx>,
        over: &'tcx Expr<'tcx>,
        inner: &'tcx Expr<'tcx>,
        block: &'tcx Block<'tcx>,
    ) {
        // `match IntoIterator::into_iter(<over>) { mut iter => loop { match next(&mut iter) { None
        // => break, Some(<pat>) => <body> } } }`
        let ExprKind::Call(_, [over]) = over.kind else {
            return;
        };
        let Some(ends) = self.unending.iterator(self.typeck.expr_ty(over)) else {
            return;
        };
        if self.is_fed_by_workers(over) {
            return;
        }
        let arms = match block.stmts.first().map(|stmt| stmt.kind) {
            Some(rustc_hir::StmtKind::Expr(next) | rustc_hir::StmtKind::Semi(next)) => next,
            _ => match block.expr {
                Some(next) => next,
                None => return,
            },
        };
        let ExprKind::Match(_, [_, some], _) = arms.kind else {
            return;
        };
        let mut exits = Exits::new(self, inner.hir_id);
        exits.visit_expr(some.body);
        let head = expr.span.with_hi(over.span.hi());
        let found = exits.into_found();
        self.note(expr, head, ends, found);
    }

    fn while_loop(&mut self, expr: &'tcx Expr<'tcx>, block: &'tcx Block<'tcx>, head: Span) {
        let Some(ExprKind::If(condition, body, _)) = block.expr.map(|expr| expr.kind) else {
            return;
        };
        let ends = match condition.peel_drop_temps().kind {
            ExprKind::Let(binding) if is_plain_success(binding.pat) => {
                if self.is_source(binding.init) {
                    Ends::WithSource
                } else {
                    return;
                }
            }
            ExprKind::Lit(literal) if literal.node == rustc_ast::LitKind::Bool(true) => Ends::Never,
            _ => return,
        };
        let mut exits = Exits::new(self, expr.hir_id);
        exits.visit_expr(body);
        let found = exits.into_found();
        self.note(expr, head, ends, found);
    }

    fn note(&mut self, expr: &'tcx Expr<'tcx>, head: Span, ends: Ends, exits: FoundExits) {
        if exits.own
            || expr
                .span
                .in_external_macro(self.unending.tcx.sess.source_map())
        {
            return;
        }
        let ends = if exits.of_source {
            Ends::WithSource
        } else {
            ends
        };
        self.found.push(UnendingLoop {
            head,
            node: expr.hir_id,
            ends,
        });
    }

    /// Whether a channel is made here and fed by workers that are started here: it is closed when
    /// they are done.
    fn is_fed_by_workers(&self, source: &Expr<'_>) -> bool {
        let tcx = self.unending.tcx;
        let Some(variable) = receiver(source) else {
            return false;
        };
        let is_local = tcx.hir_enclosing_body_owner(variable) == self.owner
            && tcx
                .hir_parent_iter(variable)
                .any(|(_, node)| matches!(node, Node::LetStmt(_)));
        is_local
            && tcx.hir_maybe_body_owned_by(self.owner).is_some_and(|body| {
                any_in_body(body, &mut |expr| {
                    called(self.typeck, expr)
                        .is_some_and(|called| self.unending.workers.contains(&called))
                })
            })
    }

    fn is_timed_source(&self, expr: &Expr<'_>) -> bool {
        self.typeck
            .type_dependent_def_id(expr.peel_drop_temps().hir_id)
            .is_some_and(|function| self.unending.timed_sources.contains(&function))
    }

    /// Whether the value says whether a source is closed: a receive, perhaps with an adapter of
    /// `Result` behind it.
    fn is_source(&self, expr: &Expr<'_>) -> bool {
        match expr.peel_drop_temps().kind {
            ExprKind::MethodCall(method, receiver, arguments, _) => {
                let function = self
                    .typeck
                    .type_dependent_def_id(expr.peel_drop_temps().hir_id);
                if function.is_some_and(|function| self.unending.sources.contains(&function)) {
                    return !self.is_fed_by_workers(receiver);
                }
                let name = method.ident.name;
                if name == sym::next && arguments.is_empty() {
                    return self.unending.iterator(self.typeck.expr_ty(receiver))
                        == Some(Ends::WithSource);
                }
                matches!(
                    name.as_str(),
                    "ok" | "map_err" | "context" | "with_context" | "ok_or" | "ok_or_else"
                ) && self.is_source(receiver)
            }
            // The call that `?` makes.
            ExprKind::Call(_, [inner]) => {
                let tcx = self.unending.tcx;
                called(self.typeck, expr.peel_drop_temps())
                    .is_some_and(|function| tcx.is_lang_item(function, LangItem::TryTraitBranch))
                    && self.is_source(inner)
            }
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct FoundExits {
    /// It is left for a reason of its own, or asks a flag.
    own: bool,
    /// It is left when the source is closed.
    of_source: bool,
}

/// Looks for the ways out of one loop.
struct Exits<'s, 'u, 'tcx> {
    search: &'s Search<'u, 'tcx>,
    left: HirId,
    /// Whether the code that is looked at runs only when there is no value any more.
    source_is_closed: bool,
    found: FoundExits,
}

impl<'s, 'u, 'tcx> Exits<'s, 'u, 'tcx> {
    fn new(search: &'s Search<'u, 'tcx>, left: HirId) -> Self {
        Self {
            search,
            left,
            source_is_closed: false,
            found: FoundExits::default(),
        }
    }

    fn into_found(self) -> FoundExits {
        self.found
    }

    fn exit(&mut self) {
        if self.source_is_closed {
            self.found.of_source = true;
        } else {
            self.found.own = true;
        }
    }

    fn while_closed(&mut self, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.source_is_closed, true);
        visit(self);
        self.source_is_closed = outer;
    }

    /// An arm that is taken when there is no value.
    fn arm(&mut self, arm: &'tcx Arm<'tcx>, values_are_taken: bool) {
        if let Some(guard) = arm.guard {
            self.visit_expr(guard);
        }
        if arm.guard.is_none() && !has_value(arm.pat, values_are_taken) {
            self.while_closed(|exits| exits.visit_expr(arm.body));
        } else {
            self.visit_expr(arm.body);
        }
    }
}

impl<'tcx> Visitor<'tcx> for Exits<'_, '_, 'tcx> {
    fn visit_local(&mut self, statement: &'tcx LetStmt<'tcx>) {
        if let Some(init) = statement.init {
            self.visit_expr(init);
            if let Some(otherwise) = statement.els {
                if is_plain_success(statement.pat) && self.search.is_source(init) {
                    self.while_closed(|exits| walk_block(exits, otherwise));
                } else {
                    self.visit_block(otherwise);
                }
            }
        }
    }

    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        match expr.kind {
            ExprKind::Break(destination, _) => {
                let target = destination.target_id.ok();
                let leaves = target.is_none_or(|target| {
                    target == self.left || !is_inside(self.search.unending.tcx, target, self.left)
                });
                if leaves {
                    self.exit();
                }
            }
            ExprKind::Continue(destination) => {
                let target = destination.target_id.ok();
                if target.is_some_and(|target| {
                    target != self.left && !is_inside(self.search.unending.tcx, target, self.left)
                }) {
                    self.exit();
                }
            }
            ExprKind::Ret(_) => self.exit(),
            ExprKind::Match(scrutinee, arms, _) if self.search.is_source(scrutinee) => {
                self.visit_expr(scrutinee);
                let takes_all = |arm: &Arm<'_>| arm.guard.is_none() && is_plain_success(arm.pat);
                let mut values_are_taken = false;
                for arm in arms {
                    self.arm(arm, values_are_taken);
                    values_are_taken |= takes_all(arm) && has_value(arm.pat, false);
                }
                return;
            }
            ExprKind::Match(scrutinee, arms, _) if self.search.is_timed_source(scrutinee) => {
                self.visit_expr(scrutinee);
                for arm in arms {
                    if is_disconnected(arm.pat) {
                        self.while_closed(|exits| exits.visit_expr(arm.body));
                    } else {
                        self.visit_arm(arm);
                    }
                }
                return;
            }
            ExprKind::If(condition, then, otherwise) => {
                if let ExprKind::Let(binding) = condition.peel_drop_temps().kind
                    && self.search.is_source(binding.init)
                {
                    self.visit_expr(binding.init);
                    let on_value = is_plain_success(binding.pat);
                    if on_value {
                        self.visit_expr(then);
                        if let Some(otherwise) = otherwise {
                            self.while_closed(|exits| exits.visit_expr(otherwise));
                        }
                        return;
                    }
                }
            }
            // A function that does not return, other than a panic.
            ExprKind::Call(..)
                if self.search.typeck.expr_ty(expr).is_never()
                    && called(self.search.typeck, expr)
                        .is_some_and(|function| function.is_local()) =>
            {
                self.exit();
            }
            ExprKind::MethodCall(..) => {
                let function = self.search.typeck.type_dependent_def_id(expr.hir_id);
                self.found.own |=
                    function.is_some_and(|function| self.search.unending.flags.contains(&function));
            }
            ExprKind::Path(ref path @ (QPath::Resolved(..) | QPath::TypeRelative(..))) => {
                let function = self.search.typeck.qpath_res(path, expr.hir_id).opt_def_id();
                self.found.own |=
                    function.is_some_and(|function| self.search.unending.flags.contains(&function));
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// The variable that a receiver is, or an iterator over one goes through.
fn receiver(expr: &Expr<'_>) -> Option<HirId> {
    match expr.peel_drop_temps().kind {
        ExprKind::AddrOf(_, _, inner) => receiver(inner),
        ExprKind::MethodCall(_, inner, ..) => receiver(inner),
        _ => variable(expr),
    }
}

fn is_inside(tcx: TyCtxt<'_>, node: HirId, around: HirId) -> bool {
    tcx.hir_parent_id_iter(node).any(|parent| parent == around)
}
