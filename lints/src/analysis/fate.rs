//! What becomes of the error in a `Result`, or of the `None` in an `Option` that stands for it.
//!
//! A walk forward through the source: from the expression that yields the value to the pattern or
//! method that decides. In doubt the answer is [`Fate::Handled`].

mod patterns;

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::{
    Expr, ExprKind, HirId, LangItem, LetStmt, MatchSource, Node, Pat, def_id::DefIdSet,
};
use rustc_middle::ty::{self, Ty, TyCtxt, TypeckResults};
use rustc_span::{Span, Symbol, sym};

use super::{
    enclosing::{loops_around, uses},
    exits::{Code, Control, Leads, is_empty},
    handoffs::is_std,
};
use patterns::Part;

/// Steps after which the walk gives up.
const MOST_STEPS: usize = 200;

/// A value that has the error in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carrier {
    /// Layers of `Option`, `Result` or `Poll` around it.
    pub(crate) depth: usize,
    /// How many variants the error has; `None` if it is already reduced to a `None`.
    pub(crate) variants: Option<usize>,
}

impl Carrier {
    /// An `Option` that is `None` for an error.
    pub(crate) const REDUCED: Self = Self {
        depth: 0,
        variants: None,
    };
}

/// What is done without the error having been looked at.
#[derive(Clone, Copy)]
pub(crate) struct Dropped {
    /// The expression that drops it.
    pub(crate) node: HirId,
    pub(crate) span: Span,
    pub(crate) leads: Leads,
}

pub(crate) enum Fate {
    /// Somebody looks at it, or may do so.
    Handled,
    /// The value beside the error is not used either.
    Unused,
    Dropped(Dropped),
    /// The body returns an `Option` that is `None` for an error.
    Returned(Dropped),
}

/// The error types that are looked for, and the variant that must not be overlooked.
pub(crate) struct Errors {
    pub(crate) types: DefIdSet,
    pub(crate) variant: Symbol,
}

impl Errors {
    /// Where in a value of this type one of the errors is, and the type of the value beside it.
    pub(crate) fn carried<'tcx>(
        &self,
        tcx: TyCtxt<'tcx>,
        ty: Ty<'tcx>,
    ) -> Option<(Carrier, Ty<'tcx>)> {
        let mut ty = ty.peel_refs();
        let mut depth = 0;
        loop {
            let ty::Adt(adt, args) = *ty.kind() else {
                return None;
            };
            if tcx.is_diagnostic_item(sym::Result, adt.did()) {
                let error = args.type_at(1).ty_adt_def();
                if let Some(error) = error.filter(|error| self.types.contains(&error.did())) {
                    let carrier = Carrier {
                        depth,
                        variants: Some(error.variants().len()),
                    };
                    return Some((carrier, args.type_at(0)));
                }
            } else if !tcx.is_diagnostic_item(sym::Option, adt.did())
                && !tcx.is_lang_item(adt.did(), LangItem::Poll)
            {
                return None;
            }
            depth += 1;
            ty = args.type_at(0).peel_refs();
        }
    }
}

/// The walk, in one body.
pub(crate) struct Fates<'e, 'tcx> {
    tcx: TyCtxt<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    control: Control<'tcx>,
    errors: &'e Errors,
}

/// What runs for an error: a block, or nothing at all.
#[derive(Clone, Copy)]
struct Instead<'tcx> {
    body: Option<Code<'tcx>>,
    node: HirId,
    span: Span,
}

impl<'e, 'tcx> Fates<'e, 'tcx> {
    pub(crate) fn new(
        tcx: TyCtxt<'tcx>,
        typeck: &'tcx TypeckResults<'tcx>,
        errors: &'e Errors,
    ) -> Self {
        Self {
            tcx,
            typeck,
            control: Control { tcx, typeck },
            errors,
        }
    }

    /// What becomes of the value of an expression. `lost` says where the error has been reduced to
    /// a `None` before.
    pub(crate) fn of(
        &self,
        expr: &'tcx Expr<'tcx>,
        carrier: Carrier,
        lost: Option<Dropped>,
    ) -> Fate {
        self.follow(expr, carrier, lost, MOST_STEPS)
    }

    /// What becomes of a value that is matched with a pattern, such as that of a `select!` branch
    /// or of a closure's parameter. If it does not match, nothing runs. `lost` says where the error
    /// has been reduced to a `None` before.
    pub(crate) fn of_pattern(
        &self,
        pattern: &'tcx Pat<'tcx>,
        carrier: Carrier,
        matched: &'tcx Expr<'tcx>,
        lost: Option<Dropped>,
    ) -> Fate {
        let instead = Instead {
            body: None,
            node: pattern.hir_id,
            span: pattern.span,
        };
        let arms = [(pattern, Some(matched))];
        self.arms(&arms, carrier, Some(instead), None, lost, MOST_STEPS)
    }

    fn follow(
        &self,
        expr: &'tcx Expr<'tcx>,
        carrier: Carrier,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let Some(steps) = steps.checked_sub(1) else {
            return Fate::Handled;
        };
        match self.tcx.parent_hir_node(expr.hir_id) {
            Node::Expr(parent) => self.into_expr(expr, parent, carrier, lost, steps),
            Node::Block(block) => match self.tcx.parent_hir_node(block.hir_id) {
                Node::Expr(parent) => self.follow(parent, carrier, lost, steps),
                _ => Fate::Handled,
            },
            Node::Arm(arm) if arm.guard.is_none() => match self.tcx.parent_hir_node(arm.hir_id) {
                Node::Expr(parent) => self.follow(parent, carrier, lost, steps),
                _ => Fate::Handled,
            },
            Node::LetStmt(statement) => self.into_let(statement, carrier, lost, steps),
            Node::Stmt(_) => Fate::Unused,
            // The end of a body.
            _ => returned(carrier, lost),
        }
    }

    fn into_expr(
        &self,
        expr: &'tcx Expr<'tcx>,
        parent: &'tcx Expr<'tcx>,
        carrier: Carrier,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        match parent.kind {
            ExprKind::DropTemps(_)
            | ExprKind::AddrOf(..)
            | ExprKind::Unary(rustc_hir::UnOp::Deref, _)
            | ExprKind::Block(..) => self.follow(parent, carrier, lost, steps),
            ExprKind::If(condition, ..) if condition.hir_id != expr.hir_id => {
                self.follow(parent, carrier, lost, steps)
            }
            ExprKind::MethodCall(segment, receiver, arguments, _)
                if receiver.hir_id == expr.hir_id =>
            {
                let is_std_method = self
                    .control
                    .callee(parent)
                    .is_some_and(|method| is_std(self.tcx, method));
                if is_std_method {
                    let name = segment.ident.as_str();
                    self.method(parent, name, arguments, carrier, lost, steps)
                } else {
                    Fate::Handled
                }
            }
            ExprKind::Match(scrutinee, arms, MatchSource::Normal)
                if scrutinee.hir_id == expr.hir_id =>
            {
                let arms: Vec<_> = arms.iter().map(|arm| (arm.pat, Some(arm.body))).collect();
                self.arms(&arms, carrier, None, Some(parent), lost, steps)
            }
            ExprKind::Let(binding) if binding.init.hir_id == expr.hir_id => {
                self.into_if_let(parent, binding.pat, carrier, lost, steps)
            }
            ExprKind::Call(_, [_]) => self.into_call(parent, carrier, lost, steps),
            ExprKind::Ret(_) | ExprKind::Closure(_) => returned(carrier, lost),
            _ => Fate::Handled,
        }
    }

    fn into_call(
        &self,
        call: &'tcx Expr<'tcx>,
        carrier: Carrier,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let Some(callee) = self.control.callee(call) else {
            return Fate::Handled;
        };
        if self.tcx.is_lang_item(callee, LangItem::TryTraitBranch) {
            let Node::Expr(tried) = self.tcx.parent_hir_node(call.hir_id) else {
                return Fate::Handled;
            };
            return match (carrier.depth.checked_sub(1), lost) {
                (Some(depth), _) => self.follow(tried, Carrier { depth, ..carrier }, lost, steps),
                (None, Some(dropped)) => Fate::Dropped(Dropped {
                    leads: Leads::ReturnsNone,
                    ..dropped
                }),
                (None, None) => Fate::Handled,
            };
        }
        // `filter_map(|item| ready(item.ok()))`
        let is_ready = self.tcx.opt_item_name(callee) == Some(Symbol::intern("ready"));
        if is_ready {
            self.follow(call, carrier, lost, steps)
        } else {
            Fate::Handled
        }
    }

    fn method(
        &self,
        call: &'tcx Expr<'tcx>,
        name: &str,
        arguments: &'tcx [Expr<'tcx>],
        carrier: Carrier,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let dropped = |leads| {
            Fate::Dropped(lost.unwrap_or(Dropped {
                node: call.hir_id,
                span: call.span,
                leads,
            }))
        };
        let on = |depth, lost: Option<Dropped>| {
            let carrier = Carrier {
                depth,
                variants: carrier.variants.filter(|_| lost.is_none()),
            };
            self.follow(call, carrier, lost, steps)
        };
        let reduced = Some(lost.unwrap_or(Dropped {
            node: call.hir_id,
            span: call.span,
            leads: Leads::On,
        }));
        match (name, carrier.depth) {
            (
                "as_ref" | "as_mut" | "as_deref" | "as_deref_mut" | "clone" | "cloned" | "copied"
                | "inspect",
                depth,
            ) => on(depth, lost),
            ("map" | "and_then", 0) => on(0, lost),
            ("ok", 0) if carrier.variants.is_some() => on(0, reduced),
            ("unwrap_or" | "unwrap_or_default", 0) => dropped(Leads::On),
            ("is_ok" | "is_err" | "is_some" | "is_none", 0) => Fate::Unused,
            ("unwrap" | "expect", depth @ 1..) => on(depth - 1, lost),
            ("ok" | "ok_or" | "ok_or_else" | "map_err" | "inspect_err", depth @ 1..) => {
                on(depth, lost)
            }
            ("and_then", 1)
                if carrier.variants.is_some() && self.is_ok_function(arguments.first()) =>
            {
                on(0, reduced)
            }
            ("map", 1) if carrier.variants.is_some() && self.is_ok_function(arguments.first()) => {
                on(1, reduced)
            }
            ("flatten", 1) if carrier.variants.is_none() => on(0, lost),
            _ => Fate::Handled,
        }
    }

    /// Whether an argument is the function `Result::ok` itself, of one of the errors.
    pub(crate) fn is_ok_function(&self, argument: Option<&Expr<'_>>) -> bool {
        let Some(argument) = argument else {
            return false;
        };
        let ty::FnDef(function, args) = *self.typeck.expr_ty(argument).kind() else {
            return false;
        };
        let error = args.types().nth(1).and_then(|ty| ty.ty_adt_def());
        is_std(self.tcx, function)
            && self.tcx.item_name(function).as_str() == "ok"
            && error.is_some_and(|error| self.errors.types.contains(&error.did()))
    }

    fn into_let(
        &self,
        statement: &'tcx LetStmt<'tcx>,
        carrier: Carrier,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let instead = statement.els.map(|block| Instead {
            body: Some(Code::Else(block)),
            node: block.hir_id,
            span: block.span,
        });
        let arms = [(statement.pat, None)];
        self.arms(&arms, carrier, instead, None, lost, steps)
    }

    fn into_if_let(
        &self,
        condition: &'tcx Expr<'tcx>,
        pattern: &'tcx Pat<'tcx>,
        carrier: Carrier,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let mut part = condition;
        loop {
            let Node::Expr(parent) = self.tcx.parent_hir_node(part.hir_id) else {
                return Fate::Handled;
            };
            match parent.kind {
                ExprKind::DropTemps(_) | ExprKind::Binary(..) => part = parent,
                ExprKind::If(whole, then, otherwise) if whole.hir_id == part.hir_id => {
                    let instead = Instead {
                        body: otherwise.map(Code::Expr),
                        node: condition.hir_id,
                        span: condition.span,
                    };
                    let arms = [(pattern, Some(then))];
                    return self.arms(&arms, carrier, Some(instead), Some(parent), lost, steps);
                }
                _ => return Fate::Handled,
            }
        }
    }

    /// Judges the arms of a match, or of what amounts to one. `whole` is the expression that has
    /// the value of the arm which is taken.
    fn arms(
        &self,
        arms: &[(&'tcx Pat<'tcx>, Option<&'tcx Expr<'tcx>>)],
        carrier: Carrier,
        otherwise: Option<Instead<'tcx>>,
        whole: Option<&'tcx Expr<'tcx>>,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let mut instead: Vec<Instead<'tcx>> = Vec::new();
        let mut variants = FxHashSet::default();
        let mut value_bodies: Vec<&'tcx Expr<'tcx>> = Vec::new();
        let mut used = false;
        let mut named = Vec::new();
        for &(pattern, body) in arms {
            let on_error = Instead {
                body: body.map(Code::Expr),
                node: body.map_or(pattern.hir_id, |body| body.hir_id),
                span: body.map_or(pattern.span, |body| pattern.span.to(body.span)),
            };
            for part in self.parts(pattern, carrier) {
                match part {
                    Part::Value { used: here } => {
                        used |= here;
                        value_bodies.extend(body);
                    }
                    Part::LookedAt | Part::Unknown => return Fate::Handled,
                    Part::Variant(variant) if variant == self.errors.variant => {
                        return Fate::Handled;
                    }
                    Part::Variant(variant) => {
                        variants.insert(variant);
                    }
                    Part::AnyError => instead.push(on_error),
                    Part::Anything if body.is_some() => instead.push(on_error),
                    Part::Anything | Part::Elsewhere => {}
                    Part::Named(binding, carrier) => {
                        let uses = uses(self.tcx, binding);
                        if uses.is_empty() && body.is_some() {
                            instead.push(on_error);
                        }
                        named.extend(uses.into_iter().map(|used| (used, carrier)));
                    }
                }
            }
        }
        if !named.is_empty() {
            return self.all_of(&named, lost, steps);
        }
        instead.extend(otherwise);
        if leaves_one(&variants, carrier) {
            return Fate::Handled;
        }
        let looped = whole
            .map(|whole| whole.hir_id)
            .or_else(|| value_bodies.first().map(|body| body.hir_id))
            .and_then(|node| {
                loops_around(self.tcx, node)
                    .first()
                    .map(|found| found.hir_id)
            });
        let leaves = !value_bodies.is_empty()
            && looped.is_some_and(|looped| {
                value_bodies
                    .iter()
                    .all(|body| self.control.always_leaves(body, looped))
            });
        if !used || leaves {
            return Fate::Unused;
        }
        self.judge(&instead, carrier, whole, lost, steps)
    }

    fn judge(
        &self,
        instead: &[Instead<'tcx>],
        carrier: Carrier,
        whole: Option<&'tcx Expr<'tcx>>,
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let is_option = |expr: &Expr<'_>| {
            let ty = self.typeck.expr_ty(expr);
            ty.ty_adt_def()
                .is_some_and(|adt| self.tcx.is_diagnostic_item(sym::Option, adt.did()))
        };
        for instead in instead {
            let Some(body) = instead.body else {
                return Fate::Dropped(lost.unwrap_or(Dropped {
                    node: instead.node,
                    span: instead.span,
                    leads: Leads::On,
                }));
            };
            let leads = self.control.leads(body);
            let dropped = Dropped {
                leads,
                ..lost.unwrap_or(Dropped {
                    node: body.hir_id(),
                    span: instead.span,
                    leads,
                })
            };
            let is_none = body
                .value()
                .is_some_and(|value| self.control.is_none(value));
            match leads {
                Leads::ToError => {}
                Leads::Out | Leads::ReturnsNone => return Fate::Dropped(dropped),
                // `Err(_) => None`: the match is an `Option` that stands for the error.
                Leads::On if is_none && whole.is_some_and(is_option) => {
                    let Some(whole) = whole else {
                        return Fate::Handled;
                    };
                    return self.follow(
                        whole,
                        Carrier::REDUCED,
                        Some(dropped),
                        steps.saturating_sub(1),
                    );
                }
                Leads::On if self.control.acts(body) || !self.only_jumps(body, carrier) => {}
                Leads::On => return Fate::Dropped(dropped),
            }
        }
        Fate::Handled
    }

    /// Whether what runs for an error has no value of its own, and is no word about an error that
    /// can only be the one.
    fn only_jumps(&self, body: Code<'tcx>, carrier: Carrier) -> bool {
        let no_value = match body {
            Code::Expr(expr) => {
                let ty = self.typeck.expr_ty(expr);
                ty.is_unit() || ty.is_never()
            }
            Code::Else(_) => true,
        };
        no_value && (carrier.variants != Some(1) || is_empty(body))
    }

    fn all_of(
        &self,
        named: &[(&'tcx Expr<'tcx>, Carrier)],
        lost: Option<Dropped>,
        steps: usize,
    ) -> Fate {
        let mut fate = Fate::Unused;
        let steps = steps / named.len();
        for &(used, carrier) in named {
            match (self.follow(used, carrier, lost, steps), &fate) {
                (Fate::Handled, _) => return Fate::Handled,
                (found @ (Fate::Dropped(_) | Fate::Returned(_)), Fate::Unused) => fate = found,
                _ => {}
            }
        }
        fate
    }
}

fn returned(carrier: Carrier, lost: Option<Dropped>) -> Fate {
    match lost {
        Some(dropped) if carrier.depth == 0 => Fate::Returned(dropped),
        _ => Fate::Handled,
    }
}

/// Whether all variants but one are named: then what is left is no oversight.
fn leaves_one(named: &FxHashSet<Symbol>, carrier: Carrier) -> bool {
    carrier
        .variants
        .is_some_and(|variants| variants > 1 && named.len() + 1 == variants)
}
