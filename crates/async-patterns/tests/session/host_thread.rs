//! Sessions on the host's own thread.

use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use async_patterns::session::{
    BoxError, LocalSessionBody, Session, SessionContext, SessionError, SessionOutcome, SessionState,
};

use super::support::{LIMIT, complete, deaf, fail, panicking, runtime, session, until_cancelled};

#[test]
fn it_runs_here_and_leaves_no_thread() {
    let runtime = runtime();
    let session = Session::new("here", &runtime).unwrap();
    let here = thread::current().id();
    let outcome = session
        .run_on_this_thread(async move |_: SessionContext| {
            assert_eq!(thread::current().id(), here);
            Ok(())
        })
        .unwrap();
    assert_eq!(outcome, SessionOutcome::Completed);
    assert!(runtime.session_threads().is_empty());
}

#[test]
fn a_panic_leaves_the_session_idle_and_the_thread_free() {
    let session = session();
    for _ in 0..2 {
        assert_eq!(
            session.run_on_this_thread(panicking).unwrap(),
            SessionOutcome::Panicked("the body panicked".into())
        );
        assert_eq!(session.state(), SessionState::Ended);
        assert!(matches!(
            session.run_on_this_thread(fail).unwrap(),
            SessionOutcome::Failed(_)
        ));
    }
    assert_eq!(
        session.run_on_this_thread(complete).unwrap(),
        SessionOutcome::Completed
    );
    // The mark of "this thread polls the body" is gone too: waiting here is allowed again.
    assert_eq!(session.stop(LIMIT).unwrap(), SessionOutcome::Completed);
    assert_eq!((session.stats().panics, session.stats().failures), (2, 2));
}

#[test]
fn another_thread_stops_it_and_another_destroys_it() {
    let session = Arc::new(session());
    for destroy in [false, true] {
        let (body, control) = deaf();
        let host = thread::spawn({
            let session = Arc::clone(&session);
            move || session.run_on_this_thread(body)
        });
        control.wait_entered();
        if destroy {
            assert!(session.destroy(std::time::Duration::ZERO).is_err());
            assert_eq!(session.state(), SessionState::Destroyed);
        } else {
            session.request_stop().unwrap();
            assert_eq!(session.state(), SessionState::Stopping);
        }
        control.release();
        assert_eq!(host.join().unwrap().unwrap(), SessionOutcome::Stopped);
    }
    assert_eq!(session.state(), SessionState::Destroyed);
}

#[test]
fn a_body_that_is_not_send_may_run_here() {
    struct Local(Rc<u32>);
    impl LocalSessionBody for Local {
        async fn run(self, _: SessionContext) -> Result<(), BoxError> {
            tokio::task::yield_now().await;
            assert_eq!(*self.0, 5);
            Ok(())
        }
    }
    let outcome = session().run_on_this_thread(Local(Rc::new(5))).unwrap();
    assert_eq!(outcome, SessionOutcome::Completed);
}

async fn assert_refused_here() {
    let session = session();
    let error = session.run_on_this_thread(until_cancelled).unwrap_err();
    assert!(
        matches!(error, SessionError::InsideRuntime { .. }),
        "{error}"
    );
    assert_eq!(session.state(), SessionState::Ready);
    // A thread of its own works from here.
    session.start(complete).unwrap();
    let ended = tokio::task::spawn_blocking(move || session.wait(LIMIT)).await;
    assert_eq!(ended.unwrap().unwrap(), Some(SessionOutcome::Completed));
}

#[tokio::test]
async fn inside_a_current_thread_runtime_it_is_an_error() {
    assert_refused_here().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_a_multi_thread_runtime_it_is_an_error() {
    assert_refused_here().await;
}
