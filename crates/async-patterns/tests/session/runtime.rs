//! The shared runtime: built late, shut down within a limit, gone without a panic.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_patterns::session::{
    ErrorCode, RuntimeProfile, Session, SessionContext, SessionError, SessionOutcome, SessionState,
    SharedRuntime,
};

use super::support::{LIMIT, complete, deaf, drop_signal, runtime, session, until_cancelled};

/// Room for the forced steps of a shutdown on a busy machine.
const SHORT: Duration = Duration::from_millis(20);

#[test]
fn a_runtime_that_was_shut_down_refuses_starts_with_an_error() {
    let runtime = runtime();
    let session = Session::new("late", &runtime).unwrap();
    session.start(complete).unwrap();
    session.wait(LIMIT).unwrap();
    assert!(runtime.shutdown(LIMIT).is_clean());
    assert!(runtime.is_shut_down());

    let (signal, dropped) = drop_signal();
    let error = session
        .start(async move |_: SessionContext| {
            let _signal = signal;
            Ok(())
        })
        .unwrap_err();
    assert!(matches!(error, SessionError::RuntimeGone), "{error}");
    dropped.recv_timeout(LIMIT).unwrap();
    assert_eq!(session.state(), SessionState::Ended);
    assert!(matches!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::NotStarted(_))
    ));
    assert_eq!(session.last_error().unwrap().code(), ErrorCode::RuntimeGone);

    let error = session.run_on_this_thread(complete).unwrap_err();
    assert!(matches!(error, SessionError::RuntimeGone), "{error}");
    assert!(matches!(runtime.handle(), Err(SessionError::RuntimeGone)));
    assert_eq!(session.stats().failures, 2);
}

#[test]
fn a_profile_that_cannot_be_built_is_an_error_of_the_start() {
    let profile = RuntimeProfile::test().with_worker_threads(0);
    let session = Session::new("never", &SharedRuntime::new(profile)).unwrap();
    let error = session.start(complete).unwrap_err();
    assert!(
        matches!(error, SessionError::InvalidProfile { .. }),
        "{error}"
    );
    assert_eq!(session.state(), SessionState::Ended);
    let reason = error.to_string();
    assert_eq!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::NotStarted(reason.into()))
    );
}

#[test]
fn a_shutdown_stops_what_runs() {
    let runtime = runtime();
    let sessions: Vec<_> = (0..4)
        .map(|_| {
            let session = Session::new("many", &runtime).unwrap();
            session.start(until_cancelled).unwrap();
            session
        })
        .collect();
    let report = runtime.shutdown(LIMIT);
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        report.to_string(),
        "all sessions ended and no thread is left"
    );
    for session in sessions {
        assert_eq!(session.state(), SessionState::Ended);
        assert_eq!(session.stop(LIMIT).unwrap(), SessionOutcome::Stopped);
    }
}

#[test]
fn a_body_that_ignores_the_request_is_dropped_at_its_await() {
    let runtime = runtime();
    let session = Session::new("stubborn", &runtime).unwrap();
    let (signal, dropped) = drop_signal();
    session
        .start(async move |_: SessionContext| {
            let _signal = signal;
            std::future::pending::<()>().await;
            Ok(())
        })
        .unwrap();
    let report = runtime.shutdown(SHORT);
    assert_eq!(report.abandoned, 1, "{report}");
    dropped.recv_timeout(LIMIT).unwrap();
    assert_eq!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::RuntimeGone)
    );
    assert_eq!(session.last_error().unwrap().code(), ErrorCode::RuntimeGone);
    assert_eq!(session.stats().failures, 1);
}

#[test]
fn a_body_that_never_awaits_is_reported_by_name() {
    let runtime = runtime();
    let session = Session::new("deaf", &runtime).unwrap();
    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();
    let report = runtime.shutdown(SHORT);
    assert_eq!(
        (report.abandoned, &report.session_threads[..]),
        (1, &["st-deaf".to_owned()][..])
    );
    assert!(
        report.to_string().ends_with("1 of sessions (st-deaf)"),
        "{report}"
    );

    control.release();
    session.wait(LIMIT).unwrap();
    // A second shutdown finds the work done.
    let report = runtime.shutdown(SHORT);
    assert!(report.is_clean(), "{report}");
}

#[test]
fn a_blocking_thread_that_does_not_end_is_counted() {
    let runtime = runtime();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let session = Session::new("blocking", &runtime).unwrap();
    session
        .start(async move |_: SessionContext| {
            let (tx, started) = tokio::sync::oneshot::channel();
            tokio::task::spawn_blocking(move || {
                let _ = tx.send(());
                let _ = released.recv_timeout(LIMIT);
            });
            Ok(started.await?)
        })
        .unwrap();
    assert_eq!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::Completed)
    );
    let report = runtime.shutdown(SHORT);
    assert_eq!(report.runtime_threads, 1, "{report}");
    assert!(!report.is_clean());
    release.send(()).unwrap();
}

#[test]
fn one_that_was_never_needed_is_never_built_and_shuts_down() {
    let runtime = runtime();
    assert!(runtime.shutdown(Duration::ZERO).is_clean());
    assert!(matches!(runtime.handle(), Err(SessionError::RuntimeGone)));
}

#[test]
fn several_threads_shut_the_same_one_down() {
    let runtime = runtime();
    let session = Session::new("one", &runtime).unwrap();
    session.start(until_cancelled).unwrap();
    let others: Vec<_> = (0..3)
        .map(|_| {
            let runtime = runtime.clone();
            thread::spawn(move || runtime.shutdown(LIMIT).abandoned)
        })
        .collect();
    assert_eq!(runtime.shutdown(LIMIT).abandoned, 0);
    for other in others {
        assert_eq!(other.join().unwrap(), 0);
    }
    assert_eq!(session.wait(LIMIT).unwrap(), Some(SessionOutcome::Stopped));
}

#[test]
fn starts_that_race_with_a_shutdown_run_or_are_refused() {
    for _ in 0..30 {
        let runtime = runtime();
        let starters: Vec<_> = (0..3)
            .map(|_| {
                let runtime = runtime.clone();
                thread::spawn(move || {
                    let session = Session::new("racing", &runtime).unwrap();
                    match session.start(until_cancelled) {
                        Ok(()) => {
                            let outcome = session.wait(LIMIT).unwrap().unwrap();
                            assert_eq!(outcome, SessionOutcome::Stopped);
                        }
                        Err(error) => {
                            assert!(matches!(error, SessionError::RuntimeGone), "{error}");
                        }
                    }
                })
            })
            .collect();
        assert_eq!(runtime.shutdown(LIMIT).abandoned, 0);
        for starter in starters {
            starter.join().unwrap();
        }
    }
}

/// Where tokio's own `shutdown_timeout` and the drop of a runtime panic.
#[tokio::test]
async fn inside_another_runtime_shutdown_and_drop_do_not_panic() {
    let runtime = runtime();
    runtime.handle().unwrap();
    assert!(runtime.shutdown(LIMIT).is_clean());

    let session = session();
    session.start(complete).unwrap();
    session.wait(LIMIT).unwrap();
    drop(session);
}

#[test]
fn a_limit_beyond_the_clock_is_no_limit() {
    let runtime = runtime();
    let session = Session::new("s", &runtime).unwrap();
    session.start(until_cancelled).unwrap();
    assert!(runtime.shutdown(Duration::MAX).is_clean());
}

#[test]
fn first_uses_at_the_same_time_build_one_runtime() {
    let runtime = runtime();
    let ids: Vec<_> = (0..4)
        .map(|_| {
            let runtime = runtime.clone();
            thread::spawn(move || runtime.handle().unwrap().id())
        })
        .collect();
    let first = runtime.handle().unwrap().id();
    for id in ids {
        assert_eq!(id.join().unwrap(), first);
    }
    assert!(runtime.shutdown(LIMIT).is_clean());
}

#[test]
fn sessions_of_one_runtime_share_its_workers() {
    let runtime = runtime();
    let meeting = Arc::new(tokio::sync::Barrier::new(3));
    let sessions: Vec<_> = (0..3)
        .map(|_| {
            let session = Session::new("meeting", &runtime).unwrap();
            let meeting = Arc::clone(&meeting);
            session
                .start(async move |_: SessionContext| {
                    let id = tokio::spawn(async move {
                        meeting.wait().await;
                        tokio::runtime::Handle::current().id()
                    })
                    .await?;
                    assert_eq!(id, tokio::runtime::Handle::current().id());
                    Ok(())
                })
                .unwrap();
            session
        })
        .collect();
    for session in sessions {
        assert_eq!(
            session.wait(LIMIT).unwrap(),
            Some(SessionOutcome::Completed)
        );
    }
    assert!(runtime.shutdown(LIMIT).is_clean());
}
