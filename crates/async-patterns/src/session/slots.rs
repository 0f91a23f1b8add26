//! A table whose keys are integers that never come to name something else.
//!
//! # Invariants
//!
//! 1. A slot's generation grows each time its value is removed, under the lock that removed it, so a
//!    key made before never matches again.
//! 2. A slot whose generations are used up is left out of `free`: it is lost, not reused.
//! 3. Generations start at 1, so no key is zero, and end below 2³¹, so that every key is a positive
//!    `i64`.

use std::num::NonZeroU64;

use super::locks::lock;
use crate::loom::sync::Mutex;

/// The last generation that keeps a key positive as an `i64`.
const LAST_GENERATION: u32 = i32::MAX as u32;

#[derive(Debug)]
pub(super) struct Slots<T> {
    table: Mutex<Table<T>>,
    limit: usize,
    last_generation: u32,
}

#[derive(Debug)]
struct Table<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    occupied: usize,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

fn key(generation: u32, index: u32) -> NonZeroU64 {
    NonZeroU64::new(u64::from(generation) << 32 | u64::from(index)).expect("generations start at 1")
}

fn parts(key: NonZeroU64) -> (u32, u32) {
    let [index, generation] = [key.get() & u64::from(u32::MAX), key.get() >> 32]
        .map(|half| u32::try_from(half).expect("half of a u64"));
    (generation, index)
}

impl<T: Clone> Slots<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self::with_generations(limit, LAST_GENERATION)
    }

    /// `last_generation` is lower than in earnest where a test wants to see it used up.
    pub(super) fn with_generations(limit: usize, last_generation: u32) -> Self {
        Self {
            table: Mutex::new(Table {
                slots: Vec::new(),
                free: Vec::new(),
                occupied: 0,
            }),
            limit,
            last_generation,
        }
    }

    /// Puts `value` in; gives it back if the table is full.
    pub(super) fn insert(&self, value: T) -> Result<NonZeroU64, T> {
        let mut table = lock(&self.table);
        if table.occupied >= self.limit {
            return Err(value);
        }
        let index = match table.free.pop() {
            Some(index) => index,
            None => match u32::try_from(table.slots.len()) {
                Ok(index) => {
                    table.slots.push(Slot {
                        generation: 1,
                        value: None,
                    });
                    index
                }
                Err(_) => return Err(value),
            },
        };
        table.occupied += 1;
        let slot = &mut table.slots[index as usize];
        slot.value = Some(value);
        Ok(key(slot.generation, index))
    }

    pub(super) fn get(&self, wanted: NonZeroU64) -> Option<T> {
        let (generation, index) = parts(wanted);
        lock(&self.table)
            .slots
            .get(index as usize)
            .filter(|slot| slot.generation == generation)
            .and_then(|slot| slot.value.clone())
    }

    /// Takes the value out. Of several callers with the same key one gets it.
    pub(super) fn remove(&self, wanted: NonZeroU64) -> Option<T> {
        let (generation, index) = parts(wanted);
        let mut table = lock(&self.table);
        let slot = table
            .slots
            .get_mut(index as usize)
            .filter(|slot| slot.generation == generation)?;
        let value = slot.value.take()?;
        slot.generation += 1;
        if slot.generation <= self.last_generation {
            table.free.push(index);
        }
        table.occupied -= 1;
        Some(value)
    }

    /// The keys of all values that are in the table now.
    pub(super) fn keys(&self) -> Vec<NonZeroU64> {
        lock(&self.table)
            .slots
            .iter()
            .zip(0..)
            .filter(|(slot, _)| slot.value.is_some())
            .map(|(slot, index)| key(slot.generation, index))
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.table).occupied
    }
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_names_a_later_value() {
        let slots = Slots::new(4);
        let first = slots.insert('a').unwrap();
        assert_eq!(slots.remove(first), Some('a'));
        let second = slots.insert('b').unwrap();
        assert_eq!(parts(first).1, parts(second).1, "the slot is used again");
        assert_eq!(slots.get(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(slots.get(second), Some('b'));
        assert_eq!(slots.keys(), [second]);
    }

    #[test]
    fn a_slot_without_generations_left_is_not_used_again() {
        let slots = Slots::with_generations(4, 2);
        let mut indices = Vec::new();
        for round in 0..6 {
            let key = slots.insert(round).unwrap();
            indices.push(parts(key).1);
            slots.remove(key);
        }
        assert_eq!(indices, [0, 0, 1, 1, 2, 2]);
        assert_eq!(slots.len(), 0);
    }

    #[test]
    fn keys_are_positive_and_the_limit_holds() {
        let slots = Slots::new(2);
        let keys = [slots.insert(()).unwrap(), slots.insert(()).unwrap()];
        assert!(keys.iter().all(|key| i64::try_from(key.get()).is_ok()));
        assert_eq!(slots.insert(()), Err(()));
        assert!(i64::try_from(key(LAST_GENERATION, u32::MAX).get()).is_ok());
        slots.remove(keys[0]);
        assert!(slots.insert(()).is_ok());
    }

    #[test]
    fn a_made_up_key_names_nothing() {
        let slots = Slots::<()>::new(2);
        for raw in [1, u64::from(u32::MAX), u64::MAX, 1 << 32] {
            assert_eq!(slots.get(NonZeroU64::new(raw).unwrap()), None);
        }
    }
}
