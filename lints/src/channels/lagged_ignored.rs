//! [`LAGGED_IGNORED`]: from each place where a broadcast channel's `Result` comes into being it is
//! followed to the place that decides about its error.

mod sources;
mod wrappers;

use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{
    Expr, ExprKind, HirId, Node,
    def_id::{DefId, LocalDefId},
};
use rustc_lint::Lint;
use rustc_middle::ty::TyCtxt;
use rustc_session::declare_lint;
use rustc_span::{Span, Symbol};

use crate::{
    analysis::{
        describe,
        enclosing::{head, is_within, loops_around, root_place, root_variable, uses},
        exits::{Code, Control, Leads},
        fate::{Carrier, Dropped, Errors, Fate, Fates},
        loops::ends_in_first_round,
        select::{Back, Place, Select},
        test_code::is_test_code,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

use sources::{Source, Wrapped};

declare_lint! {
    /// ### What it does
    /// Finds loops that receive from a `tokio::sync::broadcast` channel and treat the error
    /// `Lagged` like the end of the channel, or drop it: `while let Ok(…)`, `Err(_) => break`,
    /// `.ok()`, a refutable pattern in a `select!` branch, `filter_map(Result::ok)` on a
    /// `BroadcastStream`, and a function of the crate that makes an `Option` of it.
    ///
    /// ### Why is this bad?
    /// A broadcast channel overwrites what its slowest receiver has not read yet. The receiver's
    /// next call returns `RecvError::Lagged(n)`: `n` messages are lost, the subscription goes on.
    /// Code that takes this for the end stops receiving for good after one overflow; code that
    /// drops it works on with a state that misses `n` changes. Both happen under load only.
    ///
    /// ### Known problems
    /// Functions of other crates that make an `Option` of the result are not looked into. Whether
    /// what runs instead of an unnamed error makes up for the loss cannot be told: if it does
    /// anything but log, wait and jump, the lint is silent.
    ///
    /// ### Example
    /// ```rust,ignore
    /// while let Ok(order) = orders.recv().await {
    ///     write(order).await;
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// loop {
    ///     match orders.recv().await {
    ///         Ok(order) => write(order).await,
    ///         Err(RecvError::Lagged(missed)) => read_again_from_the_database(missed).await,
    ///         Err(RecvError::Closed) => break,
    ///     }
    /// }
    /// ```
    pub LAGGED_IGNORED,
    Warn,
    "a broadcast receive loop in which `Lagged` ends the loop or vanishes"
}

const ERRORS: &[&str] = &[
    "tokio::sync::broadcast::error::RecvError",
    "tokio::sync::broadcast::error::TryRecvError",
    "tokio_stream::wrappers::errors::BroadcastStreamRecvError",
];

/// What the place is called where a `select!` receives.
const BRANCH: &str = "`select!` branch";

/// The check behind [`LAGGED_IGNORED`].
pub(crate) struct LaggedIgnored;

impl<'tcx> Check<'tcx> for LaggedIgnored {
    fn lint(&self) -> &'static Lint {
        LAGGED_IGNORED
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let tcx = facts.tcx;
        let errors = Errors {
            types: facts.paths.all(ERRORS.iter().copied()),
            variant: Symbol::intern("Lagged"),
        };
        if errors.types.is_empty() || !sources::receives(facts) {
            return;
        }
        let mut search = Search {
            tcx,
            errors,
            wrappers: FxHashMap::default(),
            reported: FxHashSet::default(),
        };
        for owner in tcx.hir_body_owners() {
            search.owner(owner);
        }
        for (owner, selects) in facts.selects() {
            for select in selects {
                search.select(*owner, select, None);
            }
        }
        search.callers_of_wrappers(facts);
    }
}

/// Where a loop receives.
#[derive(Clone, Copy)]
struct Receives<'tcx> {
    /// `None` for a stream's adapter, which is a loop of its own.
    looped: Option<&'tcx Expr<'tcx>>,
    /// What the message points at.
    primary: Span,
    /// How the message calls it.
    name: &'static str,
}

struct Search<'tcx> {
    tcx: TyCtxt<'tcx>,
    errors: Errors,
    /// Functions that return `None` for an error, and where they drop it.
    wrappers: FxHashMap<DefId, Dropped>,
    reported: FxHashSet<Span>,
}

impl<'tcx> Search<'tcx> {
    fn owner(&mut self, owner: LocalDefId) {
        let found = sources::of_errors(self.tcx, owner, &self.errors);
        for source in found {
            if is_test_code(self.tcx, owner) {
                return;
            }
            self.source(owner, &source, None);
        }
    }

    fn source(&mut self, owner: LocalDefId, source: &Source<'tcx>, wrapper: Option<Wrapped>) {
        let typeck = self.tcx.typeck(owner);
        let fates = Fates::new(self.tcx, typeck, &self.errors);
        let (fate, receives) = match *source {
            Source::Value { expr, carrier } => (
                fates.of(expr, carrier, wrapper.map(|wrapper| wrapper.dropped)),
                self.receive_loop(expr)
                    .map(|looped| Receives {
                        looped: Some(looped),
                        primary: head(looped),
                        name: "loop",
                    })
                    .or_else(|| self.generator(owner, expr)),
            ),
            Source::Parameter {
                call,
                pattern,
                carrier,
                body,
                ..
            } => (
                fates.of_pattern(pattern, carrier, body, None),
                Some(adapter(call)),
            ),
            Source::OkFunction { call, argument } => {
                let dropped = Dropped {
                    node: argument.hir_id,
                    span: argument.span,
                    leads: Leads::On,
                };
                (Fate::Dropped(dropped), Some(adapter(call)))
            }
        };
        let dropped = match fate {
            Fate::Handled | Fate::Unused => return,
            Fate::Returned(dropped) => match source {
                Source::Parameter { filters: true, .. } => dropped,
                Source::Parameter { .. } | Source::OkFunction { .. } => return,
                // The generator's end is the stream's.
                Source::Value { .. } if receives.is_some_and(|found| found.looped.is_none()) => {
                    Dropped {
                        leads: Leads::ReturnsNone,
                        ..dropped
                    }
                }
                Source::Value { .. } => return self.wrapper(owner, dropped, wrapper),
            },
            Fate::Dropped(dropped) => dropped,
        };
        match receives {
            Some(receives) if self.goes_on(source, receives, dropped, owner) => {
                self.report(owner, receives, dropped, wrapper);
            }
            Some(_) => {}
            None if dropped.leads == Leads::ReturnsNone => self.wrapper(owner, dropped, wrapper),
            None => {}
        }
    }

    /// The loop that receives again and again with this expression.
    fn receive_loop(&self, receive: &'tcx Expr<'tcx>) -> Option<&'tcx Expr<'tcx>> {
        let looped = loops_around(self.tcx, receive.hir_id).first().copied()?;
        let ExprKind::Loop(block, ..) = looped.kind else {
            return None;
        };
        let declared_inside = root_variable(receive)
            .is_some_and(|variable| is_within(self.tcx, variable, looped.hir_id));
        let once = declared_inside || ends_in_first_round(block) || self.subscribes(receive);
        (!once).then_some(looped)
    }

    /// The call that makes a stream of a closure (`unfold`), if the receive stands in the closure.
    fn generator(&self, owner: LocalDefId, receive: &'tcx Expr<'tcx>) -> Option<Receives<'tcx>> {
        let control = Control {
            tcx: self.tcx,
            typeck: self.tcx.typeck(owner),
        };
        let mut child = receive;
        for (_, node) in self.tcx.hir_parent_iter(receive.hir_id) {
            let Node::Expr(parent) = node else {
                continue;
            };
            if let ExprKind::Call(_, arguments) = parent.kind
                && matches!(child.kind, ExprKind::Closure(_))
                && arguments
                    .iter()
                    .any(|argument| argument.hir_id == child.hir_id)
            {
                let makes_stream = control.callee(parent).is_some_and(|function| {
                    let name = self.tcx.item_name(function);
                    matches!(name.as_str(), "unfold" | "try_unfold")
                });
                return makes_stream.then(|| Receives {
                    looped: None,
                    primary: in_user_code(parent.span).with_hi(arguments[0].span.lo()),
                    name: "stream",
                });
            }
            child = parent;
        }
        None
    }

    /// Whether the receiver is made for this one call.
    fn subscribes(&self, receive: &'tcx Expr<'tcx>) -> bool {
        uses_method(receive, &["subscribe", "resubscribe", "new_receiver"])
    }

    /// Whether nothing after the loop makes up for its early end.
    fn goes_on(
        &self,
        source: &Source<'tcx>,
        receives: Receives<'tcx>,
        dropped: Dropped,
        owner: LocalDefId,
    ) -> bool {
        let (Some(looped), Source::Value { expr, .. }) = (receives.looped, source) else {
            return true;
        };
        dropped.leads == Leads::On || !self.starts_anew(expr, looped, owner)
    }

    /// Whether the program notices the end of the loop: a loop further out subscribes again, or
    /// the function fails.
    fn starts_anew(
        &self,
        receive: &'tcx Expr<'tcx>,
        looped: &'tcx Expr<'tcx>,
        owner: LocalDefId,
    ) -> bool {
        let outer = loops_around(self.tcx, looped.hir_id);
        let subscribes_again = root_place(receive).is_some_and(|receiver| {
            outer
                .iter()
                .any(|outer| is_within(self.tcx, receiver.variable, outer.hir_id))
                || self.is_assigned(&receiver)
        });
        subscribes_again || self.fails_after(looped, owner)
    }

    fn is_assigned(&self, receiver: &Place) -> bool {
        uses(self.tcx, receiver.variable).into_iter().any(|used| {
            let parents = self.tcx.hir_parent_iter(used.hir_id);
            let mut parents = parents.map_while(|(_, node)| match node {
                Node::Expr(parent) => Some(parent),
                _ => None,
            });
            parents.any(|parent| {
                matches!(parent.kind, ExprKind::Assign(target, ..)
                    if Place::of(target).as_ref() == Some(receiver))
            })
        })
    }

    fn fails_after(&self, looped: &'tcx Expr<'tcx>, owner: LocalDefId) -> bool {
        let control = Control {
            tcx: self.tcx,
            typeck: self.tcx.typeck(owner),
        };
        let mut child = looped.hir_id;
        for (id, node) in self.tcx.hir_parent_iter(looped.hir_id) {
            if let Node::Block(block) = node {
                let after = block
                    .stmts
                    .iter()
                    .skip_while(|statement| statement.hir_id != child)
                    .skip(1)
                    .filter_map(|statement| match statement.kind {
                        rustc_hir::StmtKind::Semi(expr) | rustc_hir::StmtKind::Expr(expr) => {
                            Some(expr)
                        }
                        _ => None,
                    });
                let tail = block.expr.filter(|tail| tail.hir_id != child);
                return after
                    .chain(tail)
                    .any(|expr| control.leads(Code::Expr(expr)) == Leads::ToError);
            }
            child = id;
        }
        false
    }

    /// Looks at the branches of a `select!`: at those which receive, or at those which call one of
    /// the given wrappers.
    fn select(
        &mut self,
        owner: LocalDefId,
        select: &Select<'tcx>,
        wrapped: Option<&[(HirId, Wrapped)]>,
    ) {
        let Some(around) = select.around else {
            return;
        };
        if is_test_code(self.tcx, owner) {
            return;
        }
        let typeck = self.tcx.typeck(owner);
        for branch in &select.branches {
            if branch.back == Back::Never {
                continue;
            }
            let output = typeck.pat_ty(branch.pattern);
            let wrapper = wrapped.and_then(|wrapped| {
                let found = wrapped.iter().find(|(of, _)| *of == branch.future.hir_id);
                found.map(|(_, wrapper)| *wrapper)
            });
            let carried = match wrapper {
                Some(_) => sources::option_of(self.tcx, output).map(|ty| (Carrier::REDUCED, ty)),
                None if wrapped.is_none() => self.errors.carried(self.tcx, output),
                None => None,
            };
            let Some((carrier, value)) = carried else {
                continue;
            };
            let declared_inside = root_variable(branch.future)
                .is_some_and(|variable| is_within(self.tcx, variable, around.id));
            if sources::is_signal(self.tcx, owner, value)
                || declared_inside
                || self.subscribes(branch.future)
            {
                continue;
            }
            let fates = Fates::new(self.tcx, typeck, &self.errors);
            let lost = wrapper.map(|wrapper| wrapper.dropped);
            let fate = fates.of_pattern(branch.pattern, carrier, branch.handler, lost);
            let Fate::Dropped(dropped) = fate else {
                continue;
            };
            let Node::Expr(looped) = self.tcx.hir_node(around.id) else {
                continue;
            };
            if dropped.leads != Leads::On && self.starts_anew(branch.future, looped, owner) {
                continue;
            }
            let receives = Receives {
                looped: Some(looped),
                primary: in_user_code(branch.span),
                name: BRANCH,
            };
            self.report(owner, receives, dropped, wrapper);
        }
    }

    fn report(
        &mut self,
        owner: LocalDefId,
        receives: Receives<'tcx>,
        dropped: Dropped,
        wrapper: Option<Wrapped>,
    ) {
        if !self.reported.insert(receives.primary) {
            return;
        }
        let tcx = self.tcx;
        let name = receives.name;
        let ended = match name {
            BRANCH => "the loop of this `select!` branch",
            "stream" => "this stream",
            _ => "this loop",
        };
        let message = match dropped.leads {
            Leads::On | Leads::ToError => format!(
                "`Lagged` vanishes in this {name}: what a slow receiver has missed is lost without \
                 a word"
            ),
            Leads::Out | Leads::ReturnsNone => format!(
                "`Lagged` ends {ended} as if the channel were closed: a receiver that was slow \
                 once receives no more"
            ),
        };
        let is_here = tcx.hir_enclosing_body_owner(dropped.node) == owner;
        let node = if is_here {
            dropped.node
        } else {
            describe::node_at(tcx, owner, receives.primary)
        };
        diagnostics::report(
            tcx,
            LAGGED_IGNORED,
            node,
            receives.primary,
            message,
            |diag| {
                let place = in_user_code(wrapper.map_or(dropped, |wrapper| wrapper.dropped).span);
                match wrapper {
                    Some(wrapper) => {
                        let name = describe::name(tcx, wrapper.function);
                        diag.span_note(
                            place,
                            format!("{name} makes `None` of every error here, of `Lagged` as well"),
                        );
                    }
                    None => {
                        diag.span_note(place, "every error is dropped here, `Lagged` as well");
                    }
                }
                diag.help(
                    "match `Lagged` by name and make up for what was missed, or receive through \
                 `async_patterns::broadcast::LagAware`, where a lag is an event of its own",
                );
            },
        );
    }
}

fn adapter<'tcx>(call: &Expr<'tcx>) -> Receives<'tcx> {
    let primary = match call.kind {
        ExprKind::MethodCall(segment, _, _, call) => segment.ident.span.to(call),
        _ => call.span,
    };
    Receives {
        looped: None,
        primary: in_user_code(primary),
        name: "adapter",
    }
}

fn uses_method(expr: &Expr<'_>, names: &[&str]) -> bool {
    match expr.kind {
        ExprKind::MethodCall(segment, receiver, ..) => {
            names.contains(&segment.ident.as_str()) || uses_method(receiver, names)
        }
        ExprKind::Match(scrutinee, ..) => uses_method(scrutinee, names),
        ExprKind::Call(_, arguments) => arguments.iter().any(|inner| uses_method(inner, names)),
        ExprKind::AddrOf(_, _, inner) | ExprKind::DropTemps(inner) => uses_method(inner, names),
        _ => false,
    }
}
