//! Loom models of the poison, with loom's locks in the place of tokio's.

use std::panic::Location;

use loom::sync::{Arc, Mutex, RwLock};
use loom::thread;

use super::cancel_poison_guard::CancelPoisonGuard;
use super::poison::PoisonState;

/// The two numbers are equal in a sound state.
struct Pair<L> {
    state: PoisonState,
    lock: L,
}

impl<L: 'static> Pair<L> {
    fn new(lock: L) -> Arc<Self> {
        let state = PoisonState::new();
        Arc::new(Self { state, lock })
    }
}

/// Whoever gets the lock sees sound data or the poison, never half a change without a poison.
#[test]
fn loom_half_a_change_is_never_seen_without_poison() {
    loom::model(|| {
        let pair = Pair::new(Mutex::new((0, 0)));
        let writers: Vec<_> = [true, false]
            .into_iter()
            .map(|commits| {
                let pair = pair.clone();
                thread::spawn(move || {
                    let inner = pair.lock.lock().unwrap();
                    let guard = CancelPoisonGuard::new(&pair.state, inner, Location::caller());
                    let Ok(mut guard) = pair.state.check(guard) else {
                        return;
                    };
                    assert_eq!(guard.0, guard.1, "half a change, and no poison");
                    guard.0 += 1;
                    if commits {
                        guard.1 += 1;
                        guard.commit();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        let inner = pair.lock.lock().unwrap();
        assert!(pair.state.check(inner).is_err());
    });
}

/// The same for readers, which share the lock.
#[test]
fn loom_readers_see_sound_data_or_the_poison() {
    loom::model(|| {
        let pair = Pair::new(RwLock::new((0, 0)));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let pair = pair.clone();
                thread::spawn(move || {
                    if let Ok(data) = pair.state.check(pair.lock.read().unwrap()) {
                        assert_eq!(data.0, data.1, "half a change, and no poison");
                    }
                })
            })
            .collect();
        let inner = pair.lock.write().unwrap();
        let mut guard = CancelPoisonGuard::new(&pair.state, inner, Location::caller());
        guard.0 += 1;
        drop(guard);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

/// A recovery and the next one to lock: the poison is gone exactly when the data was mended, and
/// the hint that needs no lock may be old but never disagrees once all is quiet.
#[test]
fn loom_a_recovery_is_seen_with_the_mended_data() {
    loom::model(|| {
        let pair = Pair::new(Mutex::new((1, 0)));
        {
            let inner = pair.lock.lock().unwrap();
            let mut guard = CancelPoisonGuard::new(&pair.state, inner, Location::caller());
            guard.0 = 1;
        }
        let repair = {
            let pair = pair.clone();
            thread::spawn(move || {
                let inner = pair.lock.lock().unwrap();
                let guard = CancelPoisonGuard::new(&pair.state, inner, Location::caller());
                let mut guard = pair.state.check(guard).unwrap_err().into_inner();
                guard.1 = 1;
                guard.recover("counted again");
            })
        };
        let _hint = pair.state.is_poisoned();
        let inner = pair.lock.lock().unwrap();
        match pair.state.check(inner) {
            Ok(data) => assert_eq!(*data, (1, 1)),
            Err(poisoned) => assert_eq!(**poisoned.get_ref(), (1, 0)),
        }
        repair.join().unwrap();
        assert!(!pair.state.is_poisoned());
    });
}
