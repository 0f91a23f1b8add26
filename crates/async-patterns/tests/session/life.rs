//! One session from `Ready` to `Destroyed`.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use async_patterns::session::{
    BoxError, ErrorCode, LocalSessionBody, Session, SessionContext, SessionError, SessionOutcome,
    SessionState,
};

use super::support::{
    LIMIT, complete, deaf, drop_signal, fail, panicking, runtime, session, until_cancelled,
};

fn assert_illegal<T: std::fmt::Debug>(
    result: Result<T, SessionError>,
    from: SessionState,
    to: SessionState,
) {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(&from.to_string()) && text.contains(&to.to_string()),
        "{text}"
    );
    let SessionError::IllegalTransition {
        from: actual_from,
        to: actual_to,
        ..
    } = error
    else {
        panic!("{text}");
    };
    assert_eq!((actual_from, actual_to), (from, to));
}

#[test]
fn start_returns_while_the_body_blocks_and_every_state_is_seen() {
    let session = session();
    assert_eq!(session.state(), SessionState::Ready);
    assert_eq!(session.wait(Duration::ZERO).unwrap(), None);

    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();
    assert_eq!(session.state(), SessionState::Running);
    assert!(session.stats().running_for.is_some());

    session.request_stop().unwrap();
    assert_eq!(session.state(), SessionState::Stopping);
    session.request_stop().unwrap();

    control.release();
    assert_eq!(session.stop(LIMIT).unwrap(), SessionOutcome::Stopped);
    assert_eq!(session.state(), SessionState::Ended);
    assert_eq!(
        session.destroy(LIMIT).unwrap(),
        Some(SessionOutcome::Stopped)
    );
    assert_eq!(session.state(), SessionState::Destroyed);
}

#[test]
fn every_move_that_is_not_in_the_table_is_refused_and_changes_nothing() {
    use SessionState::{Destroyed, Ready, Running, Starting, Stopping};

    let session = session();
    assert_illegal(session.request_stop(), Ready, Stopping);
    assert_illegal(session.stop(LIMIT), Ready, Stopping);
    assert_eq!(session.state(), Ready);

    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();
    let (signal, dropped) = drop_signal();
    let refused = session.start(async move |context: SessionContext| {
        let _signal = signal;
        until_cancelled(context).await
    });
    assert_illegal(refused, Running, Starting);
    dropped
        .recv_timeout(LIMIT)
        .expect("the refused body is dropped");
    assert_illegal(session.run_on_this_thread(complete), Running, Starting);

    session.request_stop().unwrap();
    assert_illegal(session.start(complete), Stopping, Starting);
    control.release();
    session.stop(LIMIT).unwrap();
    assert_eq!(session.stats().runs, 1);
    assert_eq!(
        session.last_error(),
        None,
        "a refusal is not the session's error"
    );

    session.destroy(LIMIT).unwrap();
    assert_illegal(session.start(complete), Destroyed, Starting);
    assert_illegal(session.request_stop(), Destroyed, Stopping);
    assert_illegal(session.stop(LIMIT), Destroyed, Stopping);
    assert_illegal(session.destroy(LIMIT), Destroyed, Destroyed);
}

#[test]
fn a_session_that_ended_by_itself_can_be_stopped_and_started_again() {
    let session = session();
    for run in 1..=3 {
        session.start(complete).unwrap();
        assert_eq!(
            session.wait(LIMIT).unwrap(),
            Some(SessionOutcome::Completed)
        );
        assert_eq!(session.stop(LIMIT).unwrap(), SessionOutcome::Completed);
        assert_eq!(session.stats().runs, run);
    }
}

#[test]
fn a_failure_and_a_panic_are_outcomes_with_their_messages() {
    let session = session();
    session.start(fail).unwrap();
    let outcome = session.wait(LIMIT).unwrap().unwrap();
    assert_eq!(outcome, SessionOutcome::Failed("no route to host".into()));
    let error = session.last_error().unwrap();
    assert_eq!(
        (error.code(), error.message()),
        (ErrorCode::Failed, "no route to host")
    );

    session.start(panicking).unwrap();
    let outcome = session.wait(LIMIT).unwrap().unwrap();
    assert_eq!(
        outcome,
        SessionOutcome::Panicked("the body panicked".into())
    );
    assert_eq!(session.state(), SessionState::Ended);
    assert_eq!(session.last_error().unwrap().code(), ErrorCode::Panicked);

    session.start(complete).unwrap();
    session.wait(LIMIT).unwrap();
    let stats = session.stats();
    assert_eq!((stats.runs, stats.failures, stats.panics), (3, 1, 1));
    assert_eq!(stats.last_outcome, Some(SessionOutcome::Completed));
    assert_eq!(
        stats.last_error.unwrap().code(),
        ErrorCode::Panicked,
        "a good run does not hide how the one before died"
    );
}

#[test]
fn a_body_that_panics_before_its_first_poll_and_one_in_its_destructor() {
    struct MakesFuture(bool);
    impl LocalSessionBody for MakesFuture {
        fn run(self, _: SessionContext) -> impl Future<Output = Result<(), BoxError>> {
            assert!(self.0, "no future at all");
            async { Ok(()) }
        }
    }
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }

    let session = session();
    session.start(MakesFuture(false)).unwrap();
    assert_eq!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::Panicked("no future at all".into()))
    );
    let bomb = PanicsInDrop;
    session
        .start(async move |_: SessionContext| {
            let _bomb = bomb;
            Ok(())
        })
        .unwrap();
    assert_eq!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::Panicked("in the destructor".into()))
    );
}

#[test]
fn a_body_that_does_not_end_is_an_error_and_its_thread_is_joined_later() {
    let runtime = runtime();
    let session = Session::new("deaf", &runtime).unwrap();
    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();

    let error = session.stop(Duration::from_millis(5)).unwrap_err();
    assert!(
        matches!(error, SessionError::DeadlineExceeded { .. }),
        "{error}"
    );
    assert_eq!(session.state(), SessionState::Stopping);
    assert_eq!(runtime.session_threads(), ["st-deaf"]);

    control.release();
    assert_eq!(session.wait(LIMIT).unwrap(), Some(SessionOutcome::Stopped));
    assert_eq!(session.state(), SessionState::Ended);
    assert!(runtime.session_threads().is_empty());
}

#[test]
fn destroying_a_deaf_body_destroys_at_once_and_reports_the_thread() {
    let runtime = runtime();
    let session = Session::new("deaf", &runtime).unwrap();
    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();

    let error = session.destroy(Duration::ZERO).unwrap_err();
    assert!(
        matches!(error, SessionError::DeadlineExceeded { .. }),
        "{error}"
    );
    assert_eq!(session.state(), SessionState::Destroyed);
    control.release();
    assert_eq!(session.wait(LIMIT).unwrap(), Some(SessionOutcome::Stopped));
    assert_eq!(session.state(), SessionState::Destroyed);
    assert!(runtime.session_threads().is_empty());
}

/// Joined, not merely told that the body ended: the destructors of the thread's locals have run.
#[test]
fn a_stop_returns_when_the_thread_is_gone() {
    static GONE: AtomicBool = AtomicBool::new(false);

    struct Slow;
    impl Drop for Slow {
        fn drop(&mut self) {
            // Long enough for a stop that does not join to be caught.
            thread::sleep(Duration::from_millis(50));
            GONE.store(true, Ordering::SeqCst);
        }
    }
    thread_local!(static LOCAL: Slow = const { Slow });

    let session = session();
    let (tx, at_work) = channel();
    session
        .start(async move |context: SessionContext| {
            LOCAL.with(|_| ());
            tx.send(())?;
            until_cancelled(context).await
        })
        .unwrap();
    at_work.recv_timeout(LIMIT).unwrap();
    session.stop(LIMIT).unwrap();
    assert!(GONE.load(Ordering::SeqCst));
}

#[test]
fn several_threads_stop_the_same_session() {
    let session = Arc::new(session());
    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();
    let stoppers: Vec<_> = (0..4)
        .map(|_| {
            let session = Arc::clone(&session);
            thread::spawn(move || session.stop(LIMIT))
        })
        .collect();
    control.release();
    for stopper in stoppers {
        let outcome = stopper.join().unwrap().unwrap();
        // The body may have ended before the first request was made.
        assert!(outcome.is_ok(), "{outcome}");
    }
    assert_eq!(session.state(), SessionState::Ended);
}

#[test]
fn a_body_may_ask_for_its_own_end_but_not_wait_for_it() {
    let session = Arc::new(session());
    let (tx, results) = channel();
    let own = Arc::clone(&session);
    session
        .start(async move |context: SessionContext| {
            tx.send(own.wait(LIMIT).map(drop))?;
            tx.send(own.stop(LIMIT).map(drop))?;
            tx.send(own.destroy(LIMIT).map(drop))?;
            // Not a session of its own any more, but still to be told.
            context.cancelled().await;
            Ok(())
        })
        .unwrap();
    for _ in 0..3 {
        let error = results.recv_timeout(LIMIT).unwrap().unwrap_err();
        assert!(matches!(error, SessionError::OwnThread { .. }), "{error}");
    }
    assert_eq!(session.wait(LIMIT).unwrap(), Some(SessionOutcome::Stopped));
    assert_eq!(session.state(), SessionState::Destroyed);
}

#[test]
fn dropping_a_session_stops_its_body() {
    let (signal, dropped) = drop_signal();
    let session = session();
    session
        .start(async move |context: SessionContext| {
            let _signal = signal;
            until_cancelled(context).await
        })
        .unwrap();
    drop(session);
    dropped.recv_timeout(LIMIT).unwrap();
}

#[test]
fn the_future_of_a_body_need_not_be_send() {
    struct Local;
    impl LocalSessionBody for Local {
        async fn run(self, context: SessionContext) -> Result<(), BoxError> {
            let count = Rc::new(7);
            tokio::task::yield_now().await;
            context.counter("rc").set(*count);
            Ok(())
        }
    }
    let session = session();
    session.start(Local).unwrap();
    session.wait(LIMIT).unwrap();
    assert_eq!(session.stats().counter("rc"), Some(7));
}

#[test]
fn a_body_sees_its_name_its_run_its_thread_and_a_working_clock() {
    let session = session();
    let (tx, seen) = channel();
    for run in 1..=2 {
        let tx = tx.clone();
        session
            .start(async move |context: SessionContext| {
                tokio::time::sleep(Duration::from_millis(1)).await;
                let thread = thread::current().name().unwrap_or_default().to_owned();
                tx.send((context.name().to_owned(), context.run(), thread))?;
                Ok(())
            })
            .unwrap();
        assert!(session.wait(LIMIT).unwrap().unwrap().is_ok());
        assert_eq!(
            seen.try_recv().unwrap(),
            ("session".into(), run, "st-session".into())
        );
    }
}

#[test]
fn counters_and_recorded_errors_are_read_while_the_body_runs() {
    let session = session();
    let (tx, at_work) = channel();
    session
        .start(async move |context: SessionContext| {
            context.counter("packets").add(2);
            context.counter("packets").add(3);
            context.counter("flows").set(1);
            context.record_error(std::io::Error::other("one bad packet"));
            tx.send(())?;
            until_cancelled(context).await
        })
        .unwrap();
    at_work.recv_timeout(LIMIT).unwrap();
    let stats = session.stats();
    assert_eq!(stats.state, SessionState::Running);
    assert_eq!(stats.counters, [("packets".into(), 5), ("flows".into(), 1)]);
    assert_eq!(stats.last_outcome, None);
    assert_eq!(session.last_error().unwrap().message(), "one bad packet");
    assert!(stats.to_string().contains("packets 5"), "{stats}");
    session.stop(LIMIT).unwrap();
    let stats = session.stats();
    assert_eq!(stats.running_for, None);
    assert!(stats.total_running > Duration::ZERO);
}

#[test]
fn an_observed_figure_is_read_when_the_host_asks_and_a_later_run_replaces_it() {
    let session = session();
    let packets = Arc::new(AtomicU64::new(1));
    let (dropped, was_dropped) = drop_signal();
    let read = Arc::clone(&packets);
    let outcome = session.run_on_this_thread(async move |context: SessionContext| {
        context.counter("packets").set(99);
        context.observe("packets", move || {
            let _held = &dropped;
            read.load(Ordering::Relaxed)
        });
        Ok(())
    });
    assert!(outcome.unwrap().is_ok());
    assert_eq!(session.stats().counters, [("packets".into(), 1)]);
    packets.store(2, Ordering::Relaxed);
    assert_eq!(session.stats().counters, [("packets".into(), 2)]);

    assert!(was_dropped.try_recv().is_err());
    let outcome = session.run_on_this_thread(async |context: SessionContext| {
        context.counter("packets").add(5);
        Ok(())
    });
    assert!(outcome.unwrap().is_ok());
    assert!(was_dropped.try_recv().is_ok());
    assert_eq!(session.stats().counters, [("packets".into(), 5)]);
}

#[test]
fn an_observed_figure_may_look_at_its_own_session() {
    let session = Arc::new(session());
    let weak = Arc::downgrade(&session);
    let outcome = session.run_on_this_thread(async move |context: SessionContext| {
        context.counter("one").set(1);
        context.observe("runs", move || {
            weak.upgrade().map_or(0, |session| {
                assert_eq!(session.state(), SessionState::Ended);
                session.last_error().map_or(7, |_| 0)
            })
        });
        Ok(())
    });
    assert!(outcome.unwrap().is_ok());
    assert_eq!(
        session.stats().counters,
        [("one".into(), 1), ("runs".into(), 7)]
    );
}

#[test]
fn tasks_a_body_left_behind_are_told_that_it_ended() {
    let session = session();
    let (tx, told) = channel();
    session
        .start(async move |context: SessionContext| {
            let token = context.token().clone();
            tokio::spawn(async move {
                token.cancelled().await;
                let _ = tx.send(());
            });
            Ok(())
        })
        .unwrap();
    assert_eq!(
        session.wait(LIMIT).unwrap(),
        Some(SessionOutcome::Completed)
    );
    told.recv_timeout(LIMIT).unwrap();
}

#[test]
fn names_that_cannot_name_a_thread_are_refused() {
    for name in ["", "a\0b"] {
        let error = Session::new(name, &runtime()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
    }
}

#[test]
fn a_limit_beyond_the_clock_is_no_limit() {
    let session = session();
    session.start(until_cancelled).unwrap();
    assert_eq!(
        session.stop(Duration::MAX).unwrap(),
        SessionOutcome::Stopped
    );
}

/// "`cancelled` is cancel safe": however often it is dropped, the request is still seen.
#[cfg(feature = "testing")]
#[test]
fn cancelled_may_be_dropped_at_every_poll() {
    use async_patterns::testing::cancel_at_every_poll;

    let visited = cancel_at_every_poll(
        || {
            let session = Arc::new(session());
            let (tx, contexts) = channel();
            session
                .start(async move |context: SessionContext| {
                    let context = Arc::new(context);
                    tx.send(Arc::clone(&context))?;
                    context.cancelled().await;
                    Ok(())
                })
                .unwrap();
            (session, contexts.recv_timeout(LIMIT).unwrap())
        },
        async |(_, context)| context.cancelled().await,
    )
    .drive(|(session, _)| {
        let session = Arc::clone(session);
        move |_polls| session.request_stop().unwrap()
    })
    .check(|at, (session, context)| {
        assert_eq!(context.is_cancelled(), at.is_woken() || at.is_completed());
        assert_eq!(session.stop(LIMIT).unwrap(), SessionOutcome::Stopped);
        assert!(context.is_cancelled());
    });
    assert!(visited.suspensions() > 0);
}

#[test]
fn the_host_s_types_are_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<Session>();
    check::<SessionContext>();
    check::<SessionError>();
    check::<async_patterns::session::SharedRuntime>();
    check::<async_patterns::session::SessionRegistry>();
    check::<async_patterns::session::SessionStats>();
    check::<async_patterns::session::LastError>();
}
