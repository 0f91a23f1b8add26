//! [`CANCEL_UNSAFE_IN_SELECT`]: of each future that is given up half way two things are asked: does
//! it lose data, and is anybody left to miss them.

use rustc_data_structures::fx::FxHashSet;
use rustc_errors::Diag;
use rustc_hir::HirId;
use rustc_lint::Lint;
use rustc_session::declare_lint;
use rustc_span::Span;

use super::{
    survivors::{GivenUp, given_up, survive},
    timed::{self, Timed},
};
use crate::{
    analysis::{
        call_graph::CallGraph,
        cancel_safety::{CancelSafety, Finding, How, Kind, Loss, Lost, taken},
        describe,
        origin::Frame,
        roots::Root,
    },
    diagnostics::{self, in_user_code},
    facts::Facts,
    pass::Check,
};

declare_lint! {
    /// ### What it does
    /// Finds futures that lose data when they are dropped half way, where they are: in a branch of
    /// `tokio::select!` or `futures::select!` that is made anew in each pass of a loop, or under a
    /// timeout (`tokio::time::timeout`, `timeout_at`, tokio-util's `FutureExt::timeout`,
    /// `run_until_cancelled`) after which the same stream is read again.
    ///
    /// A future loses data when it can suspend after it took something out of a channel, a stream
    /// or a reader and before that is stored where it outlives the future. tokio, tokio-util,
    /// tokio-stream and futures document it of their own (`read_exact`, `read_line`, `write_all`,
    /// `copy`, a `send` that owns its message); the async functions of the workspace are looked
    /// into, through all calls.
    ///
    /// ### Why is this bad?
    /// When another branch completes first, `select!` drops the other futures with all that they
    /// hold. A `read_message` that has read the length and waits for the body takes the length with
    /// it, and the next `read_message` takes a message's body for a length. It happens only when
    /// the two events come close together, so tests hardly ever see it.
    ///
    /// ### Known problems
    /// Functions of crates outside of the workspace are taken for safe unless their documentation
    /// says otherwise. A future behind a `dyn` that was made in another crate is not looked into. A
    /// timeout whose error is returned is not reported, whatever the callers do with the stream.
    ///
    /// ### Configuration
    /// `assume_cancel_safe` and `assume_cancel_unsafe` in `dylint.toml` list functions whose
    /// futures lose nothing, or lose data.
    ///
    /// ### Example
    /// ```rust,ignore
    /// loop {
    ///     tokio::select! {
    ///         message = read_message(&mut stream) => handle(message?),
    ///         _ = ping.tick() => answer += 1,
    ///     }
    /// }
    /// ```
    /// Use instead:
    /// ```rust,ignore
    /// let mut message = Box::pin(next_message(stream)); // gives the stream back when it is done
    /// loop {
    ///     tokio::select! {
    ///         (received, stream) = &mut message => {
    ///             handle(received?);
    ///             message.set(next_message(stream));
    ///         }
    ///         _ = ping.tick() => answer += 1,
    ///     }
    /// }
    /// ```
    pub CANCEL_UNSAFE_IN_SELECT,
    Warn,
    "a future that loses data when it is dropped half way, where that happens"
}

/// The check behind [`CANCEL_UNSAFE_IN_SELECT`].
pub(crate) struct CancelUnsafeInSelect;

impl<'tcx> Check<'tcx> for CancelUnsafeInSelect {
    fn lint(&self) -> &'static Lint {
        CANCEL_UNSAFE_IN_SELECT
    }

    fn check_crate_post(&mut self, facts: &Facts<'tcx>) {
        let mut search = Search {
            facts,
            reported: FxHashSet::default(),
        };
        search.selects();
        timed::each(facts, &mut |graph, frame, timed| {
            search.timed(graph, frame, timed);
        });
    }
}

struct Search<'f, 'tcx> {
    facts: &'f Facts<'tcx>,
    reported: FxHashSet<Span>,
}

impl<'tcx> Search<'_, 'tcx> {
    fn selects(&mut self) {
        for (owner, selects) in self.facts.selects() {
            let branches: Vec<_> = selects
                .iter()
                .flat_map(|select| given_up(self.facts.tcx, select))
                .collect();
            if branches.is_empty() {
                continue;
            }
            let graph = self.facts.call_graphs().for_owner(*owner);
            let Some(frame) = Frame::new(&graph.bodies, graph.bodies.identity(*owner)) else {
                continue;
            };
            for given_up in &branches {
                self.branch(&graph, &frame, given_up);
            }
        }
    }

    fn branch(
        &mut self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        given_up: &GivenUp<'_, 'tcx>,
    ) {
        let branch = given_up.branch;
        let (Some(ty), Some(value)) = (
            graph.bodies.fill_in(frame.instance, branch.ty),
            branch.value(self.facts.tcx, frame.mir.body),
        ) else {
            return;
        };
        let safety = self.facts.cancel_safety();
        let lives = |owners: &[Root]| survive(frame, &given_up.again, owners);
        let mut findings = safety.findings(graph, frame, ty, &value);
        findings.extend(taken::given(safety, graph, frame, ty, &value));
        let Some(lost) = findings
            .into_iter()
            .find_map(|finding| loss(graph, frame, safety, finding, &lives))
        else {
            return;
        };
        let node = branch.future.hir_id;
        let again = given_up.again;
        self.report(
            node,
            branch.span,
            "when another branch of this `select!` completes first",
            &lost,
            |diag| {
                diag.span_note(
                    again.head,
                    "the `select!` runs again in this loop, and makes the future anew",
                );
            },
        );
    }

    fn timed(&mut self, graph: &CallGraph<'tcx>, frame: &Frame<'_, 'tcx>, timed: &Timed<'tcx>) {
        let safety = self.facts.cancel_safety();
        // A message that could not be sent in time is given up on purpose.
        let findings: Vec<_> = safety
            .findings(graph, frame, timed.ty, &timed.value)
            .into_iter()
            .filter(|finding| !matches!(finding.kind, Kind::Sends { .. }))
            .collect();
        let in_loop = timed.again(self.facts.tcx);
        let found = findings.into_iter().find_map(|finding| {
            if let Some(again) = &in_loop {
                let lives = |owners: &[Root]| survive(frame, again, owners);
                return loss(graph, frame, safety, finding, &lives)
                    .map(|lost| (lost, again.head, true));
            }
            let lost = loss(graph, frame, safety, finding, &|owners: &[Root]| {
                !owners.is_empty() && !owners.contains(&Root::Unknown)
            })?;
            let used = timed.used_again(self.facts, graph, lost.what)?;
            Some((lost, used, false))
        });
        let Some((lost, place, is_loop)) = found else {
            return;
        };
        self.report(timed.node, timed.span, timed.when, &lost, |diag| {
            diag.span_note(
                place,
                if is_loop {
                    "this loop goes on with what is left"
                } else {
                    "what is left is used again here"
                },
            );
        });
    }

    fn report(
        &mut self,
        node: HirId,
        span: Span,
        when: &str,
        lost: &Lost,
        again: impl FnOnce(&mut Diag<'_, ()>),
    ) {
        let span = in_user_code(span);
        if !self.reported.insert(span) {
            return;
        }
        let (what, plural) = lost.what.name();
        let are = if plural { "are" } else { "is" };
        let message = format!("{what} {are} lost {when}");
        let tcx = self.facts.tcx;
        diagnostics::report(tcx, CANCEL_UNSAFE_IN_SELECT, node, span, message, |diag| {
            let mut name = None;
            for (place, body) in lost.chain.iter().skip(1) {
                let body = describe::name(tcx, *body);
                let by = name.unwrap_or_else(|| "it".to_owned());
                diag.span_note(in_user_code(*place), format!("{by} awaits {body} here"));
                name = Some(body);
            }
            match lost.how {
                How::CutOff { at, function } => {
                    let at = in_user_code(at);
                    let function = describe::name(tcx, function);
                    if at == span {
                        diag.note(format!("{function} is not cancel safe"));
                    } else {
                        diag.span_note(at, format!("{function} is not cancel safe"));
                    }
                }
                How::Held { taken, suspended } => {
                    let (taken, suspended) = (in_user_code(taken), in_user_code(suspended));
                    diag.span_note(taken, format!("taken here: {what}"));
                    diag.span_note(
                        suspended,
                        "and held here, where the future may be dropped while it waits",
                    );
                }
            }
            again(diag);
            diag.help(help(lost.what));
        });
    }
}

/// The loss behind a finding, if what it is taken from `lives` on.
fn loss<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    safety: &CancelSafety<'tcx>,
    finding: Finding<'tcx>,
    lives: &dyn Fn(&[Root]) -> bool,
) -> Option<Lost> {
    match finding.kind {
        Kind::Loses(lost) => lives(&finding.resources).then_some(lost),
        Kind::Fills { lost, buffer } => {
            (lives(&finding.resources) && !lives(&buffer)).then_some(lost)
        }
        Kind::Sends {
            message,
            at,
            function,
        } => taken::is_taken(safety, graph, frame, &message).then(|| Lost {
            what: Loss::Unsent,
            chain: Vec::new(),
            how: How::CutOff { at, function },
        }),
        Kind::Takes(_) | Kind::TakesInto { .. } | Kind::QueuePlace(_) => None,
    }
}

fn help(what: Loss) -> &'static str {
    match what {
        Loss::Unsent => {
            "take a permit with `Sender::reserve` (or `async_patterns::sink::ReserveExt`) first, \
             which loses nothing, and send the message with it"
        }
        Loss::Message | Loss::Item | Loss::Connection => {
            "take only what is cancel safe in the branch and do the rest in its handler, or make \
             the future once, outside the loop, pin it, and poll it by `&mut`"
        }
        Loss::PartWritten => {
            "make the future once, outside the loop, pin it with `std::pin::pin!`, and poll it by \
             `&mut`; or use `write_all_buf`, whose buffer tells what is left"
        }
        _ => {
            "make the future once, outside the loop, pin it with `std::pin::pin!`, and poll it by \
             `&mut`; or keep what was read in a buffer that outlives it"
        }
    }
}
