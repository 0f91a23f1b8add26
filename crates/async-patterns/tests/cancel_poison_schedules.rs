//! Any schedule of critical sections, however each ends: the lock is poisoned exactly when a model
//! says so, the first cause stays, the data is what the sections left, and the lock is free.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;

use async_patterns::poll::try_poll;
use async_patterns::sync::{CancelPoisonMutex, CancelPoisonMutexGuard, PoisonCause, PoisonError};
use futures::FutureExt;
use proptest::prelude::*;
use tokio::task::yield_now;

/// One critical section, and how it ends.
#[derive(Debug, Clone, Copy)]
enum Step {
    Read,
    Commit,
    DropChanged,
    /// Changed, made sound, and perhaps changed again.
    Checkpoint {
        changed_after: bool,
    },
    PanicChanged,
    PanicReading,
    Perform {
        panics: bool,
    },
    /// A future with three turns that is polled this often.
    PerformAsync {
        polls: usize,
    },
    PerformAsyncPanics,
    Recover,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Read),
        Just(Step::Commit),
        Just(Step::DropChanged),
        any::<bool>().prop_map(|changed_after| Step::Checkpoint { changed_after }),
        Just(Step::PanicChanged),
        Just(Step::PanicReading),
        any::<bool>().prop_map(|panics| Step::Perform { panics }),
        (0..6_usize).prop_map(|polls| Step::PerformAsync { polls }),
        Just(Step::PerformAsyncPanics),
        Just(Step::Recover),
    ];
    proptest::collection::vec(step, 0..20)
}

/// Runs code that panics without a line on stderr.
fn quietly(panics: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
}

/// Runs one section; returns the cause of the poison that it leaves by itself.
fn run(step: Step, mut guard: CancelPoisonMutexGuard<'_, u64>) -> Option<PoisonCause> {
    match step {
        Step::Read => {
            let _read = *guard;
            None
        }
        Step::Commit => {
            *guard += 1;
            guard.commit();
            None
        }
        Step::DropChanged => {
            *guard += 1;
            Some(PoisonCause::Uncommitted)
        }
        Step::Checkpoint { changed_after } => {
            *guard += 1;
            guard.checkpoint();
            if changed_after {
                *guard += 1;
            }
            changed_after.then_some(PoisonCause::Uncommitted)
        }
        Step::PanicChanged => {
            quietly(|| {
                *guard += 1;
                let _held = guard;
                resume_unwind(Box::new(()));
            });
            Some(PoisonCause::Panicked)
        }
        Step::PanicReading => {
            quietly(|| {
                let _held = guard;
                resume_unwind(Box::new(()));
            });
            None
        }
        Step::Perform { panics: false } => {
            guard.perform(|n| *n += 1);
            None
        }
        Step::Perform { panics: true } => {
            quietly(|| guard.perform(|_| resume_unwind(Box::new(()))));
            Some(PoisonCause::Panicked)
        }
        Step::PerformAsync { polls } => {
            let mut section = pin!(guard.perform_async(async |n| {
                for _ in 0..3 {
                    *n += 1;
                    yield_now().await;
                }
            }));
            let done = (0..polls).any(|_| try_poll(section.as_mut()).is_ready());
            (polls > 0 && !done).then_some(PoisonCause::Cancelled)
        }
        Step::PerformAsyncPanics => {
            quietly(|| {
                let section = guard.perform_async(async |_| resume_unwind(Box::new(())));
                let _never = section.now_or_never();
            });
            Some(PoisonCause::Panicked)
        }
        Step::Recover => {
            guard.recover("the model says so");
            None
        }
    }
}

/// How much a section adds.
fn added(step: Step) -> u64 {
    match step {
        Step::Read | Step::PanicReading | Step::PerformAsyncPanics | Step::Recover => 0,
        Step::Perform { panics } => u64::from(!panics),
        Step::Commit | Step::DropChanged | Step::PanicChanged => 1,
        Step::Checkpoint { changed_after } => 1 + u64::from(changed_after),
        Step::PerformAsync { polls } => polls.min(3) as u64,
    }
}

proptest! {
    #[test]
    fn any_schedule_follows_the_model(steps in steps()) {
        let lock = CancelPoisonMutex::new(0);
        let (mut poison, mut sum) = (None, 0);
        for step in steps {
            let locked = lock.lock().now_or_never().expect("nobody holds the lock");
            let found = locked.as_ref().err().map(|error| error.poison().cause());
            prop_assert_eq!(found, poison, "before {:?}", step);
            let guard = locked.unwrap_or_else(PoisonError::into_inner);
            prop_assert_eq!(*guard, sum);
            let left = run(step, guard);
            sum += added(step);
            poison = if matches!(step, Step::Recover) { None } else { poison.or(left) };
            prop_assert_eq!(lock.poison().map(|poison| poison.cause()), poison, "after {:?}", step);
            prop_assert_eq!(lock.is_poisoned(), poison.is_some());
        }
    }
}
