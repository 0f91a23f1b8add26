//! At which awaits under a guard its data is half changed.
//!
//! All changes go through a `&mut` to the guard. What is made from such a reference is followed,
//! and each write through it, and each call that is given it, counts as a change. An await lies
//! between changes if one leads to it and another one follows while the guard is the same.

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::fx::{FxHashMap, FxHashSet};
use rustc_hir::{LangItem, def_id::DefId};
use rustc_middle::{
    mir::{
        BasicBlock, BasicBlockData, Body, BorrowKind, CoroutineLayout, CoroutineSavedLocal,
        Operand, Place, Rvalue, Statement, StatementKind, TerminatorKind,
    },
    ty::{CoroutineArgs, CoroutineArgsExt, Ty, TyCtxt, TypeVisitableExt},
};
use rustc_span::{Span, sym};

use crate::{
    analysis::{
        definitions::{Root, Variable},
        flow::Flow,
        suspend::{self, Alive, Origin},
        taint::{Call, Spread, Taint, through_reference},
    },
    diagnostics::in_user_code,
};

/// The suspensions with the guard alive at which what it guards is half changed.
pub(super) fn half_changed_at<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &Body<'tcx>,
    flow: &Flow,
    alive: &Alive<'tcx>,
) -> Vec<VariantIdx> {
    let Some(layout) = body.coroutine_layout_raw() else {
        return Vec::new();
    };
    let guard = roots_of(layout, alive.origin);
    let references = Taint::new(
        tcx,
        body,
        mutable_references(tcx, body, &guard),
        &MutableReferences,
    );
    let history = History::new(tcx, body, flow, &guard, &references);
    if history.has_no_change() {
        return Vec::new();
    }
    alive
        .suspensions
        .iter()
        .copied()
        .filter(|&state| {
            let Some(suspends) = suspending_block(tcx, body, state) else {
                return false;
            };
            let keyword = suspend::suspension_span(body, state).map(in_user_code);
            let before = history.changed_before(suspends, keyword);
            let after = history.changed_after(suspends, keyword);
            match awaited(layout, state).filter(|saved| is_changing(layout, *saved, &references)) {
                // What is awaited has the reference, so it is in the middle of a change itself. If
                // it is the only one, it may be one that a cancel cannot hurt (`recv`).
                Some(saved) => before || after || suspends_twice(tcx, layout.field_tys[saved].ty),
                None => before && after,
            }
        })
        .collect()
}

/// The variables that stand for a value in the coroutine: one for each state that keeps it.
fn roots_of(layout: &CoroutineLayout<'_>, origin: Origin) -> FxHashSet<Root> {
    match origin {
        Origin::Saved(saved) => layout
            .variant_fields
            .iter_enumerated()
            .flat_map(|(state, kept)| {
                kept.iter_enumerated()
                    .filter(move |(_, field)| **field == saved)
                    .map(move |(field, _)| Root::Saved(state, field))
            })
            .collect(),
        Origin::Captured(index) => [Root::Captured(FieldIdx::from_usize(index))]
            .into_iter()
            .collect(),
        Origin::Local => FxHashSet::default(),
    }
}

/// The variables that are set to a mutable reference to the guard.
fn mutable_references<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &Body<'tcx>,
    guard: &FxHashSet<Root>,
) -> Vec<Root> {
    let root = |place| Variable::of_place(tcx, body, place).root;
    statements(body)
        .filter_map(|statement| match &statement.kind {
            StatementKind::Assign(assign) => match &assign.1 {
                Rvalue::Ref(_, BorrowKind::Mut { .. }, of) if guard.contains(&root(*of)) => {
                    Some(root(assign.0))
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn statements<'b, 'tcx>(body: &'b Body<'tcx>) -> impl Iterator<Item = &'b Statement<'tcx>> {
    body.basic_blocks
        .iter()
        .filter(|data| !data.is_cleanup)
        .flat_map(|data| &data.statements)
}

/// A mutable reference goes into whatever borrows.
struct MutableReferences;

impl<'tcx> Spread<'tcx> for MutableReferences {
    fn through_call(&self, _: &Call<'_, 'tcx>) -> bool {
        true
    }

    fn carries(&self, ty: Ty<'tcx>) -> bool {
        ty.has_erased_regions()
    }
}

fn suspending_block<'tcx>(
    tcx: TyCtxt<'tcx>,
    body: &Body<'tcx>,
    state: VariantIdx,
) -> Option<BasicBlock> {
    let is_own = |place: Place<'tcx>| place.ty(&body.local_decls, tcx).ty.is_coroutine();
    let suspends = |data: &BasicBlockData<'tcx>| {
        matches!(data.terminator().kind, TerminatorKind::Return)
            && data.statements.iter().any(|statement| {
                matches!(&statement.kind,
                    StatementKind::SetDiscriminant { place, variant_index }
                        if *variant_index == state && is_own(**place))
            })
    };
    body.basic_blocks
        .iter_enumerated()
        .find(|(_, data)| suspends(data))
        .map(|(block, _)| block)
}

/// The future that is awaited at a suspension.
fn awaited(layout: &CoroutineLayout<'_>, state: VariantIdx) -> Option<CoroutineSavedLocal> {
    layout.variant_fields[state]
        .iter()
        .copied()
        .filter(|saved| suspend::is_awaited_future(layout, *saved))
        .last()
}

fn is_changing(
    layout: &CoroutineLayout<'_>,
    saved: CoroutineSavedLocal,
    references: &Taint<'_, '_>,
) -> bool {
    roots_of(layout, Origin::Saved(saved))
        .iter()
        .any(|root| references.has(*root))
}

/// Whether the future is an async function or block of the crate with several awaits.
fn suspends_twice<'tcx>(tcx: TyCtxt<'tcx>, future: Ty<'tcx>) -> bool {
    let rustc_middle::ty::Coroutine(def, _) = *future.kind() else {
        return false;
    };
    def.as_local()
        .and_then(|def| tcx.mir_coroutine_witnesses(def))
        .is_some_and(|layout| layout.variant_fields.len() > CoroutineArgs::RESERVED_VARIANTS + 1)
}

#[derive(Clone, Copy)]
enum Event {
    /// The data is changed; where a future is polled for it, the await's keyword.
    Change(Option<Span>),
    /// The guard is released, moved away or made anew.
    Other,
}

/// What happens to the guard in each block, in order.
struct History<'f> {
    flow: &'f Flow,
    events: FxHashMap<BasicBlock, Vec<Event>>,
}

impl<'f> History<'f> {
    fn new<'tcx>(
        tcx: TyCtxt<'tcx>,
        body: &Body<'tcx>,
        flow: &'f Flow,
        guard: &FxHashSet<Root>,
        references: &Taint<'_, 'tcx>,
    ) -> Self {
        let reader = Reader {
            tcx,
            body,
            guard,
            references,
            poll: tcx.lang_items().get(LangItem::FuturePoll),
        };
        let events = body
            .basic_blocks
            .iter_enumerated()
            .filter(|(_, data)| !data.is_cleanup)
            .map(|(block, data)| (block, reader.events(data)))
            .filter(|(_, events)| !events.is_empty())
            .collect();
        Self { flow, events }
    }

    fn has_no_change(&self) -> bool {
        !self
            .events
            .values()
            .flatten()
            .any(|event| matches!(event, Event::Change(_)))
    }

    fn in_block(&self, block: BasicBlock) -> &[Event] {
        self.events.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Whether a change leads to the suspension. Polls of the future that is awaited there, told by
    /// the keyword, are not meant.
    fn changed_before(&self, suspends: BasicBlock, keyword: Option<Span>) -> bool {
        self.events.iter().any(|(&block, events)| {
            let unended = events
                .iter()
                .rev()
                .take_while(|event| !matches!(event, Event::Other))
                .any(|event| is_change(*event, keyword));
            unended
                && self.walk(block, &mut |next, events| {
                    if next == suspends {
                        Walk::Found
                    } else if events.iter().any(|event| matches!(event, Event::Other)) {
                        Walk::Stop
                    } else {
                        Walk::On
                    }
                })
        })
    }

    fn changed_after(&self, suspends: BasicBlock, keyword: Option<Span>) -> bool {
        self.walk(suspends, &mut |_, events| {
            for event in events {
                match event {
                    Event::Other => return Walk::Stop,
                    change if is_change(*change, keyword) => return Walk::Found,
                    Event::Change(_) => {}
                }
            }
            Walk::On
        })
    }

    /// Visits the blocks after `from` until one is found.
    fn walk(&self, from: BasicBlock, visit: &mut dyn FnMut(BasicBlock, &[Event]) -> Walk) -> bool {
        let mut seen = FxHashSet::default();
        let mut pending = self.flow.successors(from).to_vec();
        while let Some(block) = pending.pop() {
            if !seen.insert(block) {
                continue;
            }
            match visit(block, self.in_block(block)) {
                Walk::Found => return true,
                Walk::Stop => {}
                Walk::On => pending.extend(self.flow.successors(block)),
            }
        }
        false
    }
}

enum Walk {
    Found,
    Stop,
    On,
}

fn is_change(event: Event, not_at: Option<Span>) -> bool {
    matches!(event, Event::Change(at) if at.is_none() || at != not_at)
}

struct Reader<'r, 'tcx> {
    tcx: TyCtxt<'tcx>,
    body: &'r Body<'tcx>,
    guard: &'r FxHashSet<Root>,
    references: &'r Taint<'r, 'tcx>,
    poll: Option<DefId>,
}

impl<'tcx> Reader<'_, 'tcx> {
    fn events(&self, data: &BasicBlockData<'tcx>) -> Vec<Event> {
        let mut events: Vec<Event> = data
            .statements
            .iter()
            .filter_map(|statement| self.of_statement(statement))
            .collect();
        let terminator = data.terminator();
        if let TerminatorKind::Drop { place, .. } = terminator.kind
            && self.is_guard(place)
        {
            events.push(Event::Other);
        }
        if let Some(call) = Call::of(terminator) {
            if self.changes(&call) {
                let polled = call.callee.is_some() && call.callee == self.poll;
                events.push(Event::Change(
                    polled.then(|| in_user_code(terminator.source_info.span)),
                ));
            }
            let moved = call
                .args
                .iter()
                .any(|arg| matches!(arg.node, Operand::Move(place) if self.is_guard(place)));
            if moved || self.is_guard(call.destination) {
                events.push(Event::Other);
            }
        }
        events
    }

    fn of_statement(&self, statement: &Statement<'tcx>) -> Option<Event> {
        let StatementKind::Assign(assign) = &statement.kind else {
            return None;
        };
        let (place, rvalue) = &**assign;
        if self.is_guard(*place)
            || matches!(rvalue, Rvalue::Use(Operand::Move(from)) if self.is_guard(*from))
        {
            return Some(Event::Other);
        }
        let writes =
            self.references.in_place(*place) && through_reference(self.tcx, self.body, *place);
        writes.then_some(Event::Change(None))
    }

    /// The guard itself, and not something behind it.
    fn is_guard(&self, place: Place<'tcx>) -> bool {
        self.guard
            .contains(&Variable::of_place(self.tcx, self.body, place).root)
            && !through_reference(self.tcx, self.body, place)
    }

    /// Whether a call that has a mutable reference may change something: not one that only makes
    /// another reference or a future of it.
    fn changes(&self, call: &Call<'_, 'tcx>) -> bool {
        if !self.references.in_call(call)
            || call.callee.is_some_and(|callee| self.hands_out(callee))
        {
            return false;
        }
        let made = call.destination.ty(&self.body.local_decls, self.tcx).ty;
        let is_future = made
            .walk()
            .filter_map(|part| part.as_type())
            .any(|ty| ty.is_coroutine() || ty.is_trait());
        !is_future
    }

    fn hands_out(&self, callee: DefId) -> bool {
        let tcx = self.tcx;
        let of_trait = tcx.trait_of_assoc(callee).is_some_and(|of| {
            [
                sym::Deref,
                sym::AsMut,
                sym::AsRef,
                sym::BorrowMut,
                sym::Borrow,
            ]
            .iter()
            .any(|name| tcx.is_diagnostic_item(*name, of))
                || [
                    LangItem::DerefMut,
                    LangItem::Deref,
                    LangItem::IndexMut,
                    LangItem::Index,
                ]
                .iter()
                .any(|item| tcx.is_lang_item(of, *item))
                || tcx.is_diagnostic_item(sym::IntoFuture, of)
        });
        let of_pin = tcx
            .inherent_impl_of_assoc(callee)
            .and_then(|of| tcx.type_of(of).instantiate_identity().ty_adt_def())
            .is_some_and(|adt| tcx.is_lang_item(adt.did(), LangItem::Pin));
        of_trait
            || of_pin
            || tcx.is_lang_item(callee, LangItem::IntoFutureIntoFuture)
            || tcx.is_lang_item(callee, LangItem::PinNewUnchecked)
    }
}
