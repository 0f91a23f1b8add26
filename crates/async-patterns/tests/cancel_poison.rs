//! The poisoning locks, in their guard, closure and future form.

mod common;

use std::num::ParseIntError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use async_patterns::poll::try_poll;
use async_patterns::sync::{
    CancelPoisonGuard, CancelPoisonMutex, CancelPoisonMutexGuard, CancelPoisonRwLock,
    CancelPoisonRwLockWriteGuard, PoisonCause, PoisonError, TryLockError,
};
use common::on_both_flavors;
use futures::FutureExt;
use tokio::task::yield_now;

fn cause<G>(result: Result<G, PoisonError<G>>) -> Option<PoisonCause> {
    result.err().map(|error| error.poison().cause())
}

on_both_flavors! {
    async fn a_committed_change_poisons_nothing() {
        let lock = CancelPoisonMutex::new(1);
        let mut guard = lock.lock().await.unwrap();
        *guard = 2;
        guard.commit();
        assert!(!lock.is_poisoned());
        assert_eq!(*lock.lock().await.unwrap(), 2);
        assert_eq!(lock.into_inner().unwrap(), 2);
    }

    async fn a_change_dropped_without_commit_poisons() {
        let lock = CancelPoisonMutex::new(1);
        *lock.lock().await.unwrap() = 2;
        assert!(lock.is_poisoned());
        let error = lock.lock().await.unwrap_err();
        assert_eq!(error.poison().cause(), PoisonCause::Uncommitted);
        assert_eq!(**error.get_ref(), 2);
    }

    async fn reading_never_poisons() {
        let lock = CancelPoisonMutex::new(vec![1]);
        {
            let guard = lock.lock().await.unwrap();
            assert_eq!(guard.len() + guard[0], 2);
        }
        let reader = lock.lock().await.unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _reader = reader;
            panic!("while reading");
        }));
        assert!(panicked.is_err());
        assert!(!lock.is_poisoned());
    }

    async fn an_early_return_by_question_mark_poisons() {
        async fn change(lock: &CancelPoisonMutex<i32>, text: &str) -> Result<(), ParseIntError> {
            let mut guard = lock.lock().await.unwrap();
            *guard = -1;
            *guard = text.parse()?;
            guard.commit();
            Ok(())
        }
        let lock = CancelPoisonMutex::new(1);
        change(&lock, "5").await.unwrap();
        change(&lock, "five").await.unwrap_err();
        assert_eq!(cause(lock.lock().await), Some(PoisonCause::Uncommitted));
    }

    async fn a_panic_poisons_and_is_told_from_a_cancel() {
        let lock = CancelPoisonMutex::new(1);
        let guard = lock.lock().await.unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut guard = guard;
            *guard = 2;
            panic!("half way");
        }));
        assert!(panicked.is_err());
        assert_eq!(cause(lock.lock().await), Some(PoisonCause::Panicked));
    }

    async fn the_closure_form_commits_and_a_panic_in_it_poisons() {
        let lock = CancelPoisonMutex::new(1);
        let old = lock.lock().await.unwrap().perform(|data| std::mem::replace(data, 2));
        assert_eq!(old, 1);
        let refused = lock.lock().await.unwrap().perform(|_| Err::<(), _>("no"));
        assert_eq!(refused, Err("no"));
        assert!(!lock.is_poisoned());

        let guard = lock.lock().await.unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| guard.perform(|_| panic!("half way"))));
        assert!(panicked.is_err());
        assert_eq!(cause(lock.lock().await), Some(PoisonCause::Panicked));
    }

    async fn the_future_form_commits_and_tells_cancel_from_panic() {
        let lock = CancelPoisonMutex::new((0, 0));
        let sum = lock
            .lock()
            .await
            .unwrap()
            .perform_async(async |pair| {
                pair.0 += 1;
                yield_now().await;
                pair.1 += 1;
                pair.0 + pair.1
            })
            .await;
        assert_eq!(sum, 2);
        assert!(!lock.is_poisoned());

        // Panicked, and the panic caught by someone who drops the future only later.
        let guard = lock.lock().await.unwrap();
        let mut future = Box::pin(guard.perform_async(async |pair| {
            pair.0 += 1;
            yield_now().await;
            panic!("half way");
        }));
        assert!(try_poll(future.as_mut()).is_pending());
        assert!(catch_unwind(AssertUnwindSafe(|| try_poll(future.as_mut()))).is_err());
        drop(future);
        let error = lock.lock().await.unwrap_err();
        assert_eq!(error.poison().cause(), PoisonCause::Panicked);
        let mut guard = error.into_inner();
        guard.1 = guard.0;
        guard.recover("evened out");
        drop(guard);

        // Cancelled.
        let guard = lock.lock().await.unwrap();
        let half = guard.perform_async(async |_| std::future::pending::<()>().await);
        assert!(half.now_or_never().is_none());
        assert_eq!(cause(lock.lock().await), Some(PoisonCause::Cancelled));
    }

    /// The future is dropped by a panic that is none of its own.
    async fn a_cancel_by_a_panic_elsewhere_is_a_cancel() {
        let lock = CancelPoisonMutex::new(0);
        let guard = lock.lock().await.unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut future = pin!(guard.perform_async(async |_| std::future::pending::<()>().await));
            assert!(try_poll(future.as_mut()).is_pending());
            panic!("elsewhere");
        }));
        assert!(panicked.is_err());
        assert_eq!(cause(lock.lock().await), Some(PoisonCause::Cancelled));
    }

    async fn a_future_that_was_never_polled_has_not_begun() {
        let lock = CancelPoisonMutex::new(0);
        let guard = lock.lock().await.unwrap();
        drop(guard.perform_async(async |data| *data = 1));
        assert_eq!(*lock.lock().await.unwrap(), 0);
    }

    async fn a_checkpoint_ends_a_section_and_keeps_the_lock() {
        let lock = CancelPoisonMutex::new(0);
        let mut guard = lock.lock().await.unwrap();
        *guard = 1;
        guard.checkpoint();
        assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        drop(guard);
        assert!(!lock.is_poisoned());

        let mut guard = lock.lock().await.unwrap();
        guard.checkpoint();
        *guard = 2;
        drop(guard);
        assert!(lock.is_poisoned());
    }

    async fn only_a_recovery_lifts_the_poison_and_its_reason_is_kept() {
        let lock = CancelPoisonMutex::new(0);
        *lock.lock().await.unwrap() = 1;
        let line = line!() - 1;

        // Neither looking, nor a commit of further changes, nor a repair without `recover`.
        drop(lock.lock().await.unwrap_err());
        let mut guard = lock.lock().await.unwrap_err().into_inner();
        *guard = 2;
        guard.commit();
        lock.lock().await.unwrap_err().get_mut().checkpoint();
        assert!(lock.is_poisoned());
        assert_eq!(lock.last_recovery(), None);

        let mut guard = lock.lock().await.unwrap_err().into_inner();
        *guard = 0;
        guard.recover("reset to the start");
        guard.commit();
        assert_eq!(*lock.lock().await.unwrap(), 0);
        assert_eq!(lock.poison(), None);
        let recovery = lock.last_recovery().unwrap();
        assert_eq!(recovery.reason(), "reset to the start");
        assert_eq!(recovery.poison().cause(), PoisonCause::Uncommitted);
        assert_eq!(recovery.poison().locked_at().line(), line);
    }

    async fn the_first_poison_stays_the_one_that_is_told() {
        let lock = CancelPoisonMutex::new(0);
        *lock.lock().await.unwrap() = 1;
        let first = lock.poison().unwrap();
        let guard = lock.lock().await.unwrap_err().into_inner();
        let half = guard.perform_async(async |_| std::future::pending::<()>().await);
        assert!(half.now_or_never().is_none());
        assert_eq!(lock.poison(), Some(first));
    }

    async fn a_recovery_of_a_sound_lock_leaves_no_record() {
        let lock = CancelPoisonMutex::new(0);
        let mut guard = lock.lock().await.unwrap();
        *guard = 1;
        guard.recover("for no reason");
        drop(guard);
        assert!(!lock.is_poisoned());
        assert_eq!(lock.last_recovery(), None);
    }

    async fn the_error_says_where_and_how_and_what_to_do() {
        let lock = CancelPoisonMutex::new(0);
        *lock.lock().await.unwrap() = 1;
        let line = line!() - 1;
        let error = lock.try_lock().unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("cancel_poison.rs:{line}:")), "{text}");
        assert!(text.contains("dropped its guard without commit"), "{text}");
        assert!(text.contains("call `recover`"), "{text}");
        assert!(format!("{error:?}").starts_with("Poisoned(PoisonError"));
        assert_eq!(
            TryLockError::<()>::WouldBlock.to_string(),
            "the lock is held by someone else"
        );
    }

    async fn data_that_comes_without_the_lock_comes_with_the_poison() {
        let mut lock = CancelPoisonMutex::new(0);
        *lock.get_mut().unwrap() = 1;
        assert!(!lock.is_poisoned());
        *lock.lock().await.unwrap() = 2;
        assert_eq!(*lock.get_mut().unwrap_err().into_inner(), 2);
        assert_eq!(lock.into_inner().unwrap_err().into_inner(), 2);
    }

    async fn a_writer_of_the_rw_lock_poisons_readers_do_not() {
        let lock = CancelPoisonRwLock::new(0);
        drop(lock.read().await.unwrap());
        drop(lock.try_read().unwrap());
        drop(lock.write().await.unwrap());
        assert!(!lock.is_poisoned());

        *lock.try_write().unwrap() = 1;
        assert_eq!(*lock.read().await.unwrap_err().into_inner(), 1);
        assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));

        let mut guard = lock.write().await.unwrap_err().into_inner();
        guard.recover("1 is right");
        drop(guard);
        assert_eq!(lock.last_recovery().unwrap().reason(), "1 is right");
        lock.write().await.unwrap().perform(|data| *data += 1);
        assert_eq!(lock.into_inner().unwrap(), 2);
    }

    async fn a_downgrade_commits_and_keeps_other_writers_out() {
        let lock = CancelPoisonRwLock::new(0);
        let mut guard = lock.write().await.unwrap();
        *guard = 1;
        let reader = guard.commit_downgrade().unwrap();
        assert_eq!((*reader, *lock.read().await.unwrap()), (1, 1));
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        drop(reader);

        *lock.write().await.unwrap() = 2;
        let guard = lock.write().await.unwrap_err().into_inner();
        assert_eq!(cause(guard.commit_downgrade()), Some(PoisonCause::Uncommitted));
    }

    async fn two_locks_are_taken_and_released_hand_over_hand() {
        let (first, second) = (CancelPoisonMutex::new(1), CancelPoisonMutex::new(2));
        let mut one = first.lock().await.unwrap();
        *one += 1;
        let mut two = second.lock().await.unwrap();
        one.commit();
        *two += 1;
        two.commit();
        assert_eq!(first.into_inner().unwrap() + second.into_inner().unwrap(), 5);
    }

    /// Async closures, borrowed data and the guard in a task of its own.
    async fn all_forms_work_in_a_spawned_task() {
        let lock = Arc::new(CancelPoisonMutex::new(vec![1]));
        let in_task = lock.clone();
        tokio::spawn(async move {
            let mut guard = in_task.lock().await.unwrap();
            guard.push(2);
            yield_now().await;
            guard.push(3);
            guard.commit();
            let add = 4;
            in_task
                .lock()
                .await
                .unwrap()
                .perform_async(async |data| {
                    yield_now().await;
                    data.push(add);
                })
                .await;
        })
        .await
        .unwrap();
        assert_eq!(*lock.lock().await.unwrap(), [1, 2, 3, 4]);
    }

    async fn an_aborted_task_poisons() {
        let lock = Arc::new(CancelPoisonRwLock::new(0));
        let (started, on_start) = tokio::sync::oneshot::channel();
        let in_task = lock.clone();
        let task = tokio::spawn(async move {
            let mut guard = in_task.write().await.unwrap();
            *guard = 1;
            started.send(()).unwrap();
            std::future::pending::<()>().await;
            guard.commit();
        });
        on_start.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(cause(lock.read().await), Some(PoisonCause::Uncommitted));
    }
}

#[test]
fn the_blocking_forms_are_the_same_locks() {
    let lock = CancelPoisonMutex::new(0);
    *lock.blocking_lock().unwrap() = 1;
    assert!(lock.blocking_lock().is_err());
    let lock = CancelPoisonRwLock::new(0);
    lock.blocking_write().unwrap().perform(|data| *data = 1);
    assert_eq!(*lock.blocking_read().unwrap(), 1);
    *lock.blocking_write().unwrap() = 2;
    assert!(lock.blocking_read().is_err());
}

#[test]
fn unsized_data_debug_and_auto_traits() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<CancelPoisonMutex<u32>>();
    is_send_and_sync::<CancelPoisonRwLock<u32>>();
    is_send_and_sync::<CancelPoisonMutexGuard<'_, u32>>();
    is_send_and_sync::<CancelPoisonRwLockWriteGuard<'_, u32>>();
    is_send_and_sync::<PoisonError<CancelPoisonGuard<'_, ()>>>();

    let lock: Arc<CancelPoisonMutex<[u32]>> = Arc::new(CancelPoisonMutex::new([1, 2]));
    assert_eq!(
        format!("{lock:?}"),
        "CancelPoisonMutex { data: [1, 2], poison: None }"
    );
    let mut guard = lock.try_lock().unwrap();
    guard[0] = 3;
    assert_eq!(
        format!("{guard:?}"),
        "CancelPoisonGuard { data: [3, 2], uncommitted: true }"
    );
    assert_eq!(
        format!("{lock:?}"),
        "CancelPoisonMutex { data: <locked>, poison: None }"
    );
    drop(guard);
    assert!(format!("{lock:?}").contains("Uncommitted"));
    let lock: CancelPoisonRwLock<_> = 7.into();
    assert_eq!(
        format!("{lock:?}"),
        "CancelPoisonRwLock { data: 7, poison: None }"
    );
    assert_eq!(CancelPoisonRwLock::<u8>::default().into_inner().unwrap(), 0);
    assert_eq!(CancelPoisonMutex::<u8>::default().into_inner().unwrap(), 0);
}

#[cfg(feature = "testing")]
mod cancel_safety {
    use super::{Arc, CancelPoisonMutex, CancelPoisonRwLock, PoisonCause, yield_now};
    use async_patterns::testing::cancel_at_every_poll;

    /// Whoever waits for a held lock and gives up has touched nothing and holds nothing.
    #[test]
    fn lock_leaves_nothing_behind() {
        static LOCK: CancelPoisonMutex<u32> = CancelPoisonMutex::const_new(0);
        let visited = cancel_at_every_poll(|| &LOCK, async |lock| drop(lock.lock().await.unwrap()))
            .drive(|lock| {
                let mut held = Some(lock.try_lock().unwrap());
                move |_| drop(held.take())
            })
            .check(|_, lock| {
                assert!(!lock.is_poisoned());
                assert_eq!(*lock.try_lock().unwrap(), 0);
            });
        assert_eq!(visited.suspensions(), 1);
    }

    #[test]
    fn read_and_write_leave_nothing_behind() {
        static LOCK: CancelPoisonRwLock<u32> = CancelPoisonRwLock::const_new(0);
        for writes in [false, true] {
            let visited = cancel_at_every_poll(
                || &LOCK,
                async |lock| {
                    if writes {
                        drop(lock.write().await.unwrap());
                    } else {
                        drop(lock.read().await.unwrap());
                    }
                },
            )
            .drive(|lock| {
                let mut held = Some(lock.try_write().unwrap());
                move |_| drop(held.take())
            })
            .check(|_, lock| {
                assert!(!lock.is_poisoned());
                assert_eq!(*lock.try_write().unwrap(), 0);
            });
            assert_eq!(visited.suspensions(), 1);
        }
    }

    /// Half a change is never left without a poison, and the lock is never left held.
    #[test]
    fn a_cut_guard_section_poisons() {
        let visited = cancel_at_every_poll(
            || Arc::new(CancelPoisonMutex::new((0, 0))),
            async |lock| {
                let mut pair = lock.lock().await.unwrap();
                yield_now().await; // Nothing was changed yet.
                pair.0 = 1;
                yield_now().await;
                pair.1 = 1;
                yield_now().await;
                pair.commit();
            },
        )
        .also_multi_thread(3)
        .check(|at, lock| match lock.try_lock() {
            Ok(pair) => {
                assert_eq!(pair.0, pair.1);
                assert!(at.polls() <= 1 || at.is_completed());
            }
            Err(error) => {
                assert!((2..=3).contains(&at.polls()) && !at.is_completed());
                assert!(error.to_string().contains("without commit"));
            }
        });
        assert_eq!(visited.suspensions(), 3);
    }

    #[test]
    fn a_cut_future_section_poisons_as_cancelled() {
        let visited = cancel_at_every_poll(
            || Arc::new(CancelPoisonRwLock::new((0, 0))),
            async |lock| {
                let guard = lock.write().await.unwrap();
                guard
                    .perform_async(async |pair| {
                        pair.0 = 1;
                        yield_now().await;
                        pair.1 = 1;
                        yield_now().await;
                    })
                    .await;
            },
        )
        .also_multi_thread(3)
        .check(|at, lock| {
            let cut = at.polls() > 0 && !at.is_completed();
            assert!(lock.try_write().is_err() == cut);
            let cause = lock.poison().map(|poison| poison.cause());
            assert_eq!(cause, cut.then_some(PoisonCause::Cancelled));
        });
        assert_eq!(visited.suspensions(), 2);
    }
}
