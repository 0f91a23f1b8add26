//! Random schedules of operations against a model of what each must do.

use std::collections::BTreeMap;

use async_patterns::session::{
    ErrorCode, SessionError, SessionHandle, SessionOutcome, SessionRegistry, SessionState,
};
use proptest::prelude::*;

use super::support::{LIMIT, complete, fail, panicking, runtime, until_cancelled};

const LIMIT_OF_SESSIONS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Body {
    UntilCancelled,
    Completes,
    Fails,
    Panics,
}

/// Operations name a session by the order of its creation; it may have been destroyed since, or
/// never been created.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Create,
    Start(usize, Body),
    RunHere(usize, Body),
    RequestStop(usize),
    Stop(usize),
    Wait(usize),
    Destroy(usize),
    DestroyAll,
    Shutdown,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let body = prop_oneof![
        3 => Just(Body::UntilCancelled),
        1 => Just(Body::Completes),
        1 => Just(Body::Fails),
        1 => Just(Body::Panics),
    ];
    let ended_body = prop_oneof![Just(Body::Completes), Just(Body::Fails), Just(Body::Panics)];
    let index = 0..5_usize;
    let operation = prop_oneof![
        6 => Just(Operation::Create),
        8 => (index.clone(), body).prop_map(|(i, b)| Operation::Start(i, b)),
        3 => (index.clone(), ended_body).prop_map(|(i, b)| Operation::RunHere(i, b)),
        3 => index.clone().prop_map(Operation::RequestStop),
        6 => index.clone().prop_map(Operation::Stop),
        2 => index.clone().prop_map(Operation::Wait),
        4 => index.prop_map(Operation::Destroy),
        1 => Just(Operation::DestroyAll),
        1 => Just(Operation::Shutdown),
    ];
    proptest::collection::vec(operation, 1..40)
}

#[derive(Debug, Default)]
struct Expected {
    /// A body that runs until it is cancelled.
    live: bool,
    /// `None`: never started.
    outcome: Option<SessionOutcome>,
    runs: u64,
    failures: u64,
    panics: u64,
}

fn outcome_of(body: Body) -> SessionOutcome {
    match body {
        Body::UntilCancelled => SessionOutcome::Stopped,
        Body::Completes => SessionOutcome::Completed,
        Body::Fails => SessionOutcome::Failed("no route to host".into()),
        Body::Panics => SessionOutcome::Panicked("the body panicked".into()),
    }
}

impl Expected {
    fn end(&mut self, outcome: SessionOutcome) {
        self.live = false;
        match outcome {
            SessionOutcome::Completed | SessionOutcome::Stopped => {}
            SessionOutcome::Panicked(_) => self.panics += 1,
            _ => self.failures += 1,
        }
        self.outcome = Some(outcome);
    }

    fn stop(&mut self) {
        if self.live {
            self.end(SessionOutcome::Stopped);
        }
    }

    fn was_started(&self) -> bool {
        self.runs > 0
    }
}

/// What the world looks like after the operations so far, and what the next one must return.
#[derive(Debug, Default)]
struct Model {
    sessions: BTreeMap<usize, Expected>,
    created: usize,
    shut_down: bool,
}

impl Model {
    fn find(&mut self, index: usize) -> Result<&mut Expected, ErrorCode> {
        self.sessions
            .get_mut(&index)
            .ok_or(ErrorCode::InvalidHandle)
    }

    fn start(&mut self, index: usize, body: Body) -> Result<(), ErrorCode> {
        let shut_down = self.shut_down;
        let session = self.find(index)?;
        if session.live {
            return Err(ErrorCode::IllegalTransition);
        }
        session.runs += 1;
        if shut_down {
            session.end(SessionOutcome::NotStarted(
                SessionError::RuntimeGone.to_string().into(),
            ));
            return Err(ErrorCode::RuntimeGone);
        }
        session.live = true;
        session.outcome = None;
        if !matches!(body, Body::UntilCancelled) {
            session.end(outcome_of(body));
        }
        Ok(())
    }

    fn stop(&mut self, index: usize) -> Result<SessionOutcome, ErrorCode> {
        let session = self.find(index)?;
        if !session.was_started() {
            return Err(ErrorCode::IllegalTransition);
        }
        session.stop();
        Ok(session.outcome.clone().expect("it has ended"))
    }
}

struct World {
    registry: SessionRegistry,
    handles: Vec<SessionHandle>,
    model: Model,
}

impl World {
    fn new() -> Self {
        Self {
            registry: SessionRegistry::with_limit(&runtime(), LIMIT_OF_SESSIONS),
            handles: Vec::new(),
            model: Model::default(),
        }
    }

    /// A handle for the index; one that nobody was given if there is none.
    fn handle(&self, index: usize) -> SessionHandle {
        let made_up = SessionHandle::try_from(u64::from(u32::MAX)).unwrap();
        self.handles.get(index).copied().unwrap_or(made_up)
    }

    fn start(&self, handle: SessionHandle, body: Body) -> Result<(), SessionError> {
        match body {
            Body::UntilCancelled => self.registry.start(handle, until_cancelled),
            Body::Completes => self.registry.start(handle, complete),
            Body::Fails => self.registry.start(handle, fail),
            Body::Panics => self.registry.start(handle, panicking),
        }
    }

    fn run_here(&self, handle: SessionHandle, body: Body) -> Result<SessionOutcome, SessionError> {
        match body {
            Body::UntilCancelled => unreachable!("would never return"),
            Body::Completes => self.registry.run_on_this_thread(handle, complete),
            Body::Fails => self.registry.run_on_this_thread(handle, fail),
            Body::Panics => self.registry.run_on_this_thread(handle, panicking),
        }
    }

    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Create => {
                let expected = if self.model.sessions.len() < LIMIT_OF_SESSIONS {
                    self.model
                        .sessions
                        .insert(self.model.created, Expected::default());
                    self.model.created += 1;
                    Ok(())
                } else {
                    Err(ErrorCode::OutOfResources)
                };
                let created = self.registry.create("model");
                let created = created.map(|handle| self.handles.push(handle));
                assert_same(created, &expected);
            }
            Operation::Start(index, body) => {
                let handle = self.handle(index);
                let started = self.start(handle, body);
                if started.is_ok() && !matches!(body, Body::UntilCancelled) {
                    // The model has no moment in which a body is about to end by itself.
                    self.registry.wait(handle, LIMIT).unwrap();
                }
                assert_same(started, &self.model.start(index, body));
            }
            Operation::RunHere(index, body) => {
                let ran = self.run_here(self.handle(index), body);
                let expected = self.model.start(index, body);
                assert_same(ran, &expected.map(|()| outcome_of(body)));
            }
            Operation::RequestStop(index) => {
                let handle = self.handle(index);
                let requested = self.registry.request_stop(handle);
                if requested.is_ok() {
                    self.registry.wait(handle, LIMIT).unwrap();
                }
                assert_same(requested, &self.model.stop(index).map(drop));
            }
            Operation::Stop(index) => {
                let stopped = self.registry.stop(self.handle(index), LIMIT);
                assert_same(stopped, &self.model.stop(index));
            }
            Operation::Wait(index) => {
                if self.model.find(index).is_ok_and(|session| session.live) {
                    return;
                }
                let waited = self.registry.wait(self.handle(index), LIMIT);
                let expected = self.model.find(index);
                assert_same(waited, &expected.map(|session| session.outcome.clone()));
            }
            Operation::Destroy(index) => {
                let destroyed = self.registry.destroy(self.handle(index), LIMIT);
                let expected = self.model.find(index).map(|session| {
                    session.stop();
                    session.outcome.clone()
                });
                assert_same(destroyed, &expected);
                self.model.sessions.remove(&index);
            }
            Operation::DestroyAll => {
                assert!(self.registry.destroy_all(LIMIT).is_empty());
                self.model.sessions.clear();
            }
            Operation::Shutdown => {
                let report = self.registry.runtime().shutdown(LIMIT);
                assert!(report.is_clean(), "{report}");
                self.model.shut_down = true;
                self.model.sessions.values_mut().for_each(Expected::stop);
            }
        }
        self.compare();
    }

    fn compare(&self) {
        assert_eq!(self.registry.len(), self.model.sessions.len());
        for (&index, expected) in &self.model.sessions {
            let seen = self.registry.stats(self.handles[index]).unwrap();
            let state = seen.state;
            match (expected.live, expected.was_started()) {
                (true, _) => {
                    assert!(matches!(
                        state,
                        SessionState::Starting | SessionState::Running
                    ));
                }
                (false, true) => assert_eq!(state, SessionState::Ended),
                (false, false) => assert_eq!(state, SessionState::Ready),
            }
            assert_eq!(seen.last_outcome, expected.outcome);
            assert_eq!(
                (seen.runs, seen.failures, seen.panics),
                (expected.runs, expected.failures, expected.panics)
            );
        }
        let live = self.model.sessions.values().filter(|s| s.live).count();
        assert_eq!(self.registry.runtime().session_threads().len(), live);
    }
}

fn assert_same<T: PartialEq + std::fmt::Debug>(
    actual: Result<T, SessionError>,
    expected: &Result<T, ErrorCode>,
) {
    assert_eq!(&actual.map_err(|error| error.code()), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_schedule_does_what_the_model_says(operations in operations()) {
        let mut world = World::new();
        for operation in operations {
            world.apply(operation);
        }
        assert!(world.registry.destroy_all(LIMIT).is_empty());
        let report = world.registry.runtime().shutdown(LIMIT);
        assert!(report.is_clean(), "{report}");
    }
}
