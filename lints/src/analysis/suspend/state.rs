//! What may be alive at one point of a body, and how that changes.
//!
//! One bit stands for one holding of one base: "a wanted value may be alive here". A move out, a
//! drop and an emptying call clear it. What is known about the variant of an enum is used as well:
//! on the `None` arm of an `Option<Guard>` there is no guard.
//!
//! A guard inside a `PoisonError` is rare enough that "may" is not enough: `if let Ok(guard) =
//! result {…}` leaves one in `result` if some thread panicked before. A second bit says that the
//! value may be there without the code having seen that it is. It counts only where that bit is
//! clear, which is in an arm for the error.

use rustc_abi::VariantIdx;
use rustc_index::bit_set::DenseBitSet;

use super::places::{Places, Spot};
use crate::analysis::ownership::{Holding, Step};

/// What may be alive.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The holdings in which a value may be alive.
    alive: DenseBitSet<usize>,
    /// Those of poisoned locks which the code may not have looked at yet.
    unseen: DenseBitSet<usize>,
}

impl State {
    /// Nothing is alive.
    pub(super) fn new(bits: usize) -> Self {
        Self {
            alive: DenseBitSet::new_empty(bits),
            unseen: DenseBitSet::new_empty(bits),
        }
    }

    /// Joins what may be alive on another way; whether that is more than before.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let alive_grew = self.alive.union(&other.alive);
        self.unseen.union(&other.unseen) || alive_grew
    }

    /// The holding with this bit is alive from here on.
    pub(super) fn bring_to_life(&mut self, bit: usize) {
        self.alive.insert(bit);
        self.unseen.remove(bit);
    }

    /// Whether the holding with this bit has to be told of.
    pub(super) fn counts(&self, bit: usize) -> bool {
        self.alive.contains(bit) && !self.unseen.contains(bit)
    }

    /// What is alive at a spot, which is empty afterwards.
    pub(super) fn take(&mut self, places: &Places<'_, '_>, spot: &Spot) -> Content {
        let mut content = Content {
            could_hold: false,
            alive: Vec::new(),
        };
        for (bit, holding) in places.holdings(spot.base) {
            if let Some(way) = way_to(spot, holding) {
                content.could_hold = true;
                if self.alive.remove(bit) {
                    content.alive.push(Part {
                        way: way.to_vec(),
                        unseen: self.unseen.contains(bit),
                    });
                }
            }
        }
        content
    }

    /// Ends what is alive at a spot, as far as `which` says so.
    pub(super) fn end(
        &mut self,
        places: &Places<'_, '_>,
        spot: &Spot,
        which: impl Fn(&Holding<'_>) -> bool,
    ) {
        for (bit, holding) in places.holdings(spot.base) {
            if way_to(spot, holding).is_some() && which(holding) {
                self.alive.remove(bit);
            }
        }
    }

    /// Writes a value over a spot.
    pub(super) fn write(&mut self, places: &Places<'_, '_>, spot: &Spot, incoming: &Incoming) {
        for (bit, holding) in places.holdings(spot.base) {
            let is_part_of_container =
                holding.in_container && (spot.inside || spot.steps.len() > holding.path.len());
            if way_to(spot, holding).is_some() && !is_part_of_container {
                self.alive.remove(bit);
                self.unseen.remove(bit);
            }
        }
        self.put(places, spot, incoming);
    }

    /// Puts a value into a spot, besides what is there already.
    pub(super) fn put(&mut self, places: &Places<'_, '_>, spot: &Spot, incoming: &Incoming) {
        for (bit, holding) in places.holdings(spot.base) {
            let Some(way) = way_to(spot, holding) else {
                continue;
            };
            let (alive, unseen) = match incoming {
                Incoming::Nothing => (false, false),
                Incoming::Anything => (true, true),
                Incoming::Content(content) => {
                    let mut parts = content
                        .alive
                        .iter()
                        .filter(|part| part.way.starts_with(way) || way.starts_with(&part.way))
                        .peekable();
                    (parts.peek().is_some(), parts.all(|part| part.unseen))
                }
            };
            if alive {
                self.alive.insert(bit);
                if unseen && holding.if_poisoned.is_some() {
                    self.unseen.insert(bit);
                }
            }
        }
    }

    /// The enum at a spot is in a variant for which `is` holds.
    pub(super) fn keep_variants(
        &mut self,
        places: &Places<'_, '_>,
        spot: &Spot,
        is: impl Fn(VariantIdx) -> bool,
    ) {
        if spot.inside {
            return;
        }
        for (bit, holding) in places.holdings(spot.base) {
            let Some([Step::Variant(variant, _), ..]) =
                holding.path.strip_prefix(spot.steps.as_slice())
            else {
                continue;
            };
            if !is(*variant) {
                self.alive.remove(bit);
            } else if holding.if_poisoned == Some(spot.steps.len() + 1) {
                self.unseen.remove(bit);
            }
        }
    }
}

/// One wanted value that was alive in another value.
pub(super) struct Part {
    /// The way from the outer value to it.
    way: Vec<Step>,
    unseen: bool,
}

/// What could be and what was alive in a value.
pub(super) struct Content {
    pub(super) could_hold: bool,
    pub(super) alive: Vec<Part>,
}

/// What a value that is written to a place brings with it.
pub(super) enum Incoming {
    Nothing,
    /// Everything that the type of the place can hold.
    Anything,
    Content(Content),
}

/// The way from a spot to a holding: empty if the spot is the holding or inside of it, none if
/// they have nothing to do with each other.
fn way_to<'h>(spot: &Spot, holding: &'h Holding<'_>) -> Option<&'h [Step]> {
    if let Some(way) = holding.path.strip_prefix(spot.steps.as_slice()) {
        return (way.is_empty() || !spot.inside).then_some(way);
    }
    (holding.in_container && spot.steps.starts_with(&holding.path)).then_some(&[])
}
