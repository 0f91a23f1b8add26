//! Handles, and everything that threads can do to the same one at the same time.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use async_patterns::session::{
    ErrorCode, Session, SessionError, SessionHandle, SessionOutcome, SessionRegistry,
};

use super::support::{LIMIT, complete, deaf, panicking, runtime, until_cancelled};

fn registry() -> Arc<SessionRegistry> {
    Arc::new(SessionRegistry::new(&runtime()))
}

fn in_parallel<T: Send + 'static>(
    threads: usize,
    f: impl Fn(usize) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let f = Arc::new(f);
    let barrier = Arc::new(Barrier::new(threads));
    let threads: Vec<_> = (0..threads)
        .map(|index| {
            let (f, barrier) = (Arc::clone(&f), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                f(index)
            })
        })
        .collect();
    threads.into_iter().map(|t| t.join().unwrap()).collect()
}

#[test]
fn a_handle_goes_through_the_whole_life() {
    let registry = registry();
    let handle = registry.create("one").unwrap();
    assert_eq!((registry.len(), registry.handles()), (1, vec![handle]));
    registry.start(handle, until_cancelled).unwrap();
    registry.request_stop(handle).unwrap();
    assert_eq!(
        registry.stop(handle, LIMIT).unwrap(),
        SessionOutcome::Stopped
    );
    let outcome = registry.run_on_this_thread(handle, panicking).unwrap();
    assert!(!outcome.is_ok());
    assert_eq!(
        registry.last_error(handle).unwrap().unwrap().code(),
        ErrorCode::Panicked
    );
    assert_eq!(registry.stats(handle).unwrap().runs, 2);
    registry.destroy(handle, LIMIT).unwrap();
    assert!(registry.is_empty());
}

#[test]
fn a_stale_or_made_up_handle_is_an_error_everywhere() {
    let registry = registry();
    let stale = registry.create("one").unwrap();
    registry.destroy(stale, LIMIT).unwrap();
    let successor = registry.create("two").unwrap();
    let made_up = SessionHandle::try_from(0x7fff_ffff_ffff_ffff_u64).unwrap();
    for handle in [stale, made_up] {
        let results = [
            registry.get(handle).map(drop),
            registry.start(handle, complete),
            registry.run_on_this_thread(handle, complete).map(drop),
            registry.request_stop(handle),
            registry.stop(handle, LIMIT).map(drop),
            registry.wait(handle, LIMIT).map(drop),
            registry.destroy(handle, LIMIT).map(drop),
            registry.state(handle).map(drop),
            registry.stats(handle).map(drop),
            registry.last_error(handle).map(drop),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(
                matches!(error, SessionError::InvalidHandle { raw } if raw == u64::from(handle)),
                "{error}"
            );
        }
    }
    assert_eq!(registry.stats(successor).unwrap().runs, 0);
}

#[test]
fn numbers_that_no_registry_gives_out() {
    assert!(SessionHandle::try_from(0_u64).is_err());
    assert!(SessionHandle::try_from(0_i64).is_err());
    assert!(SessionHandle::try_from(-1_i64).is_err());
    assert!(SessionHandle::try_from(u64::MAX).is_err());
    let handle = registry().create("one").unwrap();
    let (c, java) = (u64::from(handle), i64::from(handle));
    assert!(java > 0);
    assert_eq!(SessionHandle::try_from(c).unwrap(), handle);
    assert_eq!(SessionHandle::try_from(java).unwrap(), handle);
}

#[test]
fn a_full_registry_says_so_and_has_room_after_a_destroy() {
    let registry = SessionRegistry::with_limit(&runtime(), 2);
    let first = registry.create("a").unwrap();
    registry.create("b").unwrap();
    let error = registry.create("c").unwrap_err();
    assert!(
        matches!(error, SessionError::RegistryFull { limit: 2 }),
        "{error}"
    );
    registry.destroy(first, LIMIT).unwrap();
    registry.create("c").unwrap();
}

#[test]
fn of_several_starts_and_several_destroys_one_wins() {
    let registry = registry();
    for _ in 0..50 {
        let handle = registry.create("contended").unwrap();
        let shared = Arc::clone(&registry);
        let started = in_parallel(3, move |_| shared.start(handle, until_cancelled));
        assert_eq!(started.iter().filter(|r| r.is_ok()).count(), 1);
        for error in started.into_iter().filter_map(Result::err) {
            assert_eq!(error.code(), ErrorCode::IllegalTransition);
        }
        let shared = Arc::clone(&registry);
        let destroyed = in_parallel(3, move |_| shared.destroy(handle, LIMIT));
        assert_eq!(destroyed.iter().filter(|r| r.is_ok()).count(), 1);
        for error in destroyed.into_iter().filter_map(Result::err) {
            assert_eq!(error.code(), ErrorCode::InvalidHandle);
        }
    }
    assert!(registry.runtime().shutdown(LIMIT).is_clean());
}

#[test]
fn a_stop_or_a_destroy_during_a_start_ends_it() {
    let registry = registry();
    for round in 0..100 {
        let handle = registry.create("early").unwrap();
        let shared = Arc::clone(&registry);
        in_parallel(2, move |index| {
            if index == 0 {
                match shared.start(handle, until_cancelled) {
                    Ok(()) => {}
                    Err(error) => assert!(
                        matches!(
                            error.code(),
                            ErrorCode::InvalidHandle | ErrorCode::IllegalTransition
                        ),
                        "{error}"
                    ),
                }
            } else if round % 2 == 0 {
                while let Err(error) = shared.stop(handle, LIMIT) {
                    assert_eq!(error.code(), ErrorCode::IllegalTransition, "{error}");
                    thread::yield_now();
                }
            } else {
                shared.destroy(handle, LIMIT).unwrap();
            }
        });
        assert!(registry.runtime().session_threads().is_empty());
        let _ = registry.destroy(handle, LIMIT);
    }
    assert!(registry.runtime().shutdown(LIMIT).is_clean());
}

#[test]
fn destroy_all_waits_for_all_of_them_at_once() {
    let registry = registry();
    for _ in 0..3 {
        let handle = registry.create("polite").unwrap();
        registry.start(handle, until_cancelled).unwrap();
    }
    registry.create("idle").unwrap();
    let (body, control) = deaf();
    let handle = registry.create("deaf").unwrap();
    registry.start(handle, body).unwrap();
    control.wait_entered();

    let errors = registry.destroy_all(Duration::from_millis(50));
    assert!(registry.is_empty());
    assert!(!errors.is_empty());
    for error in &errors {
        assert_eq!(error.code(), ErrorCode::DeadlineExceeded, "{error}");
    }
    assert!(
        errors
            .iter()
            .any(|error| error.to_string().contains("`deaf`"))
    );
    control.release();
    assert!(registry.runtime().shutdown(LIMIT).is_clean());
    assert!(registry.destroy_all(Duration::ZERO).is_empty());
}

#[test]
fn a_session_that_was_found_before_it_was_destroyed_is_refused_by_its_state() {
    let registry = registry();
    let handle = registry.create("held").unwrap();
    let session: Arc<Session> = registry.get(handle).unwrap();
    registry.destroy(handle, LIMIT).unwrap();
    let error = session.start(complete).unwrap_err();
    assert_eq!(error.code(), ErrorCode::IllegalTransition);
}

/// Threads that do whatever they like to the same few handles.
#[test]
fn nothing_hangs_and_nothing_is_left_when_threads_do_as_they_like() {
    let registry = registry();
    let shared = Arc::clone(&registry);
    in_parallel(4, move |index| {
        // A fixed sequence for each thread: what varies is how they meet.
        let mut random = 0x9e37_79b9_u32.wrapping_mul(u32::try_from(index).unwrap() + 1);
        let mut next = move |below: u32| {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            random % below
        };
        for _ in 0..200 {
            let handles = shared.handles();
            let result = match (next(8), handles.get(next(4) as usize)) {
                (0, _) | (_, None) => shared.create("any").map(drop),
                (1, Some(&handle)) => shared.start(handle, complete),
                (2 | 3, Some(&handle)) => shared.start(handle, until_cancelled),
                (4, Some(&handle)) => shared.stop(handle, LIMIT).map(drop),
                (5, Some(&handle)) => shared.request_stop(handle),
                (6, Some(&handle)) => shared.stats(handle).map(drop),
                (_, Some(&handle)) => shared.destroy(handle, LIMIT).map(drop),
            };
            if let Err(error) = result {
                assert!(
                    matches!(
                        error.code(),
                        ErrorCode::IllegalTransition | ErrorCode::InvalidHandle
                    ),
                    "{error}"
                );
            }
        }
    });
    assert!(registry.destroy_all(LIMIT).is_empty());
    let report = registry.runtime().shutdown(LIMIT);
    assert!(report.is_clean(), "{report}");
}

#[test]
fn a_replaced_runtime_is_for_new_sessions_and_handles_never_come_back() {
    let registry = registry();
    let old = registry.create("old").unwrap();
    registry.start(old, until_cancelled).unwrap();
    let gone = registry.create("gone").unwrap();
    registry.destroy(gone, LIMIT).unwrap();

    let before = registry.replace_runtime(&runtime());
    let new = registry.create("new").unwrap();
    registry.start(new, until_cancelled).unwrap();
    assert!(![old, gone].contains(&new));

    // The old session ends with its runtime, keeps its handle and cannot be started again.
    assert!(before.shutdown(LIMIT).is_clean());
    assert_eq!(
        registry.wait(old, LIMIT).unwrap(),
        Some(SessionOutcome::Stopped)
    );
    let refused = registry.start(old, until_cancelled).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::RuntimeGone);
    assert!(registry.state(new).unwrap().is_live());

    assert!(registry.destroy_all(LIMIT).is_empty());
    assert!(registry.runtime().shutdown(LIMIT).is_clean());
}
