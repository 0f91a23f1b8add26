//! Is a future cancel safe, and if not, what is lost when it is dropped half way?
//!
//! A future loses data when it can suspend after it has taken something out of a channel, a stream
//! or a reader that others go on using, and before that is put where it outlives the future. The
//! answer for a call comes
//! 1. from the configuration (`assume_cancel_safe`, `assume_cancel_unsafe`);
//! 2. from the [`table`] of what the libraries document;
//! 3. for the crate's own async bodies, from the body: an await that loses data by itself (see
//!    [`awaited`]), or data held across an await ([`held`]);
//! 4. for a function of another member of the workspace, from the facts that were written down when
//!    that crate was checked ([`crate_facts`]).
//!
//! What none of these know is taken for safe, so that the lints are silent about it.
//!
//! Whose data it is decides as well ([`roots`](super::roots)): what a future reads from a
//! connection of its own dies with the connection, and nobody misses it.

mod awaited;
pub(crate) mod crate_facts;
mod held;
pub(crate) mod table;
pub(crate) mod taken;

use std::{cell::RefCell, rc::Rc};

use rustc_abi::FieldIdx;
use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_middle::{
    mir::Operand,
    ty::{Instance, Ty, TyCtxt},
};
use rustc_span::Span;

use self::{
    crate_facts::CrateFacts,
    table::{Answer, Table},
};
use super::{
    call_graph::CallGraph,
    origin::Frame,
    roots::{Root, outlives},
};
use crate::{
    config::{Config, ItemPath},
    paths::Resolver,
};

pub(crate) use self::table::Loss;

/// A loss, and how it comes about.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    pub(crate) what: Loss,
    /// The calls from the future down to the body in which it happens.
    pub(crate) chain: Vec<(Span, DefId)>,
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// A future made by this function is dropped before it is done.
    CutOff { at: Span, function: DefId },
    /// What was taken in one place is held while the future is suspended in another.
    Held { taken: Span, suspended: Span },
}

/// One thing that is known of a future.
#[derive(Clone, Debug)]
pub(crate) struct Finding<'tcx> {
    pub(crate) kind: Kind<'tcx>,
    /// Whose data it is, seen from the body in which the future is made.
    pub(crate) resources: Vec<Root>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind<'tcx> {
    Loses(Lost),
    /// It loses what is in this buffer, if the buffer is lost.
    Fills {
        lost: Lost,
        buffer: Vec<Root>,
    },
    /// It gives out data; only then is anything taken.
    Takes(Loss),
    /// It leaves data in a buffer.
    TakesInto {
        what: Loss,
        buffer: Vec<Root>,
    },
    /// It owns this message until it is sent.
    Sends {
        message: Operand<'tcx>,
        at: Span,
        function: DefId,
    },
    QueuePlace(DefId),
}

/// What is known of a body of the crate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// What it loses, and of which captured variable it was a part.
    pub(crate) loss: Option<(Lost, Option<FieldIdx>)>,
    /// It takes this from a captured variable and gives it to whoever awaits it.
    pub(crate) hands_out: Option<(Loss, Option<FieldIdx>)>,
    /// It waits in a queue for this function's future.
    pub(crate) queues: Option<DefId>,
    /// Where it suspends while what it was given is still held.
    pub(crate) holds_given: Option<Span>,
    /// Where it waits to send on what it was given.
    pub(crate) sends_given: Option<Span>,
}

pub(crate) struct CancelSafety<'tcx> {
    tcx: TyCtxt<'tcx>,
    table: Table,
    assumed_safe: DefIdSet,
    assumed_unsafe: DefIdSet,
    foreign: CrateFacts,
    known: RefCell<FxHashMap<(Instance<'tcx>, Vec<FieldIdx>), Rc<Summary>>>,
}

impl<'tcx> CancelSafety<'tcx> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, paths: &Resolver<'tcx>, config: &Config) -> Self {
        let configured = |key, list: &[ItemPath]| -> DefIdSet {
            list.iter()
                .flat_map(|path| paths.configured(key, path))
                .collect()
        };
        Self {
            tcx,
            table: Table::new(paths),
            assumed_safe: configured("assume_cancel_safe", &config.assume_cancel_safe),
            assumed_unsafe: configured("assume_cancel_unsafe", &config.assume_cancel_unsafe),
            foreign: CrateFacts::default(),
            known: RefCell::default(),
        }
    }

    /// What is known of a future of type `ty` that `operand` is, in the body of `frame`. A future
    /// behind a reference is not dropped with the reference, so nothing is said of it.
    pub(crate) fn findings(
        &self,
        graph: &CallGraph<'tcx>,
        frame: &Frame<'_, 'tcx>,
        ty: Ty<'tcx>,
        operand: &Operand<'tcx>,
    ) -> Vec<Finding<'tcx>> {
        awaited::Awaited::new(self, graph).of_value(frame, ty, operand)
    }

    /// What is known of an async body; `given` are the captured variables that hold data which
    /// whoever made the future has taken out of somewhere.
    pub(crate) fn summary(
        &self,
        graph: &CallGraph<'tcx>,
        body: Instance<'tcx>,
        given: &[FieldIdx],
    ) -> Rc<Summary> {
        let key = (body, given.to_vec());
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        // A body that awaits itself loses only what it loses in other ways.
        self.known.borrow_mut().insert(key.clone(), Rc::default());
        let summary = Rc::new(self.summarize(graph, body, given));
        self.known.borrow_mut().insert(key, Rc::clone(&summary));
        summary
    }

    fn summarize(
        &self,
        graph: &CallGraph<'tcx>,
        body: Instance<'tcx>,
        given: &[FieldIdx],
    ) -> Summary {
        let function = self.tcx.typeck_root_def_id(body.def_id());
        if self.assumed_safe.contains(&function) {
            return Summary::default();
        }
        if self.assumed_unsafe.contains(&function) {
            let at = self.tcx.def_span(function);
            return Summary {
                loss: Some((
                    Lost {
                        what: Loss::Something,
                        chain: Vec::new(),
                        how: How::CutOff { at, function },
                    },
                    None,
                )),
                ..Summary::default()
            };
        }
        let Some(frame) = Frame::new(&graph.bodies, body) else {
            return Summary::default();
        };
        held::Analysis::new(self, graph, &frame, given).run()
    }

    /// The answer for a call that makes a future, if it is not one of the crate's own bodies.
    fn answer(&self, function: DefId) -> Option<Known> {
        if self.assumed_safe.contains(&function) {
            return None;
        }
        if self.assumed_unsafe.contains(&function) {
            return Some(Known::Table(Answer::Loses(Loss::Something, 0)));
        }
        if let Some(answer) = self.table.answer(function) {
            return Some(Known::Table(answer));
        }
        self.foreign.of(self.tcx, function).map(Known::Fact)
    }

    /// What the libraries document of a function's future.
    pub(crate) fn documented(&self, function: DefId) -> Option<Answer> {
        match self.answer(function)? {
            Known::Table(answer) => Some(answer),
            Known::Fact(fact) => fact.loses.map(|(what, _)| Answer::Loses(what, 0)),
        }
    }

    fn has_answer(&self, function: DefId) -> bool {
        self.assumed_safe.contains(&function) || self.answer(function).is_some()
    }
}

enum Known {
    Table(Answer),
    Fact(crate_facts::Fact),
}

impl<'tcx> Finding<'tcx> {
    /// Whether the data belongs to something that is there when the body's future is dropped.
    fn is_beyond(&self) -> bool {
        self.resources
            .iter()
            .any(|root| matches!(root, Root::Beyond(_)))
    }
}

/// Whether a value of this type is worth missing: not a unit, a flag or a moment.
pub(crate) fn is_data<'tcx>(tcx: TyCtxt<'tcx>, ty: Ty<'tcx>) -> bool {
    use rustc_middle::ty;
    use rustc_span::sym;
    match *ty.kind() {
        ty::Bool | ty::Never => false,
        ty::Tuple(parts) => parts.iter().any(|part| is_data(tcx, part)),
        ty::Ref(_, inner, _) => is_data(tcx, inner),
        ty::Adt(adt, args) => {
            let name = |symbol| tcx.is_diagnostic_item(symbol, adt.did());
            if name(sym::Option) || name(sym::Result) {
                return args.types().next().is_some_and(|inner| is_data(tcx, inner));
            }
            if tcx.is_lang_item(adt.did(), rustc_hir::LangItem::Poll) {
                return args.types().next().is_some_and(|inner| is_data(tcx, inner));
            }
            let path = tcx.def_path_str(adt.did());
            !(path.ends_with("::Duration")
                || path.ends_with("::Instant")
                || path.ends_with("::Infallible"))
        }
        _ => true,
    }
}

/// Whether any of the arguments is something that outlives the body's future.
fn any_outlives<'tcx>(
    graph: &CallGraph<'tcx>,
    frame: &Frame<'_, 'tcx>,
    operands: impl IntoIterator<Item = &'tcx Operand<'tcx>>,
) -> bool {
    operands
        .into_iter()
        .any(|operand| outlives(&graph.bodies, frame, operand))
}
