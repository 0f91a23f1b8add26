//! [`SELECT_LOOP_WITHOUT_CANCELLATION`]: of each looped `select!` it is asked whether its function
//! has a token, and then whether anything in the function may look at it for the loop's sake.

use rustc_hir::{
    Expr, ExprKind, HirId, Node, Pat, PatKind, QPath,
    def::{DefKind, Res},
    def_id::{DefIdSet, LocalDefId},
    intravisit::{Visitor, walk_expr},
};
use rustc_lint::Lint;
use rustc_middle::{
    hir::nested_filter::OnlyBodies,
    ty::{TyCtxt, TypeckResults, TypingEnv},
};
use rustc_session::declare_lint;
use rustc_span::Span;

use crate::{
    analysis::{
        enclosing::{is_within, loops_around},
        exits::Control,
        expressions::any_in_body,
        handoffs::is_std,
        select::{Back, Select},
        test_code::is_test_code,
        tokens::{Held, Tokens},
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds a `select!` in a loop whose function has a `tokio_util::sync::CancellationToken` (as a
    /// parameter, in a field of one, or captured) and never looks at it from the loop.
    ///
    /// ### Why is this bad?
    /// Whoever cancels the token expects the loop to end. It goes on until its other branches end
    /// it, which at shutdown often means: never.
    ///
    /// ### Known problems
    /// A token that is used in the function in any other way than being asked `is_cancelled()`
    /// before the loop, or handed to spawned tasks, counts as looked at: it may have been passed to
    /// something that the loop polls.
    ///
    /// ### Example
    /// ```rust,ignore
    /// async fn serve(mut jobs: Receiver<Job>, stop: CancellationToken) {
    ///     loop {
    ///         tokio::select! {
    ///             Some(job) = jobs.recv() => handle(job).await,
    ///             _ = tick.tick() => report(),
    ///         }
    ///     }
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// async fn serve(mut jobs: Receiver<Job>, stop: CancellationToken) {
    ///     loop {
    ///         tokio::select! {
    ///             () = stop.cancelled() => break,
    ///             Some(job) = jobs.recv() => handle(job).await,
    ///             _ = tick.tick() => report(),
    ///         }
    ///     }
    /// }
    /// ```
    pub SELECT_LOOP_WITHOUT_CANCELLATION,
    Warn,
    "a looped `select!` that never looks at its function's cancellation token"
}

/// Callers of callers that are asked whether they wait for a token.
const FARTHEST_CALLER: usize = 4;

/// The check behind [`SELECT_LOOP_WITHOUT_CANCELLATION`].
pub(crate) struct SelectLoopWithoutCancellation;

impl<'tcx> Check<'tcx> for SelectLoopWithoutCancellation {
    fn lint(&self) -> &'static Lint {
        SELECT_LOOP_WITHOUT_CANCELLATION
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let Some(tokens) = Tokens::new(facts) else {
            return;
        };
        for (owner, selects) in facts.selects() {
            let mut seen: Vec<HirId> = Vec::new();
            for select in selects {
                let Some(outermost) = loops_around(facts.tcx, select.expr.hir_id).pop() else {
                    continue;
                };
                if !goes_round(select) || seen.contains(&outermost.hir_id) {
                    continue;
                }
                seen.push(outermost.hir_id);
                judge(facts, &tokens, *owner, select, outermost);
            }
        }
    }
}

/// Whether the loop can run the `select!` again.
fn goes_round(select: &Select<'_>) -> bool {
    select
        .branches
        .iter()
        .any(|branch| branch.back != Back::Never)
}

fn judge<'tcx>(
    facts: &Facts<'tcx>,
    tokens: &Tokens<'tcx>,
    owner: LocalDefId,
    select: &Select<'tcx>,
    outermost: &'tcx Expr<'tcx>,
) {
    let tcx = facts.tcx;
    let Some(around) = select.around else {
        return;
    };
    let Some(token) = token_of(tcx, tokens, owner) else {
        return;
    };
    if is_test_code(tcx, owner) {
        return;
    }
    let Some(root) = tcx.typeck_root_def_id(owner.to_def_id()).as_local() else {
        return;
    };
    let Some(body) = tcx.hir_maybe_body_owned_by(root) else {
        return;
    };
    let mut looks = Looks {
        tcx,
        tokens,
        typeck: tcx.typeck(owner),
        env: TypingEnv::post_analysis(tcx, owner),
        looped: outermost.hir_id,
        found: false,
    };
    // A task runs on when the function that spawned it does something about the token.
    let is_stopped = match spawned_part(looks.control(), outermost, None) {
        Some(task) => {
            looks.visit_expr(task);
            looks.found
        }
        None => {
            looks.visit_body(body);
            looks.found || is_awaited_by_who_waits(facts, tokens, root)
        }
    };
    if is_stopped {
        return;
    }
    let name = &token.name;
    diagnostics::report(
        tcx,
        SELECT_LOOP_WITHOUT_CANCELLATION,
        select.expr.hir_id,
        in_user_code(around.head),
        format!("this loop never looks at `{name}`: cancelling the token does not end it"),
        |diag| {
            diag.span_note(in_user_code(token.span), "the token comes in here");
            diag.span_note(
                in_user_code(select.span),
                "this `select!` has no branch that waits for it",
            );
            diag.help(format!(
                "add a branch `() = {name}.cancelled() => …` that leaves the loop, or run the loop \
                 inside `{name}.run_until_cancelled(…)`"
            ));
        },
    );
}

/// Whether a function that awaits this one, perhaps through others, waits for a token as well: it
/// may drop this one's future when that is cancelled.
fn is_awaited_by_who_waits(facts: &Facts<'_>, tokens: &Tokens<'_>, function: LocalDefId) -> bool {
    let tcx = facts.tcx;
    let mut seen = DefIdSet::default();
    let mut next = vec![function.to_def_id()];
    for _ in 0..FARTHEST_CALLER {
        next.retain(|function| seen.insert(*function));
        if next.is_empty() {
            return false;
        }
        // A call of a trait's method names the trait's, not the implementation's.
        let declared = next.iter().filter_map(|function| {
            tcx.opt_associated_item(*function)
                .and_then(|item| item.trait_item_def_id())
        });
        let named: DefIdSet = next.iter().copied().chain(declared).collect();
        let callers = facts.mentions().callers(&named);
        next = callers
            .into_values()
            .flatten()
            .filter(|caller| calls_without_spawn(tcx, *caller, &named))
            .map(|caller| tcx.typeck_root_def_id(caller.to_def_id()))
            .collect();
        if next.iter().any(|caller| tokens.is_waited_for_in(*caller)) {
            return true;
        }
    }
    false
}

fn calls_without_spawn(tcx: TyCtxt<'_>, caller: LocalDefId, functions: &DefIdSet) -> bool {
    let control = Control {
        tcx,
        typeck: tcx.typeck(caller),
    };
    tcx.hir_maybe_body_owned_by(caller).is_some_and(|body| {
        any_in_body(body, &mut |expr| {
            let callee = control.callee(expr);
            callee.is_some_and(|callee| functions.contains(&callee))
                && spawned_part(control, expr, None).is_none()
        })
    })
}

/// The argument of a spawning call that an expression stands in. One that encloses `looped` as well
/// does not count.
fn spawned_part<'tcx>(
    control: Control<'tcx>,
    expr: &Expr<'_>,
    looped: Option<HirId>,
) -> Option<&'tcx Expr<'tcx>> {
    let tcx = control.tcx;
    let mut child = expr.hir_id;
    for (id, node) in tcx.hir_parent_iter(expr.hir_id) {
        if let Node::Expr(parent) = node {
            let is_receiver = matches!(parent.kind, ExprKind::MethodCall(_, receiver, ..)
                if receiver.hir_id == child);
            let spawns = control
                .callee(parent)
                .and_then(|function| tcx.opt_item_name(function))
                .is_some_and(|name| name.as_str().starts_with("spawn"));
            let is_the_loops = looped.is_some_and(|looped| is_within(tcx, looped, child));
            if spawns && !is_receiver && !is_the_loops {
                return match tcx.hir_node(child) {
                    Node::Expr(part) => Some(part),
                    _ => None,
                };
            }
        }
        child = id;
    }
    None
}

/// A token that a function has from outside.
struct Token {
    name: String,
    span: Span,
}

/// The token of a function: a parameter, a field of one, or what an `async` block captures.
fn token_of<'tcx>(tcx: TyCtxt<'tcx>, tokens: &Tokens<'tcx>, owner: LocalDefId) -> Option<Token> {
    let function = match tcx.opt_local_parent(owner) {
        Some(parent)
            if tcx.def_kind(owner) == DefKind::Closure
                && matches!(tcx.def_kind(parent), DefKind::Fn | DefKind::AssocFn)
                && tcx.asyncness(parent).is_async()
                && is_desugared_body(tcx, owner, parent) =>
        {
            parent
        }
        _ => owner,
    };
    if tcx.def_kind(function) == DefKind::Closure {
        let typeck = tcx.typeck(owner);
        return typeck
            .closure_min_captures_flattened(owner)
            .find_map(|captured| {
                let held = tokens.held(captured.place.ty())?;
                let variable = captured.get_root_variable();
                Some(Token {
                    name: named(captured.to_string(tcx), &held),
                    span: tcx.hir_span(variable),
                })
            });
    }
    let body = tcx.hir_maybe_body_owned_by(function)?;
    let typeck = tcx.typeck(function);
    body.params.iter().find_map(|parameter| {
        let held = tokens.held(typeck.pat_ty(parameter.pat))?;
        // `_token`: its author knows that it is not used.
        let name = binding_name(parameter.pat).filter(|name| !name.starts_with('_'))?;
        Some(Token {
            name: named(name, &held),
            span: parameter.span,
        })
    })
}

/// Whether a coroutine is what the compiler made of an `async fn`, and not a block in it.
fn is_desugared_body(tcx: TyCtxt<'_>, owner: LocalDefId, function: LocalDefId) -> bool {
    let Some(body) = tcx.hir_maybe_body_owned_by(function) else {
        return false;
    };
    match crate::analysis::exits::value(body.value).kind {
        ExprKind::Closure(closure) => closure.def_id == owner,
        _ => false,
    }
}

fn binding_name(pattern: &Pat<'_>) -> Option<String> {
    match pattern.kind {
        PatKind::Binding(_, _, name, _) => Some(name.to_string()),
        // The parameters of an `async fn` are bound once more, in its body.
        _ => None,
    }
}

fn named(value: String, held: &Held) -> String {
    match held {
        Held::Itself => value,
        Held::Field(field) => format!("{value}.{field}"),
    }
}

/// Searches a function for anything that may look at a token for the sake of the loop.
struct Looks<'t, 'tcx> {
    tcx: TyCtxt<'tcx>,
    tokens: &'t Tokens<'tcx>,
    typeck: &'tcx TypeckResults<'tcx>,
    env: TypingEnv<'tcx>,
    /// The outermost loop around the `select!`.
    looped: HirId,
    found: bool,
}

impl<'tcx> Visitor<'tcx> for Looks<'_, 'tcx> {
    type NestedFilter = OnlyBodies;

    fn maybe_tcx(&mut self) -> TyCtxt<'tcx> {
        self.tcx
    }

    fn visit_expr(&mut self, expr: &'tcx Expr<'tcx>) {
        if self.found {
            return;
        }
        match expr.kind {
            ExprKind::Path(QPath::Resolved(None, path)) if matches!(path.res, Res::Local(_)) => {
                self.found = self.is_a_look(expr);
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

impl<'tcx> Looks<'_, 'tcx> {
    fn control(&self) -> Control<'tcx> {
        Control {
            tcx: self.tcx,
            typeck: self.typeck,
        }
    }

    /// Whether a use of a variable may be, or lead to, a look at a token in it.
    fn is_a_look(&self, variable: &'tcx Expr<'tcx>) -> bool {
        let mut used = variable;
        // `self.shutdown.token`: only the last of these is used.
        while let Node::Expr(parent) = self.tcx.parent_hir_node(used.hir_id)
            && matches!(parent.kind, ExprKind::Field(..))
        {
            used = parent;
        }
        if !self.tokens.may_be_in(self.env, self.typeck.expr_ty(used))
            || spawned_part(self.control(), used, Some(self.looped)).is_some()
        {
            return false;
        }
        let is_token = self.tokens.held(self.typeck.expr_ty(used)) == Some(Held::Itself);
        self.goes_somewhere(used, is_token)
    }

    fn goes_somewhere(&self, used: &'tcx Expr<'tcx>, is_token: bool) -> bool {
        match self.tcx.parent_hir_node(used.hir_id) {
            // Bound to another name, whose uses are judged on their own.
            Node::LetStmt(_) => false,
            // The value of a block, as in `let self = self;` of an `async fn`.
            Node::Stmt(_) => false,
            Node::Expr(parent) => match parent.kind {
                ExprKind::AddrOf(..) | ExprKind::DropTemps(_) | ExprKind::Unary(..) => {
                    self.goes_somewhere(parent, is_token)
                }
                ExprKind::MethodCall(_, receiver, ..) if receiver.hir_id == used.hir_id => {
                    self.method(parent, is_token)
                }
                ExprKind::MethodCall(..) | ExprKind::Call(..) => self.passed_to(parent, is_token),
                _ => true,
            },
            _ => true,
        }
    }

    fn method(&self, call: &'tcx Expr<'tcx>, is_token: bool) -> bool {
        let control = self.control();
        let Some(method) = control.callee(call) else {
            return true;
        };
        let name = self.tcx.item_name(method);
        if !is_token {
            return self.passed_to(call, is_token);
        }
        match name.as_str() {
            "is_cancelled" => !loops_around(self.tcx, call.hir_id).is_empty(),
            "clone" | "child_token" | "as_ref" | "borrow" | "deref" => self.is_passed_on(call),
            _ => true,
        }
    }

    /// Whether a clone of a token goes anywhere but into a variable or a spawned task.
    fn is_passed_on(&self, clone: &'tcx Expr<'tcx>) -> bool {
        self.goes_somewhere(clone, true)
    }

    /// Whether a function that gets the value may look at its token.
    fn passed_to(&self, call: &'tcx Expr<'tcx>, is_token: bool) -> bool {
        let control = self.control();
        let Some(function) = control.callee(call) else {
            return true;
        };
        if is_token {
            // `Arc::clone(&token)`, `CancellationToken::clone(&token)`
            let clones = is_std(self.tcx, function)
                && self.tcx.item_name(function).as_str() == "clone"
                || self
                    .tcx
                    .is_diagnostic_item(rustc_span::sym::mem_drop, function);
            return if clones {
                self.goes_somewhere(call, true)
            } else {
                true
            };
        }
        if self.tcx.trait_of_assoc(function).is_some() {
            return function.is_local();
        }
        function.is_local() && self.tokens.is_looked_at_by(function)
    }
}
