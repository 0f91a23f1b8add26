//! Every interleaving of the state machine, the handle table and the gate, as loom explores them.
//!
//! `cargo test --release --features session --lib loom_` under `--cfg async_patterns_loom`.
//! A lost wake-up or a lost cancel shows as loom's "deadlock" panic.

use ::loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use ::loom::sync::{Arc, Condvar, Mutex};
use ::loom::{model, model::Builder, thread};

use super::gate::Gate;
use super::lifecycle::{EndRequest, Lifecycle, Watch};
use super::slots::Slots;
use super::state::SessionOutcome::{Completed, Stopped};
use super::state::SessionState::{Destroyed, Ended, Ready, Starting, Stopping};

/// What `CancellationToken` is in earnest: cancelled once, waited for by the body.
#[derive(Clone, Debug)]
struct Token(Arc<(Mutex<bool>, Condvar)>);

impl Token {
    fn new() -> Self {
        Self(Arc::new((Mutex::new(false), Condvar::new())))
    }

    fn cancel(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn cancelled(&self) {
        let mut cancelled = self.0.0.lock().unwrap();
        while !*cancelled {
            cancelled = self.0.1.wait(cancelled).unwrap();
        }
    }
}

/// For models of three threads or more, whose interleavings are too many to see all of them. Three
/// preemptions find most of what there is to find (loom's documentation, "Large models").
fn model_bounded(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

type Session = Arc<Lifecycle<Token>>;

fn session() -> Session {
    Arc::new(Lifecycle::new())
}

/// What a session's thread does with a body that runs until it is cancelled.
fn run_until_cancelled(session: &Session, watch: &Watch, token: &Token) {
    if session.enter() {
        token.cancelled();
    }
    session.finish(watch, Stopped);
}

/// The second half of a stop or a destroy, as the host makes it.
fn deliver(request: EndRequest<Token>) -> Option<Watch> {
    if let Some(token) = request.cancel {
        token.cancel();
    }
    request.watch
}

fn start_thread(session: &Session) -> thread::JoinHandle<()> {
    let token = Token::new();
    let watch = session.begin(token.clone()).unwrap();
    let session = Arc::clone(session);
    thread::spawn(move || run_until_cancelled(&session, &watch, &token))
}

#[test]
fn a_stop_during_a_start_is_never_lost() {
    model(|| {
        let session = session();
        let thread = start_thread(&session);
        let watch = deliver(session.request_stop().unwrap()).unwrap();
        let state = session.state();
        assert!(matches!(state, Stopping | Ended), "{state} after a stop");
        assert_eq!(session.wait(&watch, None), Some(Stopped));
        assert_eq!(session.state(), Ended);
        thread.join().unwrap();
    });
}

#[test]
fn a_stop_that_races_with_the_start_itself_is_refused_or_done() {
    model_bounded(|| {
        let session = session();
        let stopper = thread::spawn({
            let session = Arc::clone(&session);
            move || match session.request_stop() {
                Ok(request) => drop(deliver(request)),
                Err(illegal) => assert_eq!((illegal.from, illegal.to), (Ready, Stopping)),
            }
        });
        let thread = start_thread(&session);
        stopper.join().unwrap();
        // Whichever came first, the session can be stopped now.
        let watch = deliver(session.request_stop().unwrap()).unwrap();
        assert_eq!(session.wait(&watch, None), Some(Stopped));
        thread.join().unwrap();
    });
}

#[test]
fn of_two_starts_one_wins() {
    model(|| {
        let session = session();
        let other = thread::spawn({
            let session = Arc::clone(&session);
            move || session.begin(Token::new()).is_ok()
        });
        let here = session.begin(Token::new()).is_ok();
        assert!(here ^ other.join().unwrap());
        assert_eq!(session.state(), Starting);
    });
}

#[test]
fn a_destroyed_session_stays_destroyed_when_its_body_ends() {
    model(|| {
        let session = session();
        let thread = start_thread(&session);
        let watch = deliver(session.destroy().unwrap()).unwrap();
        assert_eq!(session.wait(&watch, None), Some(Stopped));
        assert_eq!(session.state(), Destroyed);
        thread.join().unwrap();
        assert!(session.begin(Token::new()).is_err());
    });
}

#[test]
fn a_start_and_a_destroy_leave_nothing_running() {
    model(|| {
        let session = session();
        let starter = thread::spawn({
            let session = Arc::clone(&session);
            move || {
                let token = Token::new();
                match session.begin(token.clone()) {
                    Ok(watch) => run_until_cancelled(&session, &watch, &token),
                    Err(illegal) => assert_eq!(illegal.from, Destroyed),
                }
            }
        });
        if let Some(watch) = deliver(session.destroy().unwrap()) {
            assert_eq!(session.wait(&watch, None), Some(Stopped));
        }
        starter.join().unwrap();
        assert_eq!(session.state(), Destroyed);
        assert!(session.snapshot().live_for.is_none());
    });
}

#[test]
fn of_two_destroys_one_wins() {
    model(|| {
        let session = session();
        let other = thread::spawn({
            let session = Arc::clone(&session);
            move || session.destroy().is_ok()
        });
        let here = session.destroy().is_ok();
        assert!(here ^ other.join().unwrap());
    });
}

#[test]
fn two_stops_and_the_body_s_own_end_all_return() {
    model_bounded(|| {
        let session = session();
        let watch = session.begin(Token::new()).unwrap();
        let body = thread::spawn({
            let session = Arc::clone(&session);
            move || {
                session.enter();
                session.finish(&watch, Completed);
            }
        });
        let stop = |session: &Session| {
            let watch = deliver(session.request_stop().unwrap()).unwrap();
            session.wait(&watch, None)
        };
        let other = thread::spawn({
            let session = Arc::clone(&session);
            move || stop(&session)
        });
        assert_eq!(stop(&session), Some(Completed));
        assert_eq!(other.join().unwrap(), Some(Completed));
        body.join().unwrap();
    });
}

#[test]
fn a_stop_and_a_destroy_both_see_the_end() {
    model_bounded(|| {
        let session = session();
        let thread = start_thread(&session);
        let destroyer = thread::spawn({
            let session = Arc::clone(&session);
            move || {
                let watch = deliver(session.destroy().unwrap()).unwrap();
                session.wait(&watch, None)
            }
        });
        match session.request_stop() {
            Ok(request) => {
                let watch = deliver(request).unwrap();
                assert_eq!(session.wait(&watch, None), Some(Stopped));
            }
            Err(illegal) => assert_eq!(illegal.from, Destroyed),
        }
        assert_eq!(destroyer.join().unwrap(), Some(Stopped));
        thread.join().unwrap();
    });
}

#[test]
fn who_waits_for_one_run_is_not_answered_by_the_next() {
    model(|| {
        let session = session();
        let first = session.begin(Token::new()).unwrap();
        let body = thread::spawn({
            let (session, first) = (Arc::clone(&session), first.clone());
            move || {
                session.enter();
                session.finish(&first, Completed);
                let second = session.begin(Token::new()).unwrap();
                session.enter();
                session.finish(&second, Stopped);
            }
        });
        assert_eq!(session.wait(&first, None), Some(Completed));
        body.join().unwrap();
        assert_eq!(session.snapshot().last_outcome, Some(Stopped));
    });
}

#[test]
fn a_snapshot_is_of_one_moment() {
    model(|| {
        let session = session();
        let watch = session.begin(Token::new()).unwrap();
        let body = thread::spawn({
            let session = Arc::clone(&session);
            move || {
                session.enter();
                session.finish(&watch, Completed);
            }
        });
        let seen = session.snapshot();
        assert_eq!(seen.state.is_live(), seen.live_for.is_some());
        assert_eq!(seen.state == Ended, seen.last_outcome.is_some());
        body.join().unwrap();
    });
}

#[test]
fn a_handle_never_finds_the_next_session_in_its_place() {
    model(|| {
        let slots = Arc::new(Slots::new(2));
        let old = slots.insert('a').unwrap();
        let host = thread::spawn({
            let slots = Arc::clone(&slots);
            move || {
                let removed = slots.remove(old).is_some();
                let new = slots.insert('b').unwrap();
                assert_eq!(slots.get(new), Some('b'));
                removed
            }
        });
        assert!(matches!(slots.get(old), None | Some('a')));
        let here = slots.remove(old).is_some();
        assert!(here ^ host.join().unwrap(), "one destroy wins");
        assert_eq!(slots.get(old), None);
        assert_eq!(slots.len(), 1);
    });
}

/// The shutdown takes the runtime away when the gate is closed and empty.
#[test]
fn nobody_is_inside_once_the_gate_was_closed_and_empty() {
    model_bounded(|| {
        let gate = Arc::new(Gate::new());
        let alive = Arc::new(AtomicBool::new(true));
        let entered = Arc::new(AtomicUsize::new(0));
        let runs: Vec<_> = (0..2)
            .map(|_| {
                let (gate, alive, entered) =
                    (Arc::clone(&gate), Arc::clone(&alive), Arc::clone(&entered));
                thread::spawn(move || {
                    if gate.enter() {
                        entered.fetch_add(1, SeqCst);
                        assert!(alive.load(SeqCst), "the runtime was taken away under a run");
                        gate.leave();
                    }
                })
            })
            .collect();
        gate.close();
        assert!(gate.wait_empty(None));
        alive.store(false, SeqCst);
        let before = entered.load(SeqCst);
        for run in runs {
            run.join().unwrap();
        }
        assert_eq!(entered.load(SeqCst), before, "somebody entered afterwards");
    });
}

#[test]
fn two_shutdowns_both_see_the_last_run_leave() {
    model_bounded(|| {
        let gate = Arc::new(Gate::new());
        assert!(gate.enter());
        let other = thread::spawn({
            let gate = Arc::clone(&gate);
            move || {
                gate.close();
                assert!(gate.wait_empty(None));
            }
        });
        let run = thread::spawn({
            let gate = Arc::clone(&gate);
            move || gate.leave()
        });
        gate.close();
        assert!(gate.wait_empty(None));
        other.join().unwrap();
        run.join().unwrap();
    });
}
