//! Where the `Result` of a broadcast channel comes into being.

use rustc_hir::{
    Expr, ExprKind, MatchSource, Node, Pat,
    def_id::{DefId, DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_middle::ty::{self, Ty, TyCtxt, TypeckResults, TypingEnv};
use rustc_span::sym;

use crate::{
    analysis::{
        enclosing::written_by_foreign_macro,
        exits::Control,
        fate::{Carrier, Dropped, Errors, Fates},
        handoffs::is_std,
    },
    facts::Facts,
};

/// Adapters of a stream that leave out the items for which their closure returns `None`.
const FILTERS: &[&str] = &["filter_map", "map_while"];

pub(super) enum Source<'tcx> {
    /// An expression that receives, or calls a function that does.
    Value {
        expr: &'tcx Expr<'tcx>,
        carrier: Carrier,
    },
    /// The parameter of a closure that a stream's adapter calls for each item.
    Parameter {
        call: &'tcx Expr<'tcx>,
        pattern: &'tcx Pat<'tcx>,
        carrier: Carrier,
        body: &'tcx Expr<'tcx>,
        /// Whether the adapter leaves out a `None`.
        filters: bool,
    },
    /// `Result::ok` itself, given to an adapter.
    OkFunction {
        call: &'tcx Expr<'tcx>,
        argument: &'tcx Expr<'tcx>,
    },
}

/// A function of the crate that makes an `Option` of the result.
#[derive(Clone, Copy)]
pub(super) struct Wrapped {
    pub(super) function: DefId,
    pub(super) dropped: Dropped,
}

/// Whether the crate names any function of a broadcast channel or its stream.
pub(super) fn receives(facts: &Facts<'_>) -> bool {
    let tcx = facts.tcx;
    let functions: DefIdSet = [
        "tokio::sync::broadcast::Receiver",
        "tokio::sync::broadcast::Sender",
        "tokio_stream::wrappers::BroadcastStream",
    ]
    .into_iter()
    .flat_map(|ty| facts.paths.items(ty))
    .flat_map(|ty| tcx.inherent_impls(ty))
    .flat_map(|block| tcx.associated_item_def_ids(*block))
    .copied()
    .chain(facts.paths.items("tokio::sync::broadcast::channel"))
    .chain(facts.paths.items("tokio_stream::StreamExt::next"))
    .collect();
    !facts.mentions().bodies_naming(&functions).is_empty()
}

/// The places in a body where one of the errors comes up.
pub(super) fn of_errors<'tcx>(
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    errors: &Errors,
) -> Vec<Source<'tcx>> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    let typeck = tcx.typeck(owner);
    let mut search = OfErrors {
        tcx,
        owner,
        typeck,
        errors,
        found: Vec::new(),
    };
    search.visit_body(body);
    search.found
}

struct OfErrors<'e, 'tcx> {
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    typeck: &'tcx TypeckResults<'tcx>,
    errors: &'e Errors,
    found: Vec<Source<'tcx>>,
}

impl<'tcx> Visitor<'tcx> for OfErrors<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if !written_by_foreign_macro(expr.span) {
            match expr.kind {
                ExprKind::Match(_, _, MatchSource::AwaitDesugar) => self.value(expr),
                ExprKind::Call(_, arguments) if !self.passes_on(expr, None, arguments) => {
                    self.value(expr);
                }
                ExprKind::MethodCall(_, receiver, arguments, _) => {
                    if !self.passes_on(expr, Some(receiver), arguments) {
                        self.value(expr);
                    }
                    self.adapter(expr, arguments);
                }
                _ => {}
            }
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> OfErrors<'_, 'tcx> {
    fn value(&mut self, expr: &'tcx Expr<'tcx>) {
        if let Some(carrier) = self.carried(self.typeck.expr_ty(expr)) {
            self.found.push(Source::Value { expr, carrier });
        }
    }

    fn carried(&self, ty: Ty<'tcx>) -> Option<Carrier> {
        let (carrier, message) = self.errors.carried(self.tcx, ty)?;
        (!is_signal(self.tcx, self.owner, message)).then_some(carrier)
    }

    /// Whether a call only passes on a result that it was given.
    fn passes_on(
        &self,
        call: &Expr<'_>,
        receiver: Option<&'tcx Expr<'tcx>>,
        arguments: &'tcx [Expr<'tcx>],
    ) -> bool {
        call.span.desugaring_kind().is_some()
            || receiver.into_iter().chain(arguments).any(|argument| {
                let ty = self.typeck.expr_ty(argument);
                self.errors.carried(self.tcx, ty).is_some()
            })
    }

    fn adapter(&mut self, call: &'tcx Expr<'tcx>, arguments: &'tcx [Expr<'tcx>]) {
        let ExprKind::MethodCall(segment, ..) = call.kind else {
            return;
        };
        let (tcx, typeck) = (self.tcx, self.typeck);
        // Closures that an `Option` or an iterator calls receive nothing.
        let control = Control { tcx, typeck };
        if control
            .callee(call)
            .is_none_or(|method| is_std(tcx, method))
        {
            return;
        }
        let filters = FILTERS.contains(&segment.ident.as_str());
        let fates = Fates::new(tcx, typeck, self.errors);
        for argument in arguments {
            if filters && fates.is_ok_function(Some(argument)) {
                self.found.push(Source::OkFunction { call, argument });
            }
            let ExprKind::Closure(closure) = argument.kind else {
                continue;
            };
            let body = tcx.hir_body(closure.body);
            for parameter in body.params {
                if let Some(carrier) = self.carried(typeck.pat_ty(parameter.pat)) {
                    self.found.push(Source::Parameter {
                        call,
                        pattern: parameter.pat,
                        carrier,
                        body: body.value,
                        filters,
                    });
                }
            }
        }
    }
}

/// Whether a message says no more than that it came: `()`, or a type of no size.
pub(super) fn is_signal<'tcx>(tcx: TyCtxt<'tcx>, owner: LocalDefId, message: Ty<'tcx>) -> bool {
    let message = tcx.erase_and_anonymize_regions(message.peel_refs());
    let env = TypingEnv::post_analysis(tcx, owner);
    message.is_unit()
        || tcx
            .layout_of(env.as_query_input(message))
            .is_ok_and(|layout| layout.is_zst())
}

/// The type inside an `Option`.
pub(super) fn option_of<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> Option<Ty<'tcx>> {
    match ty.kind() {
        ty::Adt(adt, args) if tcx.is_diagnostic_item(sym::Option, adt.did()) => {
            Some(args.type_at(0))
        }
        _ => None,
    }
}

/// The values of calls, or of their awaits, that `wrapped` accepts and that are an `Option`.
pub(super) fn of_calls<'tcx>(
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    wrapped: &dyn Fn(&'tcx Expr<'tcx>) -> Option<Wrapped>,
) -> Vec<(Source<'tcx>, Wrapped)> {
    let Some(body) = tcx.hir_maybe_body_owned_by(owner) else {
        return Vec::new();
    };
    let mut search = OfCalls {
        tcx,
        owner,
        typeck: tcx.typeck(owner),
        wrapped,
        found: Vec::new(),
    };
    search.visit_body(body);
    search.found
}

struct OfCalls<'w, 'tcx> {
    tcx: TyCtxt<'tcx>,
    owner: LocalDefId,
    typeck: &'tcx TypeckResults<'tcx>,
    wrapped: &'w dyn Fn(&'tcx Expr<'tcx>) -> Option<Wrapped>,
    found: Vec<(Source<'tcx>, Wrapped)>,
}

impl<'tcx> OfCalls<'_, 'tcx> {
    /// The await of a call, or the call itself.
    fn value(&self, call: &'tcx Expr<'tcx>) -> &'tcx Expr<'tcx> {
        let Node::Expr(into_future) = self.tcx.parent_hir_node(call.hir_id) else {
            return call;
        };
        match self.tcx.parent_hir_node(into_future.hir_id) {
            Node::Expr(awaited)
                if matches!(
                    awaited.kind,
                    ExprKind::Match(scrutinee, _, MatchSource::AwaitDesugar)
                        if scrutinee.hir_id == into_future.hir_id
                ) =>
            {
                awaited
            }
            _ => call,
        }
    }
}

impl<'tcx> Visitor<'tcx> for OfCalls<'_, 'tcx> {
    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if matches!(expr.kind, ExprKind::Call(..) | ExprKind::MethodCall(..))
            && let Some(wrapper) = (self.wrapped)(expr)
        {
            let value = self.value(expr);
            let message = option_of(self.tcx, self.typeck.expr_ty(value));
            if message.is_some_and(|message| !is_signal(self.tcx, self.owner, message)) {
                let source = Source::Value {
                    expr: value,
                    carrier: Carrier::REDUCED,
                };
                self.found.push((source, wrapper));
            }
        }
        walk_expr(self, expr);
    }
}
