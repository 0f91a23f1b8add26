//! The stop flag under every interleaving.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use super::stop_flag::StopFlag;

/// Either the work runs and the raiser knows it, or neither.
#[test]
fn loom_the_raiser_knows_whether_the_work_runs() {
    loom::model(|| {
        let flag = StopFlag::new();
        let worker = thread::spawn({
            let flag = flag.clone();
            move || flag.start()
        });
        let told_started = flag.raise_and_see_if_started();
        let ran = worker.join().unwrap();
        assert_eq!(told_started, ran);
    });
}

/// What was written before the raise is seen by the work that sees the flag.
#[test]
fn loom_the_flag_publishes_what_came_before() {
    loom::model(|| {
        let flag = StopFlag::new();
        let reason = Arc::new(UnsafeCell::new(0));
        let worker = thread::spawn({
            let (flag, reason) = (flag.clone(), reason.clone());
            move || {
                if flag.is_raised() {
                    // SAFETY: written once, before the raise this thread has seen; loom checks it.
                    let seen = reason.with(|reason| unsafe { *reason });
                    assert_eq!(seen, 7);
                }
            }
        });
        // SAFETY: nobody reads it before the flag is up; loom checks it.
        reason.with_mut(|reason| unsafe { *reason = 7 });
        flag.raise();
        worker.join().unwrap();
    });
}

/// With two raisers and a start, all agree on whether the work runs.
#[test]
fn loom_two_raisers_agree() {
    loom::model(|| {
        let flag = StopFlag::new();
        let raiser = thread::spawn({
            let flag = flag.clone();
            move || flag.raise_and_see_if_started()
        });
        let worker = thread::spawn({
            let flag = flag.clone();
            move || flag.start()
        });
        let told_here = flag.raise_and_see_if_started();
        let told_there = raiser.join().unwrap();
        let ran = worker.join().unwrap();
        // The first raise decides. A later one may see a start that was refused.
        assert!(if ran {
            told_here && told_there
        } else {
            !(told_here && told_there)
        });
        assert!(flag.is_raised());
    });
}
